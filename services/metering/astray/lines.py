"""What nats-server's log says of a publication that its rights forbade: whose, when, and what was wrong."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from contracts.base import ID_BODY

# [18] 2026/11/22 23:07:44.299546 [ERR] 127.0.0.1:39141 - mid:320 - "mtr_…" - Publish Violation - Subject "…"
# What devices choose themselves (the subject) is quoted by the server: it cannot make a line of its own.
_LINE = re.compile(
    rb"\[\d+\] (\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) \[ERR\] \S+ - mid:\d+ - "
    rb'"((?:mtr|gtw)_' + ID_BODY.encode() + rb')" - Publish Violation - Subject "(.*)"\s*'
)


class Wrong(StrEnum):
    """The first part of a topic that is not the device's own."""

    START = "start"
    """It begins neither with `meters` nor with `gateways`, as the device's must."""
    COOP = "coop"
    DEVICE = "device"
    """The id is another's, or mistyped."""
    CODEC = "codec"
    """Nothing follows the id."""


class Astray(NamedTuple):
    """One message that reached nobody."""

    device: str
    at: datetime
    begin: str
    coop: str
    id: str

    def wrong(self, own_coop: str) -> Wrong:
        if self.begin != ("meters" if self.device.startswith("mtr_") else "gateways"):
            return Wrong.START
        if own_coop and self.coop != own_coop:
            return Wrong.COOP
        return Wrong.DEVICE if self.id != self.device else Wrong.CODEC


def read(line: bytes) -> Astray | None:
    """None for every other line. Times in the log are UTC (deploy/engines/nats.py)."""
    if b"Publish Violation" not in line or (match := _LINE.fullmatch(line)) is None:
        return None
    at = datetime.strptime(match[1].decode(), "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC)
    begin, coop, id = [*match[3].decode(errors="replace").split("."), "", ""][:3]
    return Astray(match[2].decode(), at, begin, coop, id)
