"""A closed day as the rules see it: half-hours on the household's own clock, doubtful days told apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from contracts.codes import Quality

SLOT_MINUTES = 30
SLOTS_PER_HOUR = 2
MADE_UP = (Quality.ESTIMATED, Quality.RECOVERED)
"""Filled in from other days, or an outage's energy spread out: real money, but no proof of a habit."""


@dataclass(frozen=True)
class Day:
    """One local civil day of one meter. `values` are Wh per half-hour (46, 48 or 50 of them); None is
    missing or held back as `suspect`, and is never read as consumption nor as zero."""

    day: date
    zone: str
    values: tuple[int | None, ...]
    quality: Mapping[Quality, int] = field(default_factory=dict)
    peak_va: int | None = None
    """Highest apparent power of the day in VA, where the meter reports it."""

    @property
    def is_trustworthy(self) -> bool:
        """At most a quarter of the day is missing, held back, estimated or recovered."""
        made_up = sum(self.quality.get(quality, 0) for quality in MADE_UP)
        missing = sum(1 for value in self.values if value is None)
        return bool(self.values) and 4 * (made_up + missing) <= len(self.values)

    @property
    def energy_wh(self) -> int:
        """What was really measured that day, without guessing at gaps."""
        return sum(value for value in self.values if value is not None)


@lru_cache(maxsize=4096)
def slot_minutes(zone: str, day: date) -> tuple[int, ...]:
    """Wall-clock minute at which each half-hour of the civil day starts: in Paris 46, 48 or 50 of them,
    an autumn day having its third hour twice."""
    local = ZoneInfo(zone)
    start = datetime.combine(day, time.min, local).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time.min, local).astimezone(UTC)
    count = int((end - start) / timedelta(minutes=SLOT_MINUTES))
    clocks = ((start + i * timedelta(minutes=SLOT_MINUTES)).astimezone(local) for i in range(count))
    return tuple(clock.hour * 60 + clock.minute for clock in clocks)


def trustworthy(days: list[Day], until: date, window_days: int) -> list[Day]:
    """The trustworthy days among the `window_days` that end with `until`, in order."""
    first = until - timedelta(days=window_days - 1)
    return sorted(
        (day for day in days if first <= day.day <= until and day.is_trustworthy), key=lambda day: day.day
    )
