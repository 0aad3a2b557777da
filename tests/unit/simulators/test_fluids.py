"""Water, gas, heat and sun of simulated homes: what flows adds up, follows the people and the weather."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import Fluid, Heating
from simulators import equipment, warmth, water
from simulators.common_parts import CommonPart, consumption
from simulators.counter import Counter
from simulators.facts import fact
from simulators.households import Home, day_load
from simulators.meter import Meter, midnight
from simulators.park import park
from simulators.truth import truth
from simulators.weather import Weather

PARIS = "Europe/Paris"
HOMES = park(11, 12)
WINTER, SUMMER = date(2026, 1, 12), date(2026, 7, 13)


def litres(home: Home, day: date) -> float:
    drawn = water.draws(home, day)
    return (sum(drawn.cold) + sum(drawn.hot)) / water.ML


@settings(max_examples=30, deadline=None)
@given(
    home=st.sampled_from(HOMES),
    first=st.dates(date(2025, 1, 1), date(2026, 12, 1)),
    count=st.integers(1, 6),
    every_s=st.sampled_from([1800, 3600, 7200]),
    index=st.integers(0, 2_000_000),
)
def test_the_readings_of_a_counter_add_up_to_what_flowed(
    home: Home, first: date, count: int, every_s: int, index: int
) -> None:
    counter = Counter(water.cold_meter(home), first, PARIS, per_unit=water.ML, index=index)
    days = [first + timedelta(days=offset) for offset in range(count)]
    read = [value for day in days for _, value in counter.readings(day, every_s)]
    assert [index, *read] == sorted([index, *read])
    assert read[-1] - index == sum(half.energy_wh for day in days for half in counter.half_hours(day))
    assert read[-1] == counter.register_at(midnight(first + timedelta(days=count), PARIS))


@settings(max_examples=20, deadline=None)
@given(seconds=st.lists(st.integers(0, 3 * 86_400), min_size=2, max_size=20))
def test_a_counter_only_grows(seconds: list[int]) -> None:
    counter = Counter(water.cold_meter(HOMES[0]), WINTER, PARIS, per_unit=water.ML, index=5)
    start = midnight(WINTER, PARIS)
    values = [counter.register_at(start + timedelta(seconds=at)) for at in sorted(seconds)]
    assert values == sorted(values)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_days_of_clock_changes_have_23_and_25_hours(day: date, hours: int) -> None:
    counter = Counter(water.cold_meter(HOMES[0]), day, PARIS, per_unit=water.ML)
    read = list(counter.readings(day, 3600))
    assert len(read) == hours
    assert len(counter.half_hours(day)) == 2 * hours
    assert read[-1][0] == midnight(day + timedelta(days=1), PARIS)
    assert all(later - earlier == timedelta(hours=1) for (earlier, _), (later, _) in pairwise(read))


def test_what_a_day_of_25_hours_repeats_flows_twice() -> None:
    def steps(day: date) -> list[int]:
        return [1000] * 144

    long, usual = date(2026, 10, 25), date(2026, 10, 26)
    counter = Counter(steps, long, PARIS, per_unit=1000)
    assert sum(half.energy_wh for half in counter.half_hours(long)) == 150
    assert sum(half.energy_wh for half in counter.half_hours(usual)) == 144


def test_a_counter_knows_nothing_before_it_was_fitted() -> None:
    counter = Counter(water.cold_meter(HOMES[0]), WINTER, PARIS, per_unit=water.ML)
    with pytest.raises(ValueError, match="fitted"):
        counter.half_hours(WINTER - timedelta(days=1))


def test_people_use_as_much_water_as_the_french_do(homes: list[Home]) -> None:
    days = [WINTER + timedelta(days=11 * n) for n in range(30)]
    dry = [home for home in homes if not water.leak_ml_h(home)]
    used = sum(litres(home, day) for home in dry for day in days) / len(days)
    assert used / sum(home.occupants for home in dry) == pytest.approx(fact("water_l_person_day"), rel=0.12)
    hot = sum(sum(water.draws(home, day).hot) for home in dry for day in days) / len(days) / water.ML
    assert 0.25 < hot / used < 0.45


def test_nobody_draws_water_while_away() -> None:
    home = replace(HOMES[0], away=((WINTER, WINTER),))
    drawn = water.draws(home, WINTER)
    assert sum(drawn.hot) == 0
    assert sum(drawn.cold) == water.leak_ml_h(home) // 6 * 144


def test_a_running_toilet_is_never_silent_at_night_and_a_sound_home_is(homes: list[Home]) -> None:
    leaking = [home for home in homes if water.leak_ml_h(home)]
    assert 0 < len(leaking) < len(homes) / 5
    days = [WINTER + timedelta(days=offset) for offset in range(14)]

    def night_hours(home: Home) -> list[int]:
        counter = Counter(water.cold_meter(home), WINTER, PARIS, per_unit=water.ML)
        return [
            sum(half.energy_wh for half in counter.half_hours(day)[2 * hour : 2 * hour + 2])
            for day in days
            for hour in range(1, 5)
        ]

    for home in leaking:
        assert min(night_hours(home)) > 0
    for home in homes[:10]:
        if home not in leaking:
            assert night_hours(home).count(0) > len(days)


def test_the_truth_knows_the_leak(homes: list[Home], weather: Weather) -> None:
    leaking = next(home for home in homes if water.leak_ml_h(home))
    sound = next(home for home in homes if not water.leak_ml_h(home))
    assert truth(leaking, weather, WINTER, days=2).leak_l_h == water.leak_ml_h(leaking) / water.ML > 0
    assert truth(sound, weather, WINTER, days=2).leak_l_h == 0


def test_the_cold_meter_of_a_home_that_warms_its_own_water_counts_all_of_it(homes: list[Home]) -> None:
    for home in homes[:20]:
        drawn = water.draws(home, WINTER)
        hot = 0 if water.has_hot_water_meter(home) else sum(drawn.hot)
        assert sum(water.cold_meter(home)(WINTER)) == sum(drawn.cold) + hot


def test_gas_and_heat_follow_the_weather(homes: list[Home], weather: Weather) -> None:
    def joules(meter: Callable[[date], tuple[int, ...]], first: date) -> float:
        return mean(sum(meter(first + timedelta(days=offset))) for offset in range(28))

    for home in homes:
        if home.heating is Heating.GAS:
            burnt = warmth.gas_meter(home, weather)
            assert joules(burnt, WINTER) > 2 * joules(burnt, SUMMER) > 0
        elif home.heating is not Heating.ELECTRIC:
            taken = warmth.heat_meter(home, weather)
            assert joules(taken, WINTER) > 2 * joules(taken, date(2026, 4, 20)) >= 0
            assert joules(taken, SUMMER) < joules(taken, WINTER) / 20


def test_a_home_without_gas_has_no_gas_meter(homes: list[Home], weather: Weather) -> None:
    electric = next(home for home in homes if home.heating is Heating.ELECTRIC)
    with pytest.raises(ValueError, match="no gas"):
        warmth.gas_meter(electric, weather)
    with pytest.raises(ValueError, match="heats itself"):
        warmth.heat_meter(electric, weather)


def test_a_heat_meter_shows_whole_kilowatt_hours(homes: list[Home], weather: Weather) -> None:
    home = next(home for home in homes if home.heating is Heating.DISTRICT)
    counter = equipment.counter(home, Fluid.HEAT, weather, WINTER, PARIS)
    assert {value % 1000 for _, value in counter.readings(WINTER, 7200)} == {0}


def test_panels_lower_what_is_drawn_and_feed_in_the_rest(homes: list[Home], weather: Weather) -> None:
    plain = homes[0]
    sunny = replace(plain, solar_w=800)
    fed_in = 0
    for offset in range(0, 365, 15):
        day = WINTER + timedelta(days=offset)
        before, after = day_load(plain, day, weather), day_load(sunny, day, weather)
        given = [
            old - new + out for old, new, out in zip(before.watts, after.watts, after.fed_in_w, strict=True)
        ]
        assert all(0 <= watts <= 800 for watts in given)
        assert all(not (new and out) for new, out in zip(after.watts, after.fed_in_w, strict=True))
        assert all(va >= watts for va, watts in zip(after.peak_va, after.watts, strict=True))
        own_kwh = (sum(before.watts) - sum(after.watts)) / 6000
        assert after.kwh_by_use["solar"] == pytest.approx(-own_kwh)
        assert not any(before.fed_in_w)
        fed_in += sum(after.fed_in_w)
    assert fed_in > 0


def test_the_registers_of_a_home_with_panels_say_what_it_drew_and_fed_in(weather: Weather) -> None:
    home = replace(park(7, 1)[0], solar_w=800)
    counter = equipment.fed_in(home, weather, SUMMER, PARIS)
    assert counter is not None
    meter = Meter(home, weather, SUMMER, PARIS, 0)
    load = day_load(home, SUMMER, weather)
    assert sum(half.energy_wh for half in meter.half_hours(SUMMER)) == sum(load.watts) // 6
    assert sum(half.energy_wh for half in counter.half_hours(SUMMER)) == sum(load.fed_in_w) // 6


def test_common_parts_burn_more_light_in_winter_and_are_the_same_for_the_same_seed() -> None:
    light = consumption(CommonPart.STAIRCASE_LIGHT, 1, 0, 14)
    assert sum(light(WINTER)) > sum(light(SUMMER))
    assert light(WINTER) == consumption(CommonPart.STAIRCASE_LIGHT, 1, 0, 14)(WINTER)
    assert light(WINTER) != consumption(CommonPart.STAIRCASE_LIGHT, 1, 1, 14)(WINTER)


def test_the_same_seed_lives_the_same_fluids(homes: list[Home], weather: Weather) -> None:
    again = park(7, 60)
    for one, other in zip(homes[:10], again, strict=False):
        assert water.draws(one, WINTER) == water.draws(other, WINTER)
        for fluid in equipment.fluids(one):
            first = equipment.counter(one, fluid, weather, WINTER, PARIS)
            second = equipment.counter(other, fluid, Weather(7), WINTER, PARIS)
            assert list(first.readings(WINTER, 3600)) == list(second.readings(WINTER, 3600))
