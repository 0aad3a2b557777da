"""What is said to be true of a home is what its curve shows."""

import json
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pytest

from contracts.codes import Heating, Rule, TariffKind
from simulators.households import Home, day_load, offpeak_steps
from simulators.truth import Truth, truth, write
from simulators.weather import Weather

YEAR_FROM = date(2025, 11, 1)


@pytest.fixture(scope="session")
def truths(homes: list[Home], weather: Weather) -> list[Truth]:
    return [truth(home, weather, YEAR_FROM) for home in homes[:40]]


def test_the_night_floor_is_the_true_standby(homes: list[Home], weather: Weather) -> None:
    unheated = [
        home
        for home in homes
        if home.heating is not Heating.ELECTRIC and not home.appliances.has_water_heater
    ]
    for home in unheated:
        lows = []
        for offset in range(60):
            watts = day_load(home, date(2026, 4, 1) + timedelta(days=offset), weather).watts
            lows.append(min(sum(watts[step : step + 3]) / 3 for step in range(12, 30, 3)))
        assert median(lows) == pytest.approx(home.appliances.standby_w, abs=20)


def test_a_forgotten_device_deserves_a_tip_and_a_sober_home_none(
    homes: list[Home], truths: list[Truth]
) -> None:
    for home, known in zip(homes, truths, strict=False):
        tip = known.tips[Rule.STANDBY_LOAD]
        if "high_standby" in home.anomalies:
            assert tip.justified
            assert tip.saving_kwh_year > 500
        if home.appliances.forgotten_w == 0:
            assert not tip.justified


def test_the_subscribed_power_is_judged_by_the_yearly_peak(homes: list[Home], truths: list[Truth]) -> None:
    for home, known in zip(homes, truths, strict=False):
        tip = known.tips[Rule.SUBSCRIBED_POWER]
        if tip.variant == "too_low":
            assert known.peak_va > home.subscribed_kva * 1000
        if tip.variant == "too_high":
            assert max(known.peak_va, known.next_peak_va) < home.subscribed_kva * 1000
            assert tip.saving_eur_year > 0
        if "oversized" in home.anomalies:
            assert tip.variant in ("too_high", None)


def test_the_offpeak_share_is_that_of_the_curve(
    homes: list[Home], truths: list[Truth], weather: Weather
) -> None:
    home, known = next(
        (home, known)
        for home, known in zip(homes, truths, strict=False)
        if home.tariff is TariffKind.PEAK_OFFPEAK
    )
    mask = offpeak_steps(home.offpeak)
    assert sum(mask) == 8 * 6
    inside = total = 0
    for offset in range(365):
        watts = day_load(home, YEAR_FROM + timedelta(days=offset), weather).watts
        total += sum(watts)
        inside += sum(power for power, is_offpeak in zip(watts, mask, strict=True) if is_offpeak)
    assert known.offpeak_share == pytest.approx(inside / total, abs=0.002)


def test_a_badly_used_offpeak_contract_shows_in_its_share(homes: list[Home], truths: list[Truth]) -> None:
    well, badly = [], []
    for home, known in zip(homes, truths, strict=False):
        if home.tariff is TariffKind.PEAK_OFFPEAK and home.appliances.has_water_heater:
            (badly if "offpeak_badly_used" in home.anomalies else well).append(known.offpeak_share)
    assert max(badly) < median(well)


def test_the_park_has_homes_that_need_advice_and_homes_that_do_not(truths: list[Truth]) -> None:
    for rule in Rule:
        justified = sum(known.tips[rule].justified for known in truths)
        assert 0 < justified < len(truths) * 0.7


def test_uses_add_up_to_the_year(truths: list[Truth]) -> None:
    for known in truths:
        assert sum(known.kwh_by_use.values()) == pytest.approx(known.annual_kwh, rel=0.01)


def test_the_truth_file_names_every_home(truths: list[Truth], tmp_path: Path) -> None:
    write(truths, tmp_path / "truth.json")
    homes = json.loads((tmp_path / "truth.json").read_text())["homes"]
    assert [home["home"] for home in homes] == list(range(1, 41))
    assert homes[0]["tips"]["standby_load"].keys() >= {"justified", "saving_kwh_year"}


def test_some_homes_are_on_tempo_with_its_own_hours(homes: list[Home], truths: list[Truth]) -> None:
    tempo = [home for home in homes if home.tariff is TariffKind.TEMPO]
    assert 0 < len(tempo) < len(homes) / 5
    for home in tempo:
        assert home.offpeak == ("22:00-06:00",)
        assert home.subscribed_kva >= 6
        assert "offpeak_badly_used" not in home.anomalies
