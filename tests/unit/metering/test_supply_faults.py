"""What days and voltages show of the supply, and what they must never be taken for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metering.days import civil_day
from services.metering.supply_faults import rules
from services.metering.supply_faults.facts import facts
from services.metering.supply_faults.rules import Around, Day, Mean

PARIS = "Europe/Paris"
JANUARY = date(2026, 1, 12)
TABLE = facts(JANUARY)
START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def a_day(day: date, total: int | None, slots: tuple[int | None, ...] | None = None) -> Day:
    return Day(day, civil_day(day, PARIS).starts_at, PARIS, total, slots)


def week(totals: Sequence[int | None], last: date = JANUARY) -> list[Day]:
    first = last - timedelta(days=len(totals) - 1)
    return [a_day(first + timedelta(days=at), total) for at, total in enumerate(totals)]


def means(*volts: float) -> list[Mean]:
    return [Mean(START + at * timedelta(minutes=10), round(volt * 1_000)) for at, volt in enumerate(volts)]


def wet(day: date, litres: int | None) -> Day:
    slots = civil_day(day, PARIS).slots
    return a_day(day, None if litres is None else litres * slots, tuple([litres] * slots))


def test_an_hour_of_too_high_a_voltage_is_a_fault_and_a_moment_is_none() -> None:
    assert rules.voltage(means(*[258] * 5), TABLE.voltage, PARIS) is None
    fault = rules.voltage(means(240, *[254, 258, 255, 254, 256, 257], 231), TABLE.voltage, PARIS)
    assert fault is not None
    assert (fault.code, fault.figures) == (
        "overvoltage", {"highest_v": 258, "limit_v": 253, "minutes": 60},
    )  # fmt: skip
    assert fault.since == START + timedelta(minutes=10)


def test_a_break_or_the_other_side_begins_anew() -> None:
    assert rules.voltage(means(*[258] * 5, 240, *[258] * 5), TABLE.voltage, PARIS) is None
    assert rules.voltage(means(*[258] * 5, *[200] * 5), TABLE.voltage, PARIS) is None
    gap = [*means(*[258] * 5), *(Mean(m.at + timedelta(hours=2), m.milli) for m in means(*[258] * 5))]
    assert rules.voltage(gap, TABLE.voltage, PARIS) is None
    low = rules.voltage(means(*[200] * 6), TABLE.voltage, PARIS)
    assert low is not None
    assert low.code == "undervoltage"


@given(st.lists(st.floats(207.0, 253.0), max_size=60))
def test_within_ten_percent_nothing_is_ever_said(volts: list[float]) -> None:
    assert rules.voltage(means(*volts), TABLE.voltage, PARIS) is None


def sampled(minutes_high: int, every_seconds: int, start_minute: int = 0, volts: float = 258) -> list[Mean]:
    """Three hours at 235 V but for some minutes, as a meter that reads so often gives them: its means."""
    of_mean: dict[int, list[float]] = {}
    for second in range(0, 3 * 3_600, every_seconds):
        is_high = start_minute <= second // 60 < start_minute + minutes_high
        of_mean.setdefault(second // 600, []).append(volts if is_high else 235)
    return means(*(sum(some) / len(some) for some in of_mean.values()))


@pytest.mark.parametrize("every", [60, 300, 600])
def test_meters_that_read_each_minute_or_each_ten_agree(every: int) -> None:
    for minutes, found in ((50, None), (60, 60), (90, 90)):
        fault = rules.voltage(sampled(minutes, every, 30), TABLE.voltage, PARIS)
        assert (fault and fault.figures["minutes"]) == found


@pytest.mark.parametrize("every", [60, 300, 600])
@given(at=st.integers(0, 17), volts=st.floats(254, 400))
def test_a_single_spike_is_never_a_fault_however_often_the_meter_reads(
    every: int, at: int, volts: float
) -> None:
    assert rules.voltage(sampled(1, every, at * 10, volts), TABLE.voltage, PARIS) is None
    assert rules.voltage(sampled(10, every, at * 10, volts), TABLE.voltage, PARIS) is None


def test_a_clock_that_is_seconds_off_leaves_out_one_mean_and_half_of_them_are_no_proof() -> None:
    hour = means(*[258] * 7)
    assert rules.voltage([*hour[:3], *hour[4:]], TABLE.voltage, PARIS) is not None
    assert rules.voltage(means(*[258] * 24)[::2], TABLE.voltage, PARIS) is None
    assert rules.voltage([*hour[:2], *hour[4:]], TABLE.voltage, PARIS) is None


def test_water_in_every_hour_of_three_nights_is_a_leak() -> None:
    days = [wet(JANUARY + timedelta(days=at), 2) for at in range(3)]
    fault = rules.night_flow(days, TABLE.night_flow)
    assert fault is not None
    assert (fault.first_day, fault.figures) == (
        JANUARY, {"nights": 3, "least_l_hour": 4, "litres_night": 16},
    )  # fmt: skip


@given(st.integers(3, 40), st.integers(0, 5))
def test_all_nights_in_a_row_are_counted_from_the_first_of_them(wet_nights: int, dry_before: int) -> None:
    nights = [0] * dry_before + [6] * wet_nights
    days = [wet(JANUARY + timedelta(days=at), litres) for at, litres in enumerate(nights)]
    fault = rules.night_flow(days, TABLE.night_flow)
    assert fault is not None
    assert fault.first_day == JANUARY + timedelta(days=dry_before)
    assert fault.since == days[dry_before].starts_at
    assert fault.figures == {"nights": wet_nights, "least_l_hour": 12, "litres_night": 48}


def test_one_dry_hour_one_unknown_half_hour_or_a_missing_night_prove_nothing() -> None:
    days = [wet(JANUARY + timedelta(days=at), 2) for at in range(3)]
    dry = list(days[1].slots or ())
    dry[4] = dry[5] = 0  # from two to three
    assert rules.night_flow([days[0], a_day(days[1].day, 90, tuple(dry)), days[2]], TABLE.night_flow) is None
    unknown: list[int | None] = list(days[1].slots or ())
    unknown[4] = None
    held = a_day(days[1].day, 90, tuple(unknown))
    assert rules.night_flow([days[0], held, days[2]], TABLE.night_flow) is None
    assert rules.night_flow([days[0], days[2], wet(JANUARY + timedelta(days=3), 2)], TABLE.night_flow) is None
    assert rules.night_flow([a_day(one.day, 100) for one in days], TABLE.night_flow) is None


def test_nights_in_which_clocks_change_have_the_hours_they_have() -> None:
    for sunday in (date(2026, 3, 29), date(2026, 10, 25)):
        days = [wet(sunday + timedelta(days=at), 2) for at in (-1, 0, 1)]
        assert rules.night_flow(days, TABLE.night_flow) is not None


def test_one_home_alone_is_told_after_two_cold_days_and_several_after_one() -> None:
    usual: list[int | None] = [18_000] * 10
    cold = {day.day: Around(outside_cel=2.0) for day in week([*usual, 0, 0])}
    assert rules.no_heating(week([*usual, 200]), cold, TABLE.no_heating) is None
    alone = rules.no_heating(week([*usual, 200, 0]), cold, TABLE.no_heating)
    assert alone is not None
    assert alone.figures == {"days": 2, "wh_day": 100, "usual_wh_day": 18_000, "outside_cel": 2}
    fell = {JANUARY: Around(neighbours=(0.0, 0.02, 0.9))}
    together = rules.no_heating(week([*usual, 0]), fell, TABLE.no_heating)
    assert together is not None
    assert together.figures["homes"] == 3


@given(st.integers(2, 40), st.integers(0, 1_500))
def test_heating_that_stays_dead_for_weeks_is_dead_on_every_one_of_them(dead: int, residual: int) -> None:
    days = week([18_000] * 20 + [residual] * dead)
    cold = {day.day: Around(outside_cel=2.0) for day in days}
    fault = rules.no_heating(days, cold, TABLE.no_heating)
    assert fault is not None
    assert fault.first_day == days[20].day
    assert fault.figures["days"] == dead
    assert fault.figures["usual_wh_day"] == 18_000


def test_neighbours_that_heat_tell_that_it_is_cold() -> None:
    days = week([18_000] * 10 + [0, 0])
    heats = {day.day: Around(neighbours=(1.0, 0.8, 0.9)) for day in days}
    mild = {day.day: Around(neighbours=(0.3, 0.2, 0.3)) for day in days}
    assert rules.no_heating(days, heats, TABLE.no_heating) is not None
    assert rules.no_heating(days, mild, TABLE.no_heating) is None
    assert rules.no_heating(days, {}, TABLE.no_heating) is None


def test_summer_warm_days_and_homes_that_never_heat_are_left_alone() -> None:
    july = week([18_000] * 10 + [0, 0], date(2026, 7, 12))
    heats = {day.day: Around(neighbours=(1.0, 1.0)) for day in july}
    assert rules.no_heating(july, heats, TABLE.no_heating) is None
    warm = {day.day: Around(outside_cel=15.0) for day in week([0] * 12)}
    assert rules.no_heating(week([18_000] * 10 + [0, 0]), warm, TABLE.no_heating) is None
    cold = {day.day: Around(outside_cel=0.0) for day in week([0] * 12)}
    assert rules.no_heating(week([900] * 10 + [0, 0]), cold, TABLE.no_heating) is None


def test_what_was_not_measured_is_never_a_dead_heating() -> None:
    cold = {day.day: Around(outside_cel=0.0) for day in week([0] * 12)}
    assert rules.no_heating(week([18_000] * 10 + [None, None]), cold, TABLE.no_heating) is None
    assert rules.no_heating(week([18_000] * 3 + [None] * 7 + [0, 0]), cold, TABLE.no_heating) is None


def test_of_electric_heating_nothing_is_said_of_a_home_that_may_be_empty() -> None:
    flat, lived_in = (60,) * 48, (60,) * 38 + (900,) * 2 + (60,) * 8
    before = week([30_000] * 10, JANUARY - timedelta(days=1))
    fell = {JANUARY: Around(outside_cel=1.0, neighbours=(0.1, 0.1))}
    empty = [*before, a_day(JANUARY, sum(flat), flat)]
    assert rules.no_heating(empty, fell, TABLE.no_heating, is_electric=True) is None
    at_home = [*before, a_day(JANUARY, sum(lived_in), lived_in)]
    assert rules.no_heating(at_home, fell, TABLE.no_heating, is_electric=True) is not None
    one_alone = {JANUARY: Around(outside_cel=1.0)}
    assert rules.no_heating(at_home, one_alone, TABLE.no_heating, is_electric=True) is None


@given(st.lists(st.integers(4_000, 40_000), min_size=6, max_size=20))
def test_a_home_that_uses_what_it_usually_does_is_never_accused(totals: list[int]) -> None:
    days = week(list(totals))
    cold = {day.day: Around(outside_cel=-5.0) for day in days}
    assert rules.no_heating(days, cold, TABLE.no_heating) is None


def test_a_meter_is_silent_after_a_week_not_before() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert rules.meter_silent(None, since, TABLE.meter_silent, PARIS) is None
    assert rules.meter_silent(since, since + timedelta(days=6), TABLE.meter_silent, PARIS) is None
    fault = rules.meter_silent(since, since + timedelta(days=7), TABLE.meter_silent, PARIS)
    assert fault is not None
    assert fault.figures == {"hours": 168}
