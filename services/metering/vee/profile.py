"""A household's own past as reference days: what it usually uses in each half-hour of a weekday.

Only what was measured counts, on closed days before the one that is filled in: estimates never feed
estimates, and results do not depend on what came first.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from contracts.codes import Quality
from services.metering.days import SLOT_US, Calendar, CivilDay, instant_of
from services.metering.slots import Slot
from services.metering.vee.thresholds import Thresholds

HALVES = 48
_MILLI = 1_000
_SOUND = (Quality.MEASURED, Quality.INTERPOLATED)


@dataclass(frozen=True, slots=True)
class Past:
    """One household's closed days of one meter and quantity. `slots` where half-hours are kept; `totals`
    of days that are nearly whole."""

    zone: str
    slots: Mapping[date, Sequence[Slot]] = field(default_factory=dict)
    totals: Mapping[date, int] = field(default_factory=dict)
    first_hour: int = 0
    """Local hour at which its days begin."""

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.zone, self.first_hour)


class Shape:
    """How energy is spread over a gap: the share of it that had passed at an instant."""

    def __init__(self, start_us: int, end_us: int, bounds: Sequence[int], weights: Sequence[int]) -> None:
        self._bounds, self._weights, self._sums = bounds, weights, [0]
        for weight in weights:
            self._sums.append(self._sums[-1] + weight * SLOT_US)
        self._start, self._whole = self._area(start_us), self._area(end_us) - self._area(start_us)

    @property
    def is_usable(self) -> bool:
        return self._whole > 0

    def share(self, us: int) -> tuple[int, int]:
        """Numerator and denominator."""
        return self._area(us) - self._start, self._whole

    def _area(self, us: int) -> int:
        at = min(bisect_right(self._bounds, us) - 1, len(self._weights) - 1)
        return self._sums[at] + self._weights[at] * (us - self._bounds[at])


def usual(past: Past, before: date, weekday: int, rules: Thresholds) -> list[int] | None:
    """Thousandths of the unit per local half-hour of that weekday, from the weeks before `before`;
    None unless every half-hour was measured on enough of the days."""
    last = before - timedelta(days=1)
    last -= timedelta(days=(last.weekday() - weekday) % 7)
    sums, counts = [0] * HALVES, [0] * HALVES
    for week in range(rules.like_weeks):
        day = last - timedelta(weeks=week)
        slots = past.slots.get(day)
        if slots is None or len(slots) != HALVES:  # on the nights when clocks change no half-hour is usual
            continue
        for half, slot in enumerate(slots):
            if slot.value is not None and slot.quality in _SOUND:
                sums[half] += slot.value
                counts[half] += 1
    if min(counts) < rules.like_days:
        return None
    return [_MILLI * total // count for total, count in zip(sums, counts, strict=True)]


def shape(past: Past, start_us: int, end_us: int, rules: Thresholds) -> Shape | None:
    """The household's profile over a gap, from the weeks before the gap began; None (spread evenly) where
    the gap is too long, a weekday is not known well enough, or nothing is used in it."""
    first, last = (past.calendar.day_of(instant_of(us)) for us in (start_us, end_us))
    if (last - first).days > rules.shape_days:
        return None
    bounds: list[int] = []
    weights: list[int] = []
    profiles: dict[int, list[int] | None] = {}
    for n in range((last - first).days + 1):
        civil = past.calendar.day(first + timedelta(days=n))
        weekday = civil.day.weekday()
        if weekday not in profiles:
            profiles[weekday] = usual(past, first, weekday, rules)
        profile = profiles[weekday]
        if profile is None:
            return None
        bounds += civil.bounds()[:-1]
        weights += [profile[half] for half in halves(civil)]
    found = Shape(start_us, end_us, bounds, weights)
    return found if found.is_usable else None


@lru_cache(maxsize=512)
def halves(civil: CivilDay) -> tuple[int, ...]:
    """The local half-hour, 0 to 47 from the hour at which days begin, at which each slot starts: 46, 48 or
    50 of them."""
    if civil.slots == HALVES:
        return tuple(range(HALVES))
    zone = ZoneInfo(civil.zone)
    clocks: list[datetime] = [
        instant_of(civil.start_us + n * SLOT_US).astimezone(zone) for n in range(civil.slots)
    ]
    return tuple((clock.hour - civil.first_hour) % 24 * 2 + clock.minute // 30 for clock in clocks)
