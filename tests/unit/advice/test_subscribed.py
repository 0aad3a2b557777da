"""Paying for a power one never reaches, or living at the limit."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.codes import Heating, TariffKind
from services.advice.facts import facts_on
from services.advice.subscribed import subscribed_power
from tests.unit.advice.homes import TODAY, days, home

FACTS = facts_on(TODAY)
SPRING = date(2027, 4, 1)


def test_a_year_far_below_the_next_step_saves_a_step() -> None:
    verdict = subscribed_power(days(365, peak_va=4000), home(TariffKind.PEAK_OFFPEAK, 9), FACTS, TODAY)
    assert verdict.tip is not None
    assert (verdict.tip.variant, verdict.tip.evidence["next_kva"]) == ("too_high", 6)
    assert str(verdict.tip.eur_year) == "48.24"
    assert verdict.tip.evidence["change_eur"] == "4.21"


def test_on_the_single_price_the_dearer_kwh_of_the_lower_step_is_taken_off() -> None:
    verdict = subscribed_power(days(365, peak_va=4000), home(TariffKind.BASE, 9), FACTS, TODAY)
    assert verdict.tip is not None
    yearly_kwh = (80 * 24 + 900 * 4) * 365 / 1000
    assert float(verdict.tip.eur_year) == pytest.approx(48.24 - 0.0016 * yearly_kwh, abs=0.02)


def test_a_power_far_too_high_goes_down_several_steps_at_once() -> None:
    verdict = subscribed_power(days(365, peak_va=4000), home(TariffKind.PEAK_OFFPEAK, 15), FACTS, TODAY)
    assert verdict.tip is not None
    assert (verdict.tip.evidence["next_kva"], str(verdict.tip.eur_year)) == (6, "138.48")


def test_off_peak_prices_do_not_exist_below_6_kva() -> None:
    verdict = subscribed_power(days(365, peak_va=1500), home(TariffKind.PEAK_OFFPEAK, 6), FACTS, TODAY)
    assert verdict.why_not == "lowest_step"


def test_a_single_peak_in_the_year_keeps_the_step() -> None:
    one_peak = days(365, peak_va=4000)
    one_peak[100] = replace(one_peak[100], peak_va=5200)
    assert subscribed_power(one_peak, home(kva=9), FACTS, TODAY).why_not == "power_fits"


def test_a_meter_without_peaks_is_judged_by_its_half_hours_with_a_margin() -> None:
    calm = subscribed_power(days(365, evening_w=1500), home(kva=9), FACTS, TODAY)
    assert calm.tip is not None
    assert calm.tip.evidence["is_measured"] is False
    busy = subscribed_power(days(365, evening_w=2400), home(kva=9), FACTS, TODAY)
    assert busy.why_not == "power_fits"  # 2.5 kW over half an hour may have peaked at 5


@pytest.mark.parametrize(
    ("count", "until", "heating", "peak", "reason"),
    [
        (60, TODAY, Heating.GAS, 2000, "no_winter_seen"),
        (300, TODAY, Heating.GAS, 2000, "no_winter_seen"),
        (150, SPRING, Heating.ELECTRIC, 2000, "needs_a_year"),
        (100, SPRING, Heating.GAS, 2000, "needs_a_year"),
        (150, SPRING, Heating.GAS, None, "peaks_not_measured"),
    ],
)
def test_with_less_than_a_year_it_says_why_it_waits(
    count: int, until: date, heating: Heating, peak: int | None, reason: str
) -> None:
    verdict = subscribed_power(
        days(count, until, peak_va=peak), home(kva=9, heating=heating), facts_on(until), until
    )
    assert verdict.why_not == reason


def test_a_measured_winter_without_electric_heating_is_enough_with_a_wider_margin() -> None:
    who = home(kva=9, heating=Heating.DISTRICT)
    facts = facts_on(SPRING)
    assert subscribed_power(days(150, SPRING, peak_va=3500), who, facts, SPRING).tip is not None
    assert subscribed_power(days(150, SPRING, peak_va=4000), who, facts, SPRING).why_not == "power_fits"


def test_living_at_the_limit_is_told_with_the_free_way_first() -> None:
    at_limit = days(30, peak_va=3000)
    for number in (3, 9, 20):
        at_limit[number] = replace(at_limit[number], peak_va=6100)
    verdict = subscribed_power(at_limit, home(kva=6), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.variant == "too_low"
    assert verdict.tip.eur_year == 0
    assert verdict.tip.evidence["step_up_eur_year"] == "48.24"


def test_two_days_at_the_limit_are_not_a_habit() -> None:
    at_limit = days(30, peak_va=3000)
    for number in (3, 9):
        at_limit[number] = replace(at_limit[number], peak_va=6100)
    assert subscribed_power(at_limit, home(kva=6), FACTS, TODAY).tip is None


def test_the_lowest_step_cannot_go_lower() -> None:
    assert subscribed_power(days(365, peak_va=900), home(kva=3), FACTS, TODAY).why_not == "lowest_step"
