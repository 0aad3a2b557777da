"""A CSV with one header: its columns by name, its rows one at a time."""

from collections.abc import Iterator
from typing import BinaryIO

from contracts.codes import FileReason
from services.metering.files.head import plain
from services.metering.files.points import quoted
from services.metering.files.text import Line, cells, delimiter_of, lines
from services.metering.files.values import BadLine, Unreadable


class Table:
    """Reads the header at once, the rows as they are asked for."""

    def __init__(self, source: BinaryIO) -> None:
        self._lines = lines(source)
        header = next((line for line in self._lines if line.text is None or line.text.strip()), None)
        if header is None or header.text is None:
            raise Unreadable(FileReason.EMPTY_FILE if header is None else FileReason.NOT_TEXT)
        self.delimiter = delimiter_of(header.text)
        self.names = [cell.strip() for cell in cells(header.text, self.delimiter)]
        self._plain = [plain(name) for name in self.names]

    @property
    def has_decimal_comma(self) -> bool:
        """Whether a lone comma can be the decimal mark."""
        return self.delimiter != ","

    def column(self, *names: str) -> int:
        """Where the first of `names` stands. Unreadable when none does."""
        for name in names:
            if plain(name) in self._plain:
                return self._plain.index(plain(name))
        raise Unreadable(FileReason.UNKNOWN_COLUMN, quoted(names[0]))

    def optional(self, *names: str) -> int | None:
        return next((self._plain.index(name) for name in names if name in self._plain), None)

    def rows(self, width: int) -> Iterator[tuple[int, list[str]] | BadLine]:
        """Rows of at least `width` cells, blank lines and repeated headers left out."""
        for line in self._lines:
            row = self._cells(line)
            if row is None or (len(row) < width and any(row)):
                yield BadLine(line.number, FileReason.WRONG_SHAPE, quoted(line.text or ""))
            elif any(row) and row != self.names:
                yield line.number, row

    def _cells(self, line: Line) -> list[str] | None:
        if line.text is None:
            return None
        return [cell.strip() for cell in cells(line.text, self.delimiter)]
