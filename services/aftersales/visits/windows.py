"""When somebody can come: weekly hours of a team or contractor, cut into windows of the civil days ahead."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Week:
    """On one weekday (0 is Monday) from `starts` to `ends`, civil time; a window takes `capacity` visits."""

    weekday: int
    starts: time
    ends: time
    window_minutes: int
    capacity: int
    valid_from: date
    valid_to: date | None = None
    building: str | None = None

    def holds(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, order=True)
class Window:
    """A stretch of time in which a household is told to expect somebody. Instants are UTC."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    building: str | None = None


def windows(
    weeks: Iterable[Week],
    zone: ZoneInfo,
    since: date,
    until: date,
    is_working_day: Callable[[date], bool],
) -> list[Window]:
    """All windows that begin on the civil days from `since` to `until`, both included, in order of time.

    A window that the change to summer time swallows does not exist. What is left of a day after the last
    whole window is not offered.
    """
    known = list(weeks)
    found = []
    day = since
    while day <= until:
        if is_working_day(day):
            for week in known:
                if week.holds(day):
                    found += list(_cut(week, day, zone))
        day += timedelta(days=1)
    return sorted(set(found), key=lambda window: (window.starts_at, window.ends_at, window.building or ""))


def _cut(week: Week, day: date, zone: ZoneInfo) -> Iterator[Window]:
    length = timedelta(minutes=week.window_minutes)
    start, last = datetime.combine(day, week.starts), datetime.combine(day, week.ends)
    while start + length <= last:
        edges = [_instant(edge, zone) for edge in (start, start + length)]
        if None not in edges:
            opens, closes = edges
            assert opens is not None
            assert closes is not None
            yield Window(opens, closes, week.capacity, week.building)
        start += length


def _instant(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant of a civil time; None for one that the clocks jump over."""
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None
