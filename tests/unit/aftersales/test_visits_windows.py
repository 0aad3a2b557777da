"""Weekly hours become windows of the civil days ahead, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.visits.windows import Week, windows

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 11, 23)


def week(**more: Any) -> Week:
    facts: dict[str, Any] = {
        "weekday": 0, "starts": time(8), "ends": time(12), "window_minutes": 120, "capacity": 1,
        "valid_from": date(2026, 1, 1),
    } | more  # fmt: skip
    return Week(**facts)


def always(_: date) -> bool:
    return True


def local(found: list[Any], zone: ZoneInfo = PARIS) -> list[tuple[str, str]]:
    return [
        (one.starts_at.astimezone(zone).strftime("%d %H:%M"), one.ends_at.astimezone(zone).strftime("%H:%M"))
        for one in found
    ]


def test_a_morning_is_cut_into_windows_of_two_hours_or_given_whole() -> None:
    found = windows([week()], PARIS, MONDAY, MONDAY, always)
    assert local(found) == [("23 08:00", "10:00"), ("23 10:00", "12:00")]
    half_day = windows([week(window_minutes=240)], PARIS, MONDAY, MONDAY, always)
    assert local(half_day) == [("23 08:00", "12:00")]


def test_what_is_left_after_the_last_whole_window_is_not_offered() -> None:
    found = windows([week(ends=time(11, 30))], PARIS, MONDAY, MONDAY, always)
    assert local(found) == [("23 08:00", "10:00")]


def test_nobody_comes_on_a_closed_day_nor_before_or_after_the_dates_of_the_hours() -> None:
    assert windows([week()], PARIS, MONDAY, MONDAY, lambda day: False) == []
    assert windows([week(valid_from=date(2026, 11, 24))], PARIS, MONDAY, MONDAY, always) == []
    assert windows([week(valid_to=date(2026, 11, 22))], PARIS, MONDAY, MONDAY, always) == []


def test_the_same_civil_hour_before_and_after_the_change_of_time() -> None:
    found = windows([week(ends=time(10))], PARIS, date(2026, 10, 19), date(2026, 10, 26), always)
    assert local(found) == [("19 08:00", "10:00"), ("26 08:00", "10:00")]
    assert found[0].starts_at == datetime(2026, 10, 19, 6, tzinfo=UTC)
    assert found[1].starts_at == datetime(2026, 10, 26, 7, tzinfo=UTC)


def test_a_window_that_summer_time_swallows_is_not_offered() -> None:
    night = week(weekday=6, starts=time(2), ends=time(6))
    found = windows([night], PARIS, date(2027, 3, 28), date(2027, 3, 28), always)
    assert local(found) == [("28 04:00", "06:00")]


@given(
    st.integers(0, 6), st.integers(0, 20), st.integers(1, 4), st.sampled_from([60, 120, 240]),
    st.dates(date(2026, 1, 1), date(2027, 12, 1)), st.sampled_from(["Europe/Paris", "Indian/Reunion"]),
)  # fmt: skip
def test_windows_never_overlap_and_lie_on_their_weekday(
    weekday: int, start: int, hours: int, minutes: int, since: date, zone: str
) -> None:
    place = ZoneInfo(zone)
    hours_of = week(
        weekday=weekday, starts=time(start), ends=time(min(start + hours, 23)), window_minutes=minutes
    )
    found = windows([hours_of], place, since, since + timedelta(days=21), always)
    for one, following in pairwise(found):
        assert one.ends_at <= following.starts_at
    for one in found:
        begins = one.starts_at.astimezone(place)
        assert begins.weekday() == weekday
        assert begins.time() >= time(start)
        assert one.ends_at.astimezone(place).time() <= hours_of.ends
