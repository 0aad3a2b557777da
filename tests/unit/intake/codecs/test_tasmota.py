"""The `tasmota` codec: plugs, the French Teleinfo firmwares, local times and what is no power."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Quantity, Reason
from services.intake.codecs import Refusal
from tests.unit.intake.codecs.french import ARRIVED, PARIS, real, refused, registers, said, taken

TAIL = "tele/SENSOR"
TIME = {"Time": "2026-07-20T15:43:00"}
PLUG = TIME | {"ENERGY": {"Total": 15.349, "Power": 7, "ApparentPower": 9, "Factor": 0.8, "Voltage": 229}}
BASE = {"ADCO": "061964000000", "OPTARIF": "BASE", "ISOUSC": "30", "BASE": "007970903", "PTEC": "TH.."} | {
    "IINST": "003",
    "PAPP": "00780",
    "PHASE": 1,
    "SINSTS1": "780",
}
PEAK = {"OPTARIF": "HC..", "HCHC": "012501313", "HCHP": "012287491", "PAPP": "00310"}
STANDARD = {
    "ADSC": "812064000000",
    "EAST": "016494500",
    "EASF01": "009340700",
    "EASF02": "007153800",
    "EASF03": "000000000",
    "EASD01": "004634200",
    "EAIT": "000001200",
    "SINSTS": "00783",
    "URMS1": "235",
    "CCASN": "00650",
}


def test_a_plugs_energy_is_in_kilowatt_hours_and_its_power_in_watts(shared_data: Path):
    assert registers("tasmota", real(shared_data, "tasmota_plug"), TAIL) == {
        "energy_import": 1_066_000,
        "power": 0,
        "apparent_power": 0,
        "voltage": 227.7,
    }
    assert registers("tasmota", real(shared_data, "tasmota_plug_2"), TAIL) == {
        "energy_import": 15_349,
        "power": 0,
        "apparent_power": 0,
        "voltage": 121,
    }


def test_a_teleinfo_devices_own_count_is_kept_apart_and_its_power_left_out(shared_data: Path):
    """The device counts from its own beginning: mixed with the meter's index it would look like resets."""
    assert registers("tasmota", real(shared_data, "tasmota_teleinfo_energy"), TAIL) == {
        "energy_import.tasmota": 1_290_817,
        "apparent_power": 390,
        "voltage": 230,
    }


def test_a_meter_section_tells_volt_amperes_from_watts(shared_data: Path):
    assert registers("tasmota", real(shared_data, "tasmota_teleinfo_meter"), TAIL) == {
        "voltage": 230,
        "apparent_power": 350,
        "power": 203,
    }


def test_power_that_may_be_volt_amperes_is_not_power():
    """As published by the first versions: no apparent power beside it, and no section that tells."""
    energy = {
        "Total": 7970.903,
        "Yesterday": 3.198,
        "Today": 6.024,
        "Period": 63,
        "Power": 860,
        "Current": 4.0,
    }
    assert registers("tasmota", TIME | {"ENERGY": energy}, TAIL) == {"energy_import.tasmota": 7_970_903}


@pytest.mark.parametrize("beside", [{}, {"Load": 10}])
def test_the_meters_index_is_taken_and_not_the_devices_count(beside):
    energy = {"Total": 12.5, "Power": 780, "ApparentPower": 0, "Voltage": 0} | beside
    found = registers("tasmota", TIME | {"ENERGY": energy, "TIC": BASE}, TAIL)
    assert found == {"energy_import": 7_970_903, "apparent_power": 780}


def test_a_historic_frame_of_two_tiers_has_their_sum_as_total():
    assert registers("tasmota", TIME | {"TIC": PEAK}, "tele/TIC") == {
        "energy_import.hc": 12_501_313,
        "energy_import.hp": 12_287_491,
        "energy_import": 24_788_804,
        "apparent_power": 310,
    }
    half = {name: value for name, value in PEAK.items() if name != "HCHP"}
    assert "energy_import" not in registers("tasmota", TIME | {"TIC": half}, "tele/TIC")


def test_historic_tempo_adds_up_all_six():
    tiers = {f"BBRH{hour}J{colour}": "000001000" for hour in "CP" for colour in "BWR"}
    found = registers("tasmota", TIME | {"TIC": tiers}, "tele/TIC")
    assert found["energy_import"] == 6_000
    assert found["energy_import.bbrhcjw"] == 1_000


def test_a_standard_frame_leaves_out_the_distributors_tiers_and_the_load_curve():
    assert registers("tasmota", TIME | {"TIC": STANDARD}, "tele/TIC") == {
        "energy_import": 16_494_500,
        "energy_import.t1": 9_340_700,
        "energy_import.t2": 7_153_800,
        "energy_export": 1_200,
        "apparent_power": 783,
        "voltage": 235,
    }


def test_a_contract_section_has_the_totals():
    contract = {"serial": "812064000000", "name": "TEMPO", "CONSO": 16494500, "BCHC": 9340700, "PROD": "120"}
    found = registers("tasmota", TIME | {"CONTRACT": contract}, TAIL)
    assert found == {"energy_import": 16_494_500, "energy_export": 120}
    assert "812064" not in repr(said("tasmota", TIME | {"CONTRACT": contract}, TAIL))


def test_a_meter_that_was_not_read_yet_shows_zeros_that_are_no_readings():
    meter = {"PH": 1, "U1": 0, "P": 0, "W": 0}
    contract = {"CONSO": 0, "PROD": 0}
    energy = {"Total": 0.0, "Power": 0, "Voltage": 0}
    message = TIME | {"METER": meter, "CONTRACT": contract, "ENERGY": energy}
    assert taken("tasmota", message, TAIL) == []


def test_while_feeding_in_the_drawn_power_is_not_told():
    meter = {"PH": 1, "U1": 235, "P": 1470, "W": 1470, "PP": 1470, "PW": 1470}
    assert registers("tasmota", TIME | {"METER": meter}, TAIL) == {"voltage": 235, "apparent_power": 1470}


def test_three_phases_add_up():
    energy = {"Total": [1.0, 2.0, 3.5], "Power": [1, 2, -3.5], "ApparentPower": [1, 2, 4]}
    found = registers("tasmota", TIME | {"ENERGY": energy | {"Voltage": [230, 231, 232]}}, TAIL)
    assert found == {
        "energy_import": 6_500,
        "power": -0.5,
        "apparent_power": 7,
        "voltage": 230,
        "voltage.l2": 231,
        "voltage.l3": 232,
    }


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("2026-07-20T15:43:00", datetime(2026, 7, 20, 13, 43, tzinfo=UTC)),
        ("2026-07-20T15:43:00+03:00", datetime(2026, 7, 20, 12, 43, tzinfo=UTC)),
        ("2026-01-05T12:00:00", datetime(2026, 1, 5, 11, 0, tzinfo=UTC)),
    ],
)
def test_time_is_local_unless_it_says_its_offset(time, instant):
    values = taken("tasmota", PLUG | {"Time": time}, TAIL)
    assert {value.instant for value in values} == {instant}


def test_without_a_time_it_is_the_arrival():
    assert {value.instant for value in taken("tasmota", {"TIC": BASE}, TAIL)} == {ARRIVED}


@pytest.mark.parametrize(("time", "hour"), [("01:59:59", 0), ("03:00:00", 1)])
def test_beside_the_hour_that_spring_skips_every_time_is_taken(time, hour):
    arrival = datetime(2026, 3, 29, 1, 5, tzinfo=UTC)
    message = PLUG | {"Time": f"2026-03-29T{time}"}
    (instant,) = {value.instant for value in taken("tasmota", message, TAIL, arrival.astimezone(PARIS))}
    assert instant.hour == hour


@pytest.mark.parametrize(
    ("arrival", "hour"),
    [
        (datetime(2026, 10, 25, 0, 30, 5, tzinfo=UTC), 0),
        (datetime(2026, 10, 25, 0, 29, 0, tzinfo=UTC), 0),  # its clock is a minute ahead
        (datetime(2026, 10, 25, 1, 30, 5, tzinfo=UTC), 1),
        (datetime(2026, 10, 25, 1, 29, 0, tzinfo=UTC), 1),
    ],
)
def test_the_repeated_autumn_hour_is_the_one_that_just_was(arrival, hour):
    message = PLUG | {"Time": "2026-10-25T02:30:00"}
    values = taken("tasmota", message, TAIL, arrival.astimezone(PARIS))
    assert {value.instant for value in values} == {datetime(2026, 10, 25, hour, 30, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("tail", "channel"),
    [
        ("tele/SENSOR", None),
        ("SENSOR", None),
        ("", None),
        ("flat-12/tele/SENSOR", "flat-12"),
        ("tele/flat-12/SENSOR", "flat-12"),
    ],
)
def test_the_channel_is_the_devices_own_name(tail, channel):
    assert {value.channel for value in taken("tasmota", PLUG, tail)} == {channel}


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        ("tele/LWT", b"Online"),
        ("flat-12/tele/LWT", b"Offline"),
        ("tele/STATE", TIME | {"Uptime": "0T01:00:00", "POWER": "ON"}),
        ("tele/INFO1", {"Info1": {"Module": "Denky"}}),
        ("tele/RTE", {"TEMPO": {}}),
        ("stat/RESULT", {"POWER": "ON"}),
        ("cmnd/POWER", b""),
        (TAIL, TIME | {"DS18B20": {"Temperature": 21.4}}),
        (TAIL, {"TIC": {"ADPS": 1}}),
    ],
)
def test_what_holds_no_reading_is_understood_and_leaves_nothing(tail, message):
    assert taken("tasmota", message, tail) == []


@pytest.mark.parametrize(
    ("message", "tail", "reason"),
    [
        (PLUG, "SENSORS", Reason.UNKNOWN_TOPIC),
        (PLUG, "my/plug", Reason.UNKNOWN_TOPIC),
        (b"", TAIL, Reason.EMPTY),
        (b"{", TAIL, Reason.NOT_JSON),
        ([], TAIL, Reason.WRONG_SHAPE),
        (TIME | {"ENERGY": 3}, TAIL, Reason.WRONG_SHAPE),
        (PLUG | {"Time": "soon"}, TAIL, Reason.WRONG_SHAPE),
        (PLUG | {"Time": "2026-07-20"}, TAIL, Reason.WRONG_SHAPE),
        (PLUG | {"Time": 5}, TAIL, Reason.WRONG_SHAPE),
        (PLUG | {"Time": "1970-01-01T00:00:08"}, TAIL, Reason.TOO_OLD),
        (PLUG | {"Time": "0001-01-01T00:00:00"}, TAIL, Reason.TOO_OLD),
        (PLUG | {"Time": "2026-07-21T15:43:00"}, TAIL, Reason.IN_FUTURE),
        (PLUG | {"Time": "2026-03-29T02:00:00"}, TAIL, Reason.NO_TIME),
        (PLUG | {"Time": "2026-03-29T02:59:59"}, TAIL, Reason.NO_TIME),
        (TIME | {"TIC": {"EAST": "01649x"}}, TAIL, Reason.NOT_A_NUMBER),
        (TIME | {"TIC": {"EAST": [1]}}, TAIL, Reason.NOT_A_NUMBER),
        (TIME | {"TIC": {"EAST": "-5"}}, TAIL, Reason.NEGATIVE_REGISTER),
        (TIME | {"CONTRACT": {"CONSO": 1e40}}, TAIL, Reason.OUT_OF_RANGE),
    ],
)
def test_what_is_wrong_is_refused_in_plain_words(message, tail, reason):
    assert refused("tasmota", message, tail).reason == reason


JUNK = st.sampled_from([None, "", "x", True, [], {}, [1, None], 65535, -32768, "007", -1, 1e30, 0, 12.5])
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "Time": st.datetimes().map(datetime.isoformat) | st.text(max_size=12) | JUNK,
        "ENERGY": JUNK
        | st.dictionaries(st.sampled_from(["Total", "Power", "ApparentPower", "Voltage", "Load"]), JUNK),
        "TIC": JUNK
        | st.dictionaries(st.sampled_from([*PEAK, *STANDARD, "BASE"]), JUNK | st.text(max_size=9)),
        "METER": JUNK | st.dictionaries(st.sampled_from(["P", "W", "PW", "U1", "U2"]), JUNK),
        "CONTRACT": JUNK | st.dictionaries(st.sampled_from(["CONSO", "PROD"]), JUNK),
    },
)


@given(SECTIONS)
def test_any_sections_are_read_or_refused_and_no_teleinfo_power_is_watts(message: dict[str, Any]):
    outcome = said("tasmota", message, TAIL)
    if isinstance(outcome, Refusal):
        assert outcome.reason != Reason.DECODER_FAULT, outcome
        return
    names = [value.register for value in outcome]
    assert len(names) == len(set(names))
    assert not {65_535_000, -32_768_000} & {value.value_milli for value in outcome}
    if "METER" not in message and ("TIC" in message or "CONTRACT" in message):
        assert Quantity.POWER not in {value.quantity for value in outcome}
