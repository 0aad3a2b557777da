"""Which tariff suits a household, and what moving two machines is worth."""

from decimal import Decimal

import pytest

from contracts.codes import Heating, TariffKind
from services.advice.facts import facts_on
from services.advice.money import break_even_share
from services.advice.offpeak import offpeak_shift
from services.advice.windows import inside_wh
from tests.unit.advice.homes import TODAY, day, days, home

FACTS = facts_on(TODAY)
NIGHT = ("22:00-06:00",)


@pytest.mark.parametrize(("kva", "percent"), [(6, 25.5), (9, 28.4), (12, 28.4)])
def test_break_even_comes_out_of_the_prices(kva: int, percent: float) -> None:
    base, times = FACTS.prices.base_kwh(kva), FACTS.prices.time_kwh(kva)
    assert base is not None
    assert times is not None
    share = break_even_share(base, times)
    assert round(float(100 * share), 1) == percent


def test_a_household_far_below_break_even_is_told_that_the_single_price_is_cheaper() -> None:
    away_at_night = days(60, floor_w=40, evening_w=6000)
    verdict = offpeak_shift(away_at_night, home(TariffKind.PEAK_OFFPEAK, 9, offpeak=NIGHT), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.variant == "base_is_cheaper"
    share = Decimal(str(verdict.tip.evidence["offpeak_share_percent"])) / 100
    yearly = Decimal(int(verdict.tip.evidence["kwh_year_estimate"] or 0))
    expected = yearly * (Decimal("0.2142") - share * Decimal("0.0553") - Decimal("0.1985"))
    assert float(verdict.tip.eur_year) == pytest.approx(float(expected), rel=0.01)


def test_a_household_just_below_is_told_to_move_two_machines() -> None:
    near = days(60, floor_w=120, evening_w=1100)
    verdict = offpeak_shift(near, home(TariffKind.PEAK_OFFPEAK, 9, offpeak=NIGHT), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.variant == "shift"
    assert str(verdict.tip.eur_year) == "30.28"  # 1.5 kWh a day, 5.53 cents each


def test_a_household_above_break_even_is_left_alone() -> None:
    suited = days(60, floor_w=200, blocks=((0, 4, 2000),))
    verdict = offpeak_shift(suited, home(TariffKind.PEAK_OFFPEAK, 6, offpeak=NIGHT), FACTS, TODAY)
    assert (verdict.tip, verdict.why_not) == (None, "tariff_fits")


def test_a_night_heavy_household_on_the_single_price_is_told_of_off_peak() -> None:
    water_heater = days(60, floor_w=100, blocks=((1, 5, 2000),))
    verdict = offpeak_shift(water_heater, home(TariffKind.BASE, 6), FACTS, TODAY)
    assert verdict.tip is not None
    assert verdict.tip.variant == "peak_offpeak_is_cheaper"
    assert verdict.tip.eur_year > 50
    assert verdict.tip.kwh_year == 0


def test_with_unknown_hours_the_least_favourable_usual_ones_decide() -> None:
    late_evening_only = days(60, floor_w=60, evening_w=0, blocks=((22, 24, 2000),))
    verdict = offpeak_shift(late_evening_only, home(TariffKind.BASE, 6), FACTS, TODAY)
    assert verdict.tip is None  # 22:00-06:00 would suit, 00:30-05:30 would not


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (home(TariffKind.TEMPO), "not_comparable"),
        (home(TariffKind.BASE, own_prices={"base": "0.25"}), "not_comparable"),
        (home(TariffKind.BASE, kva=None), "subscribed_power_unknown"),
        (home(TariffKind.BASE, kva=3), "not_offered_at_this_power"),
        (home(TariffKind.BASE, heating=Heating.ELECTRIC), "heating_needs_a_year"),
        (home(TariffKind.PEAK_OFFPEAK), "offpeak_hours_unknown"),
    ],
)
def test_what_cannot_be_compared_is_said(who: object, reason: str) -> None:
    assert offpeak_shift(days(60), who, FACTS, TODAY).why_not == reason  # type: ignore[arg-type]


def test_windows_cut_half_hours_to_the_minute() -> None:
    one = day(TODAY, floor_w=120, evening_w=0)  # 60 Wh a half-hour
    assert inside_wh(one, ("22:56-06:56",)) == pytest.approx(8 * 120)
    assert inside_wh(one, ("12:10-12:20",)) == pytest.approx(20)
