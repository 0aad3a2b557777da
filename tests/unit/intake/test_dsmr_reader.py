"""DSMR-reader's JSON and its single fields: exact decimals, own times, nothing dated by a guess."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.codes import Reason
from tests.unit.intake.devices import NOON, amounts, on_a_gateway, on_a_meter, refusal, telegram, values

SAID: dict[str, Any] = {
    "id": 1,
    "timestamp": "2026-01-05T10:59:55Z",
    "electricity_delivered_1": "1581.123",
    "electricity_returned_1": "2.000",
    "electricity_delivered_2": "1435.706",
    "electricity_returned_2": "4.001",
    "electricity_currently_delivered": "0.250",
    "electricity_currently_returned": "1.300",
    "phase_currently_delivered_l1": "0.250",
    "phase_currently_delivered_l2": None,
    "extra_device_timestamp": "2026-01-05T11:00:00+01:00",
    "extra_device_delivered": "981.443",
}


def test_a_telegram_has_its_registers_in_watt_hours_at_its_own_time():
    found = values("dsmr-reader", "json", SAID)
    assert amounts(found) == {
        "energy_import.t1": 1_581_123_000,
        "energy_export.t1": 2_000_000,
        "energy_import.t2": 1_435_706_000,
        "energy_export.t2": 4_001_000,
        "power": -1_050_000,
        "volume": 981_443_000,
    }
    assert found[0].instant == datetime(2026, 1, 5, 10, 59, 55, tzinfo=UTC)
    assert found[-1].instant == datetime(2026, 1, 5, 10, tzinfo=UTC), "gas was read at its own time"


def test_numbers_and_other_offsets_mean_the_same():
    numbers = SAID | {name: float(SAID[name]) for name in SAID if name.startswith("electricity")}
    local = numbers | {"timestamp": "2026-01-05T11:59:55+01:00"}
    assert values("dsmr-reader", "dsmr/json", local) == values("dsmr-reader", "json", SAID)


def test_in_the_hour_that_autumn_repeats_the_offset_tells_which_it_is():
    arrived = datetime(2026, 10, 25, 3, tzinfo=UTC)
    for offset, hour in (("+02:00", 0), ("+01:00", 1)):
        said = SAID | {"timestamp": f"2026-10-25T02:30:00{offset}", "extra_device_delivered": None}
        found = values("dsmr-reader", "json", said, arrived)
        assert found[0].instant == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_what_is_null_is_absent():
    said = SAID | {"electricity_currently_returned": None, "extra_device_delivered": None}
    assert set(amounts(values("dsmr-reader", "json", said | {"electricity_returned_2": None}))) == {
        "energy_import.t1", "energy_import.t2", "energy_export.t1",
    }  # fmt: skip


def test_a_telegram_without_time_is_dated_by_its_arrival():
    assert values("dsmr-reader", "json", SAID | {"timestamp": None})[0].instant == NOON


def test_a_meters_topic_has_the_electricity_and_a_gateway_the_gas_too():
    taken = on_a_meter("dsmr-reader/json", SAID)
    assert isinstance(taken, dict)
    assert "volume" not in taken
    behind = on_a_gateway("dsmr-reader/json", SAID)
    assert behind["extra_device", "volume"] == 981_443_000
    assert behind["electricity", "energy_import.t2"] == 1_435_706_000


@pytest.mark.parametrize("time", [None, "", "2063-25-25", "2069-01-05T11:00:00Z"])
def test_a_gas_meter_that_is_not_connected_does_not_hold_the_electricity_back(time: str | None):
    found = values("dsmr-reader", "json", SAID | {"extra_device_timestamp": time})
    assert {value.channel for value in found} == {"electricity"}


def test_gas_consumption_by_itself():
    said = {"read_at": "2026-01-05T10:00:00Z", "delivered": "981.443", "currently_delivered": "0.1"}
    assert on_a_meter("dsmr-reader/consumption/gas/json", said) == {"volume": 981_443_000}
    assert on_a_gateway("dsmr-reader/consumption/gas/json", said) == {("gas", "volume"): 981_443_000}
    assert refusal("dsmr-reader", "consumption/gas/json", {"delivered": "1"}).reason == Reason.NO_TIME


def test_several_meters_behind_a_gateway_are_told_apart_by_their_names():
    assert {channel for channel, _ in on_a_gateway("dsmr-reader/flat-12/json", SAID)} == {
        "flat-12", "flat-12/extra_device",
    }  # fmt: skip
    taken = on_a_gateway("dsmr-reader/flat-12/dsmr/reading/electricity_returned_2", b"4.001")
    assert taken == {("flat-12", "energy_export.t2"): 4_001_000}


def test_a_single_field_is_dated_by_its_arrival():
    (value,) = values("dsmr-reader", "reading/electricity_delivered_1", b"1581.123")
    assert (value.register, value.instant, value.value_milli) == ("energy_import.t1", NOON, 1_581_123_000)


def test_a_raw_telegram_is_read_as_one():
    said = telegram("1-0:1.8.1(001581.123*kWh)")
    assert amounts(values("dsmr-reader", "raw", said)) == {"energy_import.t1": 1_581_123_000}
    assert refusal("dsmr-reader", "raw", said.replace(b"1581", b"1582")).reason == Reason.CHECKSUM


@pytest.mark.parametrize(
    "tail",
    [
        "reading/timestamp", "reading/electricity_currently_delivered", "reading/extra_device_delivered",
        "day-consumption", "day-consumption/electricity_merged", "meter-stats/power_failure_count",
        "current-period/electricity1", "consumption/gas/delivered", "dsmr/day-totals",
        "consumption/quarter-hour-peak-electricity/json",
    ],
)  # fmt: skip
def test_what_is_no_reading_is_understood(tail: str):
    assert values("dsmr-reader", tail, b"12.5") == []


def test_a_field_that_is_null_is_no_reading():
    assert values("dsmr-reader", "reading/electricity_delivered_1", b"None") == []


@pytest.mark.parametrize(
    ("tail", "said", "reason"),
    [
        ("json", b"", Reason.EMPTY),
        ("json", [], Reason.WRONG_SHAPE),
        ("json", {"timestamp": "2026-01-05T10:59:55Z", "teller_1": "5"}, Reason.UNKNOWN_FIELD),
        ("json", SAID | {"timestamp": "yesterday"}, Reason.WRONG_SHAPE),
        ("json", SAID | {"timestamp": "2026-01-05T11:59:55"}, Reason.NO_TIME),
        ("json", SAID | {"timestamp": "2027-01-05T10:59:55Z"}, Reason.IN_FUTURE),
        ("json", SAID | {"electricity_delivered_1": "1.581,123"}, Reason.NOT_A_NUMBER),
        ("json", SAID | {"electricity_delivered_1": True}, Reason.NOT_A_NUMBER),
        ("json", SAID | {"electricity_delivered_1": "-1"}, Reason.NEGATIVE_REGISTER),
        ("reading/electricity_delivered_1", b"1e9", Reason.NOT_A_NUMBER),
        ("elsewhere", b"1", Reason.UNKNOWN_TOPIC),
    ],
)
def test_refusals_say_why(tail: str, said: Any, reason: Reason):
    assert refusal("dsmr-reader", tail, said).reason == reason
