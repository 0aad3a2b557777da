"""Two public data sets whose headers say all: the UCI household by the minute, and OpenDSM's samples."""

from collections.abc import Callable
from typing import BinaryIO

from contracts.codes import FileFormat, Quantity
from services.metering.files.enedis_table import ZONE
from services.metering.files.head import Head, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Parsed, Point, Refused
from services.metering.files.table import Table
from services.metering.files.times import Clock, is_local
from services.metering.files.units import measure
from services.metering.files.values import BadLine, Found, Options

_UCI = ["date", "time", "global_active_power"]


class Uci:
    """Mean kW of each minute in a house at Sceaux: `Date;Time;Global_active_power;…`, day first."""

    @staticmethod
    def recognise(head: Head) -> Found | None:
        if [plain(cell) for cell in head.header()[:3]] != _UCI:
            return None
        return Found(FileFormat.UCI, Quantity.ENERGY_IMPORT, "kW", "start", zone=ZONE, rests_upon=tuple(_UCI))

    @staticmethod
    def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
        return _points(source, found, options, lambda cell: f"{cell[0]} {cell[1]}", 2)


class OpenDsm:
    """kWh of each interval, stamped with its start: `start,value`."""

    @staticmethod
    def recognise(head: Head) -> Found | None:
        if [plain(cell) for cell in head.header()] != ["start", "value"]:
            return None
        lacks_zone = is_local(head.first_row()[:1])
        return Found(
            FileFormat.OPENDSM,
            Quantity.ENERGY_IMPORT,
            "kWh",
            "start",
            rests_upon=("start", "value"),
            columns=("start", "value"),
            missing=("zone",) if lacks_zone else (),
            is_local=lacks_zone,
        )

    @staticmethod
    def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
        return _points(source, found, options, lambda cell: cell[0], 1)


def _points(
    source: BinaryIO, found: Found, options: Options, time: Callable[[list[str]], str], value: int
) -> Parsed:
    table = Table(source)
    clock = Clock(options.zone or found.zone, stamp=options.stamp)
    sort = measure(options.unit or found.unit or "")
    quantity = options.quantity or (found.quantity if sort.fits(Quantity.ENERGY_IMPORT) else None)
    for row in table.rows(value + 1):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        try:
            moment = clock.read(time(cell))
        except Refused as error:
            yield error.at(number)
            continue
        amount: int | None = None
        try:
            amount = micro(cell[value], sort.scale)
        except Refused as error:
            # The time still tells how long its neighbours last.
            yield error.at(number)
        yield Point(
            number,
            moment.at,
            amount,
            quantity or sort.quantity,
            sort.mode,
            options.stamp or found.stamp or "start",
            twice=moment.twice,
        )
