"""When a household is at home and awake: by rhythm, weekday, Sunday, public holiday and time away."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from random import Random

import holidays

from simulators.weather import STEPS


class Rhythm(StrEnum):
    WORKING = "working"
    """Away on working days, home in the evening."""
    HOME = "home"
    """Mostly at home: retired, at-home work, small children."""
    SHIFT = "shift"
    """Shift work: the hours of a working day move from day to day."""


@dataclass(frozen=True)
class Presence:
    """One wall-clock day of one household, in ten-minute steps."""

    wakes: int
    sleeps: int
    leaves: int | None
    """None when somebody stays at home all day."""
    returns: int
    is_rest_day: bool
    is_away: bool
    """True when the whole household is away from home that day and night."""

    def awake(self) -> list[int]:
        """1 where somebody is at home and awake."""
        if self.is_away:
            return [0] * STEPS
        steps = [0] * self.wakes + [1] * (self.sleeps - self.wakes) + [0] * (STEPS - self.sleeps)
        if self.leaves is not None:
            steps[self.leaves : self.returns] = [0] * (self.returns - self.leaves)
        return steps

    def warmed(self) -> list[int]:
        """1 where rooms are kept at the comfort set-point: awake at home, and an hour before waking."""
        steps = self.awake()
        if not self.is_away:
            start = max(0, self.wakes - 6)
            steps[start : self.wakes] = [1] * (self.wakes - start)
        return steps


def presence(rhythm: Rhythm, day: date, rng: Random, away: tuple[tuple[date, date], ...]) -> Presence:
    """The household's day; `away` are inclusive periods of absence."""
    is_rest_day = day.weekday() == 6 or is_public_holiday(day)
    is_saturday = day.weekday() == 5
    wakes = round(rng.gauss(40 if not is_rest_day else 51, 2.0))
    sleeps = round(rng.gauss(136 if not is_saturday else 140, 2.0))
    leaves: int | None = None
    returns = 0
    if rhythm is Rhythm.SHIFT and not is_rest_day:
        wakes = rng.choice((28, 40, 54))
        leaves, returns = wakes + 8, min(wakes + 62, 130)
    elif rhythm is Rhythm.WORKING and not is_rest_day and not is_saturday:
        # Two working days in ten are worked from home.
        if rng.random() > 0.2:
            leaves, returns = round(rng.gauss(50, 2)), round(rng.gauss(109, 4))
    elif rng.random() < (0.45 if is_saturday else 0.3):
        leaves = rng.randint(84, 92)
        returns = leaves + rng.randint(9, 20)
    wakes = min(max(wakes, 20), 66)
    sleeps = min(max(sleeps, 124), STEPS)
    if leaves is not None:
        leaves = max(leaves, wakes + 3)
        returns = min(max(returns, leaves), sleeps - 6)
        leaves = min(leaves, returns)
    is_away = any(first <= day <= last for first, last in away)
    return Presence(wakes, sleeps, leaves, returns, is_rest_day, is_away)


def absences(rng: Random, first_year: int, last_year: int) -> tuple[tuple[date, date], ...]:
    """A household's weeks away: most leave in summer, some at the end of the year or in winter."""
    out = []
    for year in range(first_year, last_year + 1):
        if rng.random() < 0.7:
            start = date(year, 7, 8) + timedelta(days=rng.randint(0, 40))
            out.append((start, start + timedelta(days=rng.randint(6, 15))))
        if rng.random() < 0.35:
            start = date(year, 12, 23) + timedelta(days=rng.randint(-2, 3))
            out.append((start, start + timedelta(days=rng.randint(3, 7))))
        if rng.random() < 0.2:
            start = date(year, 2, 10) + timedelta(days=rng.randint(0, 18))
            out.append((start, start + timedelta(days=rng.randint(4, 7))))
    return tuple(out)


def is_public_holiday(day: date) -> bool:
    """One of the eleven French national days."""
    return day in _national(day.year)


@cache
def _national(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
