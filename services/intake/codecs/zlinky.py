"""Codec `zlinky`: LiXee's ZLinky_TIC as Zigbee2MQTT tells it, one JSON object of fields of several ages."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.codes import Kind, Reason
from services.intake.codecs import tic
from services.intake.codecs.base import Decoded, Refused, Value, check_instant, load_json, refusing
from services.intake.codecs.localtime import instant_in_season

POLLED_WITHIN = timedelta(minutes=15)
"""The date is polled every ten minutes, registers come when they change: a date that recent says that the
message has just been sent, and the arrival tells its values apart."""
STANDS_STILL = timedelta(days=8)
"""Hardly a queue keeps a message for more than a week: an older `current_date` is not polled any more."""
ROUNDING_MILLI = 4_000_000
"""Registers rounded to the kWh, as some versions of Zigbee2MQTT do, differ from their sum by chance."""
AGES_MILLI = 15_000_000
"""A quarter of an hour at 36 kVA, and rounding: what fields of different ages may differ by."""

_TOTAL, _EXPORT = "energy_import", "energy_export"
_ENERGIES = {
    key: (register, unit)
    for snake, camel, register in (
        ("current_summ_delivered", "currentSummDelivered", _TOTAL),
        ("current_summ_received", "currentSummReceived", _EXPORT),
        *(
            (f"current_tier{n}_summ_delivered", f"currentTier{n}SummDelivered", f"{_TOTAL}.t{n}")
            for n in range(1, 11)
        ),
    )
    for key, unit in ((snake, "kWh"), (camel, "Wh"))
}
"""The older spelling is in Wh. Where a message has both, the newer one counts."""
_DRAWN = frozenset(key for key, (register, _) in _ENERGIES.items() if register != _EXPORT)
_VOLTAGES = {
    "rms_voltage": "voltage",
    "rms_voltage_ph_b": "voltage.l2",
    "rms_voltage_ph_c": "voltage.l3",
}
_POWERS = ("total_apparent_power", "apparent_power", "apparent_power_ph_b", "apparent_power_ph_c")
_KEYS = frozenset([*_ENERGIES, *_VOLTAGES, *_POWERS])
_DATE = re.compile(r"([EH])(\d{12})", re.ASCII)


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The registers, apparent power and voltages; nothing for other devices of the same Zigbee network.

    Left out: `active_power` (CCASN, the last point of the load curve, up to half an hour old), the
    distributor's registers (`active_energy_out_*`: the same energy again), and what tells who lives there.
    """
    *before, last = topic_tail.split("/")
    if before and (before[0] == "bridge" or last in ("availability", "set", "get")):
        return []
    fields = load_json(payload)
    if type(fields) is not dict:
        if before and last not in _KEYS:
            return []
        raise Refused(Reason.WRONG_SHAPE, "this is no JSON object: set output to json in Zigbee2MQTT")
    if _KEYS.isdisjoint(fields):
        return []
    instant = _instant(fields, received_at)
    values = _energies(fields, topic_tail or None, instant)
    values += _momentary(fields, topic_tail or None, instant)
    if not _DRAWN.isdisjoint(fields) and not any(value.value_milli for value in values):
        raise Refused(
            Reason.EMPTY, "all registers are zero or unset: the ZLinky does not read the meter (yet)"
        )
    return values


def _energies(fields: dict[str, Any], channel: str | None, instant: datetime) -> list[Value]:
    found: dict[str, Value] = {}
    for key, (register, unit) in _ENERGIES.items():
        if register in found:
            continue
        read = tic.amount(fields.get(key), key)
        if unit == "Wh" and read is not None and read % 1:
            raise Refused(Reason.WRONG_UNIT, f"{key} counts whole Wh: with decimals it is in another unit")
        value = None if read is None else tic.reading(channel, register, unit, read, instant, key)
        if value is not None:
            found[register] = value
    if _TOTAL in found and not _is_total(found, fields):
        del found[_TOTAL]
    return list(found.values())


def _is_total(found: dict[str, Value], fields: dict[str, Any]) -> bool:
    """Whether the total is one. In historic mode Zigbee2MQTT makes it of the first two tiers, which is wrong
    with six of them (Tempo). Raises `Refused` when registers contradict each other otherwise."""
    if str(fields.get("current_tarif")).upper().startswith("BBR"):
        return False
    tiers = {n: found[f"{_TOTAL}.t{n}"].value_milli for n in range(1, 11) if f"{_TOTAL}.t{n}" in found}
    total = found[_TOTAL].value_milli
    short = sum(tiers.values()) - total
    of_two = tiers.get(1, 0) + tiers.get(2, 0)
    if short > ROUNDING_MILLI and abs(total - of_two) <= ROUNDING_MILLI and max(tiers) > 2:
        return False
    if short > AGES_MILLI:
        raise Refused(
            Reason.OUT_OF_RANGE, "the total is less than its tiers together: a register shows another's value"
        )
    return True


def _momentary(fields: dict[str, Any], channel: str | None, instant: datetime) -> list[Value]:
    total, first, *phases = (tic.amount(fields.get(key), key) for key in _POWERS)
    power: int | Decimal | None = total or first
    if not total and any(phases):
        power = None  # the first of three phases
    found = [("apparent_power", "VA", power)]
    found += [(register, "V", tic.amount(fields.get(key), key)) for key, register in _VOLTAGES.items()]
    values = [
        tic.reading(channel, register, unit, read, instant, register)
        for register, unit, read in found
        if read is not None
    ]
    return [value for value in values if value is not None and value.kind is Kind.SAMPLE]


def _instant(fields: dict[str, Any], received_at: datetime) -> datetime:
    """When Zigbee2MQTT last heard the device; else the arrival, unless the meter's own date tells that the
    message waited somewhere."""
    seen = _last_seen(fields.get("last_seen"))
    instant = seen or _current_date(fields, received_at)
    if instant is None or (seen is None and timedelta(0) <= received_at - instant <= POLLED_WITHIN):
        return received_at.astimezone(UTC)
    check_instant(instant, received_at, "the message")
    return instant


def _last_seen(said: Any) -> datetime | None:
    """`last_seen` as ISO 8601 with its offset, or as milliseconds since 1970."""
    try:
        if type(said) is int:
            return datetime.fromtimestamp(said / 1_000, UTC)
        seen = datetime.fromisoformat(said) if type(said) is str else None
        return seen.astimezone(UTC) if seen and seen.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def _current_date(fields: dict[str, Any], received_at: datetime) -> datetime | None:
    """The meter's date: season, then local time. None where it cannot be trusted: a small letter or a blank
    is a clock that lost its time, and a date more than a week old stands still."""
    said = fields.get("current_date", fields.get("currentDate"))
    match = _DATE.fullmatch(said) if type(said) is str else None
    if match is None:
        return None
    try:
        local = datetime.strptime(match[2], "%y%m%d%H%M%S")  # noqa: DTZ007 (its zone comes next)
    except ValueError:
        return None
    instant = instant_in_season(local, match[1] == "E", received_at)
    return instant if instant and received_at - instant <= STANDS_STILL else None
