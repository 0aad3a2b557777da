"""Exports of P1 and DSMR meters: cumulative registers in columns, one row a quarter of an hour.

The registers of all tariffs are summed, import and export apart; a total beside its tariffs stands alone.
Powers, voltages and gas are left aside.
"""

import re
from typing import BinaryIO, NamedTuple

from contracts.codes import FileFormat, Quantity
from services.metering.files.deliveries import column_of, delivery
from services.metering.files.head import Head, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused
from services.metering.files.table import Table
from services.metering.files.times import Clock, is_local
from services.metering.files.values import BadLine, Found, Options

_TIMES = ("time", "timestamp", "datetime", "date", "datum", "tijd", "read_at", "dsmr timestamp")
_NAMES = (
    # HomeWizard, its API, DSMR-reader, in English and Dutch; a name needs its tariff or its unit.
    re.compile(
        r"(?:total_power_|energy_|electricity_)?"
        r"(?P<way>import|export|delivered|returned|afname|levering|teruglevering)(?:ed)?"
        r"[ _]?(?:(?:t|tariff|tarief)?[ _]?(?P<tariff>[1-4]))?[ _]?[(\[]?(?P<unit>k?wh)?[)\]]?"
    ),
    # OBIS codes.
    re.compile(r"(?:1-[0-9]:)?(?P<way>[12])\.8\.(?P<tariff>[0-4])(?:\*255)?(?: ?\(?(?P<unit>k?wh)\)?)?"),
)
_IMPORT = ("import", "afname", "levering", "delivered", "1")


class _Column(NamedTuple):
    at: int
    name: str
    quantity: Quantity
    tariff: str
    scale: int


def recognise(head: Head) -> Found | None:
    """A time, and registers named as P1 readers name them."""
    names = head.header()
    columns, time = _columns(names), _time(names)
    if not columns or time is None:
        return None
    quantities = {column.quantity for column in columns}
    return Found(
        FileFormat.P1_CSV,
        quantity=quantities.pop() if len(quantities) == 1 else None,
        unit="kWh" if columns[0].scale == 1_000 else "Wh",
        kind="register",
        is_local=is_local(head.first_row()[time : time + 1]),
        rests_upon=tuple(column.name for column in columns),
        columns=tuple(names),
    )


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """One point a row and direction; a row that lacks one tariff says nothing of the sum."""
    table = Table(source)
    columns, time = _columns(table.names), _time(table.names) or 0
    clock = Clock(options.zone or found.zone, options.date_order or "dmy")
    point = column_of(table.names)
    for row in table.rows(max(time, *(column.at for column in columns)) + 1):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        sums: dict[Quantity, int] = {}
        try:
            moment = clock.read(cell[time])
            for column in columns:
                value = micro(cell[column.at], column.scale, comma=table.has_decimal_comma)
                sums[column.quantity] = sums.get(column.quantity, 0) + value
        except Refused as error:
            yield error.at(number)
            continue
        for quantity, value in sums.items():
            named = delivery(cell[point]) if point is not None and len(cell) > point else ""
            yield Point(number, moment.at, value, quantity, Mode.REGISTER, twice=moment.twice, delivery=named)


def _columns(names: list[str]) -> list[_Column]:
    found: list[_Column] = []
    for at, name in enumerate(names):
        match = next((one for form in _NAMES if (one := form.fullmatch(plain(name.strip('"'))))), None)
        if match is not None and (match["tariff"] or match["unit"]):
            quantity = Quantity.ENERGY_IMPORT if match["way"] in _IMPORT else Quantity.ENERGY_EXPORT
            tariff = match["tariff"] or "0"
            found.append(_Column(at, name, quantity, tariff, 1 if match["unit"] == "wh" else 1_000))
    totals = {column.quantity for column in found if column.tariff == "0"}
    return [column for column in found if (column.tariff == "0") == (column.quantity in totals)]


def _time(names: list[str]) -> int | None:
    return next((at for at, name in enumerate(names) if plain(name.strip('"')) in _TIMES), None)
