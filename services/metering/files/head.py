"""The beginning of a file, looked at once for all formats."""

import unicodedata
from dataclasses import dataclass
from io import BytesIO

from contracts.codes import FileReason
from services.metering.files.opening import GZIP, ZIP, beginning
from services.metering.files.text import cells, decoded, delimiter_of, lines
from services.metering.files.values import Unreadable


@dataclass(frozen=True, slots=True)
class Head:
    """What `detect` has to go by."""

    raw: bytes
    text: str
    lines: tuple[str, ...]
    """Whole lines that are not blank."""
    filename: str
    is_compressed: bool

    def header(self) -> list[str]:
        """The cells of the first line."""
        return cells(self.lines[0], delimiter_of(self.lines[0])) if self.lines else []

    def first_row(self) -> list[str]:
        """The cells of the line below it."""
        return cells(self.lines[1], delimiter_of(self.lines[0])) if len(self.lines) > 1 else []


def head_of(raw: bytes, filename: str | None) -> Head:
    """Unreadable when it is empty or not text."""
    content = beginning(raw)
    found = tuple(line.text for line in lines(BytesIO(content)) if line.text and line.text.strip())
    if not content.strip():
        raise Unreadable(FileReason.EMPTY_FILE)
    if not found and not content.startswith(ZIP):
        raise Unreadable(FileReason.NOT_TEXT)
    return Head(content, decoded(content) or "\n".join(found), found, filename or "", raw.startswith(GZIP))


def is_estimate(mark: object) -> bool:
    """Whether the mark of a reading calls it estimated: `E`, `EST` or `Estimé` with French operators,
    whose other marks (R and B as read, C corrected by the operator) say that it was measured."""
    word = plain(str(mark or ""))
    return word == "e" or word.startswith("est")


def plain(cell: str) -> str:
    """A column's name without accents, case or spaces around: what names are compared by."""
    folded = unicodedata.normalize("NFKD", cell.replace("\ufffd", "e"))
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).lower().split())
