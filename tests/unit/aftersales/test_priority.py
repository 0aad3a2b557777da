"""How urgent, and whom to call."""

from datetime import date

import pytest

from contracts.codes import Priority
from services.aftersales.priority import HeatingPeriod, emergency_of, priority_of

SUMMER, WINTER = date(2026, 7, 15), date(2026, 12, 15)


@pytest.mark.parametrize(
    ("element", "symptom"),
    [("gas_smell", "smell"), ("gas_tap", "smell"), ("co_alarm", "alarm"), ("lift", "trapped"),
     ("electric_hazard", "danger"), ("socket", "danger"), ("facade", "danger"), ("boiler", "danger")],
)  # fmt: skip
def test_danger_is_a_call_not_a_form(element: str, symptom: str) -> None:
    priority = priority_of(element, symptom, SUMMER)
    assert priority is Priority.P0
    emergency = emergency_of(element, priority)
    assert emergency is not None
    assert emergency.call
    assert emergency.advice("fr") != emergency.advice("en")


def test_gas_is_called_in_to_the_gas_network() -> None:
    emergency = emergency_of("gas_smell", Priority.P0)
    assert emergency is not None
    assert emergency.call == "0 800 47 33 33"


@pytest.mark.parametrize(
    ("element", "symptom", "summer", "winter"),
    [
        ("radiator", "no_heat", Priority.P3, Priority.P2),
        ("collective_heating", "no_heat", Priority.P2, Priority.P1),
        ("boiler", "no_heat", Priority.P2, Priority.P1),
        ("radiator", "leak", Priority.P3, Priority.P3),
        ("tap", "leak", Priority.P3, Priority.P3),
        ("water_pipe", "leak", Priority.P1, Priority.P1),
        ("paint", "cosmetic", Priority.P4, Priority.P4),
        ("radiator", "cosmetic", Priority.P4, Priority.P4),
        ("door_lock", "cannot_lock", Priority.P1, Priority.P1),
        ("power_supply", "no_power", Priority.P1, Priority.P1),
        ("balcony", "danger", Priority.P1, Priority.P1),
        ("smoke_detector", "flat_battery", Priority.P2, Priority.P2),
    ],
)
def test_the_season_makes_cold_more_urgent(
    element: str, symptom: str, summer: Priority, winter: Priority
) -> None:
    assert priority_of(element, symptom, SUMMER) is summer
    assert priority_of(element, symptom, WINTER) is winter


def test_each_building_has_its_own_heating_season() -> None:
    mountain = HeatingPeriod("09-01", "06-15")
    on = date(2026, 9, 2)
    assert priority_of("radiator", "no_heat", on) is Priority.P3
    assert priority_of("radiator", "no_heat", on, mountain) is Priority.P2
    assert mountain.next_start(date(2026, 7, 1)) == date(2026, 9, 1)
    assert mountain.next_start(date(2026, 12, 1)) == date(2026, 12, 1)


@pytest.mark.parametrize("said", ["02-29", "02-30"])
def test_a_season_that_starts_on_a_day_the_year_lacks_starts_on_the_next_one(said: str) -> None:
    season = HeatingPeriod(said, "05-15")
    assert season.next_start(date(2027, 1, 10)) == date(2027, 3, 1)
    assert season.next_start(date(2026, 12, 31)) == date(2027, 3, 1)
    assert not season.holds(date(2027, 2, 28))
    assert season.holds(date(2027, 3, 1))


def test_a_season_may_start_on_the_29th_of_february() -> None:
    season = HeatingPeriod("02-29", "05-15")
    assert season.next_start(date(2027, 6, 1)) == date(2028, 2, 29)


def test_only_p0_shows_a_number() -> None:
    assert emergency_of("gas_tap", Priority.P1) is None
