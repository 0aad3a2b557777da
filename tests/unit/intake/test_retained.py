"""What the broker kept from earlier: welcome with its own time, refused once without."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from contracts.codes import Reason
from contracts.readings import ReadingsBatch, Rejected, Retried
from services.intake.message import Accepted, Refused, interpret, rejection, retained_id
from services.intake.retrying import answer
from tests.unit.intake.devices import METER, NOON, PARIS, body, telegram
from tests.unit.intake.senml_pack import RECEIVED_AT, pack, record

FIELD = f"meters/les-lilas/{METER}/dsmr-reader/reading/electricity_delivered_1"
JSON = f"meters/les-lilas/{METER}/dsmr-reader/json"
STATUS = f"meters/les-lilas/{METER}/shelly/status/emdata:0"
SAID = {"timestamp": "2026-01-05T09:00:00Z", "electricity_delivered_1": "1581.123"}


@pytest.mark.parametrize(("topic", "said"), [(FIELD, b"1581.123"), (STATUS, {"id": 0, "total_act": 345.6})])
def test_what_is_dated_by_its_arrival_is_stale_when_the_broker_kept_it(topic: str, said: object):
    payload = body(said)
    assert isinstance(interpret(topic.encode(), payload, NOON, PARIS), Accepted)
    refused = interpret(topic.encode(), payload, NOON, PARIS, is_retained=True)
    assert isinstance(refused, Refused)
    assert refused.reason == Reason.RETAINED


def test_also_in_the_hour_that_comes_twice():
    at = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    for hours in (0, 1):
        refused = interpret(FIELD.encode(), b"1.5", at + timedelta(hours=hours), PARIS, is_retained=True)
        assert isinstance(refused, Refused)


def test_what_says_its_own_time_is_welcome():
    kept = [
        (JSON, body(SAID)),
        (f"meters/les-lilas/{METER}/p1", telegram("1-0:1.8.1(000004.426*kWh)")),
        (f"meters/les-lilas/{METER}/senml", pack(record())),
        (f"meters/les-lilas/{METER}/shelly/online", b"true"),
    ]
    for topic, payload in kept:
        outcome = interpret(topic.encode(), payload, NOON + timedelta(hours=2), PARIS, is_retained=True)
        assert isinstance(outcome, Accepted), outcome


def test_it_is_one_rejection_however_often_the_broker_sends_it():
    ids = {retained_id(FIELD, b"1581.123") for _ in range(3)}
    assert len(ids) == 1
    assert retained_id(FIELD, b"1581.124") not in ids
    refused = interpret(FIELD.encode(), b"1581.123", NOON, PARIS, is_retained=True)
    assert isinstance(refused, Refused)
    assert rejection(refused, b"1581.123", NOON, *ids, 1_000).reason == Reason.RETAINED


def test_a_retry_does_not_forget_that_it_was_kept():
    def again(id: str) -> object:
        payload = b64encode(b"1581.123").decode()
        event = Retried(
            coop="les-lilas",
            id=id,
            asked_at=RECEIVED_AT,
            received_at=NOON,
            topic=FIELD,
            payload_base64=payload,
        )
        (answered,) = answer(event, 500, PARIS)
        return answered

    kept = again(retained_id(FIELD, b"1581.123"))
    assert isinstance(kept, Rejected)
    assert kept.reason == Reason.RETAINED
    assert isinstance(again("rej_" + "0" * 26), ReadingsBatch)


def test_instants_leave_the_codecs_in_utc():
    outcome = interpret(FIELD.encode(), b"1581.123", RECEIVED_AT, PARIS)
    assert isinstance(outcome, Accepted)
    assert outcome.readings[0].instant.isoformat() == "2026-01-05T12:00:00+00:00"
