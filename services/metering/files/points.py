"""What a reader of one format hands over: one value at one time, not yet an interval."""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from contracts.codes import FileReason, Quantity
from services.metering.files.values import BadLine, Stamp

SHOWN = 60
"""Longest quotation of a file in a refusal."""
MICRO = 1_000_000


class Mode(IntEnum):
    """How a value becomes an amount: as it stands, times its length, or less the one before."""

    AMOUNT = 0
    POWER = 1
    REGISTER = 2


class Point(NamedTuple):
    """`micro` millionths of Wh, W or L; None where the file names the time but no value."""

    line: int
    at: int
    """Seconds since 1970, UTC: start or end of the interval as `stamp` says."""
    micro: int | None
    quantity: Quantity
    mode: Mode
    stamp: Stamp = "start"
    step_s: int = 0
    """0 where only the neighbours can tell."""
    twice: int = 0
    """Local time that the autumn night has twice. Positive: the second one is this much later than `at`;
    negative: the first one is this much earlier."""
    is_estimated: bool = False
    factor_milli: int = 0
    delivery: str = ""
    """The delivery point as the file names it; empty where it does not. Never kept, never shown whole."""
    is_step_stated: bool = False
    """`step_s` is what the file says of all its rows, to be compared with how far they are apart."""


Parsed = Iterator[Point | BadLine]


class Refused(Exception):
    """A cell that cannot be read; the reader of the line makes a `BadLine` of it."""

    def __init__(self, reason: FileReason, cell: object = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.cell = cell

    def at(self, line: int) -> BadLine:
        return BadLine(line, self.reason, quoted(self.cell))


def quoted(cell: object) -> str:
    """A cell fit to be shown: short, on one line, and without the number of anybody's meter."""
    text = "".join(sign if sign.isprintable() else " " for sign in str(cell)[: 4 * SHOWN])
    text = re.sub(r"\d{12,}", "…", " ".join(text.split()))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
