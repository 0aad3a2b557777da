"""Conso Downloader: `debut;fin;kW` with a decimal comma, both ends of each interval in local time."""

from typing import BinaryIO

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files.enedis_table import ZONE
from services.metering.files.head import Head, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Parsed, Point, Refused
from services.metering.files.table import Table
from services.metering.files.times import Clock
from services.metering.files.units import measure
from services.metering.files.values import BadLine, Found, Options

_UNITS = ("kw", "kwh", "w", "wh")


def recognise(head: Head) -> Found | None:
    """A first column `debut` and a last one that is a unit; a name with `prod` says export."""
    names = [plain(cell) for cell in head.header()]
    if len(names) < 2 or names[0] != "debut" or names[-1] not in _UNITS:
        return None
    is_export = "historique_prod" in head.filename.lower()
    return Found(
        FileFormat.CONSO_DOWNLOADER,
        quantity=Quantity.ENERGY_EXPORT if is_export else Quantity.ENERGY_IMPORT,
        unit=measure(names[-1]).name,
        stamp="start",
        zone=ZONE,
        rests_upon=(*names, "historique_prod") if is_export else tuple(names),
    )


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points row by row; `fin` tells the length, else the neighbours do."""
    table = Table(source)
    clock = Clock(options.zone or found.zone)
    sort = measure(options.unit or table.names[-1])
    value, end = len(table.names) - 1, table.optional("fin")
    quantity = options.quantity or found.quantity or Quantity.ENERGY_IMPORT
    for row in table.rows(len(table.names)):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        try:
            moment = clock.read(cell[0])
            step_s = 0
            # On the autumn night the difference of two local times can be an hour off.
            if (
                end is not None
                and cell[end]
                and not moment.twice
                and not (last := clock.read(cell[end])).twice
            ):
                step_s = last.at - moment.at
                if step_s <= 0:
                    raise Refused(FileReason.WRONG_TIME, cell[end])
            amount = micro(cell[value], sort.scale, comma=True)
        except Refused as error:
            yield error.at(number)
            continue
        yield Point(number, moment.at, amount, quantity, sort.mode, "start", step_s, moment.twice)
