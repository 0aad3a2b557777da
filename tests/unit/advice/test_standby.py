"""What a home draws while it sleeps: found robustly, priced honestly, and not invented."""

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Heating, Quality, TariffKind
from services.advice.day import Day
from services.advice.facts import facts_on
from services.advice.standby import night_floor, night_minimum_w, saving_watts, standby_load, whole_floor
from tests.unit.advice.homes import TODAY, ZONE, day, days, home

FACTS = facts_on(TODAY)


def test_a_real_home_has_a_night_floor_of_about_60_w(shared_data: Path) -> None:
    feed = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    london = ZoneInfo("Europe/London")
    by_day: dict[date, list[int | None]] = defaultdict(list)
    with gzip.open(feed, "rt") as rows:
        for row in csv.DictReader(rows):
            wh = round(float(row["value"]) * 1000)
            by_day[datetime.fromisoformat(row["start"]).astimezone(london).date()] += [wh // 2, wh - wh // 2]
    real = [Day(on, "Europe/London", tuple(values)) for on, values in sorted(by_day.items())]
    floor = whole_floor(real, home(), FACTS)
    assert floor["night_floor_whole_w"] == pytest.approx(60, abs=15)
    assert floor["night_floor_whole_nights"] > 850


@pytest.mark.parametrize(
    ("floor_w", "variant"), [(90, None), (140, None), (160, "notice"), (300, "notice"), (310, "strong")]
)
def test_the_tip_grows_with_the_floor(floor_w: int, variant: str | None) -> None:
    verdict = standby_load(days(40, floor_w=floor_w, evening_w=3000), home(), FACTS, TODAY)
    assert (verdict.tip and verdict.tip.variant) == variant


def test_a_tip_says_what_it_rests_on_and_what_it_saves() -> None:
    verdict = standby_load(days(40, floor_w=182, evening_w=3000), home(), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.evidence["night_floor_w"] == 182
    assert verdict.tip.evidence["nights"] == 40
    assert (verdict.tip.evidence["data_from"], verdict.tip.evidence["data_to"]) == (
        "2026-09-22",
        "2026-10-31",
    )
    assert verdict.tip.kwh_year == 876  # 100 W above the typical home, all year
    assert str(verdict.tip.eur_year) == "175.29"  # at 0.2001 EUR/kWh
    assert verdict.tip.expires_on > TODAY


def test_a_modest_floor_that_is_a_third_of_a_small_bill_is_worth_a_word() -> None:
    verdict = standby_load(days(40, floor_w=110, evening_w=500), home(), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.variant == "share"


def test_a_low_floor_is_not_reproached_to_who_uses_little() -> None:
    verdict = standby_load(days(40, floor_w=70, evening_w=300), home(), FACTS, TODAY)
    assert (verdict.tip, verdict.why_not) == (None, "standby_is_modest")
    assert verdict.figures["night_floor_w"] == 70


def test_thirteen_nights_are_not_enough() -> None:
    assert standby_load(days(13, floor_w=400), home(), FACTS, TODAY).why_not == "too_few_nights"
    assert standby_load(days(14, floor_w=400), home(), FACTS, TODAY).tip is not None


def test_held_back_readings_are_neither_consumption_nor_zero() -> None:
    normal = days(40, floor_w=200, evening_w=3000)
    holes = [
        replace(one, values=tuple(None if 6 <= slot < 8 else value for slot, value in enumerate(one.values)))
        if number % 2
        else one
        for number, one in enumerate(normal)
    ]
    verdict = standby_load(holes, home(), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.evidence["night_floor_w"] == 200
    assert verdict.tip.evidence["nights"] == 20


def test_a_day_made_mostly_of_estimates_proves_nothing() -> None:
    invented = [replace(one, quality={Quality.ESTIMATED: 30}) for one in days(40, floor_w=400)]
    assert standby_load(invented, home(), FACTS, TODAY).why_not == "too_few_nights"


def test_nights_with_a_heater_on_are_left_out() -> None:
    quiet = days(30, TODAY - timedelta(days=20), floor_w=100, evening_w=3000)
    heated = days(20, TODAY, floor_w=100, evening_w=3000, blocks=((0, 7, 700),))
    floor = night_floor(quiet + heated, Heating.GAS, FACTS.standby)
    assert not isinstance(floor, str)
    assert (floor.watts, floor.nights) == (100, 30)


def test_a_water_heater_that_fills_every_night_hides_the_floor() -> None:
    hidden = days(40, floor_w=100, blocks=((1, 6, 2000),))
    assert standby_load(hidden, home(), FACTS, TODAY).why_not == "night_masked"


def test_a_water_heater_that_stops_at_three_does_not() -> None:
    verdict = standby_load(
        days(40, floor_w=200, evening_w=3000, blocks=((0, 3, 2000),)), home(), FACTS, TODAY
    )
    assert verdict.figures["night_floor_w"] == 200


def test_nights_away_do_not_count_as_a_low_floor() -> None:
    away = days(12, TODAY, floor_w=40, evening_w=0)
    lived_in = days(28, TODAY - timedelta(days=12), floor_w=170, evening_w=3000)
    floor = night_floor(lived_in + away, Heating.GAS, FACTS.standby)
    assert not isinstance(floor, str)
    assert (floor.watts, floor.nights) == (170, 28)


def test_electric_heating_that_follows_the_weather_is_not_standby() -> None:
    winter = date(2027, 2, 1)
    heated = [day(winter - timedelta(days=back), 300 + 37 * (back % 9)) for back in range(40, 0, -1)]
    verdict = standby_load(heated, home(heating=Heating.ELECTRIC), FACTS, winter)
    assert verdict.why_not == "heating_hides_floor"


def test_electric_heating_does_not_hide_the_floor_in_summer() -> None:
    august = date(2026, 8, 20)
    verdict = standby_load(
        days(40, august, floor_w=180, evening_w=3000), home(heating=Heating.ELECTRIC), FACTS, august
    )
    assert verdict.tip is not None


def test_the_household_s_own_price_is_used() -> None:
    own = home(TariffKind.OWN, own_prices={"base": "0.30"})
    verdict = standby_load(days(40, floor_w=182, evening_w=3000), own, FACTS, TODAY)
    assert verdict.tip is not None
    assert str(verdict.tip.eur_year) == "262.80"
    assert verdict.tip.evidence["prices_from"] is None


def test_without_any_price_no_saving_is_invented() -> None:
    verdict = standby_load(days(40, floor_w=400), home(TariffKind.OWN), FACTS, TODAY)
    assert verdict.why_not == "no_price"


@pytest.mark.parametrize(("on", "half_hours"), [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50)])
def test_the_night_is_found_on_the_days_the_clocks_change(on: date, half_hours: int) -> None:
    one = day(on, floor_w=120)
    assert len(one.values) == half_hours
    assert night_minimum_w(one, FACTS.standby) == 120


@given(
    floor_w=st.integers(20, 800).map(lambda watts: watts * 2),
    busy=st.lists(st.integers(0, 5), max_size=3),
    count=st.integers(14, 60),
)
def test_the_floor_is_found_whatever_three_busy_half_hours_do(
    floor_w: int, busy: list[int], count: int
) -> None:
    """Night-time toast, a lamp left on, a late wash: the minimum does not see them."""
    if floor_w > FACTS.standby.never_standby_w:
        return
    lived = [
        replace(
            one,
            values=tuple(
                value + 700 if slot - 4 in busy and value is not None else value
                for slot, value in enumerate(one.values)
            ),
        )
        for one in days(count, floor_w=floor_w, evening_w=2000)
    ]
    floor = night_floor(lived, Heating.GAS, FACTS.standby)
    assert not isinstance(floor, str)
    assert floor.watts == floor_w


@given(low=st.integers(0, 2000), more=st.integers(0, 2000))
def test_more_standby_never_promises_less(low: int, more: int) -> None:
    assert 0 <= saving_watts(low, FACTS.standby) <= saving_watts(low + more, FACTS.standby)


def test_zone_of_the_dwelling_decides_what_is_night() -> None:
    reunion = [replace(one, zone="Indian/Reunion") for one in days(40, floor_w=200)]
    assert {one.zone for one in reunion} != {ZONE}
    floor = night_floor(reunion, Heating.GAS, FACTS.standby)
    assert not isinstance(floor, str)
    assert floor.watts == 200
