"""Any CSV, by the columns and units that a person names; what its header says clearly need not be named."""

import re
from contextlib import suppress
from itertools import pairwise
from typing import BinaryIO

from contracts.codes import FileFormat, FileReason
from services.metering.files.deliveries import column_of, delivery
from services.metering.files.head import Head, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused, quoted
from services.metering.files.table import Table
from services.metering.files.text import delimiter_of
from services.metering.files.times import Clock, is_local, numeric_days
from services.metering.files.units import Measure, measure
from services.metering.files.values import BadLine, DateOrder, Found, Options, Stamp, Unreadable

_STARTS = ("start", "debut", "from", "date de debut", "start time", "interval start", "start_time")
_ENDS = ("end", "fin", "to", "date de fin", "end time", "interval end", "end_time")
_TIMES = ("time", "timestamp", "date", "datetime", "date time", "date heure", "horodate", "date et heure")
_VALUES = (
    "value",
    "valeur",
    "consumption",
    "consommation",
    "energy",
    "energie",
    "power",
    "puissance",
    "usage",
)
_UNIT = re.compile(r"(?:^|[\s_(\[])(kwh|wh|mwh|kw|w|m3|m³|l)[)\]]?$", re.IGNORECASE)
_A_LOOK, _GROWING = 1_000, 10
"""Values that are looked at; how many rises without a fall are no chance."""
_REGISTERS = ("index", "register", "registre", "meter reading", "meter_reading", "meterstand", "cumulative")


def recognise(head: Head) -> Found | None:
    """A header of at least two columns, none of them a number, with rows below."""
    names = head.header()
    if len(head.lines) < 2 or len(names) < 2 or head.text.lstrip()[:1] in ("<", "{", "["):
        return None
    if any(re.fullmatch(r"[\d\s.,:/+-]*", name.strip()) for name in names):
        return None
    if head.lines[1].count(delimiter_of(head.lines[0])) < 1:
        return None
    time, value = _time_column(names), _value_column(names)
    unit = _unit(names[value]) if value is not None else None
    is_register = value is not None and any(word in plain(names[value]) for word in _REGISTERS)
    stamp = _stamp(names[time]) if time is not None else None
    lacking = {
        "time_column": time is None,
        "value_column": value is None,
        "unit": unit is None,
        "stamp": stamp is None and not is_register,
    }
    known = [names[at] for at in (time, value) if at is not None]
    return Found(
        FileFormat.CSV,
        quantity=measure(unit).quantity if unit else None,
        unit=unit,
        stamp=stamp,
        kind="register" if is_register else "interval",
        is_local=is_local(head.first_row() if time is None else head.first_row()[time : time + 1]),
        rests_upon=tuple(quoted(name) for name in known),
        columns=tuple(quoted(name) for name in names[:100]),
        missing=tuple(name for name, is_lacking in lacking.items() if is_lacking),
    )


def lacking(found: Found, options: Options) -> list[str]:
    """Fields of `Options` without which it cannot be read, beside what a person says already: a register's
    times are instants, and a column that is named may say its unit, or its end of the interval."""
    said = options.time_column, options.value_column
    stamp = _stamp(said[0]) if said[0] is not None else found.stamp
    unit = _unit(said[1]) if said[1] is not None else found.unit
    is_interval = (options.kind or found.kind) == "interval"
    is_open = {
        "time_column": said[0] is None and "time_column" in found.missing,
        "value_column": said[1] is None and "value_column" in found.missing,
        "unit": options.unit is None and unit is None,
        "stamp": is_interval and options.stamp is None and stamp is None,
    }
    return [name for name, is_lacking in is_open.items() if is_lacking]


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points row by row. Unreadable where neither the person nor the header says what is what."""
    table = Table(source)
    time = _chosen(table, options.time_column, _time_column(table.names), "time_column")
    value = _chosen(table, options.value_column, _value_column(table.names), "value_column")
    sort, kind = _meaning(table.names[value], found, options)
    stamp = options.stamp or _stamp(table.names[time])
    if stamp is None and kind == "interval":
        raise Unreadable(FileReason.OPTION_NEEDED, "stamp")
    if options.kind is None and kind == "interval" and sort.mode is Mode.AMOUNT:
        _ask_when_only_growing(table, value, sort)
        source.seek(0)
        table = Table(source)
    quantity = options.quantity or sort.quantity
    if not sort.fits(quantity):
        raise Unreadable(FileReason.WRONG_UNIT, sort.name)
    order = options.date_order or _date_order(table, time)
    source.seek(0)
    table = Table(source)
    clock = Clock(options.zone or found.zone, order, stamp)
    mode = Mode.REGISTER if kind == "register" else sort.mode
    point = column_of(name if at not in (time, value) else "" for at, name in enumerate(table.names))
    for row in table.rows(max(time, value) + 1):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        try:
            moment = clock.read(cell[time])
        except Refused as error:
            yield error.at(number)
            continue
        amount: int | None = None
        try:
            amount = micro(cell[value], sort.scale, comma=table.has_decimal_comma)
        except Refused as error:
            yield error.at(number)
        yield Point(
            number, moment.at, amount, quantity, mode, stamp or "start", twice=moment.twice,
            delivery=delivery(cell[point]) if point is not None and len(cell) > point else "",
        )  # fmt: skip


def _meaning(name: str, found: Found, options: Options) -> tuple[Measure, str]:
    unit = options.unit or _unit(name)
    if unit is None:
        raise Unreadable(FileReason.OPTION_NEEDED, "unit")
    sort = measure(unit)
    kind = options.kind or found.kind
    if kind == "register" and sort.mode is Mode.POWER:
        raise Unreadable(FileReason.WRONG_UNIT, sort.name)
    return sort, kind


def _ask_when_only_growing(table: Table, value: int, sort: Measure) -> None:
    """Unreadable when the values look like a register, which nobody has said they are not."""
    seen: list[int] = []
    for row in table.rows(value + 1):
        if isinstance(row, BadLine):
            continue
        with suppress(Refused):
            seen.append(micro(row[1][value], sort.scale, comma=table.has_decimal_comma))
        if len(seen) == _A_LOOK:
            break
    rising = sum(later > earlier for earlier, later in pairwise(seen))
    falling = sum(later < earlier for earlier, later in pairwise(seen))
    if max(rising, falling) >= _GROWING and not min(rising, falling):
        raise Unreadable(FileReason.OPTION_NEEDED, "kind")


def _chosen(table: Table, named: str | None, seen: int | None, option: str) -> int:
    if named is not None:
        return table.column(named)
    if seen is None:
        raise Unreadable(FileReason.OPTION_NEEDED, option)
    return seen


def _date_order(table: Table, time: int) -> DateOrder:
    """Day or month first, as the whole file shows. Unreadable when both readings of it make sense."""
    days: set[tuple[int, int, int]] = set()
    for row in table.rows(time + 1):
        if not isinstance(row, BadLine) and (day := numeric_days(row[1][time])) is not None:
            days.add(day)
            if len(days) > 50_000:
                break
    first_is_day, second_is_day = any(day[0] > 12 for day in days), any(day[1] > 12 for day in days)
    if first_is_day or second_is_day:
        # Both: the file contradicts itself, and the rows that do not fit are refused one by one.
        return "dmy" if first_is_day else "mdy"
    if all(day[0] == day[1] for day in days):
        return "dmy"
    without_holes = [
        order for order, at in (("dmy", (2, 1, 0)), ("mdy", (2, 0, 1))) if _is_unbroken(days, at)
    ]
    if len(without_holes) == 1 and len(days) > 2:
        return "dmy" if without_holes[0] == "dmy" else "mdy"
    raise Unreadable(FileReason.AMBIGUOUS_DATES, "/".join(map(str, min(days))))


def _is_unbroken(days: set[tuple[int, int, int]], at: tuple[int, int, int]) -> bool:
    ordered = sorted(tuple(day[place] for place in at) for day in days)
    return ordered[0][:2] == ordered[-1][:2] and ordered[-1][2] - ordered[0][2] == len(ordered) - 1


def _time_column(names: list[str]) -> int | None:
    begins = [at for at, name in enumerate(names) if plain(name) in (*_STARTS, *_TIMES)]
    return _one(begins or [at for at, name in enumerate(names) if plain(name) in _ENDS])


def _value_column(names: list[str]) -> int | None:
    with_unit = [at for at, name in enumerate(names) if _unit(name)]
    return (
        _one(with_unit)
        if with_unit
        else _one([at for at, name in enumerate(names) if plain(name) in _VALUES])
    )


def _one(found: list[int]) -> int | None:
    return found[0] if len(found) == 1 else None


def _unit(name: str) -> str | None:
    match = _UNIT.search(name.strip())
    try:
        return measure(match[1]).name if match else None
    except Refused:
        return None


def _stamp(name: str) -> Stamp | None:
    return "start" if plain(name) in _STARTS else "end" if plain(name) in _ENDS else None
