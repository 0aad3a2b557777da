"""What gas, water and heat cost: by the household's own price, each in its own unit."""

import re
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from contracts.codes import CostReason, Fluid, GasFactorSource, Quantity, TariffKind
from contracts.units import GasFactor
from services.metering.costing import of_day, of_total
from services.metering.fluids import Conversion, calendar_of
from services.metering.tariffs import Contract, Cost

DAY = date(2026, 1, 5)
FACTOR = Conversion(GasFactor(11_200), GasFactorSource.CONTRACT)


def own(**prices: str) -> Contract:
    return Contract(date(2026, 1, 1), TariffKind.OWN, prices=prices)


def cost(
    fluid: Fluid, quantity: Quantity, value: int, contract: Contract | None, by: Conversion | None = None
) -> Cost:
    """The same from half-hours, one of them missing, and from the day's total."""
    civil = calendar_of(fluid, "Europe/Paris").day(DAY)
    slots: list[int | None] = [value - 47 * (value // 48), *[value // 48] * 47]
    found = of_day(fluid, quantity, civil, [*slots[:-1], None, slots[-1]], contract, by)
    if fluid is not Fluid.ELECTRICITY:
        assert found == of_total(fluid, quantity, civil, value, contract, by)
    return found


@pytest.mark.parametrize(
    ("fluid", "quantity", "value", "price", "eur"),
    [
        (Fluid.GAS, Quantity.VOLUME, 5_100, "0.1051", "6.0033"),  # 5.1 m³ x 11.2 kWh/m³
        (Fluid.GAS, Quantity.ENERGY_IMPORT, 57_120, "0.1051", "6.0033"),
        (Fluid.WATER, Quantity.VOLUME, 312, "4.34", "1.3541"),
        (Fluid.HOT_WATER, Quantity.VOLUME, 120, "11.5", "1.3800"),
        (Fluid.HEAT, Quantity.HEAT, 32_000, "0.095", "3.0400"),
        (Fluid.HEAT, Quantity.ENERGY_IMPORT, 32_000, "0.095", "3.0400"),
    ],
)
def test_each_fluid_is_paid_for_in_its_own_unit(
    fluid: Fluid, quantity: Quantity, value: int, price: str, eur: str
) -> None:
    assert cost(fluid, quantity, value, own(base=price), FACTOR).eur == Decimal(eur)


@pytest.mark.parametrize(
    "contract",
    [None, Contract(date(2026, 1, 1), TariffKind.BASE, 6), own(), own(peak="0.2", offpeak="0.1")],
    ids=["no contract", "an electricity tariff", "no price", "two prices"],
)
def test_without_one_price_of_its_own_it_costs_nothing_known(contract: Any) -> None:
    for fluid, quantity in ((Fluid.GAS, Quantity.VOLUME), (Fluid.WATER, Quantity.VOLUME)):
        assert cost(fluid, quantity, 480, contract, FACTOR) == Cost(None, reason="no_tariff_for_fluid")


def test_a_single_price_may_have_any_name() -> None:
    assert cost(Fluid.WATER, Quantity.VOLUME, 1_000, own(eau="4.34")).eur == Decimal("4.3400")


def test_gas_without_factor_has_no_cost_and_says_why() -> None:
    assert cost(Fluid.GAS, Quantity.VOLUME, 480, own(base="0.1")) == Cost(None, reason="no_gas_factor")


def test_what_a_home_gives_and_heat_in_its_hot_water_are_not_priced() -> None:
    for fluid, quantity in ((Fluid.ELECTRICITY, Quantity.ENERGY_EXPORT), (Fluid.HOT_WATER, Quantity.HEAT)):
        assert cost(fluid, quantity, 480, own(base="0.1")).reason == "no_tariff_for_fluid"


def test_a_day_of_which_nothing_is_known_costs_nobody_knows_what() -> None:
    nothing = [None] * 48
    civil = calendar_of(Fluid.ELECTRICITY, "Europe/Paris").day(DAY)
    found = of_day(Fluid.ELECTRICITY, Quantity.ENERGY_IMPORT, civil, nothing, None, None)
    assert (found.eur, found.reason) == (None, "nothing_known")


def test_every_reason_for_no_cost_has_words_on_the_page() -> None:
    words = files("services.metering").joinpath("templates/metering/words.html").read_text("utf-8")
    table = words.split("set no_cost = {")[1].split("%}")[0]
    assert set(re.findall(r'"(\w+)": _\(', table)) == set(CostReason)
