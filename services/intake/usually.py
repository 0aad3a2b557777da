"""The usual message, one SenML record of one value, read without decoding what its device always repeats.

What stands before the time and the value is judged once, by the full reading of a sample; for any other time
and value only those two are checked. What is unusual in any way is left to the full reading, which also finds
the words for what is wrong.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.intake.codecs.base import AHEAD, Refused, to_milli
from services.intake.points import Head, Point

LONGEST = 300
"""Bytes of topic and of payload; longer ones are not worth remembering."""
REMEMBERED = 16_384
"""Shapes, about one for each register of each meter; 1.5 kB each."""

# No number but t and v: a base time or a base value would change what they mean.
_ONE_VALUE = re.compile(
    rb'(\[\{(?:"[a-z]+": ?"[^"\\\x00-\x1f]*", ?)*"t": ?)([1-9]\d{8,9}), ?'
    rb'"v": ?((?:0|[1-9]\d{0,14})(\.\d{1,9})?)\}\]'
)
_SAMPLE_S = 946_684_800
_SAMPLE_AT = datetime.fromtimestamp(_SAMPLE_S, UTC)
_SAMPLES = (1, 1_000_003)
"""Values that tell by their thousandths whether a unit is a whole multiple of ours."""
_AHEAD_S = AHEAD.total_seconds()

Read = Callable[[bytes, bytes, datetime], tuple[str, list[Point]]]
"""The full reading of (topic, payload, received at): cooperative and readings, none for what is refused."""


class _Shape(NamedTuple):
    coop: str
    head: Head
    factor: int
    """Thousandths of our unit in one of the device's."""


def reader(read: Read) -> Callable[[bytes, bytes, datetime], tuple[str, Point] | None]:
    """Cooperative and point, as `read` would give them for a usual message; None for any other."""

    @lru_cache(maxsize=REMEMBERED)
    def shape(topic: bytes, head: bytes) -> _Shape | None:
        found = []
        for value in _SAMPLES:
            coop, points = read(topic, b'%b%d,"v":%d}]' % (head, _SAMPLE_S, value), _SAMPLE_AT)
            if len(points) != 1 or points[0][1] != _SAMPLE_S * 1_000_000:
                return None
            found.append(_Shape(coop, points[0][0], points[0][2]))
        return found[0] if found[1].factor == found[0].factor * _SAMPLES[1] else None

    latest: tuple[datetime, float] = (_SAMPLE_AT, 0.0)

    def usual(topic: bytes, payload: bytes, received_at: datetime) -> tuple[str, Point] | None:
        nonlocal latest
        if received_at is not latest[0]:  # many messages are received at once
            latest = (received_at, received_at.timestamp() + _AHEAD_S)
        if len(payload) > LONGEST or len(topic) > LONGEST:
            return None
        match = _ONE_VALUE.fullmatch(payload)
        if match is None:
            return None
        head, when, amount, fraction = match.groups()
        known = shape(topic, head)
        seconds = int(when)
        if known is None or not _SAMPLE_S <= seconds <= latest[1]:
            return None
        try:
            milli = to_milli(Decimal(amount.decode()) if fraction else int(amount), (known.factor, 1), "")
        except Refused:
            return None
        return known.coop, (known.head, seconds * 1_000_000, milli)

    return usual
