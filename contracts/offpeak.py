"""Off-peak hours as contracts and the API write them: `HH:MM-HH:MM` on the local clock, to the minute."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints

MINUTES_PER_DAY = 24 * 60
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_HOURS = re.compile(f"{_CLOCK}-{_CLOCK}")

OffPeakHours = Annotated[str, StringConstraints(pattern=f"^{_HOURS.pattern}$")]
"""One window, such as `22:30-06:30`. It may cross midnight; equal ends mean the whole day."""

Window = tuple[int, int]
"""Minutes after local midnight, start included, end not; never across midnight."""


@lru_cache(maxsize=256)
def windows(hours: tuple[str, ...]) -> tuple[Window, ...]:
    """The windows in the order of the day, none across midnight and none over another.

    `22:00-06:00` becomes (00:00, 06:00) and (22:00, 24:00). Raises ValueError for anything else than
    `HH:MM-HH:MM`.
    """
    joined: list[Window] = []
    for start, end in sorted(piece for text in hours for piece in _pieces(text)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def minutes_inside(among: tuple[Window, ...], start: int, length: int) -> int:
    """How many of the `length` minutes from `start` lie in the windows `among`; they end by midnight."""
    end = start + length
    return sum(max(0, min(end, last) - max(start, first)) for first, last in among)


def _pieces(text: str) -> list[Window]:
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not HH:MM-HH:MM")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    pieces = [(start, end)] if start < end else [(start, MINUTES_PER_DAY), (0, end)]
    return [piece for piece in pieces if piece[0] < piece[1]]
