"""French devices' messages from topic and bytes to readings that fit the contract, or to none at all."""

import json

import pytest

from contracts.codes import Reason
from services.intake.codecs.tic import LABELS
from services.intake.message import Accepted, Refused, interpret
from tests.unit.intake.codecs.french import ARRIVED, PARIS, TEMPO

METER, GATEWAY = "mtr_" + "0" * 25 + "1", "gtw_" + "0" * 25 + "2"  # in test names: the same in every worker


def outcome(topic: str, payload: bytes, is_retained: bool = False) -> Accepted | Refused:
    return interpret(topic.encode(), payload, ARRIVED, PARIS, is_retained)


def test_a_zlinky_behind_a_gateway_is_known_by_its_friendly_name():
    read = outcome(f"gateways/les-lilas/{GATEWAY}/zlinky/flat-12", json.dumps(TEMPO).encode())
    assert isinstance(read, Accepted)
    assert {(r.gateway, r.meter, r.channel) for r in read.readings} == {(GATEWAY, None, "flat-12")}
    assert len(read.readings) == 9


def test_a_meters_own_topic_needs_no_name():
    read = outcome(f"meters/les-lilas/{METER}/zlinky/0x00158d0001", json.dumps(TEMPO).encode())
    assert isinstance(read, Accepted)
    assert {(r.gateway, r.meter, r.channel) for r in read.readings} == {(None, METER, None)}


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_is_a_register_of_the_contract(label):
    read = outcome(f"meters/les-lilas/{METER}/esphome/sensor/{label.lower()}/state", b"230")
    assert isinstance(read, Accepted)
    assert [reading.register_ for reading in read.readings] == [LABELS[label].register]


@pytest.mark.parametrize(
    ("tail", "payload"),
    [
        ("zlinky/bridge/state", b'{"state":"online"}'),
        ("zlinky/linky/availability", b"offline"),
        ("tasmota/tele/LWT", b"Online"),
        ("tasmota/tele/STATE", b'{"Uptime":"1T"}'),
        ("esphome/status", b"online"),
        ("esphome/text_sensor/optarif/state", b"HC.."),
    ],
)
def test_a_devices_word_about_itself_is_no_matter_for_quarantine(tail, payload):
    for retained in (False, True):
        for place in (f"meters/les-lilas/{METER}", f"gateways/les-lilas/{GATEWAY}"):
            read = outcome(f"{place}/{tail}", payload, retained)
            assert isinstance(read, Accepted), read
            assert read.readings == []


@pytest.mark.parametrize(
    ("tail", "payload"),
    [
        ("esphome/sensor/hchc/state", b"14582447"),
        ("zlinky/linky", b'{"current_summ_delivered": 16494.5}'),
        ("tasmota/tele/SENSOR", b'{"TIC":{"EAST":"016494500"}}'),
    ],
)
def test_a_kept_value_of_unknown_age_is_refused(tail, payload):
    read = outcome(f"meters/les-lilas/{METER}/{tail}", payload, is_retained=True)
    assert isinstance(read, Refused)
    assert read.reason == Reason.RETAINED


def test_a_kept_message_that_says_its_time_is_as_good_as_new():
    told = json.dumps(TEMPO | {"current_date": "E260720123000"}).encode()
    read = outcome(f"meters/les-lilas/{METER}/zlinky/linky", told, is_retained=True)
    assert isinstance(read, Accepted)


def test_nobodys_number_is_in_what_is_said_of_a_message():
    personal = {
        "site_id": "21337337086612",
        "meter_serial_number": "812064634057",
        "current_summ_delivered": "x",
    }
    for tail, message in (
        ("zlinky/linky", personal),
        ("zlinky/linky", personal | {"current_summ_delivered": 12.5}),
        (
            "tasmota/tele/SENSOR",
            {"TIC": {"ADCO": "061964123456", "ADSC": "061964123456", "BASE": "000000012"}},
        ),
        ("tasmota/tele/SENSOR", {"TIC": {"ADCO": "061964123456", "BASE": "0x"}}),
    ):
        said = repr(outcome(f"meters/les-lilas/{METER}/{tail}", json.dumps(message).encode()))
        assert not any(number in said for number in ("21337337086612", "812064634057", "061964123456"))
