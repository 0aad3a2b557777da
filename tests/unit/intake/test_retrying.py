"""What intake answers when a quarantined message comes back to it."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from contracts.base import Event
from contracts.codes import Reason
from contracts.readings import ReadingsBatch, Rejected, Retried
from services.intake.codecs import CODECS, senml
from services.intake.retrying import answer
from services.kit.ids import new_id
from tests.unit.intake.senml_pack import RECEIVED_AT, T, pack, record

METER = new_id("mtr")
ASKED_AT = datetime(2026, 2, 3, 9, 30, tzinfo=UTC)


def retried(payload: bytes, codec: str = "senml", received_at: datetime = RECEIVED_AT) -> Retried:
    return Retried(
        coop="les-lilas",
        id=new_id("rej"),
        asked_at=ASKED_AT,
        received_at=received_at,
        topic=f"meters/les-lilas/{METER}/{codec}",
        payload_base64=b64encode(payload).decode(),
    )


def answers(event: Retried, max_readings: int = 500) -> list[Event]:
    return list(answer(event, max_readings))


def test_what_can_be_read_by_now_becomes_readings_that_end_its_quarantine(monkeypatch: pytest.MonkeyPatch):
    event = retried(pack(record(n="power", u="W")), codec="tomorrow")
    (refused,) = answers(event)
    assert isinstance(refused, Rejected)
    monkeypatch.setitem(CODECS, "tomorrow", senml.decode)
    (batch,) = answers(event)
    assert isinstance(batch, ReadingsBatch)
    assert (batch.coop, batch.received_at, batch.rejected) == ("les-lilas", RECEIVED_AT, event.id)
    assert [reading.meter for reading in batch.all_readings()] == [METER]


def test_what_still_cannot_be_read_is_the_same_rejection_with_its_reason_of_today():
    event = retried(b"{oops")
    (rejected,) = answers(event)
    assert isinstance(rejected, Rejected)
    assert (rejected.id, rejected.asked_at, rejected.received_at) == (event.id, ASKED_AT, RECEIVED_AT)
    assert rejected.reason == Reason.NOT_JSON
    assert (rejected.topic, rejected.payload_base64) == (event.topic, event.payload_base64)


def test_instants_are_judged_by_when_the_message_came_not_by_when_it_is_retried():
    payload = pack(record(n="power", u="W", t=T))
    days_earlier = retried(payload, received_at=datetime.fromtimestamp(T, UTC) - timedelta(days=2))
    (rejected,) = answers(days_earlier)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == Reason.IN_FUTURE


def test_of_a_long_message_only_the_last_batch_ends_the_quarantine():
    event = retried(pack(*(record(n="power", u="W", t=T - n) for n in range(7))))
    batches = answers(event, max_readings=3)
    counts = [len(list(one.all_readings())) for one in batches if isinstance(one, ReadingsBatch)]
    assert counts == [3, 3, 1]
    assert [batch.rejected for batch in batches if isinstance(batch, ReadingsBatch)] == [None, None, event.id]


def test_a_message_that_holds_no_reading_any_more_ends_its_quarantine_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(CODECS, "tomorrow", lambda tail, payload, received_at: [])
    (batch,) = answers(retried(b"{}", codec="tomorrow"))
    assert isinstance(batch, ReadingsBatch)
    assert list(batch.all_readings()) == []
    assert batch.rejected


def test_a_topic_that_names_nobody_is_refused_again_under_the_same_id():
    event = Retried(
        coop="palier", id=new_id("rej"), asked_at=ASKED_AT, received_at=RECEIVED_AT,
        topic="shellies/kitchen \ufffd", payload_base64="",
    )  # fmt: skip
    (rejected,) = answers(event)
    assert isinstance(rejected, Rejected)
    assert (rejected.id, rejected.coop, rejected.reason) == (event.id, None, Reason.UNKNOWN_TOPIC)
