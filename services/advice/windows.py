"""Off-peak hours: how much of a day's energy falls inside windows given to the minute on the local clock."""

import re
from functools import lru_cache

from services.advice.day import SLOT_MINUTES, Day, slot_minutes

MINUTES_PER_DAY = 24 * 60

Window = tuple[int, int]
"""Minutes after local midnight, start included, end not; never across midnight."""

_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_WINDOW = re.compile(f"{_CLOCK}-{_CLOCK}")


@lru_cache(maxsize=256)
def parse(texts: tuple[str, ...]) -> tuple[Window, ...]:
    """`22:00-06:00` becomes (22:00, 24:00) and (00:00, 06:00).

    Raises ValueError for anything else than `HH:MM-HH:MM`.
    """
    windows: list[Window] = []
    for text in texts:
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not HH:MM-HH:MM")
        hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        if start < end:
            windows.append((start, end))
        else:
            windows += [(start, MINUTES_PER_DAY), (0, end)]
    return tuple(window for window in windows if window[0] < window[1])


def inside_wh(day: Day, windows: tuple[Window, ...]) -> float:
    """Wh inside the windows; a half-hour that a window cuts counts for its minutes."""
    shares = slot_shares(slot_minutes(day.zone, day.day), windows)
    return sum(value * share for value, share in zip(day.values, shares, strict=False) if value and share)


@lru_cache(maxsize=64)
def slot_shares(minutes: tuple[int, ...], windows: tuple[Window, ...]) -> tuple[float, ...]:
    """Which part of each half-hour, given by its local start, lies inside the windows: 0 to 1."""
    return tuple(_share(minute, windows) for minute in minutes)


def _share(minute: int, windows: tuple[Window, ...]) -> float:
    end = minute + SLOT_MINUTES
    inside = sum(max(0, min(end, stop) - max(minute, start)) for start, stop in windows)
    return min(1.0, inside / SLOT_MINUTES)
