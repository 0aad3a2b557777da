"""A file being read in a thread: how far it was read, and a way to stop the reading."""

import io
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The reading was given up from outside."""


class WatchedFile(io.RawIOBase):
    """A temporary file to be filled, then read through `buffered`."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with this one
        self._is_stopped = False
        self.furthest = 0
        """How many bytes of the beginning have been read."""

    def fill(self, piece: bytes) -> None:
        self._file.write(piece)

    def buffered(self) -> io.BufferedReader:
        """What readers of files get, from the beginning."""
        self._file.seek(0)
        return io.BufferedReader(self, 256 * 1024)

    def stop(self) -> None:
        """Make the next read raise `Stopped`."""
        self._is_stopped = True

    def until_stopped(self, items: Iterator[T]) -> Iterator[T]:
        """What is read of it; `Stopped` also where nothing more needs to be read for it."""
        for item in items:
            if self._is_stopped:
                raise Stopped
            yield item

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._is_stopped:
            raise Stopped
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.furthest = max(self.furthest, self._file.tell())
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()
