"""Codec `p1`: raw telegrams of Dutch, Belgian and like meters (DSMR 2.2 to 5, eMUCS, Luxembourg, Austria).

Behind a gateway the electricity meter is the channel `electricity`, and what it reads over M-Bus (gas, water,
heat) is `mbus-1` to `mbus-4`; of several behind one gateway, each with a name in its topic, `name` and
`name/mbus-1`. A meter's topic has the electricity only.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from contracts.codes import Quantity, Reason
from services.intake.codecs.base import Decoded, Refused, Value, add, check_instant, refusing, shown
from services.intake.codecs.localtime import instant_of
from services.intake.codecs.naming import named
from services.intake.codecs.telegram import Objects, take_apart
from services.intake.codecs.texts import seasonal_instant
from services.intake.codecs.units import GJ, KWH, M3, WH, L, reading

ELECTRICITY = "electricity"

_ENERGY = re.compile(r"1-0:([12])\.8\.(\d)", re.ASCII)
_POWER_IN, _POWER_OUT = "1-0:1.7.0", "1-0:2.7.0"
_VOLTAGES = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
_MBUS = re.compile(r"0-([1-9]):24\.2\.[13]", re.ASCII)
_MBUS_OLD = re.compile(r"0-([1-9]):24\.3\.0", re.ASCII)
_AMOUNT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\*?([A-Za-z0-9]{1,5})", re.ASCII)
_STAMP = re.compile(r"\d{12}[SW]?", re.ASCII)
_POWER_UNITS = {"kW": KWH, "W": WH}
_ENERGY_UNITS = {"kWh": KWH, "Wh": WH}
_MBUS_UNITS = {
    "m3": (Quantity.VOLUME, M3), "dm3": (Quantity.VOLUME, L), "GJ": (Quantity.HEAT, GJ),
}  # fmt: skip


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The registers and the power at the telegram's own time (DSMR 2.2 and 3 have none: at arrival)."""
    return named(values_of(take_apart(payload), received_at), topic_tail.partition("/")[0], (ELECTRICITY,))


def values_of(objects: Objects, received_at: datetime) -> Decoded:
    """What a telegram's objects say. Raises `Refused`."""
    instant = received_at
    if "0-0:1.0.0" in objects:
        told = objects["0-0:1.0.0"]
        at = _stamp(told[0], received_at) if len(told) == 1 else None
        if at is None:
            raise Refused(
                Reason.NO_TIME,
                "0-0:1.0.0 is no time of the zone (a day that does not exist, or S while it is winter);"
                " check the meter's clock and PALIER_DEVICE_ZONE",
            )
        check_instant(at, received_at, "0-0:1.0.0")
        instant = at
    values = [*_energies(objects, instant), *_momentary(objects, instant)]
    if not any(value.quantity in (Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT) for value in values):
        raise Refused(Reason.EMPTY, "the telegram has no register of energy (1.8, 2.8)")
    return [value._replace(channel=ELECTRICITY) for value in values] + list(_mbus(objects, received_at))


def _energies(objects: Objects, instant: datetime) -> Iterator[Value]:
    """The total (.0) is the register; those of the tariffs are its parts, `t1` and so on."""
    for name, told in objects.items():
        if (match := _ENERGY.fullmatch(name)) is None:
            continue
        quantity = Quantity.ENERGY_IMPORT if match[1] == "1" else Quantity.ENERGY_EXPORT
        register = quantity.value if match[2] == "0" else f"{quantity.value}.t{match[2]}"
        amount, unit = _amount(told, name)
        yield reading(quantity, amount, instant, name, _ratio(unit, _ENERGY_UNITS, name), register)


def _momentary(objects: Objects, instant: datetime) -> Iterator[Value]:
    """Power drawn less power fed in. One of them alone tells only when it is not zero."""
    told = {name: _watts(objects[name], name) for name in (_POWER_IN, _POWER_OUT) if name in objects}
    drawn, fed_in = told.get(_POWER_IN), told.get(_POWER_OUT)
    if len(told) == 2 or drawn or fed_in:
        yield reading(Quantity.POWER, add(drawn or 0, -(fed_in or 0), "power"), instant, "power")
    phases = [name for name in _VOLTAGES if name in objects]
    if phases == [_VOLTAGES[0]]:
        amount, unit = _amount(objects[phases[0]], phases[0])
        if amount:
            ratio = _ratio(unit, {"V": WH}, phases[0])
            yield reading(Quantity.VOLTAGE, amount, instant, phases[0], ratio)


def _watts(told: tuple[str, ...], name: str) -> Decimal:
    amount, unit = _amount(told, name)
    return amount * 1_000 if _ratio(unit, _POWER_UNITS, name) == KWH else amount


def _mbus(objects: Objects, received_at: datetime) -> Iterator[Value]:
    """Indexes that other meters sent to this one, at their own times. One that has no time, or an impossible
    one, is not connected (any more)."""
    for name, told in objects.items():
        if match := _MBUS.fullmatch(name):
            if len(told) != 2:
                continue
            stamp, amount = told[0], told[1]
        elif (match := _MBUS_OLD.fullmatch(name)) and len(told) == 7:
            # (time)(…)(…)(…)(0-1:24.2.1)(unit)(amount), of DSMR 2.2 and 3
            stamp, amount = told[0], f"{told[6]}*{told[5]}"
        else:
            continue
        at = _stamp(stamp, received_at)
        if at is None or not _is_possible(at, received_at):
            continue
        number, unit = _amount((amount,), name)
        if unit not in _MBUS_UNITS:
            continue  # another electricity meter, or a valve
        quantity, ratio = _MBUS_UNITS[unit]
        value = reading(quantity, number, at, name, ratio)
        yield value._replace(channel=f"mbus-{match[1]}", is_aside=True)


def _amount(told: tuple[str, ...], name: str) -> tuple[Decimal, str]:
    match = _AMOUNT.fullmatch(told[0]) if len(told) == 1 else None
    if match is None:
        raise Refused(Reason.NOT_A_NUMBER, f"{name} is {shown('·'.join(told))}, not a number with its unit")
    return Decimal(match[1]), match[2]


def _ratio(unit: str, units: dict[str, tuple[int, int]], name: str) -> tuple[int, int]:
    if unit not in units:
        raise Refused(Reason.WRONG_UNIT, f"{name} is in {shown(unit)}, not in {' or '.join(units)}")
    return units[unit]


def _stamp(text: str, received_at: datetime) -> datetime | None:
    """The instant of YYMMDDhhmmss, with W (winter) or S (summer) after it; None when it is none, or
    one that the zone does not have."""
    if not _STAMP.fullmatch(text):
        return None
    try:
        told = datetime.fromisoformat(f"20{text[:6]}T{text[6:12]}")
        if text[12:]:
            assert received_at.tzinfo
            return seasonal_instant(told, text[12:] == "S", received_at.tzinfo)
        return instant_of(told, received_at)
    except (ValueError, OverflowError):
        return None


def _is_possible(instant: datetime, received_at: datetime) -> bool:
    try:
        check_instant(instant, received_at, "")
    except Refused:
        return False
    return True
