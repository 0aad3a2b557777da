"""A file's rows in order of time, with what was refused."""

from collections.abc import Iterator
from typing import BinaryIO

from contracts.codes import FileReason
from services.metering.files.values import BadLine, Found, Options, Row, Unreadable


def read(source: BinaryIO, found: Found, options: Options | None = None) -> Iterator[Row | BadLine]:
    """The intervals of a seekable file in order of time, and its refused lines. Unreadable as a whole."""
    raise Unreadable(FileReason.UNKNOWN_FORMAT, str(found.format))
