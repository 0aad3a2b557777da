"""Meters heard by radio: the fluid decides which total counts, and the meter's id says whose it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.codes import Quantity, Reason
from tests.unit.intake.devices import NOON, amounts, on_a_gateway, on_a_meter, refusal, values

AT = "2026-01-05T10:59:55Z"
WATER: dict[str, Any] = {
    "media": "cold water", "meter": "multical21", "name": "MainWater", "id": "76406477", "status": "OK",
    "total_m3": 82.187, "target_m3": 76.62, "flow_temperature_c": 4, "current_status": "", "time_dry": "",
    "timestamp": AT, "device": "im871a[00103512]", "rssi_dbm": -115,
}  # fmt: skip
HEAT: dict[str, Any] = {
    "_": "telegram", "media": "heat", "meter": "sharky", "name": "Heat", "id": "68926025", "power_kw": 0,
    "total_energy_consumption_kwh": 2651, "total_energy_consumption_tariff1_kwh": 0,
    "total_volume_m3": 150.347, "status": "OK", "timestamp": AT,
}  # fmt: skip
POWER: dict[str, Any] = {
    "media": "electricity", "meter": "amiplus", "name": "flat", "id": "10101010",
    "total_energy_consumption_kwh": 15694.05, "current_power_consumption_kw": 0.33,
    "total_energy_production_kwh": 7.48, "current_power_production_kw": 0, "voltage_at_phase_1_v": 236,
    "device_date_time": "2019-03-20 12:57:00", "timestamp": AT,
}  # fmt: skip


def test_water_is_counted_in_litres_at_the_time_of_its_telegram():
    (value,) = values("wmbusmeters", "", WATER)
    assert (value.channel, value.register, value.value_milli) == ("76406477", "volume", 82_187_000)
    assert value.instant == datetime(2026, 1, 5, 10, 59, 55, tzinfo=UTC)


def test_heat_is_energy_and_its_water_is_nobodys_consumption():
    (value,) = values("wmbusmeters", "", HEAT)
    assert (value.quantity, value.register, value.value_milli) == (Quantity.HEAT, "heat", 2_651_000_000)


@pytest.mark.parametrize(
    ("field", "amount", "milli"),
    [
        ("total_kwh", 6371.666667, 6_371_666_667),
        ("total_heating_kwh", "915.967278", 915_967_278),
        ("total_energy_consumption_gj", 3.6, 1_000_000_000),
        ("total_energy_consumption_mwh", 1.5, 1_500_000_000),
    ],
)
def test_heat_by_its_other_names(field: str, amount: Any, milli: int):
    said = {"media": "heat/cooling load", "id": "58234965", "timestamp": AT, field: amount}
    assert amounts(values("wmbusmeters", "", said)) == {"heat": milli}


def test_electricity_with_what_is_fed_in():
    assert amounts(values("wmbusmeters", "", POWER)) == {
        "energy_import": 15_694_050_000,
        "energy_export": 7_480_000,
        "power": 330_000,
    }


def test_an_alarm_does_not_make_the_index_wrong():
    assert amounts(values("wmbusmeters", "", WATER | {"status": "LEAKING DRY"})) == {"volume": 82_187_000}


def test_one_box_for_a_building_names_each_meter_by_its_id():
    assert on_a_gateway("wmbusmeters", WATER) == {("76406477", "volume"): 82_187_000}
    assert on_a_gateway("wmbusmeters/MainWater", HEAT) == {("68926025", "heat"): 2_651_000_000}
    assert on_a_meter("wmbusmeters", WATER) == {"volume": 82_187_000}


def test_a_telegram_without_timestamp_is_dated_by_its_arrival():
    said = {name: value for name, value in WATER.items() if name != "timestamp"}
    assert values("wmbusmeters", "", said)[0].instant == NOON


@pytest.mark.parametrize(
    "said",
    [
        b"online",
        {"media": "smoke detector", "id": "00010204", "status": "OK", "timestamp": AT},
        {"media": "room sensor", "id": "11772288", "current_temperature_c": 22.08, "timestamp": AT},
    ],
)
def test_what_is_no_meter_is_understood(said: Any):
    assert values("wmbusmeters", "", said) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"MyTapWater;76406477;82.187", Reason.NOT_JSON),
        ([WATER], Reason.WRONG_SHAPE),
        (WATER | {"id": None}, Reason.WRONG_SHAPE),
        (WATER | {"id": 5}, Reason.WRONG_SHAPE),
        (WATER | {"media": None}, Reason.WRONG_SHAPE),
        (WATER | {"total_m3": None}, Reason.UNKNOWN_QUANTITY),
        (WATER | {"total_m3": "nan"}, Reason.NOT_A_NUMBER),
        (WATER | {"total_m3": -3}, Reason.NEGATIVE_REGISTER),
        (WATER | {"timestamp": "1111-11-11T11:11:11Z"}, Reason.TOO_OLD),
        (WATER | {"timestamp": 5}, Reason.WRONG_SHAPE),
        ({"media": "heat cost allocation", "id": "1", "current_consumption_hca": 3}, Reason.UNKNOWN_QUANTITY),
    ],
)
def test_refusals_say_why(said: Any, reason: Reason):
    assert refusal("wmbusmeters", "", said).reason == reason
