"""Amounts are types: what does not belong together is refused before it runs."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Quantity
from contracts.units import (
    Energy,
    EnergyPrice,
    GasFactor,
    Volume,
    VolumePrice,
    amount_of,
    canonical,
    in_steps,
)

LITRES = st.integers(0, 10_000_000)
FACTORS = st.builds(GasFactor, st.integers(1, 20_000))

MIXED = """
from decimal import Decimal
from contracts.units import Energy, EnergyPrice, GasFactor, Volume, VolumePrice

sound = Energy.of_wh(1) + GasFactor(11_200).energy(Volume(3))
cost = VolumePrice(Decimal("4.1")).of(Volume(3)) + EnergyPrice(Decimal("0.1")).of(sound)
Energy.of_wh(1) + Volume(1)
Volume(1) - Energy.of_wh(1)
Volume(1) < Energy.of_wh(1)
Energy.of_wh(1) + 1
EnergyPrice(Decimal("0.2")).of(Volume(1_000))
VolumePrice(Decimal("4.1")).of(Energy.of_wh(1_000))
GasFactor(11_200).energy(Energy.of_wh(1))
"""


def test_the_type_checker_refuses_to_mix_energy_and_volume(tmp_path: Path) -> None:
    file = tmp_path / "mixed.py"
    file.write_text(MIXED, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    refused = {int(line.split(":")[1]) for line in checked.stdout.splitlines() if "mixed.py:" in line}
    assert refused == set(range(7, 14)), checked.stdout + checked.stderr


def test_what_is_no_amount_has_no_type() -> None:
    assert amount_of(Quantity.VOLUME, 312) == Volume(312)
    assert amount_of(Quantity.HEAT, 1_500) == amount_of(Quantity.ENERGY_EXPORT, 1_500) == Energy.of_wh(1_500)
    with pytest.raises(ValueError, match="no amount"):
        amount_of(Quantity.POWER, 5)


@given(st.sampled_from([Quantity.ENERGY_IMPORT, Quantity.VOLUME]), st.integers(-(10**9), 10**12))
def test_a_settled_value_comes_back_as_it_was(quantity: Quantity, value: int) -> None:
    assert canonical(amount_of(quantity, value)) == value


def test_gas_is_converted_exactly() -> None:
    factor = GasFactor.of_kwh_per_m3("11.244")
    assert factor.energy(Volume(5_100)) == Energy(57_344_400)
    assert factor.energy(Volume(5_100)).kwh == Decimal("57.3444")
    assert factor.energy(Volume(1)).wh == 11


def test_a_factor_is_not_rounded_in_silence() -> None:
    with pytest.raises(ValueError, match="three decimals"):
        GasFactor.of_kwh_per_m3("11.2445")


def test_prices_know_what_they_price() -> None:
    assert EnergyPrice(Decimal("0.1952")).of(Energy.of_wh(12_000)) == Decimal("2.3424")
    assert VolumePrice(Decimal("4.34")).of(Volume(312)) == Decimal("1.35408")


@given(FACTORS, LITRES, LITRES)
def test_converting_parts_or_the_whole_is_the_same(factor: GasFactor, one: int, other: int) -> None:
    whole = factor.energy(Volume(one) + Volume(other))
    assert whole == factor.energy(Volume(one)) + factor.energy(Volume(other))


@given(st.lists(st.tuples(FACTORS, LITRES), max_size=60))
def test_days_add_up_to_the_period_and_none_is_a_watt_hour_off(days: list[tuple[GasFactor, int]]) -> None:
    exact = [factor.energy(Volume(litres)) for factor, litres in days]
    told = in_steps(exact)
    assert sum(told) == sum(exact, Energy(0)).wh
    assert all(abs(wh * 1_000 - energy.milli_wh) <= 1_000 for wh, energy in zip(told, exact, strict=True))
