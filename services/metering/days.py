"""A local day as a range of UTC instants, cut into half-hours. Days of gas begin later than at midnight.

SQL says the same with the expressions at the end: days are marked and cut by one rule.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SLOT_SECONDS = 1_800
SLOT_US = SLOT_SECONDS * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CivilDay:
    """One local day, named by the date on which it begins. Bounds are microseconds since 1970 UTC, the end
    is exclusive."""

    day: date
    zone: str
    start_us: int
    end_us: int
    first_hour: int = 0

    @property
    def slots(self) -> int:
        """Number of half-hours: 48, or 46 and 50 on the days when clocks change by an hour."""
        return (self.end_us - self.start_us) // SLOT_US

    @property
    def starts_at(self) -> datetime:
        return instant_of(self.start_us)

    @property
    def ends_at(self) -> datetime:
        return instant_of(self.end_us)

    @property
    def calendar(self) -> "Calendar":
        return Calendar(self.zone, self.first_hour)

    def bounds(self) -> list[int]:
        """The `slots + 1` instants between which the half-hours lie."""
        return list(range(self.start_us, self.end_us + 1, SLOT_US))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a meter: those of an IANA zone, each beginning at `first_hour` local time."""

    zone: str
    first_hour: int = 0

    def day(self, day: date) -> CivilDay:
        return civil_day(day, self.zone, self.first_hour)

    def day_of(self, instant: datetime) -> date:
        """The day that contains `instant`."""
        return day_of(instant, self.zone, self.first_hour)


@lru_cache(maxsize=8_192)
def civil_day(day: date, zone: str, first_hour: int = 0) -> CivilDay:
    """The local day `day` of the IANA zone `zone`. Unknown zones raise `ZoneInfoNotFoundError`."""
    start, end = (_begin(one, zone, first_hour) for one in (day, day + timedelta(days=1)))
    return CivilDay(day, zone, start, end, first_hour)


def day_of(instant: datetime, zone: str, first_hour: int = 0) -> date:
    """The local day of `zone` that contains `instant`: the wall clock decides, not elapsed hours."""
    local = instant.astimezone(ZoneInfo(zone))
    return local.date() if local.hour >= first_hour else local.date() - timedelta(days=1)


def microseconds(instant: datetime) -> int:
    """Exact microseconds since 1970 UTC of an aware instant."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(us: int) -> datetime:
    """The UTC instant of `us` microseconds since 1970."""
    return _EPOCH + us * _MICROSECOND


def day_sql(instant: str, zone: str, first_hour: str) -> str:
    """SQL of `day_of`; the arguments are SQL too."""
    return f"(({instant}) AT TIME ZONE {zone} - {first_hour} * interval '1 hour')::date"


def begin_sql(day: str, zone: str, first_hour: str) -> str:
    """SQL of the instant at which a day begins."""
    return f"((({day})::timestamp + {first_hour} * interval '1 hour') AT TIME ZONE {zone})"


def _begin(day: date, zone: str, first_hour: int) -> int:
    # Where the hour itself is skipped, the offset before the change gives the instant of the change.
    return microseconds(datetime.combine(day, time(first_hour), ZoneInfo(zone)))
