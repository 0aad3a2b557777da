"""Raw P1 telegrams: read whole and unharmed, or not at all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Quantity, Reason
from services.intake.codecs import CODECS, Refusal
from services.intake.codecs.crc16 import crc16
from tests.unit.intake.devices import (
    NOON,
    PARIS,
    amounts,
    on_a_gateway,
    on_a_meter,
    refusal,
    telegram,
    values,
)

REGISTERS = ("1-0:1.8.1(000004.426*kWh)", "1-0:1.8.2(000002.399*kWh)")
GAS = ("0-1:24.1.0(003)", "0-1:24.2.1(260105115500W)(00000.107*m3)")
WHOLE = telegram(
    *REGISTERS, "1-0:2.8.1(000002.444*kWh)", "1-0:1.7.0(00.244*kW)", "1-0:2.7.0(00.000*kW)", *GAS
)
OLD = b"\r\n".join(
    [
        b"/ISk5\\2MT382-1000", b"", b"0-0:96.1.1(4B384547303034303436333935353037)",
        b"1-0:1.8.1(12345.678*kWh)", b"1-0:1.8.2(12345.678*kWh)", b"1-0:2.8.1(12345.678*kWh)",
        b"1-0:2.8.2(12345.678*kWh)", b"0-0:96.14.0(0002)", b"1-0:1.7.0(001.19*kW)", b"1-0:2.7.0(000.00*kW)",
        b"0-0:17.0.0(016*A)", b"0-0:96.3.10(1)", b"0-0:96.13.1(303132333435363738)", b"0-0:96.13.0(3031)",
        b"0-1:96.1.0(3232323241424344313233343536373839)", b"0-1:24.1.0(03)",
        b"0-1:24.3.0(260105110000)(00)(60)(1)(0-1:24.2.1)(m3)", b"(00000.107)", b"0-1:24.4.0(1)", b"!", b"",
    ]
)  # fmt: skip


def test_the_check_sum_is_the_standards():
    assert crc16(b"123456789") == 0xBB3D


def test_the_three_real_meters(shared_data: Path):
    kaifa, iskra, sagemcom = (
        (shared_data / "dsmr" / name).read_bytes()
        for name in ("V4_2_kaifa.txt", "V5_iskra.txt", "sagemcom_t210_d_r.txt")
    )
    found = values("p1", "", kaifa)
    assert amounts(found) == {
        "energy_import.t1": 1_581_123_000,
        "energy_import.t2": 1_435_706_000,
        "energy_export.t1": 0,
        "energy_export.t2": 0,
        "power": 2_027_000,
        "volume": 981_443_000,
    }
    assert found[0].instant == datetime(2016, 11, 13, 19, 57, 57, tzinfo=UTC), "W is an hour ahead of UTC"
    assert found[-1].instant == datetime(2016, 11, 29, 19, 0, tzinfo=UTC), "gas has its own time"
    assert amounts(values("p1", "", iskra))["energy_export.t1"] == 2_444_000
    found = values("p1", "", sagemcom)
    assert found[0].instant == datetime(2022, 10, 6, 13, 50, 14, tzinfo=UTC), "S is two hours ahead of UTC"
    assert amounts(found) == {
        "energy_import": 6_545_766_000,
        "energy_import.t1": 5_017_120_000,
        "energy_import.t2": 1_528_646_000,
        "energy_export": 58_000,
        "energy_export.t1": 0,
        "energy_export.t2": 58_000,
        "power": 286_000,
    }


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_no_harmed_byte_passes(at: int, byte: int):
    harmed = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    outcome = CODECS["p1"]("", harmed, NOON)
    same = amounts(values("p1", "", WHOLE))
    assert isinstance(outcome, Refusal) or amounts(outcome) == same


@given(st.integers(1, len(WHOLE) - 7))
def test_a_telegram_split_over_two_messages_is_never_half_read(at: int):
    for half in (WHOLE[:at], WHOLE[at:]):
        outcome = CODECS["p1"]("", half, NOON)
        assert isinstance(outcome, Refusal)
        assert outcome.reason in (Reason.WRONG_SHAPE, Reason.CHECKSUM)


@pytest.mark.parametrize("harmed", [WHOLE.replace(b"4.426", b"9.426"), WHOLE[:-6] + b"0000\r\n"])
def test_damage_is_a_wrong_check_sum(harmed: bytes):
    assert refusal("p1", "", harmed).reason == Reason.CHECKSUM


def test_a_version_that_has_a_check_sum_is_not_taken_without():
    assert refusal("p1", "", WHOLE[:-6] + b"\r\n").reason == Reason.CHECKSUM


def test_two_telegrams_in_one_message_are_refused():
    assert refusal("p1", "", WHOLE + WHOLE).reason == Reason.WRONG_SHAPE


def test_carriage_returns_may_get_lost_on_the_way():
    assert values("p1", "", WHOLE.replace(b"\r", b"")) == values("p1", "", WHOLE)


def test_the_oldest_version_has_neither_check_sum_nor_time():
    found = values("p1", "", OLD)
    assert amounts(found) == {
        "energy_import.t1": 12_345_678_000,
        "energy_import.t2": 12_345_678_000,
        "energy_export.t1": 12_345_678_000,
        "energy_export.t2": 12_345_678_000,
        "power": 1_190_000,
        "volume": 107_000,
    }
    assert found[0].instant == NOON
    assert found[-1].instant == datetime(2026, 1, 5, 11, 0, tzinfo=PARIS)
    damaged = OLD.replace(b"1-0:1.8.2(12345.678*kWh)", b"1-0:1.8.2(12345.678*k")
    assert refusal("p1", "", damaged).reason == Reason.WRONG_SHAPE


def test_a_meters_topic_has_the_electricity_and_a_gateway_the_gas_too():
    assert on_a_meter("p1", WHOLE) == {
        "energy_import.t1": 4_426_000,
        "energy_import.t2": 2_399_000,
        "energy_export.t1": 2_444_000,
        "power": 244_000,
    }
    taken = on_a_gateway("p1", WHOLE)
    assert taken["mbus-1", "volume"] == 107_000
    assert taken["electricity", "energy_import.t1"] == 4_426_000


def test_several_meters_behind_a_gateway_are_told_apart_by_their_names():
    taken = on_a_gateway("p1/flat-12", WHOLE)
    assert {channel for channel, _ in taken} == {"flat-12", "flat-12/mbus-1"}


def test_heat_behind_the_meter_is_in_watt_hours():
    said = telegram(*REGISTERS, "0-2:24.2.1(260105110000W)(00003.600*GJ)")
    heat = values("p1", "", said)[-1]
    assert (heat.channel, heat.quantity, heat.value_milli) == ("mbus-2", Quantity.HEAT, 1_000_000_000)


@pytest.mark.parametrize("time", ["632525252525W", "", "690105110000W", "000000000000W"])
def test_a_gas_meter_that_is_not_connected_does_not_hold_the_electricity_back(time: str):
    said = telegram(*REGISTERS, f"0-1:24.2.1({time})(00000.000*m3)")
    assert {value.channel for value in values("p1", "", said)} == {"electricity"}


def test_power_is_what_is_drawn_less_what_is_fed_in():
    feeding = telegram(*REGISTERS, "1-0:1.7.0(00.000*kW)", "1-0:2.7.0(01.250*kW)", "1-0:32.7.0(230.1*V)")
    assert amounts(values("p1", "", feeding))["power"] == -1_250_000
    assert amounts(values("p1", "", feeding))["voltage"] == 230_100
    half = telegram(*REGISTERS, "1-0:1.7.0(00.000*kW)")
    assert "power" not in amounts(values("p1", "", half)), "nothing drawn, and perhaps something fed in"


def test_summer_and_winter_are_told_apart_in_the_hour_that_comes_twice():
    at = datetime(2025, 10, 26, 12, tzinfo=PARIS)
    summer, winter = (
        values("p1", "", telegram(*REGISTERS, time=f"251026023000{season}"), at)[0].instant for season in "SW"
    )
    assert summer == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert winter == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_a_meter_that_stays_in_winter_time_is_believed_in_summer():
    at = datetime(2026, 7, 20, 12, tzinfo=PARIS)
    (instant,) = {value.instant for value in values("p1", "", telegram(*REGISTERS, time="260720110000W"), at)}
    assert instant == datetime(2026, 7, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("261120120000S", datetime(2026, 11, 20, 12, tzinfo=PARIS)),
        ("261025033000S", datetime(2026, 10, 25, 3, 30, tzinfo=PARIS)),
        ("260329023000S", datetime(2026, 3, 29, 4, tzinfo=PARIS)),
    ],
)
def test_summer_time_while_it_is_winter_is_refused(time: str, at: datetime):
    refused = CODECS["p1"]("", telegram(*REGISTERS, time=time), at)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.NO_TIME


@pytest.mark.parametrize(
    ("time", "at", "utc"),
    [
        ("260329030000S", datetime(2026, 3, 29, 3, tzinfo=PARIS), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("261025030000S", datetime(2026, 10, 25, 4, tzinfo=PARIS), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ],
)
def test_the_first_moment_after_a_change_of_clocks_is_summers_too(time: str, at: datetime, utc: datetime):
    (instant,) = {value.instant for value in values("p1", "", telegram(*REGISTERS, time=time), at)}
    assert instant == utc


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"hello", Reason.WRONG_SHAPE),
        (b"/" + b"x" * 20_000, Reason.TOO_LARGE),
        (telegram(*REGISTERS, time="269905115955W"), Reason.NO_TIME),
        (telegram(*REGISTERS, time="270105115955W"), Reason.IN_FUTURE),
        (telegram("0-0:96.14.0(0002)"), Reason.EMPTY),
        (telegram("1-0:1.8.1(000004.426*kvarh)"), Reason.WRONG_UNIT),
        (telegram("1-0:1.8.1(-00004.426*kWh)"), Reason.NOT_A_NUMBER),
        (telegram("1-0:1.8.1()"), Reason.NOT_A_NUMBER),
        (telegram(*REGISTERS, "1-0:1.8.1(000009.426*kWh)"), Reason.WRONG_SHAPE),
        (telegram(*REGISTERS, "0-0:96.13.0(é)"), Reason.NOT_UTF8),
    ],
)
def test_refusals_say_why(said: bytes, reason: Reason):
    assert refusal("p1", "", said).reason == reason
