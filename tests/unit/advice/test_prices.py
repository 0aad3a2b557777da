"""A saving is reckoned with the prices of the day, as far as they are known."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.codes import TariffKind
from services.advice.facts import facts_on
from services.advice.subscribed import subscribed_power
from tests.unit.advice.homes import TODAY, days, home

AUGUST_2026 = date(2026, 8, 1)


@pytest.mark.parametrize(
    ("today", "energy_from"),
    [
        (TODAY, AUGUST_2026),
        (AUGUST_2026, AUGUST_2026),
        (date(2026, 7, 31), date(2026, 2, 1)),
        (date(2026, 1, 31), date(2026, 2, 1)),  # no base price from 9 kVA is known before
        (date(2031, 1, 1), AUGUST_2026),
    ],
)
def test_energy_prices_are_those_of_the_day_or_the_next_that_are_whole(
    today: date, energy_from: date
) -> None:
    facts = facts_on(today)
    assert facts.prices.valid_from == energy_from
    assert facts.step_prices.valid_from == AUGUST_2026  # no earlier subscription is known


def test_a_tariff_whose_subscription_is_not_known_gets_no_invented_saving() -> None:
    verdict = subscribed_power(days(365, peak_va=4000), home(TariffKind.TEMPO, 9), facts_on(TODAY), TODAY)
    assert (verdict.tip, verdict.why_not) == (None, "no_price")


def test_a_power_beyond_the_regulated_tariff_has_no_price() -> None:
    prices = facts_on(TODAY).prices
    assert prices.base_kwh(42) is None
    assert prices.time_kwh(3) is None
    assert prices.subscription_year(TariffKind.BASE, 9) == Decimal("238.56")
