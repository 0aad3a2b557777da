"""What comes back from quarantine is read again, answered durably, and only then acknowledged."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from nats.js import JetStreamContext

from contracts.codes import Reason
from contracts.readings import ReadingsBatch, Retried
from contracts.topics import meter_topic
from services.kit import bus as kit_bus
from services.kit.ids import new_id
from tests.integration.intake.chain import COOP, stored, take_rejected, until

pytestmark = pytest.mark.engines

LAST_WINTER = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PACK = b'[{"n":"energy_import","u":"Wh","t":%d,"v":1234}]' % LAST_WINTER.timestamp()


def retried(payload: bytes) -> Retried:
    return Retried(
        coop=COOP,
        id=new_id("rej"),
        asked_at=datetime.now(UTC),
        received_at=LAST_WINTER,
        topic=f"{meter_topic(COOP, new_id('mtr'))}/senml",
        payload_base64=b64encode(payload).decode(),
    )


async def hand_back(js: JetStreamContext, event: Retried) -> None:
    """Each time as another message, as after a restart of metering's relay."""
    headers = {"Nats-Msg-Id": str(uuid4())}
    await js.publish(event.subject, event.model_dump_json().encode(), stream=event.stream, headers=headers)


async def is_answered(js: JetStreamContext) -> bool:
    """A work queue drops what has been acknowledged."""
    return await stored(js, Retried.stream) == 0


async def test_a_message_that_can_be_read_now_is_answered_once_however_often_it_comes(bus, intake):
    event = retried(PACK)
    async with intake():
        for _ in range(3):
            await hand_back(bus, event)
        await until(lambda: is_answered(bus))
    state = (await bus.stream_info("READINGS")).state
    assert state.messages == 1
    batch = ReadingsBatch.model_validate_json((await bus.get_msg("READINGS", state.last_seq)).data)
    assert (batch.rejected, batch.received_at) == (event.id, LAST_WINTER)
    assert [(reading.instant, reading.value_milli) for reading in batch.all_readings()] == [
        (LAST_WINTER, 1_234_000)
    ]


async def test_a_message_that_still_cannot_be_read_goes_back_under_its_own_id(bus, intake):
    event = retried(b"{oops")
    async with intake():
        for _ in range(3):
            await hand_back(bus, event)
        await until(lambda: is_answered(bus))
    (rejected,) = await take_rejected(bus)
    assert (rejected.id, rejected.asked_at) == (event.id, event.asked_at)
    assert (rejected.reason, rejected.received_at) == (Reason.NOT_JSON, LAST_WINTER)


async def test_what_was_retried_while_intake_is_away_waits_for_it(bus, intake):
    async with intake():
        pass
    await hand_back(bus, retried(PACK))
    assert not await is_answered(bus)
    async with intake():
        await until(lambda: is_answered(bus))
    assert await stored(bus, "READINGS") == 1


async def test_an_answer_that_its_stream_does_not_take_is_given_until_it_does(bus, intake, monkeypatch):
    monkeypatch.setattr(kit_bus, "OUTAGE_SECONDS", 0.05)
    monkeypatch.setattr(kit_bus, "RETRY_DELAYS_SECONDS", ())
    config = (await bus.stream_info("READINGS")).config
    await bus.update_stream(config.evolve(max_msgs=1))
    try:
        await bus.publish("readings.v1", b"{}")
        async with intake():
            await hand_back(bus, retried(PACK))
            await until(lambda: _was_tried(bus, 3))
            assert not await is_answered(bus)
            await bus.update_stream(config.evolve(max_msgs=-1))
            await until(lambda: is_answered(bus))
        assert await stored(bus, "READINGS") == 2
    finally:
        await bus.update_stream(config.evolve(max_msgs=-1))


async def _was_tried(js: JetStreamContext, times: int) -> bool:
    """The server counts deliveries: the message has come and gone back."""
    consumer = await js.consumer_info(Retried.stream, "intake_retried")
    assert consumer.delivered
    return (consumer.delivered.consumer_seq or 0) >= times
