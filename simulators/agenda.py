"""What simulated people will do and when: their acts in the order of time, the clock set before each."""

import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from simulators.presence import is_public_holiday
from simulators.residence import ZONE

Act = Callable[..., object]
"""Called with what was given for it, then the instant."""
PARIS = ZoneInfo(ZONE)
DESK_HOURS = (time(9), time(17, 15))
VISIT_HOURS = (8, 9, 10, 14, 15, 16)


class Agenda:
    """Acts may be added while others are done; what is added for the past is done at once."""

    set_clock: Callable[[datetime], None]
    """Tells the service what time it is."""

    def __init__(self, set_clock: Callable[[datetime], None]) -> None:
        self.set_clock = set_clock
        self._acts: list[tuple[datetime, int, Act, tuple[Any, ...]]] = []
        self._order = count()
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        """When the last act was done. ValueError before the first."""
        if self._now is None:
            raise ValueError("nothing was done yet")
        return self._now

    def add(self, at: datetime, act: Act, *given: Any) -> None:
        heapq.heappush(self._acts, (at.astimezone(UTC), next(self._order), act, given))

    def run_until(self, end: datetime) -> None:
        """Everything before that instant."""
        while self._acts and self._acts[0][0] < end:
            at, _, act, given = heapq.heappop(self._acts)
            if self._now is None or at > self._now:
                self.set_clock(at)
                self._now = at
            act(*given, self._now)


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the residences' clocks."""
    return datetime.combine(day, time(hour, minute), PARIS)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not is_public_holiday(day)


def next_working_day(day: date) -> date:
    """The first working day after it."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def in_desk_hours(at: datetime) -> datetime:
    """The same instant, or when the desk next opens."""
    here = at.astimezone(PARIS)
    opens, closes = DESK_HOURS
    if not is_working_day(here.date()) or here.time() >= closes:
        return datetime.combine(next_working_day(here.date()), opens, PARIS)
    return datetime.combine(here.date(), opens, PARIS) if here.time() < opens else here


def visit_before(now: datetime, due_at: datetime | None, rng: Random, days_ahead: int = 3) -> datetime:
    """The start of a working visit on one of the next working days, early enough to end before it is due."""
    here = now.astimezone(PARIS)
    day, found = here.date(), []
    for _ in range(days_ahead):
        day = next_working_day(day)
        found += [local(day, hour) for hour in VISIT_HOURS]
    kept = [at for at in found if due_at is None or at + timedelta(hours=2) <= due_at]
    if kept:
        return rng.choice(kept)
    today = [local(here.date(), hour) for hour in VISIT_HOURS if is_working_day(here.date())]
    near = [at for at in today if at > here + timedelta(minutes=90)]
    return near[0] if near else found[0]


def visit_after(due_at: datetime, rng: Random) -> datetime:
    """The start of a visit that comes too late: the next working day or the one after."""
    day = next_working_day(due_at.astimezone(PARIS).date())
    if rng.random() < 0.4:
        day = next_working_day(day)
    return local(day, rng.choice(VISIT_HOURS))


def later(at: datetime, rng: Random, least_minutes: int, most_minutes: int) -> datetime:
    """Some time later, on the ten minutes."""
    moved = at + timedelta(minutes=rng.randint(least_minutes, most_minutes))
    return moved.replace(minute=moved.minute // 10 * 10, second=0, microsecond=0)


def evening(at: datetime, rng: Random, days_later: int = 0) -> datetime:
    """When a household is home again, that day or so many days later."""
    day = at.astimezone(PARIS).date() + timedelta(days=days_later)
    return local(day, rng.choice((18, 19, 20)), rng.choice((0, 15, 30)))
