"""Enedis' load curve as CSV, mean watts stamped with the end of the interval, and its daily indexes."""

from collections.abc import Iterator
from typing import BinaryIO

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import enedis_table
from services.metering.files.head import Head, plain
from services.metering.files.points import Parsed
from services.metering.files.text import cells, delimiter_of, lines
from services.metering.files.times import Clock
from services.metering.files.values import BadLine, Found, Options

_BEGINNINGS = ("identifiant prm", "point reference mesure", "horodate", "type de comptage")


def recognise(head: Head) -> Found | None:
    """A preamble that names the PRM, or `Horodate` and a value."""
    if not plain(head.lines[0].strip('"')).startswith(_BEGINNINGS):
        return None
    said = [plain(line) for line in head.lines[:12]]
    header = next(
        (line for line in said if line.startswith(("horodate", "date;", "date,", '"horodate'))), None
    )
    if header is None:
        return None
    is_export = any("production" in line or "injection" in line for line in said)
    is_index = "eas t" in header or "type de releve" in header
    is_daily = header.startswith("date")
    return Found(
        FileFormat.ENEDIS_CSV,
        quantity=Quantity.ENERGY_EXPORT if is_export else Quantity.ENERGY_IMPORT,
        unit="Wh" if is_index else "kWh" if is_daily else _unit(said),
        stamp="start" if is_index or is_daily else "end",
        kind="register" if is_index else "interval",
        zone=enedis_table.ZONE,
        rests_upon=tuple(header.split(delimiter_of(header))[:4]),
    )


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """What the file says, row by row."""
    clock = Clock(options.zone or found.zone, stamp=options.stamp or "end")
    bad: list[BadLine] = []
    for one in enedis_table.points(_rows(source, bad), clock, options):
        yield from bad
        bad.clear()
        yield one
    yield from bad


def _rows(source: BinaryIO, bad: list[BadLine]) -> Iterator[tuple[int, list[str]]]:
    delimiter = ""
    for number, text in lines(source):
        if text is None:
            bad.append(BadLine(number, FileReason.WRONG_SHAPE, ""))
            continue
        delimiter = delimiter or delimiter_of(text)
        yield number, cells(text, delimiter)


def _unit(said: list[str]) -> str:
    for line in said:
        for unit in ("kwh", "wh", "kw", "w"):
            if line.endswith(f"({unit})") or f";{unit};" in f"{line};":
                return {"kwh": "kWh", "wh": "Wh", "kw": "kW"}.get(unit, "W")
    return "W"
