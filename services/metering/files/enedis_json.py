"""Answers of Enedis' API as Data Connect, Conso API and MyElectricalData store them.

Bare or wrapped in `meter_reading`, one or many. A curve is mean watts, stamped with the local end of the
interval and without offset; a day is Wh. Version 3 counts ranks from the start instead of giving times.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, BinaryIO, NamedTuple

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files.deliveries import delivery
from services.metering.files.enedis_table import ZONE
from services.metering.files.head import Head, is_estimate
from services.metering.files.loading_json import loaded
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused, quoted
from services.metering.files.times import Clock, duration
from services.metering.files.units import Measure, measure
from services.metering.files.values import BadLine, Found, Options, Unreadable

_DAY_S = 86_400
_POINTS = ("usage_point_id", "usagePointId", "prm", "pdl")
_MARKS = ("measure_type", "nature", "quality")
_ERROR = re.compile(r'"(?:error|error_code|exception)"\s*:\s*"([^"]{1,60})"|(ADAM-[A-Z]+\d+)')


class _Reading(NamedTuple):
    value: Any
    date: Any
    rank: Any
    length: Any
    mark: Any
    """Nature of the measure, where the point says it."""


def recognise(head: Head) -> Found | None:
    """The name `interval_reading`. Unreadable for an answer that is an error."""
    if head.text.lstrip()[:1] not in ("{", "["):
        return None
    if '"interval_reading"' in head.text:
        is_daily = '"P1D"' in head.text
        return Found(
            FileFormat.ENEDIS_JSON,
            quantity=Quantity.ENERGY_IMPORT,
            unit="Wh" if is_daily else "W" if re.search(r'"unit"\s*:\s*"W"', head.text) else None,
            stamp="start" if is_daily else "end",
            zone=ZONE,
            rests_upon=("interval_reading",),
        )
    if '"error' in head.text and (match := _ERROR.search(head.text)):
        raise Unreadable(FileReason.SERVICE_ERROR, quoted(match[1] or match[2]))
    return None


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points in the file's order; the line is the how-manieth reading of the file."""
    clock = Clock(options.zone or found.zone, stamp=options.stamp or "end")
    number = 0
    for block, point in _blocks(loaded(source, _smaller)):
        kind = block.get("reading_type")
        yield from _block(block, kind if isinstance(kind, dict) else {}, clock, options, number, point)
        number += len(block["interval_reading"])


def _block(
    block: dict[str, Any], kind: dict[str, Any], clock: Clock, options: Options, number: int, point: str
) -> Parsed:
    sort = _measure(kind, options)
    quantity = options.quantity or (
        Quantity.ENERGY_EXPORT
        if str(kind.get("flow_direction")) in ("19", "production")
        else Quantity.ENERGY_IMPORT
    )
    period = str(kind.get("interval_length") or kind.get("measuring_period") or "")
    stamp = options.stamp or ("start" if period == "P1D" else "end")
    for one in block["interval_reading"]:
        number += 1
        if not isinstance(one, _Reading):
            yield BadLine(number, FileReason.WRONG_SHAPE, quoted(one))
            continue
        try:
            at, twice, step_s, is_day = _time(one, block, period, clock)
            amount = micro(str(one.value) if one.value is not None else "", sort.scale)
        except Refused as error:
            yield error.at(number) if error.cell else BadLine(number, error.reason, quoted(one.date))
            continue
        yield Point(
            number, at, amount, quantity, sort.mode, "start" if is_day else stamp, step_s, twice,
            is_estimate(one.mark or block.get("quality")),
            delivery=point, is_step_stated=step_s > 0 and not is_day,
        )  # fmt: skip


def _time(one: _Reading, block: dict[str, Any], period: str, clock: Clock) -> tuple[int, int, int, bool]:
    """Stamp, repetition, length, and whether it is a civil day (then stamped with its start)."""
    length = str(one.length) if one.length else period
    if one.date is None and one.rank is not None:
        rank = str(one.rank)
        if not (rank.isascii() and rank.isdecimal() and len(rank) < 6) or not length:
            raise Refused(FileReason.WRONG_TIME, rank)
        if length == "P1D":
            first = clock.civil_day(str(block.get("start")))
            start, step_s = clock.day(first + timedelta(days=int(rank) - 1))
            return start, 0, step_s, True
        step_s = duration(length)
        return clock.read(str(block.get("start"))).at + (int(rank) - 1) * step_s, 0, step_s, True
    date = str(one.date)
    moment = clock.read(date)
    if length == "P1D" or (not length and moment.is_date):
        start, step_s = clock.day(clock.civil_day(date))
        return start, 0, step_s, True
    step_s = duration(length) if length else 0
    if step_s > _DAY_S:
        raise Refused(FileReason.LONG_PERIODS, length)
    return moment.at, moment.twice, step_s, False


def _measure(kind: dict[str, Any], options: Options) -> Measure:
    unit = str(options.unit or kind.get("unit") or "")
    if not unit:
        raise Unreadable(FileReason.OPTION_NEEDED, "unit")
    if str(kind.get("aggregate", "")).lower().startswith("max"):
        raise Unreadable(FileReason.NOT_CONSUMPTION, "maximum")
    try:
        found = measure(unit)
    except Refused as error:
        # VA: the highest power of each day.
        raise Unreadable(FileReason.NOT_CONSUMPTION, quoted(error.cell)) from None
    if found.mode is Mode.AMOUNT and kind.get("measurement_kind") == "power":
        raise Unreadable(FileReason.WRONG_UNIT, quoted(unit))
    return found


def _blocks(document: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object with readings, however deep it is wrapped, and the delivery point it is of."""
    waiting = [(document, "")]
    while waiting:
        one, point = waiting.pop()
        if isinstance(one, dict):
            named = (one[name] for name in _POINTS if isinstance(one.get(name), str))
            point = delivery(next(named, "")) or point
            if isinstance(one.get("interval_reading"), list):
                yield one, point
            else:
                waiting.extend((part, point) for part in reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend((part, point) for part in reversed(one))


def _smaller(one: dict[str, Any]) -> Any:
    """A reading without its names: a file of them then needs a third of the memory."""
    if "value" in one and ("date" in one or "rank" in one):
        mark = next((one[name] for name in _MARKS if one.get(name)), None)
        return _Reading(one["value"], one.get("date"), one.get("rank"), one.get("interval_length"), mark)
    return one
