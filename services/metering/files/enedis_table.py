"""Enedis tables, as CSV or spreadsheet: a load curve, days or daily indexes, in one block or several.

A block is an optional preamble (names, then values; or names beside values), a header, and rows. Curves are
stamped with the end of the interval; days and indexes with the day.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from contracts.codes import FileReason, Quantity
from services.metering.files.deliveries import delivery
from services.metering.files.head import is_estimate, plain
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused, quoted
from services.metering.files.times import Clock
from services.metering.files.units import Measure, measure
from services.metering.files.values import BadLine, Options, Unreadable

ZONE = "Europe/Paris"
_TOTALS = ("eas t", "eai t")
_MARKS = ("nature", "statut")
"""Beginnings of the column that says of each point whether it was read or estimated."""
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_UNIT = re.compile(r"\(\s*(?:en\s+)?([^()\s]+)\s*\)")
_POINTS = ("identifiant prm", "point reference mesure")
_LABELS = (
    *_POINTS, "type de", "date de debut", "date de fin", "grandeur",
    "etape metier", "unite", "pas en minutes",
)  # fmt: skip


def points(table: Iterable[tuple[int, list[str]]], clock: Clock, options: Options) -> Parsed:
    """The points of rows of cells. Unreadable when no block of the table is consumption."""
    block = _Block(clock, options)
    refused: str | None = None
    has_any = False
    for number, raw in table:
        row = [cell.strip() for cell in raw]
        if not any(row):
            continue
        try:
            if block.takes(row):
                continue
        except Refused as error:
            refused = quoted(error.cell)
            continue
        if not block.is_open:
            continue
        has_any = True
        yield from block.read(number, row)
    if refused is not None and not has_any:
        raise Unreadable(FileReason.NOT_CONSUMPTION, refused)


class _Block:
    """What the lines so far say of the rows to come."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock, self._options = clock, options
        self._said: dict[str, str] = {}
        self._names: list[str] = []
        self._has_rows = False
        self.is_open = False
        self._kind = ""
        self._first = self._value = self._mark = 0
        self._is_estimated = False
        self._measure: Measure | None = None
        self._quantity = Quantity.ENERGY_IMPORT
        self._step_s = 0
        self._delivery = ""

    def takes(self, row: list[str]) -> bool:
        """Whether the row belongs to preamble or header. Refused when what follows is not consumption."""
        if self.is_open and row[0][:1].isdecimal():
            return False
        first = next(at for at, cell in enumerate(row) if cell)
        name = plain(row[first])
        if self._names:
            self._said.update(zip(self._names, row, strict=False))
            self._names = []
            return True
        if name.startswith(_LABELS):
            self._preamble(row)
            return True
        if name.startswith("periode"):
            # The supplier's calendar, which follows an index.
            self.is_open = False
            return True
        if (name.startswith("horodate") or name == "date") and len(row) > first + 1:
            self._header(first, [plain(cell) for cell in row])
            return True
        return False

    def read(self, number: int, row: list[str]) -> Parsed:
        assert self._measure is not None
        if len(row) <= self._value:
            yield BadLine(number, FileReason.WRONG_SHAPE, quoted(";".join(row)))
            return
        time, value = row[self._first], row[self._value]
        try:
            at, twice, step_s = self._time(time)
        except Refused as error:
            yield error.at(number)
            return
        try:
            amount: int | None = micro(value, self._measure.scale)
        except Refused as error:
            yield error.at(number) if error.cell else BadLine(number, error.reason, quoted(time))
            amount = None
        mode = Mode.REGISTER if self._kind == "index" else self._measure.mode
        stamp = self._options.stamp or ("end" if self._kind == "curve" else "start")
        is_marked = 0 < self._mark < len(row) and is_estimate(row[self._mark])
        yield Point(
            number, at, amount, self._quantity, mode, stamp, step_s, twice, is_marked or self._is_estimated,
            delivery=self._delivery, is_step_stated=self._kind == "curve" and step_s > 0,
        )  # fmt: skip

    def _time(self, cell: str) -> tuple[int, int, int]:
        if self._kind == "day":
            day = _serial(cell) if _SERIAL.fullmatch(cell) else self._clock.civil_day(cell)
            start, length = self._clock.day(day)
            return start, 0, length
        moment = self._clock.read(cell)
        return moment.at, moment.twice, self._step_s

    def _preamble(self, row: list[str]) -> None:
        if self._has_rows:
            self._said, self._has_rows = {}, False
        self.is_open = False
        full = [cell for cell in row if cell]
        if all(plain(cell).startswith(_LABELS) for cell in full):
            # Names in this row, values in the next; a lone label has none.
            self._names = [plain(cell) for cell in row] if len(full) > 1 else []
            return
        pairs = [(plain(one).rstrip(" :"), other) for one, other in pairwise(full)]
        self._said.update((one, other) for one, other in pairs if one.startswith(_LABELS))

    def _header(self, first: int, names: list[str]) -> None:
        self._has_rows = True
        self.is_open = False
        named = next((cell for name, cell in self._said.items() if name.startswith(_POINTS)), "")
        self._delivery = delivery(named) or self._delivery
        said = " ".join(f"{name} {plain(value)}" for name, value in self._said.items())
        total = next((at for at, name in enumerate(names) if name in _TOTALS), None)
        if names[first] == "date":
            self._kind, self._value = "day", first + 1
        elif total is not None:
            self._kind, self._value = "index", total
        elif any(name.startswith(("type de releve", "eas ", "eai ")) for name in names):
            raise Refused(FileReason.NOT_CONSUMPTION, "index")
        else:
            self._kind, self._value = "curve", first + 1
        self._first = first
        self._mark = next((at for at, name in enumerate(names) if name.startswith(_MARKS)), 0)
        self._is_estimated = "estim" in plain(self._said.get("etape metier", ""))
        if "reactive" in said or "maximale" in said:
            raise Refused(FileReason.NOT_CONSUMPTION, said[-60:])
        written = _UNIT.search(names[self._value])
        default = {"day": "kWh", "index": "Wh", "curve": "W"}[self._kind]
        unit = self._options.unit or self._said.get("unite") or (written and written[1]) or default
        self._measure = measure(unit)
        if self._kind != "curve" and self._measure.mode is Mode.POWER:
            raise Refused(FileReason.WRONG_UNIT, unit)
        is_export = "production" in said or "injection" in said
        found = Quantity.ENERGY_EXPORT if is_export else Quantity.ENERGY_IMPORT
        self._quantity = self._options.quantity or found
        minutes = self._said.get("pas en minutes", "")
        self._step_s = int(minutes) * 60 if minutes.isdecimal() and len(minutes) < 5 else 0
        self.is_open = True


def _serial(cell: str) -> date:
    """A spreadsheet's day number, counted from 1899-12-30."""
    return date(1899, 12, 30) + timedelta(days=int(cell.split(".")[0]))
