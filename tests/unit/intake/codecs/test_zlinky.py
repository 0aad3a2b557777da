"""The `zlinky` codec: a Linky behind Zigbee2MQTT, its units, its empty fields, its clock and its errors."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Kind, Quantity, Reason, Unit
from services.intake.codecs import Refusal
from tests.unit.intake.codecs.french import ARRIVED, PARIS, TEMPO, real, refused, registers, said, taken

NAME = "Linky"


def test_a_standard_frame_gives_the_total_its_tiers_and_what_is_momentary():
    assert registers("zlinky", TEMPO, NAME) == {
        "energy_import": 16_494_500,
        "energy_import.t1": 9_340_700,
        "energy_import.t2": 5_508_800,
        "energy_import.t3": 334_400,
        "energy_import.t4": 794_700,
        "energy_import.t5": 159_300,
        "energy_import.t6": 356_700,
        "apparent_power": 783,
        "voltage": 235,
    }


def test_volt_amperes_are_never_watts_and_the_load_curves_last_point_is_no_power():
    for value in taken("zlinky", TEMPO, NAME):
        assert value.quantity is not Quantity.POWER
        assert (value.unit is Unit.VA) == (value.register == "apparent_power")
        assert (value.kind is Kind.REGISTER) == value.register.startswith("energy_")
        assert value.channel == NAME


def test_a_real_home_that_feeds_in(shared_data: Path):
    found = registers("zlinky", real(shared_data, "zlinky_hphc_std"), NAME)
    assert found == {
        "energy_import": 41_045_000,
        "energy_import.t1": 19_901_000,
        "energy_import.t2": 21_144_000,
        "energy_export": 1_634_000,
        "apparent_power": 2_040,
        "voltage": 229,
    }


def test_historic_peak_and_off_peak_have_no_total():
    found = registers(
        "zlinky",
        {
            "active_register_tier_delivered": "HC..",
            "apparent_power": 310,
            "available_power": 30,
            "current_tarif": "HC..",
            "current_tier1_summ_delivered": 12501.313,
            "current_tier2_summ_delivered": 12287.491,
        },
        NAME,
    )
    assert found == {
        "energy_import.t1": 12_501_313,
        "energy_import.t2": 12_287_491,
        "apparent_power": 310,
    }


@pytest.mark.parametrize("tarif", [{"current_tarif": "BBRx"}, {}])
def test_the_total_of_historic_tempo_is_left_out_because_it_adds_up_two_tiers_of_six(tarif):
    tiers = {f"current_tier{n}_summ_delivered": 1_000 * n for n in range(1, 7)}
    found = registers("zlinky", {"current_summ_delivered": 3_000, **tiers, **tarif}, NAME)
    assert sorted(found) == [f"energy_import.t{n}" for n in range(1, 7)]


def test_the_older_spelling_is_in_watt_hours_and_the_newer_one_counts():
    assert registers("zlinky", {"currentSummDelivered": 4571435}, NAME) == {"energy_import": 4_571_435}
    both = {"currentSummDelivered": 4571435, "current_summ_delivered": 4571.44}
    assert registers("zlinky", both, NAME) == {"energy_import": 4_571_440}


def test_the_older_spelling_with_decimals_may_be_in_kilowatt_hours_so_it_is_not_guessed():
    assert refused("zlinky", {"currentSummDelivered": 4571.435}, NAME).reason is Reason.WRONG_UNIT
    assert registers("zlinky", {"currentSummDelivered": 4571435.0}, NAME) == {"energy_import": 4_571_435}


SENTINELS = [65535, -32768, None, "", 4294967295, 281474976710655]


@pytest.mark.parametrize("nothing", SENTINELS)
@pytest.mark.parametrize("key", ["current_summ_delivered", "apparent_power", "rms_voltage"])
def test_a_field_that_is_not_set_is_no_reading(key, nothing):
    whole, without = dict(TEMPO), {name: value for name, value in TEMPO.items() if name != key}
    whole[key] = nothing
    assert registers("zlinky", whole, NAME) == registers("zlinky", without, NAME)


def test_a_real_frame_full_of_sentinels():
    message = {
        "active_power": -32768,
        "active_power_ph_b": -32768,
        "rms_current_max": 65535,
        "relais": None,
        "current_summ_delivered": 4096,
        "site_id": "21337337086612",
        "meter_serial_number": "812064634057",
        "power_threshold": 6,
    }
    assert registers("zlinky", message, NAME) == {"energy_import": 4_096_000}
    assert "21337337086612" not in repr(said("zlinky", message, NAME))


@pytest.mark.parametrize("fill", [0, 65535, None, ""])
def test_a_frame_of_nothing_as_at_pairing_is_refused(fill):
    frame = {key: fill for key in TEMPO if not key.startswith(("current_date", "current_tarif"))}
    answer = refused("zlinky", frame, NAME)
    assert answer.reason == Reason.EMPTY
    assert "does not read the meter" in answer.detail


def test_one_register_at_zero_does_not_become_a_reset():
    found = registers("zlinky", TEMPO | {"current_tier2_summ_delivered": 0}, NAME)
    assert "energy_import.t2" not in found
    assert found["energy_import"] == 16_494_500


def test_a_total_that_shows_a_tiers_value_is_refused():
    answer = refused("zlinky", TEMPO | {"current_summ_delivered": 9340.7}, NAME)
    assert answer.reason == Reason.OUT_OF_RANGE
    assert "another's value" in answer.detail


def test_of_three_phases_only_the_total_is_apparent_power():
    phases = {"apparent_power": 300, "apparent_power_ph_b": 200, "apparent_power_ph_c": 100}
    voltages = {"rms_voltage": 230, "rms_voltage_ph_b": 231, "rms_voltage_ph_c": 65535}
    assert registers("zlinky", phases, NAME) == {}
    found = registers("zlinky", phases | voltages | {"total_apparent_power": 600}, NAME)
    assert found == {"apparent_power": 600, "voltage": 230, "voltage.l2": 231}


@pytest.mark.parametrize(
    ("fields", "instant"),
    [
        ({"current_date": "E260720154205"}, ARRIVED),  # of the last poll: the message has just been sent
        ({"current_date": "E260720123000"}, datetime(2026, 7, 20, 10, 30, tzinfo=UTC)),  # it has waited
        ({"current_date": "e260720154205"}, ARRIVED),
        ({"current_date": " 260720154205"}, ARRIVED),
        ({"current_date": "E261320154205"}, ARRIVED),
        ({"current_date": 260720154205}, ARRIVED),
        ({"current_date": "H231207214030"}, ARRIVED),  # years ago: it stands still
        ({"current_date": "E260711154205"}, ARRIVED),  # nine days: no queue keeps a message so long
        ({"current_date": "E260714154205"}, datetime(2026, 7, 14, 13, 42, 5, tzinfo=UTC)),
        ({"current_date": "H260720154205"}, ARRIVED),  # no winter time in July
        ({}, ARRIVED),
        ({"last_seen": "2026-07-20T15:40:00+02:00"}, datetime(2026, 7, 20, 13, 40, tzinfo=UTC)),
        ({"last_seen": 1784554800000}, datetime(2026, 7, 20, 13, 40, tzinfo=UTC)),
        (
            {"last_seen": "2026-07-20T15:40:00+02:00", "current_date": "E260720103000"},
            datetime(2026, 7, 20, 13, 40, tzinfo=UTC),
        ),
    ],
)
def test_the_instant_is_the_last_hearing_else_the_arrival_unless_the_message_waited(fields, instant):
    (value,) = taken("zlinky", {"current_summ_delivered": 1, **fields}, NAME)
    assert value.instant == instant


@pytest.mark.parametrize(("season", "hour"), [("E", 0), ("H", 1)])
def test_the_season_tells_the_two_autumn_hours_apart(season, hour):
    message = {"current_summ_delivered": 1, "current_date": f"{season}261025023000"}
    (value,) = taken("zlinky", message, NAME, datetime(2026, 10, 25, 12, 0, tzinfo=PARIS))
    assert value.instant == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_a_meters_clock_far_ahead_is_refused():
    answer = refused("zlinky", {"current_summ_delivered": 1, "current_date": "E260721154205"}, NAME)
    assert answer.reason == Reason.IN_FUTURE


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        ("bridge/state", {"state": "online"}),
        ("bridge/logging", {"level": "info", "message": "…"}),
        ("bridge/devices", b"not even JSON"),
        (f"{NAME}/availability", b"online"),
        (f"{NAME}/set", {"measurement_poll_chunk": 4}),
        (NAME, {"linkquality": 80}),
        ("bedroom", {"temperature": 19.5, "humidity": 50, "battery": 100}),
        ("socket", {"voltage": 224, "linkquality": 34, "power": 14, "current": 0.063, "state": "ON"}),
        (f"{NAME}/rms_current", b"4"),
    ],
)
def test_what_holds_no_reading_is_understood_and_leaves_nothing(tail, message):
    assert taken("zlinky", message, tail) == []


def test_real_devices_beside_the_zlinky_are_not_the_meter(shared_data: Path):
    for name in ("z2m_plug", "z2m_tongou_breaker", "shelly_2pm_z2m"):
        assert taken("zlinky", real(shared_data, name), "0x00158d0001") == []


@pytest.mark.parametrize(
    ("message", "tail", "reason"),
    [
        (b"", NAME, Reason.EMPTY),
        (b"{", NAME, Reason.NOT_JSON),
        (b"\xff", NAME, Reason.NOT_UTF8),
        ([1], NAME, Reason.WRONG_SHAPE),
        (b"16494.5", f"{NAME}/current_summ_delivered", Reason.WRONG_SHAPE),
        ({"current_summ_delivered": "much"}, NAME, Reason.NOT_A_NUMBER),
        ({"current_summ_delivered": True}, NAME, Reason.NOT_A_NUMBER),
        ({"current_summ_delivered": -1}, NAME, Reason.NEGATIVE_REGISTER),
        ({"current_summ_delivered": 1e300}, NAME, Reason.OUT_OF_RANGE),
        ({"apparent_power": -10}, NAME, Reason.OUT_OF_RANGE),
    ],
)
def test_what_is_wrong_is_refused_in_plain_words(message, tail, reason):
    assert refused("zlinky", message, tail).reason == reason


@given(st.integers(1, 10**8), st.integers(0, 10**6))
def test_a_register_that_grows_is_read_as_one_that_grows(wh, more):
    def total(value: int) -> float:
        return registers("zlinky", {"current_summ_delivered": value / 1_000}, NAME)["energy_import"]

    if 65_535_000 not in (wh, wh + more):
        assert total(wh) == wh
        assert total(wh) <= total(wh + more)


@given(
    st.dictionaries(
        st.sampled_from(sorted(TEMPO)),
        st.sampled_from([*SENTINELS, 0, True, "x", [], {}, 1, -1, 1e9, "0012"]),
        max_size=6,
    ),
    st.sampled_from([NAME, "", "a/b", "bridge/x", NAME + "/availability"]),
)
def test_a_frame_with_wrong_fields_is_read_or_refused_and_no_sentinel_is_a_value(changes, tail):
    outcome = said("zlinky", TEMPO | changes, tail)
    if isinstance(outcome, Refusal):
        assert outcome.reason != Reason.DECODER_FAULT
        return
    unset = {65_535_000, -32_768_000, 65_535_000_000, 65_535_000_000_000}
    assert not unset & {value.value_milli for value in outcome}
    assert all(value.instant <= ARRIVED + timedelta(minutes=70) for value in outcome)


def test_two_fields_of_one_name_are_refused():
    payload = json.dumps(TEMPO).encode()[:-1] + b', "apparent_power": 1}'
    assert refused("zlinky", payload, NAME).reason == Reason.WRONG_SHAPE
