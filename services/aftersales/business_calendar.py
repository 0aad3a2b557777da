"""When the cooperative works: its hours, French public holidays by subdivision, its closing days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.aftersales.public_holidays import holidays, subdivision_of
from services.aftersales.tables import load

Hours = tuple[tuple[time, time], ...]
HORIZON_DAYS = 3660
"""A calendar that is never open within ten years is a configuration error, not an endless loop."""


@dataclass(frozen=True)
class BusinessCalendar:
    """*Jours ouvrés*: the days of `week` that are neither holidays nor the cooperative's closing days."""

    zone: ZoneInfo
    week: Mapping[int, Hours]
    """Opening ranges by weekday, Monday is 0; a weekday without range is not worked."""
    subdivision: str | None = None
    """As in `holidays.yaml` (57 Moselle, 6AE Alsace, 971… overseas); None for national days."""
    closed_on: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours(day))

    def hours(self, day: date) -> Hours:
        """The opening ranges of a civil day, in local time; empty when the cooperative is closed."""
        if day in self.closed_on or day in holidays(self.subdivision, day.year):
            return ()
        return self.week.get(day.weekday(), ())

    def is_open(self, instant: datetime) -> bool:
        local = instant.astimezone(self.zone)
        return any(start <= local.time() < end for start, end in self.hours(local.date()))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Opening time between two instants; zero when `end` is not after `start`."""
        total = timedelta()
        start, end = start.astimezone(UTC), end.astimezone(UTC)  # a zone's own hours do not subtract truly
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self._ranges(day):
                total += max(timedelta(), min(closes, end) - max(opens, start))
            day += timedelta(days=1)
        return total

    def add(self, start: datetime, opening_time: timedelta) -> datetime:
        """The instant, UTC, by which `opening_time` of opening hours have passed since `start`."""
        if opening_time <= timedelta():
            return start.astimezone(UTC)
        start = start.astimezone(UTC)
        left, day = opening_time, start.astimezone(self.zone).date()
        for _ in range(HORIZON_DAYS):
            for opens, closes in self._ranges(day):
                available = closes - max(opens, start)
                if available >= left:
                    return max(opens, start) + left
                left -= max(timedelta(), available)
            day += timedelta(days=1)
        raise ValueError("the cooperative's calendar is never open")

    def end_of_working_day(self, start: datetime, days: int) -> datetime:
        """Closing time, UTC, of the `days`-th working day; the civil day of `start` does not count."""
        day = start.astimezone(self.zone).date()
        for _ in range(HORIZON_DAYS):
            day += timedelta(days=1)
            days -= self.is_working_day(day)
            if days <= 0:
                return self._ranges(day)[-1][1]
        raise ValueError("the cooperative's calendar is never open")

    def last_close(self, day: date) -> datetime:
        """Closing time, UTC, of the last working day on or before `day`."""
        for back in range(HORIZON_DAYS):
            if ranges := self._ranges(day - timedelta(days=back)):
                return ranges[-1][1]
        raise ValueError("the cooperative's calendar is never open")

    def _ranges(self, day: date) -> list[tuple[datetime, datetime]]:
        return [
            tuple(datetime.combine(day, edge, self.zone).astimezone(UTC) for edge in pair)  # type: ignore[misc]
            for pair in self.hours(day)
        ]


def default_calendar(
    zone: str, postcode: str | None = None, closed_on: frozenset[date] = frozenset()
) -> BusinessCalendar:
    """The house's usual hours with the holidays of the postcode's subdivision."""
    hours = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in load("deadlines")["hours"])
    week = dict.fromkeys(load("deadlines")["working_weekdays"], hours)
    return BusinessCalendar(ZoneInfo(zone), week, subdivision_of(postcode), closed_on)
