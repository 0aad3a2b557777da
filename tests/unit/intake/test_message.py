"""From topic and bytes to readings that say whose they are, or to a message for quarantine."""

from base64 import b64decode

import pytest

from contracts.codes import Reason
from services.intake.message import Accepted, Refused, interpret, rejection
from services.kit.ids import new_id
from tests.unit.intake.senml_pack import RECEIVED_AT, T, pack, record

METER, GATEWAY = "mtr_" + "0" * 25 + "1", "gtw_" + "0" * 25 + "2"  # in test names: the same in every worker


def test_a_meters_topic_says_whose_reading_it_is():
    outcome = interpret(
        f"meters/les-lilas/{METER}/senml".encode(), pack(record(n="dev:power", u="W")), RECEIVED_AT
    )
    assert isinstance(outcome, Accepted)
    (reading,) = outcome.readings
    assert (outcome.coop, reading.meter, reading.gateway, reading.channel) == ("les-lilas", METER, None, None)
    assert reading.codec == "senml"


def test_a_gateways_reading_carries_the_devices_own_name():
    topic = f"gateways/les-lilas/{GATEWAY}/senml".encode()
    payload = pack(record(n="flat-1/power", u="W"), record(n="flat-2/power", u="W"))
    outcome = interpret(topic, payload, RECEIVED_AT)
    assert isinstance(outcome, Accepted)
    assert [(r.gateway, r.meter, r.channel) for r in outcome.readings] == [
        (GATEWAY, None, "flat-1"),
        (GATEWAY, None, "flat-2"),
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (
            f"meters/les-lilas/{METER}/senml",
            pack(record(n="a:power", u="W"), record(n="b:power", u="W", t=T - 1)),
            Reason.WRONG_SHAPE,
        ),
        (f"gateways/les-lilas/{GATEWAY}/senml", pack(record()), Reason.WRONG_SHAPE),
        (f"gateways/les-lilas/{GATEWAY}/senml/{'x' * 201}", pack(record()), Reason.WRONG_SHAPE),
        (f"meters/les-lilas/{METER}/homegrown", b"{}", Reason.UNKNOWN_CODEC),
        (f"meters/les-lilas/{METER}", b"{}", Reason.UNKNOWN_TOPIC),
        (f"meters/Les Lilas/{METER}/senml", b"{}", Reason.UNKNOWN_TOPIC),
        (f"meters/les-lilas/{GATEWAY}/senml", b"{}", Reason.UNKNOWN_TOPIC),
        ("meters/les-lilas/kitchen/senml", b"{}", Reason.UNKNOWN_TOPIC),
        (f"meters/les-lilas/{METER}/senml", b"", Reason.EMPTY),
    ],
)
def test_what_cannot_be_placed_is_refused(topic: str, payload: bytes, reason: Reason):
    outcome = interpret(topic.encode(), payload, RECEIVED_AT)
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason


def test_a_wrong_topic_still_tells_its_cooperative():
    outcome = interpret(b"meters/les-lilas/kitchen/senml", b"{}", RECEIVED_AT)
    assert isinstance(outcome, Refused)
    assert outcome.coop == "les-lilas"


def test_a_topic_that_is_not_text_is_quarantined_too():
    outcome = interpret(b"meters/\xff\xfe/x\x00", b"{}", RECEIVED_AT)
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.UNKNOWN_TOPIC
    assert "\x00" not in outcome.topic


def test_a_quarantined_message_is_kept_whole():
    payload = bytes(range(256))
    outcome = interpret(f"gateways/les-lilas/{GATEWAY}/senml/flat-12".encode(), payload, RECEIVED_AT)
    assert isinstance(outcome, Refused)
    rejected = rejection(outcome, payload, RECEIVED_AT, new_id("rej"), 1_000)
    assert b64decode(rejected.payload_base64) == payload
    assert (rejected.coop, rejected.gateway, rejected.channel) == ("les-lilas", GATEWAY, "flat-12")
    assert rejected.reason == Reason.NOT_UTF8


def test_a_message_larger_than_the_bus_takes_is_cut_and_says_so():
    outcome = interpret(f"meters/les-lilas/{METER}/senml".encode(), b"x" * 5_000, RECEIVED_AT)
    assert isinstance(outcome, Refused)
    rejected = rejection(outcome, b"x" * 5_000, RECEIVED_AT, new_id("rej"), 1_000)
    assert len(b64decode(rejected.payload_base64)) == 1_000
    assert "1000 of 5000" in rejected.detail
