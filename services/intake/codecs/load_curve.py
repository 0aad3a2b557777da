"""Codec `load-curve`: one run of equal intervals, their amounts or their mean powers."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from contracts.codes import Kind, Reason
from services.intake.codecs.base import (
    LARGEST_MILLI,
    Decoded,
    Refused,
    Value,
    check_instant,
    load_json,
    number,
    refuse_must_understand,
    refusing,
    shown,
    to_milli,
)
from services.intake.codecs.quantities import Named, find, ratio

MAX_VALUES = 100_000
"""Ten weeks of minutes: 200 batches to make durable before the one acknowledgement."""

_FIELDS = ("start", "step", "quantity", "unit", "values")
_ALLOWED = frozenset({"energy_import", "energy_export", "volume", "power", "apparent_power"})
_DURATION = re.compile(r"P(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?", re.ASCII)
_DAY_SECONDS = 86_400


class Curve(NamedTuple):
    """What a message says before the topic tells whose it is."""

    register: str
    named: Named
    step_s: int
    start: datetime
    """UTC."""
    amounts: list[tuple[int, int]]
    """Position in the curve, thousandths of the unit; in order, without those that are missing."""

    @property
    def kind(self) -> Kind:
        return Kind.INTERVAL if self.named.is_cumulative else Kind.SAMPLE


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The curve's readings: `energy_import@1800` are intervals, `power@60` means over their minute.

    The n-th instant is start + n × step in UTC, so a curve runs through a change of clocks unharmed. A
    null is a value that is missing: no reading at all.
    """
    curve = read(payload, received_at)
    step = timedelta(seconds=curve.step_s)
    channel = topic_tail.split("/", 1)[0] or None
    return [
        Value(
            channel, curve.register, curve.start + position * step, curve.named.quantity, curve.kind,
            curve.step_s, milli, curve.named.unit,
        )
        for position, milli in curve.amounts
    ]  # fmt: skip


def read(payload: bytes, received_at: datetime) -> Curve:
    """The curve as a whole. Raises `Refused`."""
    curve = load_json(payload)
    if type(curve) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a load curve is a JSON object")
    refuse_must_understand(curve, "the curve")
    missing = [field for field in _FIELDS if field not in curve]
    if missing:
        reason = Reason.NO_TIME if missing == ["start"] else Reason.WRONG_SHAPE
        raise Refused(reason, f"missing: {', '.join(missing)}")
    start = _start(curve["start"])
    check_instant(start, received_at, "start")
    step_s = _step_seconds(curve["step"])
    register = find(_text(curve, "quantity"), "the curve", _ALLOWED)
    exact = ratio(register.named, _text(curve, "unit"), "the curve")
    amounts = curve["values"]
    if type(amounts) is not list:
        raise Refused(Reason.WRONG_SHAPE, "values is not a list")
    if len(amounts) > MAX_VALUES:
        raise Refused(Reason.TOO_LARGE, f"{len(amounts)} values; the limit is {MAX_VALUES} a message")
    found = _whole(amounts, exact) or _amounts(amounts, exact, register.named)
    if not found:
        raise Refused(Reason.EMPTY, "the curve has no value")
    # What has not ended yet cannot have been measured: the end must not lie ahead either.
    end = start + (found[-1][0] + 1) * timedelta(seconds=step_s)
    check_instant(end, received_at, "the end of the last value")
    return Curve(f"{register.register}@{step_s}", register.named, step_s, start, found)


def _whole(amounts: list[Any], exact: tuple[int, int]) -> list[tuple[int, int]] | None:
    """Nearly all curves: whole numbers, none missing, none negative, none too large."""
    factor, divisor = exact
    if divisor != 1 or set(map(type, amounts)) != {int}:
        return None
    if min(amounts) < 0 or max(amounts) * factor > LARGEST_MILLI:
        return None
    return [(position, amount * factor) for position, amount in enumerate(amounts)]


def _amounts(amounts: list[Any], exact: tuple[int, int], named: Named) -> list[tuple[int, int]]:
    found = []
    for position, amount in enumerate(amounts):
        if amount is None:
            continue
        where = f"value {position + 1}"
        milli = to_milli(number(amount, where), exact, where)
        if milli < 0 and not named.may_be_negative:
            raise Refused(Reason.OUT_OF_RANGE, f"{where} is negative")
        found.append((position, milli))
    return found


def _text(curve: dict[str, Any], field: str) -> str:
    value = curve[field]
    if type(value) is not str:
        raise Refused(Reason.WRONG_SHAPE, f"{field} is not text")
    return value


def _start(value: Any) -> datetime:
    if type(value) is not str:
        raise Refused(Reason.WRONG_SHAPE, "start is not text; write 2026-01-05T00:00:00+01:00")
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(
            Reason.WRONG_SHAPE, f"start {shown(value)} is no instant; write 2026-01-05T00:00:00+01:00"
        ) from None
    if start.tzinfo is None:
        raise Refused(Reason.NO_TIME, "start has no UTC offset, so it is no instant; add +01:00 or Z")
    try:
        return start.astimezone(UTC)
    except OverflowError:
        raise Refused(Reason.TOO_OLD, "start is outside the calendar") from None


def _step_seconds(value: Any) -> int:
    match = _DURATION.fullmatch(value) if type(value) is str else None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    step_s = days * _DAY_SECONDS + hours * 3_600 + minutes * 60 + seconds
    if not 60 <= step_s <= _DAY_SECONDS or _DAY_SECONDS % step_s:
        raise Refused(
            Reason.WRONG_SHAPE, "step is an ISO 8601 duration from PT1M to P1D that divides a day, e.g. PT30M"
        )
    return step_s
