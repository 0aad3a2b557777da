"""Enedis R63: one row a point, each with its own step; several quantities may be mixed.

Enedis stamps large connections with the start of the interval and Linky meters with its end. The file tells:
a point at the very beginning of the period it covers can only be a start, one at its end only an end.
"""

from typing import BinaryIO

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files.deliveries import column_of, delivery
from services.metering.files.enedis_table import ZONE
from services.metering.files.head import Head, is_estimate, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Parsed, Point, Refused
from services.metering.files.table import Table
from services.metering.files.times import Clock, duration
from services.metering.files.units import measure
from services.metering.files.values import BadLine, Found, Options, Stamp, Unreadable

_DAY_S = 86_400
_COLUMNS = ("horodate", "valeur", "nature", "pas")
_ACTIVE = ("ea", "pa", "energie active", "puissance active")
_DIRECTIONS = {"cons": Quantity.ENERGY_IMPORT, "prod": Quantity.ENERGY_EXPORT}


def recognise(head: Head) -> Found | None:
    """The columns Horodate, Valeur, Nature and Pas in one header."""
    names = [plain(cell) for cell in head.header()]
    if not set(_COLUMNS) <= set(names):
        return None
    return Found(FileFormat.ENEDIS_R63, zone=ZONE, rests_upon=_COLUMNS)


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points row by row. Unreadable when nothing says what the stamps mean."""
    stamp = options.stamp or _stamp(Table(source), Clock(options.zone or found.zone, stamp="end"))
    if stamp is None:
        raise Unreadable(FileReason.OPTION_NEEDED, "stamp")
    source.seek(0)
    table = Table(source)
    clock = Clock(options.zone or found.zone, stamp=stamp)
    at, value, step = (table.column(name) for name in ("horodate", "valeur", "pas"))
    nature, unit, physical, way = (
        table.optional(*names)
        for names in (("nature",), ("unite",), ("grandeur physique",), ("grandeur metier",))
    )
    point = column_of(table.names)
    for row in table.rows(max(at, value, step) + 1):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        try:
            if physical is not None and plain(cell[physical]) not in _ACTIVE:
                raise Refused(FileReason.NOT_CONSUMPTION, cell[physical])
            sort = measure(options.unit or (cell[unit] if unit is not None else "W"))
            moment, step_s = clock.read(cell[at]), duration(cell[step])
            quantity = options.quantity or (
                _DIRECTIONS.get(plain(cell[way])[:4]) if way is not None else Quantity.ENERGY_IMPORT
            )
            if quantity is None:
                raise Refused(FileReason.NOT_CONSUMPTION, cell[way or 0])
            is_estimated = nature is not None and len(cell) > nature and is_estimate(cell[nature])
            amount = micro(cell[value], sort.scale)
        except Refused as error:
            yield error.at(number)
            continue
        yield Point(
            number, moment.at, amount, quantity, sort.mode, stamp, step_s, moment.twice, is_estimated,
            delivery=delivery(cell[point]) if point is not None and len(cell) > point else "",
            is_step_stated=step_s < _DAY_S,
        )  # fmt: skip


def _stamp(table: Table, clock: Clock) -> Stamp | None:
    at, step = table.column("horodate"), table.column("pas")
    first, last = table.optional("date de debut"), table.optional("date de fin")
    if first is None or last is None:
        return None
    is_end = False
    for row in table.rows(max(at, step, first, last) + 1):
        if isinstance(row, BadLine):
            continue
        try:
            moment, begins = clock.read(row[1][at]).at, clock.read(row[1][first]).at
            if moment == begins:
                return "start"
            is_end |= moment == begins + duration(row[1][step]) or moment == clock.read(row[1][last]).at
        except Refused:
            continue
    return "end" if is_end else None
