"""Lines of a text file, however it is encoded, one at a time and never longer than a line may be."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

LONGEST_LINE = 65_536
"""Bytes. A longer line is not a line of readings and is skipped unread."""
_CHUNK = 65_536
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

_LOOK, _LEAST_WIDE = 4_096, 16
"""Bytes of the beginning that show it; with fewer nothing is certain."""
_SEPARATOR = re.compile(r'"?sep=[;,|\t]"?\s*', re.IGNORECASE)


class Line(NamedTuple):
    """`text` is None for a line that is too long, or not text."""

    number: int
    text: str | None


def lines(source: BinaryIO) -> Iterator[Line]:
    """UTF-8 (with BOM or without), UTF-16, else Windows-1252; any line ending. A first line by which a
    spreadsheet says what parts its columns (`sep=;`) is blank: the header shows it too."""
    found = _encoded_lines(source)
    for line in found:
        is_about_columns = line.text is not None and _SEPARATOR.fullmatch(line.text)
        yield Line(line.number, "") if is_about_columns else line
        break
    yield from found


def cells(text: str, delimiter: str) -> list[str]:
    """The cells of one line; a quoted cell may hold the delimiter."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return [text]


def delimiter_of(text: str) -> str:
    """The sign that parts a header's columns: the most frequent of `;`, tab, `,` and `|`."""
    return max(";\t,|", key=text.count)


def decoded(raw: bytes) -> str | None:
    """None for what is not text."""
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _encoded_lines(source: BinaryIO) -> Iterator[Line]:
    start = source.read(_CHUNK)
    for bom, name in _WIDE.items():
        if start.startswith(bom):
            yield from _lines(start[2:], source, _narrowing(name))
            return
    if name_unsaid := _wide_without_mark(start[:_LOOK]):
        yield from _lines(start, source, _narrowing(name_unsaid))
        return
    yield from _lines(start.removeprefix(codecs.BOM_UTF8), source, bytes)


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 that does not say so: every second byte is zero and no other is, as in no other text."""
    start = start[: len(start) // 2 * 2]
    even, odd = start[::2], start[1::2]
    if len(start) < _LEAST_WIDE:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if not any(even) and all(odd) else None


def _lines(start: bytes, source: BinaryIO, narrow: Callable[[bytes], bytes]) -> Iterator[Line]:
    number = 0
    rest, is_skipping = b"", False
    chunk = start
    while chunk or rest:
        block = rest + narrow(chunk)
        is_last = not chunk
        chunk = b"" if is_last else source.read(_CHUNK)
        pieces = block.splitlines(keepends=True)
        rest = b""
        # A carriage return at the end of a block may be half of a line's end.
        if pieces and not is_last and not pieces[-1].endswith(b"\n"):
            rest = pieces.pop()
        for piece in pieces:
            number += 1
            if is_skipping or len(piece) > LONGEST_LINE:
                is_skipping = False
                yield Line(number, None)
            else:
                yield Line(number, decoded(piece.rstrip(b"\r\n")))
        if len(rest) > LONGEST_LINE:
            rest, is_skipping = b"", True
    if is_skipping:
        yield Line(number + 1, None)


def _narrowing(encoding: str) -> Callable[[bytes], bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return lambda raw: decoder.decode(raw).encode("utf-8", "replace")
