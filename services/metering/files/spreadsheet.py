"""Cells of an XLSX workbook, row by row, without trusting what it says of its own size.

Read here and not with calamine: that one makes room for every cell between the first and the last, so a file
of five kilobytes with one cell in the far corner ends the process.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from contracts.codes import FileReason
from services.metering.files.opening import Limited
from services.metering.files.values import Unreadable

MOST_PARTS = 2_000
"""Files inside the workbook."""
LAST_COLUMN = 256
"""Cells further to the right are no readings and are left out."""
MOST_STRINGS = 1_000_000
LARGEST_PART_BYTES = 48 * 1024 * 1024
"""Of one file inside, decompressed; half a million rows."""
LARGEST_WHOLE_BYTES = 2 * LARGEST_PART_BYTES
"""Of all sheets together: a few kilobytes can pretend to be thousands of large ones."""
_GULP_BYTES = 2 * 1024 * 1024
"""The parser begins a tag without end anew whenever more of it comes: that shall not be often."""
_SHEETS = "xl/worksheets/"
_DEPTH = 64


def sheets(source: BinaryIO) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Each sheet's rows as (row number, cells as text). Unreadable when damaged, locked or too large."""
    with _sound(), zipfile.ZipFile(source) as book:
        parts = book.infolist()
        if len(parts) > MOST_PARTS:
            raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_PARTS} parts")
        if any(part.file_size > LARGEST_PART_BYTES for part in parts):
            # What a part says of its size is also all that will be read of it.
            raise Unreadable(FileReason.TOO_LARGE, f"> {LARGEST_PART_BYTES // 1024 // 1024} MiB")
        of_sheets = [
            part for part in parts if part.filename.startswith(_SHEETS) and part.filename.endswith(".xml")
        ]
        if sum(part.file_size for part in of_sheets) > LARGEST_WHOLE_BYTES:
            raise Unreadable(FileReason.TOO_LARGE, f"> {LARGEST_WHOLE_BYTES // 1024 // 1024} MiB")
        strings = _strings(book)
        for name in sorted(part.filename for part in of_sheets):
            yield _rows(book, name, strings)


def elements(source: BinaryIO, depth: int = _DEPTH) -> Iterator[Element]:
    """Elements of an XML file as they end, children before parents; what was seen is let go.

    Neither entities nor outside references are followed. Unreadable when it is no sound XML.
    """
    above: list[Element] = []
    with _sound():
        gulps = cast(BinaryIO, _Gulps(source))
        for event, element in iterparse(gulps, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                above.append(element)
                if len(above) > depth:
                    raise Unreadable(FileReason.BROKEN_FILE, "XML")
                continue
            above.pop()
            yield element
            if above and len(above[-1]) > 64:
                # Readers take what they need of an element when it ends; its siblings may go.
                del above[-1][:32]


class _Gulps:
    """Hands out more at once than it is asked for."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, _: int = -1) -> bytes:
        return self._source.read(_GULP_BYTES)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (DefusedXmlException, ParseError, zipfile.BadZipFile, zlib.error, EOFError, LookupError) as error:
        raise Unreadable(FileReason.BROKEN_FILE, type(error).__name__) from None
    except (NotImplementedError, RuntimeError, OSError, ValueError, OverflowError) as error:
        # A password, a compression nobody uses, a directory that points outside the file.
        raise Unreadable(FileReason.BROKEN_FILE, type(error).__name__) from None


def _strings(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    out: list[str] = []
    text: list[str] = []
    for element in elements(_part(book, "xl/sharedStrings.xml")):
        name = local(element)
        if name == "t":
            text.append((element.text or "")[:200])
        elif name == "si":
            out.append("".join(text)[:200])
            text.clear()
            if len(out) > MOST_STRINGS:
                raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_STRINGS} strings")
    return out


def _rows(book: zipfile.ZipFile, name: str, strings: list[str]) -> Iterator[tuple[int, list[str]]]:
    row: list[str] = []
    number = column = 0
    value = ""
    for element in elements(_part(book, name)):
        kind = local(element)
        if kind in ("v", "t"):
            value = element.text or ""
        elif kind == "c":
            column = _column(element.get("r", ""), column)
            if column <= LAST_COLUMN:
                row += [""] * (column - len(row))
                row[column - 1] = _text(element.get("t"), value, strings)
            value = ""
        elif kind == "row":
            given = element.get("r", "")
            number = int(given) if given.isdecimal() and len(given) < 8 else number + 1
            yield number, row
            row, column = [], 0


def _part(book: zipfile.ZipFile, name: str) -> BinaryIO:
    with _sound():
        return cast(BinaryIO, Limited(cast(BinaryIO, book.open(name)), LARGEST_PART_BYTES))


def _column(reference: str, before: int) -> int:
    """The column of `AB12`, from 1; the next one when the cell does not say."""
    column = 0
    for sign in reference[:4]:
        if not "A" <= sign <= "Z":
            break
        column = column * 26 + ord(sign) - 64
    return column or before + 1


def _text(kind: str | None, value: str, strings: list[str]) -> str:
    if kind != "s":
        # An error (#N/A) or the last result of a formula stands as it is: formulas are never computed.
        return value
    at = int(value) if value.isdecimal() and len(value) < 9 else len(strings)
    return strings[at] if at < len(strings) else ""


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
