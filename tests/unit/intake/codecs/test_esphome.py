"""The `esphome` codec: teleinfo sensors, one plain number a topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Kind, Reason, Unit
from services.intake.codecs import Refusal
from tests.unit.intake.codecs.french import ARRIVED, refused, said, taken


def state(object_id: str) -> str:
    return f"sensor/{object_id}/state"


@pytest.mark.parametrize(
    ("object_id", "payload", "register", "unit", "amount"),
    [
        ("hchc", b"14582447", "energy_import.hc", Unit.WH, 14_582_447),
        ("HCHP", b"14582447.00", "energy_import.hp", Unit.WH, 14_582_447),
        ("linky_base", b"007970903", "energy_import", Unit.WH, 7_970_903),
        ("teleinfo_east", b" 16494500\n", "energy_import", Unit.WH, 16_494_500),
        ("easf03", b"334400", "energy_import.t3", Unit.WH, 334_400),
        ("eait", b"1200", "energy_export", Unit.WH, 1_200),
        ("bbrhcjw", b"5", "energy_import.bbrhcjw", Unit.WH, 5),
        ("papp", b"780", "apparent_power", Unit.VA, 780),
        ("sinsts", b"0", "apparent_power", Unit.VA, 0),
        ("urms1", b"235", "voltage", Unit.V, 235),
    ],
)
def test_a_sensor_named_as_its_label_is_read_at_its_arrival(object_id, payload, register, unit, amount):
    (value,) = taken("esphome", payload, state(object_id))
    assert (value.register, value.unit, value.value_milli) == (register, unit, amount * 1_000)
    assert value.instant == ARRIVED
    assert (value.kind is Kind.REGISTER) == register.startswith("energy")
    assert value.channel is None


def test_behind_a_gateway_the_channel_is_the_nodes_name():
    (value,) = taken("esphome", b"780", "flat-12/sensor/papp/state")
    assert value.channel == "flat-12"


@pytest.mark.parametrize(
    ("tail", "payload"),
    [
        ("status", b"online"),
        ("flat-12/status", b"offline"),
        ("debug", b"\xff"),
        ("text_sensor/optarif/state", b"HC.."),
        ("binary_sensor/status/state", b"ON"),
        ("switch/restart/command", b"OFF"),
        ("sensor/wifi_signal/state", b"-61"),
        ("sensor/iinst/state", b"3"),
        ("sensor/easd01/state", b"4634200"),
        ("sensor/ccasn/state", b"650"),
        ("sensor/my_garden_base/state", b"21.5"),
        ("sensor/adco/state", b"61964123456"),
        ("sensor/hchc/state", b"nan"),
        ("sensor/hchc/state", b"0"),
        ("sensor/hchc/state", b""),
        ("sensor/papp/state", b"65535"),
        ("sensor/papp/state", b"-32768"),
    ],
)
def test_what_holds_no_reading_is_understood_and_leaves_nothing(tail, payload):
    assert taken("esphome", payload, tail) == []


@pytest.mark.parametrize(
    ("tail", "payload", "reason"),
    [
        ("", b"14582447", Reason.UNKNOWN_TOPIC),
        ("hchc", b"14582447", Reason.UNKNOWN_TOPIC),
        ("teleinfokit/x/y", b"14582447", Reason.UNKNOWN_TOPIC),
        (state("hchc"), b"14582.447", Reason.WRONG_UNIT),
        (state("hchc"), b"14582447 Wh", Reason.NOT_A_NUMBER),
        (state("hchc"), b"inf", Reason.NOT_A_NUMBER),
        (state("hchc"), b"{}", Reason.NOT_A_NUMBER),
        (state("hchc"), b"\xff", Reason.NOT_UTF8),
        (state("hchc"), b"-1", Reason.NEGATIVE_REGISTER),
        (state("papp"), b"-1", Reason.OUT_OF_RANGE),
        (state("papp"), b" " * (2 << 20), Reason.TOO_LARGE),
    ],
)
def test_what_is_wrong_is_refused_in_plain_words(tail, payload, reason):
    assert refused("esphome", payload, tail).reason == reason


@given(
    st.sampled_from(["hchc", "east", "papp", "urms2", "linky_eait"]),
    st.binary(max_size=20)
    | st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.floats().map(lambda value: str(value).encode())
    | st.integers(-70_000, 10**12).map(lambda value: str(value).encode()),
)
def test_any_bytes_are_one_reading_or_none_or_a_refusal(object_id, payload):
    outcome = said("esphome", payload, state(object_id))
    if isinstance(outcome, Refusal):
        assert outcome.reason != Reason.DECODER_FAULT
        assert outcome.detail.isprintable()
    else:
        assert len(outcome) <= 1
        assert not {65_535_000, -32_768_000} & {value.value_milli for value in outcome}
