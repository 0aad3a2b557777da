"""A civil day of a time zone as a range of UTC instants, cut into half-hours."""

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
    """One local civil day. Bounds are microseconds since 1970 UTC, the end is exclusive."""

    day: date
    zone: str
    start_us: int
    end_us: int

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

    def bounds(self) -> list[int]:
        """The `slots + 1` instants between which the half-hours lie."""
        return list(range(self.start_us, self.end_us + 1, SLOT_US))

    def slot_of(self, instant: datetime) -> int | None:
        """Index of the half-hour that contains `instant`; None outside this day."""
        us = microseconds(instant)
        if not self.start_us <= us < self.end_us:
            return None
        return (us - self.start_us) // SLOT_US


@lru_cache(maxsize=8_192)
def civil_day(day: date, zone: str) -> CivilDay:
    """The civil day `day` of the IANA zone `zone`. Unknown zones raise `ZoneInfoNotFoundError`."""
    return CivilDay(day, zone, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def day_of(instant: datetime, zone: str) -> date:
    """The civil day of `zone` that contains `instant`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def microseconds(instant: datetime) -> int:
    """Exact microseconds since 1970 UTC of an aware instant."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(us: int) -> datetime:
    """The UTC instant of `us` microseconds since 1970."""
    return _EPOCH + us * _MICROSECOND


def _midnight(day: date, zone: str) -> int:
    # Where midnight itself is skipped, the offset before the change gives the instant of the change.
    return microseconds(datetime.combine(day, time(0), ZoneInfo(zone)))
