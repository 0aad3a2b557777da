"""A home in January differs from July, electric from district heating, a weekday from a Sunday."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean

from contracts.codes import Heating, TariffKind
from simulators.households import Home, day_load, days
from simulators.park import park
from simulators.presence import Rhythm
from simulators.weather import Weather, daylight


def kwh(home: Home, first: date, count: int, weather: Weather) -> float:
    return sum(sum(load.watts) / 6000 for _, load in days(home, first, count, weather))


def one(homes: list[Home], is_meant: Callable[[Home], bool]) -> Home:
    return next(home for home in homes if is_meant(home))


def test_a_seed_draws_the_same_homes_and_the_same_days() -> None:
    first, again = park(3, 5), park(3, 5)
    assert first == again
    day = date(2026, 2, 11)
    assert day_load(first[2], day, Weather(3)) == day_load(again[2], day, Weather(3))


def test_a_home_does_not_depend_on_how_many_neighbours_it_has() -> None:
    assert park(3, 8)[:4] == park(3, 4)


def test_another_seed_draws_another_park() -> None:
    assert park(3, 5) != park(4, 5)


def test_a_day_does_not_depend_on_the_days_asked_before(homes: list[Home], weather: Weather) -> None:
    day = date(2026, 3, 20)
    fresh = Weather(7)
    list(days(homes[0], date(2026, 1, 1), 30, weather))
    assert day_load(homes[0], day, weather) == day_load(homes[0], day, fresh)


def test_winter_is_colder_than_summer_and_days_shorter(weather: Weather) -> None:
    january = mean(weather.mean(date(2026, 1, day)) for day in range(1, 32))
    july = mean(weather.mean(date(2026, 7, day)) for day in range(1, 32))
    assert january < 8 < 15 < july
    rises, sets = daylight(date(2026, 1, 10), False)
    assert sets - rises < 9.5 * 6
    rises, sets = daylight(date(2026, 6, 20), True)
    assert sets - rises > 15 * 6


def test_outdoor_temperature_follows_the_day_before_and_the_hour(weather: Weather) -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    means = [weather.mean(day) for day in year]
    steps = [abs(b - a) for a, b in pairwise(means)]
    assert mean(steps) < 3
    afternoon = mean(weather.temperatures(day)[90] for day in year)
    dawn = mean(weather.temperatures(day)[30] for day in year)
    assert afternoon > dawn + 3


def test_january_differs_from_july_where_heating_is_electric(homes: list[Home], weather: Weather) -> None:
    january, july = 0.0, 0.0
    for home in (home for home in homes if home.heating is Heating.ELECTRIC):
        cold, warm = kwh(home, date(2026, 1, 1), 31, weather), kwh(home, date(2026, 7, 1), 31, weather)
        assert cold > warm
        january, july = january + cold, july + warm
    assert january > 1.6 * july


def test_district_heating_does_not_show_on_the_electricity_meter(homes: list[Home], weather: Weather) -> None:
    electric = one(homes, lambda home: home.heating is Heating.ELECTRIC)
    district = one(homes, lambda home: home.heating is Heating.DISTRICT)
    january = date(2026, 1, 15)
    assert "heating" in day_load(electric, january, weather).kwh_by_use
    assert "heating" not in day_load(district, january, weather).kwh_by_use
    swing = kwh(electric, date(2026, 1, 1), 31, weather) / kwh(electric, date(2026, 6, 1), 30, weather)
    calm = kwh(district, date(2026, 1, 1), 31, weather) / kwh(district, date(2026, 6, 1), 30, weather)
    assert swing > calm


def test_a_weekday_differs_from_a_sunday_in_a_working_household(homes: list[Home], weather: Weather) -> None:
    workers = [home for home in homes if home.rhythm is Rhythm.WORKING][:10]
    tuesdays = [date(2026, 3, 3) + timedelta(weeks=n) for n in range(12)]
    sundays = [date(2026, 3, 1) + timedelta(weeks=n) for n in range(12)]

    def midday(wanted: list[date]) -> float:
        return mean(sum(day_load(home, day, weather).watts[60:96]) for home in workers for day in wanted)

    assert midday(sundays) > 1.15 * midday(tuesdays)


def test_a_public_holiday_is_lived_like_a_sunday(homes: list[Home], weather: Weather) -> None:
    workers = [home for home in homes if home.rhythm is Rhythm.WORKING][:25]

    def at_ten(day: date) -> float:
        return mean(sum(day_load(home, day, weather).watts[57:66]) for home in workers)

    assert at_ten(date(2026, 5, 1)) > at_ten(date(2026, 5, 22))


def test_nobody_cooks_while_away(homes: list[Home], weather: Weather) -> None:
    home = one(homes, lambda home: any(first.year == 2026 for first, _ in home.away))
    first, _ = next(period for period in home.away if period[0].year == 2026)
    uses = day_load(home, first, weather).kwh_by_use
    assert "cooking" not in uses
    assert uses["standby"] > 0


def test_yearly_totals_are_those_of_french_homes(homes: list[Home], weather: Weather) -> None:
    sample = homes[:30]

    def yearly(home: Home) -> float:
        every_fifth = [date(2025, 11, 1) + timedelta(days=5 * n) for n in range(73)]
        return sum(sum(day_load(home, day, weather).watts) for day in every_fifth) / 6000 * 5

    base = [yearly(home) for home in sample if home.tariff is TariffKind.BASE]
    offpeak = [yearly(home) for home in sample if home.tariff is TariffKind.PEAK_OFFPEAK]
    # Enedis 2024: 2,213 kWh on base 6 kVA, 3,810 on peak/off-peak 6 kVA; ours also have larger contracts.
    assert 1900 < mean(base) < 3300
    assert 3100 < mean(offpeak) < 5600


def test_apparent_power_is_never_below_the_mean_power(homes: list[Home], weather: Weather) -> None:
    for home in homes[:10]:
        load = day_load(home, date(2026, 1, 20), weather)
        assert all(va >= watts for va, watts in zip(load.peak_va, load.watts, strict=True))
