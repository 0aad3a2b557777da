"""Intake as a process of its own, killed without warning; and what it tells the other rooms."""

import asyncio
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import pytest
from nats.js import JetStreamContext

from deploy.engines import Engines
from services.intake.intake import Intake
from services.kit import natsauth, process, session_flag
from tests.integration.intake.chain import Device, now, stored, take_readings, until

pytestmark = pytest.mark.engines

NOW = int(time.time())


@contextmanager
def intake_process(engines: Engines) -> Iterator[BaseProcess]:
    started = multiprocessing.get_context("spawn").Process(
        target=process.run, args=("intake", engines.settings.model_dump(mode="json")), daemon=True
    )
    started.start()
    try:
        yield started
    finally:
        if started.is_alive():
            started.kill()
        started.join(10)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_killed_at_any_moment_no_acknowledged_reading_is_lost(
    bus: JetStreamContext, own_engines: Engines, device: Device, intake, seed: int
):
    moment = random.Random(seed).uniform(0.05, 0.4)
    async with intake():
        pass  # the session exists, as it does before any device has a credential
    with intake_process(own_engines) as running:
        sent = {device.publish_index(NOW, 0): 0}
        await until(lambda: _any_stored(bus), 40)
        for n in range(1, 400):
            sent[device.publish_index(NOW - n, n)] = n
            if n == 200:
                await asyncio.sleep(moment)
                assert running.pid
                os.kill(running.pid, signal.SIGKILL)
    await device.all_acknowledged(set(sent))
    async with intake():
        await until(lambda: _all_stored(bus, set(range(400))), 40)


async def _all_stored(js: JetStreamContext, values: set[int]) -> bool:
    return {reading.value_milli // 1_000 for reading in await take_readings(js)} == values


async def _any_stored(js: JetStreamContext) -> bool:
    return await stored(js, "READINGS") > 0


async def test_an_answer_lost_on_the_way_makes_no_second_message(
    bus: JetStreamContext, device: Device, intake, monkeypatch: pytest.MonkeyPatch
):
    tries = 0
    publish = Intake._publish

    async def publish_and_lose_the_answer(self: Intake, event, event_id: str) -> None:
        nonlocal tries
        tries += 1
        await publish(self, event, event_id)
        if tries < 3:
            raise TimeoutError

    monkeypatch.setattr(Intake, "_publish", publish_and_lose_the_answer)
    async with intake():
        mid = device.publish_index(NOW, 1)
        await device.all_acknowledged({mid})
        await until(lambda: now(tries == 3))
    assert await stored(bus, "READINGS") == 1


async def test_other_rooms_learn_that_the_session_exists(bus: JetStreamContext, own_engines: Engines, intake):
    client_id = natsauth.intake_client_id(own_engines.secrets)
    assert not await session_flag.exists(bus, "another client id")
    async with intake():
        assert await session_flag.exists(bus, client_id)
    bucket = await bus.key_value(session_flag.BUCKET)
    assert client_id not in "".join(await bucket.keys()), "the client id is a secret"


async def test_the_messages_of_a_batch_carry_the_events_headers(
    bus: JetStreamContext, device: Device, intake
):
    async with intake():
        device.publish(json.dumps([{"n": "power", "u": "W", "t": NOW, "v": 80}]).encode())
        await until(lambda: _any_stored(bus))
    state = (await bus.stream_info("READINGS")).state
    message = await bus.get_msg("READINGS", state.last_seq)
    assert message.headers
    assert message.headers["ce-type"] == "coop.palier.readings.v1"
    assert message.headers["ce-id"] == message.headers["Nats-Msg-Id"]
    assert b"null" not in (message.data or b"")
