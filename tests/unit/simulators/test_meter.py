"""A meter's register only grows, and the sum of the curve is its advance, whatever the days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.households import Home
from simulators.meter import Meter, midnight
from simulators.park import park
from simulators.publications import Device, load_curve_day, senml_day
from simulators.weather import Weather

PARIS = "Europe/Paris"
HOMES = park(11, 6)
DEVICE = Device("mtr_1", "meters/demo/mtr_1", "mtr_1", "secret")


def meter(home: Home, first_day: date, index_wh: int = 0) -> Meter:
    return Meter(home, Weather(11), first_day, PARIS, index_wh)


@settings(max_examples=30, deadline=None)
@given(
    home=st.sampled_from(HOMES),
    first=st.dates(date(2025, 1, 1), date(2026, 12, 1)),
    count=st.integers(1, 9),
    index_wh=st.integers(0, 40_000_000),
)
def test_the_curve_adds_up_to_the_advance_of_the_register(
    home: Home, first: date, count: int, index_wh: int
) -> None:
    fitted = meter(home, first, index_wh)
    halves = [half for offset in range(count) for half in fitted.half_hours(first + timedelta(days=offset))]
    registers = [index_wh, *(half.register_wh for half in halves)]
    assert registers == sorted(registers)
    assert sum(half.energy_wh for half in halves) == registers[-1] - index_wh
    assert all(one.end == other.start for one, other in pairwise(halves))


@settings(max_examples=20, deadline=None)
@given(home=st.sampled_from(HOMES), seconds=st.lists(st.integers(0, 3 * 86_400 - 1), min_size=2, max_size=20))
def test_the_register_is_monotone_at_any_instant(home: Home, seconds: list[int]) -> None:
    fitted = meter(home, date(2026, 1, 5), 1_000)
    start = midnight(date(2026, 1, 5), PARIS)
    values = [fitted.register_at(start + timedelta(seconds=at)) for at in sorted(seconds)]
    assert values == sorted(values)


def test_the_register_between_half_hours_agrees_with_them() -> None:
    fitted = meter(HOMES[0], date(2026, 1, 5), 500)
    for half in fitted.half_hours(date(2026, 1, 6))[:-1]:
        assert fitted.register_at(half.end) == half.register_wh


@pytest.mark.parametrize(
    ("day", "slots"), [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 6, 1), 48)]
)
def test_days_of_clock_changes_have_46_and_50_half_hours(day: date, slots: int) -> None:
    halves = meter(HOMES[0], day).half_hours(day)
    assert len(halves) == slots
    assert halves[0].start == midnight(day, PARIS)
    assert halves[-1].end == midnight(day + timedelta(days=1), PARIS)


def test_a_meter_knows_nothing_before_it_was_fitted() -> None:
    with pytest.raises(ValueError, match="fitted"):
        meter(HOMES[0], date(2026, 1, 5)).half_hours(date(2026, 1, 4))


def test_messages_carry_the_day_exactly() -> None:
    day = date(2026, 1, 5)
    fitted = meter(HOMES[1], day, 9_000)
    halves = fitted.half_hours(day)
    packs = list(senml_day(DEVICE, fitted, day, pack=4))
    registers = [reading for pack in packs for reading in pack.registers]
    assert registers[0] == (int(midnight(day, PARIS).timestamp()), 9_000)
    assert registers[-1][1] - registers[0][1] == sum(half.energy_wh for half in halves)
    assert sum(pack.readings for pack in packs) == 48 * 2 + 1
    curve, peak = load_curve_day(DEVICE, fitted, day)
    assert [value for _, value in curve.intervals] == [half.energy_wh for half in halves]
    assert peak.readings == 1


def test_a_peak_is_stamped_inside_its_half_hour() -> None:
    day = date(2026, 1, 5)
    for half in meter(HOMES[2], day).half_hours(day):
        assert half.start < half.peak_at < half.end


def test_power_now_is_that_of_the_ten_minutes() -> None:
    watts, va = meter(HOMES[2], date(2026, 1, 5)).power_at(datetime(2026, 1, 6, 19, 3, tzinfo=UTC))
    assert 0 < watts <= va
