"""Reads a file made up in a test, as an import would."""

import io
from dataclasses import dataclass
from datetime import datetime

from contracts.codes import FileReason, Quantity
from services.metering.files import BadLine, Found, Options, Row, detect, read


@dataclass(frozen=True)
class Result:
    found: Found
    rows: list[Row]
    bad: list[BadLine]

    @property
    def total_milli(self) -> int:
        return sum(row.value_milli for row in self.rows)

    @property
    def values(self) -> list[tuple[str, int, float]]:
        """(start in UTC, minutes, value) of each row: short enough to be written by hand."""
        return [(f"{row.start:%m-%d %H:%M}", row.step_s // 60, row.value_milli / 1000) for row in self.rows]

    @property
    def reasons(self) -> list[tuple[int, FileReason]]:
        return [(bad.line, bad.reason) for bad in self.bad]

    def of(self, quantity: Quantity) -> list[Row]:
        return [row for row in self.rows if row.quantity is quantity]


def import_of(content: bytes | str, filename: str | None = None, **options: object) -> Result:
    """What comes of a file; `options` are those of `Options`."""
    raw = content.encode() if isinstance(content, str) else content
    found = detect(raw[:65_536], filename)
    rows: list[Row] = []
    bad: list[BadLine] = []
    for one in read(io.BytesIO(raw), found, Options(**options)):  # type: ignore[arg-type]
        (rows if isinstance(one, Row) else bad).append(one)  # type: ignore[arg-type]
    return Result(found, rows, bad)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
