"""A file's rows in order of time, with what was refused."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from contracts.codes import FileFormat, FileReason
from services.metering.files.collecting import Collected
from services.metering.files.formats import FORMATS
from services.metering.files.intervals import rows
from services.metering.files.opening import opened
from services.metering.files.points import Mode, Refused
from services.metering.files.values import BadLine, Found, Options, Row, Stamp, Unreadable

MOST_REFUSED = 250_000
"""Lines: a file of which so many are refused is no file of consumption, and its lines cost room each."""

_DECIDED = (FileFormat.ENEDIS_R63, FileFormat.CSV)
"""Formats that leave open what their times name; of the others it is known, or each row says it."""


def read(
    source: BinaryIO,
    found: Found,
    options: Options | None = None,
    meet: Callable[[str], None] | None = None,
    decide: Callable[[Stamp], None] | None = None,
) -> Iterator[Row | BadLine]:
    """The refused lines of a seekable file as it is read, then its intervals in order of time.

    The same file gives the same rows whatever the order of its lines. Unreadable when nothing can be read
    of it, and SeveralPoints when it is of more than one delivery point and none is chosen: always before the
    first row, though lines may have been refused before. `meet` is told the point that the rows are of, also
    before the first of them, where the file names one. `decide` is told what the file itself shows of its
    times, starts or ends of intervals, where that was open at its beginning.
    """
    options = options or Options()
    collected = Collected()
    has_any = False
    refused = 0
    stamps: set[Stamp] = set()
    try:
        with opened(source) as content:
            for one in FORMATS[found.format].points(content, found, options):
                has_any = True
                if isinstance(one, BadLine):
                    refused += 1
                    if refused > MOST_REFUSED:
                        raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_REFUSED:,}".replace(",", " "))
                    yield one
                else:
                    if one.mode is not Mode.REGISTER:
                        stamps.add(one.stamp)
                    collected.add(one)
    except Refused as error:
        raise Unreadable(error.reason, error.at(0).detail) from None
    if not has_any:
        raise Unreadable(FileReason.EMPTY_FILE)
    if decide is not None and found.stamp is None and found.format in _DECIDED and len(stamps) == 1:
        decide(stamps.pop())
    point = collected.settle_on(options.point)
    if point and meet is not None:
        meet(point)
    yield from rows(collected, options.now)
