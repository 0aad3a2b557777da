"""The chain from a device's QoS 1 publication to the stream: nothing acknowledged is lost, whatever dies."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from contracts.codes import Reason
from contracts.topics import gateway_topic, meter_topic
from deploy.engines import Engines
from services.intake import batcher
from services.intake.intake import Intake
from services.kit.ids import new_id
from tests.integration.intake.chain import (
    COOP,
    Device,
    stored,
    take_readings,
    take_rejected,
    until,
)

pytestmark = pytest.mark.engines

NOW = int(time.time())


async def _readings_reach(js: JetStreamContext, count: int, seconds: float = 60) -> None:
    async def there() -> bool:
        return len({(r.meter, r.register_, r.instant) for r in await take_readings(js)}) >= count

    await until(there, seconds)


async def test_readings_published_by_a_device_become_one_durable_batch(bus, device, intake):
    async with intake():
        mids = {device.publish_index(NOW - n, 1_000 - n) for n in range(40)}
        await device.all_acknowledged(mids)
        await _readings_reach(bus, 40)
    readings = await take_readings(bus)
    assert {reading.meter for reading in readings} == {device.id}
    assert {reading.value_milli for reading in readings} == {(1_000 - n) * 1_000 for n in range(40)}
    assert await stored(bus, "READINGS") < 40, "messages that arrive together share a batch"


async def test_what_is_published_while_intake_is_away_waits_for_it(bus, device, intake):
    async with intake():
        pass
    mids = {device.publish_index(NOW - n, 500) for n in range(25)}
    await device.all_acknowledged(mids)
    assert await stored(bus, "READINGS") == 0
    async with intake():
        await _readings_reach(bus, 25)


async def test_killed_between_receiving_and_acknowledging_nothing_is_lost(bus, device, intake, monkeypatch):
    received = asyncio.Event()

    async def never_durable(self, event, event_id):
        received.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "_publish", never_durable)
        patch.setattr("services.intake.intake.DRAIN_SECONDS", 0.1)
        async with intake():
            mids = {device.publish_index(NOW - n, 700) for n in range(30)}
            await device.all_acknowledged(mids)
            await received.wait()
    assert await stored(bus, "READINGS") == 0
    async with intake():
        await _readings_reach(bus, 30)
    assert len(await take_readings(bus)) == 30


async def test_killed_after_the_stream_took_it_and_before_acknowledging_it_comes_again(
    bus, device, intake, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("services.intake.subscriber.Subscriber.acknowledge", lambda self, deliveries: None)
        async with intake():
            mids = {device.publish_index(NOW - n, 700) for n in range(10)}
            await device.all_acknowledged(mids)
            await _readings_reach(bus, 10)
    await bus.purge_stream("READINGS")
    async with intake():
        await _readings_reach(bus, 10)


async def test_the_broker_killed_under_load_loses_nothing_acknowledged(bus, own_engines, device, intake):
    async with intake():
        sent: dict[int, int] = {}
        for n in range(300):
            sent[device.publish_index(NOW - n, n)] = n
            if n == 150:
                nats = next(engine for engine in own_engines.embedded if engine.name == "nats")
                assert nats.pid
                os.kill(nats.pid, signal.SIGKILL)
                await asyncio.to_thread(nats.stop)  # nothing left to end; only takes note of it
                await asyncio.to_thread(nats.start)
            await asyncio.sleep(0.001)
        await device.all_acknowledged(set(sent), 40)
        await _readings_reach(bus, 300, 40)
    assert {reading.value_milli for reading in await take_readings(bus)} == {n * 1_000 for n in range(300)}


async def test_a_full_stream_holds_everything_back_and_then_drains(bus, device, intake):
    config = (await bus.stream_info("READINGS")).config
    await bus.update_stream(config.evolve(max_msgs=1))
    try:
        async with intake():
            first = device.publish_index(NOW - 1_000, 1)
            await device.all_acknowledged({first})
            await _readings_reach(bus, 1)
            mids = {device.publish_index(NOW - n, 900) for n in range(20)}
            await device.all_acknowledged(mids)
            await asyncio.sleep(1.0)
            assert await stored(bus, "READINGS") == 1
            await bus.update_stream(config.evolve(max_msgs=-1))
            await _readings_reach(bus, 21)
    finally:
        await bus.update_stream(config.evolve(max_msgs=-1))


async def test_a_mebibyte_of_garbage_is_quarantined_whole_beside_valid_neighbours(bus, device, intake):
    garbage = os.urandom(1 << 20)
    async with intake():
        mids = {
            device.publish(garbage),
            device.publish_index(NOW, 5),
            device.publish(b"\xff" * ((1 << 20) + 1)),
        }
        await device.all_acknowledged(mids)
        await until(lambda: _refused(bus, 2))
        await _readings_reach(bus, 1)
    rejected = {item.reason: item for item in await take_rejected(bus)}
    assert set(rejected) == {Reason.NOT_UTF8, Reason.TOO_LARGE}
    assert len(rejected[Reason.NOT_UTF8].payload_base64) * 3 // 4 >= 1 << 20
    assert rejected[Reason.NOT_UTF8].meter == device.id


async def _refused(js: JetStreamContext, count: int) -> bool:
    return len(await take_rejected(js)) == count


async def test_real_devices_under_the_wrong_codec_all_land_in_quarantine_with_a_reason(
    bus, device, intake, shared_data: Path
):
    rows = [json.loads(line) for line in (shared_data / "mqtt_payloads.jsonl").read_text().splitlines()]
    payloads = [
        row["payload"].encode() if isinstance(row["payload"], str) else json.dumps(row["payload"]).encode()
        for row in rows
    ]
    payloads += [path.read_bytes() for path in sorted((shared_data / "dsmr").iterdir())]
    codecs = ("senml", "load-curve", "nonsense")
    gateway = gateway_topic(COOP, new_id("gtw"))
    topics = [f"{meter_topic(COOP, device.id)}/{codec}" for codec in codecs]
    topics += [f"{gateway}/senml/hall", f"meters/{COOP}/not-a-meter/senml", "meters/x"]
    async with intake():
        mids = {device.publish(payload, topic) for payload in payloads for topic in topics}
        await device.all_acknowledged(mids)
        await until(lambda: _refused(bus, len(payloads) * len(topics)))
        device.publish_index(NOW, 1)
        await _readings_reach(bus, 1)
    rejected = await take_rejected(bus)
    assert len(rejected) == len(payloads) * len(topics)
    assert all(item.detail for item in rejected)
    assert {item.reason for item in rejected} <= {
        Reason.UNKNOWN_CODEC,
        Reason.UNKNOWN_TOPIC,
        Reason.WRONG_SHAPE,
        Reason.NOT_JSON,
        Reason.NOT_UTF8,
    }


async def test_a_gateways_reading_names_its_channel(bus, own_engines: Engines, device: Device, intake):
    gateway = new_id("gtw")
    payload = json.dumps([{"bn": "hall/flat-12:", "bt": NOW, "n": "volume", "u": "m3", "v": 12.5}]).encode()
    async with intake():
        device.publish(payload, f"{gateway_topic(COOP, gateway)}/senml")
        await _readings_reach(bus, 1)
    (reading,) = await take_readings(bus)
    assert (reading.gateway, reading.channel, reading.meter) == (gateway, "hall/flat-12", None)
    assert (reading.value_milli, reading.unit) == (12_500_000, "L")


async def test_a_load_curve_longer_than_a_batch_is_spread_over_several(bus, device, intake):
    start = "2026-01-05T00:00:00+01:00"
    values = list(range(2_880))
    curve = {"start": start, "step": "PT1M", "quantity": "power", "unit": "W", "values": values}
    async with intake():
        device.publish(json.dumps(curve).encode(), f"{meter_topic(COOP, device.id)}/load-curve")
        await _readings_reach(bus, 2_880)
    assert await stored(bus, "READINGS") >= 2_880 / batcher.MAX_READINGS
    assert sorted(r.value_milli for r in await take_readings(bus)) == [value * 1_000 for value in values]
