"""An hour is said once, however many timekeepers say it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count

import pytest
from nats.js import JetStreamContext

from contracts.time import HourPassed
from deploy.engines import Engines
from services.kit.broker import connect
from services.kit.finishing import end
from services.kit.room import Room
from services.timekeeper.app import publish, tick

pytestmark = pytest.mark.engines
YEARS = count(2040)
"""Each test ticks in a year of its own."""


@pytest.fixture
async def stream(engines: Engines) -> AsyncIterator[JetStreamContext]:
    client = await connect("admin", engines.settings, engines.secrets)
    yield client.jetstream()
    await client.close()


async def timekeeper(engines: Engines, now: datetime) -> Room:
    room = Room("timekeeper", engines.settings, engines.secrets, clock=lambda: now)
    room.nats = await connect("timekeeper", engines.settings, engines.secrets)
    room.jetstream = room.nats.jetstream()
    return room


async def ticks(stream: JetStreamContext) -> int:
    info = await stream.stream_info("EVENTS", subjects_filter="time.>")
    return int((info.state.subjects or {}).get(HourPassed.subject, 0))


async def test_two_replicas_make_one_tick(engines: Engines, stream: JetStreamContext) -> None:
    now = datetime(next(YEARS), 10, 25, 0, 42, tzinfo=UTC)
    before = await ticks(stream)
    rooms = [await timekeeper(engines, now) for _ in range(2)]
    await asyncio.gather(*(publish(room, now) for room in rooms))
    assert await ticks(stream) == before + 1
    message = await stream.get_last_msg("EVENTS", HourPassed.subject)
    event = HourPassed.model_validate_json(message.data or b"")
    assert (event.hour.hour, event.hour.minute) == (0, 0)
    assert message.headers
    assert message.headers["Nats-Msg-Id"] == f"tick:{event.hour.isoformat()}"
    for room in rooms:
        await room.nats.close()


async def test_a_start_in_the_middle_of_an_hour_says_that_hour(
    engines: Engines, stream: JetStreamContext
) -> None:
    room = await timekeeper(engines, datetime(next(YEARS), 3, 1, 9, 30, tzinfo=UTC))
    before = await ticks(stream)
    admin = await connect("admin", engines.settings, engines.secrets)
    heard = await admin.subscribe(HourPassed.subject)
    await admin.flush()
    running = asyncio.create_task(tick(room))
    await heard.next_msg(10)
    await end([running])
    assert await ticks(stream) == before + 1
    await admin.close()
    await room.nats.close()
