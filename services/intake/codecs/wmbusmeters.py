"""Codec `wmbusmeters`: the JSON of wmbusmeters for water, gas, heat and electricity meters read by radio.

The channel is the meter's own `id`, so one box can serve a building through a gateway.
"""

from datetime import datetime
from typing import Any

from contracts.codes import Quantity, Reason
from services.intake.codecs.base import Decoded, Refused, Value, add, load_json, refusing, shown
from services.intake.codecs.texts import decimal, is_presence, iso_instant
from services.intake.codecs.units import GJ, KW, KWH, M3, MJ, MWH, reading

_UNITS = {"kwh": KWH, "mwh": MWH, "gj": GJ, "mj": MJ, "m3": M3}
# The totals by their names in the drivers, best first; a name is followed by its unit.
_HEAT = ("total_energy_consumption", "total_heating", "total_heat_energy", "total_energy", "total")
_DRAWN = ("total_energy_consumption", "total_energy", "total")
_FED_IN = ("total_energy_production",)
_VOLUME = ("total", "total_volume")
_ENERGY_UNITS = ("kwh", "mwh", "gj", "mj")
_POWER_IN, _POWER_OUT = "current_power_consumption_kw", "current_power_production_kw"
_TARIFFS = range(1, 5)
_NO_INDEX = ("smoke", "room sensor", "humidity", "temperature", "pressure", "breaker", "valve", "reserved")
_LONGEST_ID = 64


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The meter's totals, at the `timestamp` (UTC) at which its telegram was received."""
    if is_presence(payload):
        return []
    told = load_json(payload)
    if type(told) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a telegram of wmbusmeters is a JSON object (format=json)")
    told = {name: value for name, value in told.items() if value is not None}
    id = told.get("id")
    if type(id) is not str or not id.strip() or len(id) > _LONGEST_ID:
        raise Refused(Reason.WRONG_SHAPE, "id is missing: the meter's own number, as text")
    media = told.get("media")
    if type(media) is not str:
        raise Refused(Reason.WRONG_SHAPE, "media is missing: what the meter measures")
    instant = received_at
    if "timestamp" in told:
        instant = iso_instant(told["timestamp"], received_at, "timestamp")
    values = _values(media.lower(), told, instant)
    return [value._replace(channel=id.strip()) for value in values]


def _values(media: str, told: dict[str, Any], instant: datetime) -> Decoded:
    if media.startswith(_NO_INDEX):
        return []
    if media.startswith("heat cost"):
        raise Refused(Reason.UNKNOWN_QUANTITY, "a heat cost allocator counts units of its own, not energy")
    if media == "electricity":
        values = _electricity(told, instant)
    elif media.startswith(("heat", "cool")):
        # Its volume is the water that carries the heat, which nobody consumes.
        values = _total(Quantity.HEAT, _HEAT, _ENERGY_UNITS, told, instant)
    else:
        values = _total(Quantity.VOLUME, _VOLUME, ("m3",), told, instant)
    if not values:
        raise Refused(
            Reason.UNKNOWN_QUANTITY,
            f"no total for {shown(media)} is here, such as total_m3 or total_energy_consumption_kwh",
        )
    return values


def _total(
    quantity: Quantity,
    names: tuple[str, ...],
    units: tuple[str, ...],
    told: dict[str, Any],
    instant: datetime,
) -> Decoded:
    """The first of the names that is there."""
    for name in names:
        for unit in units:
            field = f"{name}_{unit}"
            if field in told:
                return [reading(quantity, decimal(told[field], field), instant, field, _UNITS[unit])]
    return []


def _electricity(told: dict[str, Any], instant: datetime) -> Decoded:
    values = _total(Quantity.ENERGY_IMPORT, _DRAWN, _ENERGY_UNITS, told, instant)
    values += _total(Quantity.ENERGY_EXPORT, _FED_IN, _ENERGY_UNITS, told, instant)
    values += _tariffs("total_energy_consumption", Quantity.ENERGY_IMPORT, told, instant)
    values += _tariffs("total_energy_production", Quantity.ENERGY_EXPORT, told, instant)
    if not values:
        return []
    power = {name: decimal(told[name], name) for name in (_POWER_IN, _POWER_OUT) if name in told}
    if len(power) == 2 or power.get(_POWER_IN):
        net = add(power.get(_POWER_IN, 0), -power.get(_POWER_OUT, 0), "power")
        values.append(reading(Quantity.POWER, net, instant, "power", KW))
    return values


def _tariffs(name: str, quantity: Quantity, told: dict[str, Any], instant: datetime) -> list[Value]:
    """The parts of the total, `t1` to `t4`."""
    fields = {tariff: f"{name}_tariff{tariff}_kwh" for tariff in _TARIFFS}
    return [
        reading(quantity, decimal(told[field], field), instant, field, KWH, f"{quantity.value}.t{tariff}")
        for tariff, field in fields.items()
        if field in told
    ]
