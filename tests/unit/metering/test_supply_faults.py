"""What days and voltages show of the supply, and what they must never be taken for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

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


def test_water_in_every_hour_of_three_nights_is_a_leak() -> None:
    days = [wet(JANUARY + timedelta(days=at), 2) for at in range(3)]
    fault = rules.night_flow(days, TABLE.night_flow)
    assert fault is not None
    assert (fault.first_day, fault.figures) == (
        JANUARY, {"nights": 3, "least_l_hour": 4, "litres_night": 16},
    )  # fmt: skip


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
