"""Civil days keep their 46, 48 or 50 half-hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.metering.days import civil_day, day_of, microseconds


@pytest.mark.parametrize(
    ("day", "zone", "slots"),
    [
        (date(2026, 3, 29), "Europe/Paris", 46),
        (date(2026, 3, 30), "Europe/Paris", 48),
        (date(2026, 10, 25), "Europe/Paris", 50),
        (date(2021, 3, 28), "Europe/London", 46),
        (date(2021, 10, 31), "Europe/London", 50),
        (date(2026, 10, 25), "Indian/Reunion", 48),
    ],
)
def test_a_civil_day_has_the_half_hours_its_clocks_show(day: date, zone: str, slots: int) -> None:
    assert civil_day(day, zone).slots == slots


def test_days_follow_each_other_without_gap_or_overlap() -> None:
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        assert civil_day(day, "Europe/Paris").end_us == civil_day(day + timedelta(1), "Europe/Paris").start_us
        day += timedelta(1)


def test_the_repeated_october_hour_falls_in_two_different_half_hours() -> None:
    autumn = civil_day(date(2026, 10, 25), "Europe/Paris")
    paris = ZoneInfo("Europe/Paris")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=paris, fold=0)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=paris, fold=1)
    begins = autumn.bounds()
    assert (begins.index(microseconds(first)), begins.index(microseconds(second))) == (5, 7)


def test_an_instant_belongs_to_the_local_day() -> None:
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert day_of(late, "Europe/Paris") == date(2026, 7, 2)
    assert civil_day(date(2026, 7, 1), "Europe/Paris").end_us <= microseconds(late)


def test_microseconds_are_exact() -> None:
    assert microseconds(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) % 1_000_000 == 1
