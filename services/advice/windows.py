"""How much of a day's energy falls inside hours of the local clock."""

from functools import lru_cache

from contracts.offpeak import minutes_inside, windows
from services.advice.day import SLOT_MINUTES, Day, slot_minutes


def inside_wh(day: Day, hours: tuple[str, ...]) -> float:
    """Wh inside hours such as `22:30-06:30`; a half-hour that they cut counts for its minutes."""
    shares = slot_shares(slot_minutes(day.zone, day.day), hours)
    return sum(value * share for value, share in zip(day.values, shares, strict=False) if value and share)


@lru_cache(maxsize=64)
def slot_shares(minutes: tuple[int, ...], hours: tuple[str, ...]) -> tuple[float, ...]:
    """Which part of each half-hour, given by its local start, lies inside the hours: 0 to 1."""
    inside = windows(hours)
    return tuple(minutes_inside(inside, minute, SLOT_MINUTES) / SLOT_MINUTES for minute in minutes)
