"""Follows the embedded broker's log and counts what devices publish elsewhere than they may."""

import asyncio
import os
from io import BufferedReader
from pathlib import Path

from services.kit.room import Room
from services.metering.astray import found, lines
from services.metering.astray.lines import Astray

LOOK_SECONDS = 5.0
CHUNK_BYTES = 1 << 20
"""Of the log at one look: a device that floods it costs no more than that."""
FORGET_EVERY = 720
"""Looks, so about once an hour."""


class Log:
    """A log that is appended to, and sometimes renamed while a new one begins under its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedReader | None = None
        self._rest = b""

    def read(self) -> tuple[list[Astray], bool]:
        """What the next piece says, and whether there is more at once."""
        if self._file is None and not self._open():
            return [], False
        assert self._file is not None
        data = self._file.read(CHUNK_BYTES)
        if not data and self._is_another():
            self.close()
            return [], True
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-CHUNK_BYTES:]
        return [one for line in whole if (one := lines.read(line)) is not None], len(data) == CHUNK_BYTES

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._rest = None, b""

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return False
        return True

    def _is_another(self) -> bool:
        """Whether the path names another file than the one that is read, or a shorter one."""
        assert self._file is not None
        try:
            there, here = self._path.stat(), os.fstat(self._file.fileno())
        except FileNotFoundError:
            return False  # between two names
        return there.st_ino != here.st_ino or there.st_size < self._file.tell()


async def follow(room: Room) -> None:
    """For ever. Where the broker is not embedded there is no log here, and nothing is counted: its own log
    says it (contracts/devices.md)."""
    log = Log(room.settings.data_dir / "logs" / "nats.log")
    looks = 0
    try:
        while not room.stopping.is_set():
            seen, has_more = await asyncio.to_thread(log.read)
            if seen:
                async with room.unit() as unit:
                    await found.note(unit, seen)
            if looks % FORGET_EVERY == 0:
                async with room.unit() as unit:
                    await found.forget(unit)
            looks += 1
            await asyncio.sleep(0.05 if has_more else LOOK_SECONDS)
    finally:
        log.close()
