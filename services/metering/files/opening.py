"""A file as its readers see it: decompressed when need be, and never larger than a file may be."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from contracts.codes import FileReason
from services.metering.files.values import HEAD_BYTES, LARGEST_BYTES, Unreadable

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"


class Limited(io.RawIOBase):
    """Reads at most `limit` bytes in one go through the file, then makes it unreadable."""

    def __init__(self, inner: BinaryIO, limit: int = LARGEST_BYTES) -> None:
        self._inner, self._limit, self._read = inner, limit, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """A second look from the beginning may read as much again."""
        if offset == whence == 0:
            self._read = 0
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def read(self, size: int = -1) -> bytes:
        try:
            found = self._inner.read(size if size >= 0 else self._limit + 1)
        except (OSError, EOFError, zlib.error):
            raise Unreadable(FileReason.BROKEN_FILE, "gzip") from None
        self._read += len(found)
        if self._read > self._limit:
            raise Unreadable(FileReason.TOO_LARGE, f"> {self._limit // 1024 // 1024} MiB")
        return found


@contextmanager
def opened(source: BinaryIO) -> Iterator[BinaryIO]:
    """The content of `source` from its beginning; readers may `seek(0)` for a second look."""
    source.seek(0)
    is_compressed = source.read(2) == GZIP
    source.seek(0)
    inner = cast(BinaryIO, gzip.GzipFile(fileobj=source)) if is_compressed else source
    yield cast(BinaryIO, Limited(inner))


def beginning(head: bytes) -> bytes:
    """The beginning of the content of a file that begins with `head`. Unreadable when damaged."""
    if not head.startswith(GZIP):
        return head[:HEAD_BYTES]
    try:
        return zlib.decompressobj(31).decompress(head, HEAD_BYTES)
    except zlib.error:
        raise Unreadable(FileReason.BROKEN_FILE, "gzip") from None
