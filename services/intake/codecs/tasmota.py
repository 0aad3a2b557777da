"""Codec `tasmota`: SENSOR messages of Tasmota plugs, and of Tasmota on a meter's output (Teleinfo)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from contracts.codes import Reason
from services.intake.codecs import tic
from services.intake.codecs.base import (
    Decoded,
    Refused,
    Value,
    add,
    check_instant,
    load_json,
    refusing,
    shown,
)
from services.intake.codecs.localtime import instant_of

_PREFIXES = ("tele", "stat", "cmnd")
_WITH_READINGS = frozenset({"", "SENSOR", "TIC", "LIVE"})
"""Last parts of topics; others (STATE, LWT, INFO1, RTE, RESULT) tell of the device, not of the meter."""
_TELEINFO = ("METER", "CONTRACT", "TIC", "ALERT", "CAL", "RELAY")
_OF_A_PLUG = frozenset({"Power", "ApparentPower", "Voltage"})

Section = dict[str, Any]


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The readings of all sections at the message's `Time`, local unless it says its offset.

    The meter's own index, where the message has it, is `energy_import`. The `ENERGY` section of a Teleinfo
    device counts by itself and may differ: it is the part `energy_import.tasmota`, used where nothing better
    is sent, and its `Power`, in which some versions put VA, is left out.
    """
    channel, is_dry = _place(topic_tail)
    if is_dry:
        return []
    message = load_json(payload)
    if type(message) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a SENSOR message is a JSON object")
    sections = {name: _section(message, name) for name in ("ENERGY", *_TELEINFO)}
    instant = _instant(message.get("Time"), received_at)
    taken = _Taken(channel, instant)
    if sections["TIC"]:
        taken.values += tic.frame(sections["TIC"], channel, instant)
    _contract(sections["CONTRACT"], taken)
    _meter(sections["METER"], taken)
    is_teleinfo = "Load" in sections["ENERGY"] or any(name in message for name in _TELEINFO)
    if not is_teleinfo and sections["ENERGY"].keys() >= _OF_A_PLUG:
        _plug(sections["ENERGY"], taken)
    else:
        _counted(sections["ENERGY"], taken)
    return taken.values


class _Taken:
    """The readings so far: the first to name a register keeps it."""

    def __init__(self, channel: str | None, instant: datetime) -> None:
        self.values: list[Value] = []
        self._channel, self._instant = channel, instant

    def has(self, quantity: str) -> bool:
        return any(value.quantity == quantity for value in self.values)

    def take(self, register: str, unit: str, found: int | Decimal | None, where: str) -> None:
        if found is None or any(value.register == register for value in self.values):
            return
        value = tic.reading(self._channel, register, unit, found, self._instant, where)
        if value is not None:
            self.values.append(value)


def _contract(section: Section, taken: _Taken) -> None:
    taken.take("energy_import", "Wh", tic.amount(section.get("CONSO"), "CONSO"), "CONSO")
    taken.take("energy_export", "Wh", tic.amount(section.get("PROD"), "PROD"), "PROD")


def _meter(section: Section, taken: _Taken) -> None:
    voltages = [tic.amount(section.get(name), name) for name in ("U1", "U2", "U3")]
    if voltages[0] == 0:
        return  # nothing was read from the meter yet
    _voltages(voltages, taken)
    taken.take("apparent_power", "VA", tic.amount(section.get("P"), "P"), "P")
    if not tic.amount(section.get("PW"), "PW"):  # while feeding in, W says nothing of what is drawn
        taken.take("power", "W", tic.amount(section.get("W"), "W"), "W")


def _plug(section: Section, taken: _Taken) -> None:
    taken.take("energy_import", "kWh", _sum(section, "Total"), "Total")
    taken.take("energy_export", "kWh", _sum(section, "ExportActive"), "ExportActive")
    taken.take("power", "W", _sum(section, "Power"), "Power")
    taken.take("apparent_power", "VA", _sum(section, "ApparentPower"), "ApparentPower")
    _voltages(_each(section, "Voltage"), taken)


def _counted(section: Section, taken: _Taken) -> None:
    if not taken.has("energy_import"):
        taken.take("energy_import.tasmota", "kWh", _sum(section, "Total"), "Total")
    taken.take("apparent_power", "VA", _sum(section, "ApparentPower"), "ApparentPower")
    _voltages(_each(section, "Voltage"), taken)


def _voltages(found: list[int | Decimal | None], taken: _Taken) -> None:
    for register, voltage in zip(("voltage", "voltage.l2", "voltage.l3"), found, strict=False):
        taken.take(register, "V", voltage, "the voltage")


def _each(section: Section, name: str) -> list[int | Decimal | None]:
    """One number, or one for each phase."""
    value = section.get(name)
    return [tic.amount(phase, name) for phase in (value if type(value) is list else [value])]


def _sum(section: Section, name: str) -> int | Decimal | None:
    """The sum over the phases; None when one is missing."""
    phases = _each(section, name)
    total: int | Decimal = 0
    for phase in phases:
        if phase is None:
            return None
        total = add(total, phase, name)
    return total if phases else None


def _place(topic_tail: str) -> tuple[str | None, bool]:
    """The device's own name, if the topic has one, and whether the message can hold no reading."""
    parts = topic_tail.split("/") if topic_tail else []
    prefix = next((part for part in parts[:-1] if part in _PREFIXES), None)
    if prefix is None:
        if len(parts) > 1 or (parts and parts[0] not in _WITH_READINGS):
            raise Refused(Reason.UNKNOWN_TOPIC, "set FullTopic to the meter's topic, then /tasmota/%prefix%/")
        return None, False
    named = parts[:-1]
    named.remove(prefix)
    return "/".join(named) or None, prefix != "tele" or parts[-1] not in _WITH_READINGS


def _section(message: Section, name: str) -> Section:
    section = message.get(name)
    if section is None:
        return {}
    if type(section) is not dict:
        raise Refused(Reason.WRONG_SHAPE, f"{name} is not an object")
    return section


def _instant(said: Any, received_at: datetime) -> datetime:
    if said is None:
        return received_at.astimezone(UTC)
    try:
        time = datetime.fromisoformat(said) if type(said) is str and len(said) > 10 else None
    except ValueError:
        time = None
    if time is None:
        raise Refused(Reason.WRONG_SHAPE, f"Time is {shown(str(said))}, no date and time")
    try:
        instant = instant_of(time, received_at) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise Refused(Reason.TOO_OLD, "Time is outside the calendar") from None
    if instant is None:
        raise Refused(
            Reason.NO_TIME,
            f"Time {shown(str(said))} does not exist: clocks go forward over it. Set the device's Timezone,"
            " TimeStd and TimeDst",
        )
    check_instant(instant, received_at, "Time")
    return instant
