"""A work queue's messages reach their handler once each, whatever their rhythm."""

import asyncio

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

from deploy.engines import Engines
from services.kit.broker import connect
from services.kit.pulling import Pulling

MESSAGES = 400


async def test_nothing_fetched_is_forgotten_or_delivered_twice(engines: Engines) -> None:
    client = await connect("admin", engines.settings, engines.secrets)
    js = client.jetstream()
    await js.add_stream(
        StreamConfig(name="PULLED", subjects=["pulled.v1"], retention=RetentionPolicy.WORK_QUEUE)
    )
    await js.add_consumer(
        "PULLED", ConsumerConfig(durable_name="pulled", ack_policy=AckPolicy.EXPLICIT, ack_wait=30)
    )
    handled: list[int] = []
    done = asyncio.Event()

    async def handle(messages: list[Msg]) -> None:
        assert len(messages) <= 16
        await asyncio.sleep(0.002)
        for message in messages:
            handled.append(int(message.data))
            await message.ack()
        if len(handled) >= MESSAGES:
            done.set()

    pulling = asyncio.create_task(Pulling(client, "PULLED", "pulled", 16, 0.005).run(handle))
    try:
        for number in range(MESSAGES):
            await js.publish("pulled.v1", b"%d" % number)
            if number % 7 == 0:
                await asyncio.sleep(0.006)  # about the linger: batches end half filled
        async with asyncio.timeout(60):
            await done.wait()
        assert handled == list(range(MESSAGES))
        info = await js.consumer_info("PULLED", "pulled")
        assert info.num_redelivered == 0
    finally:
        pulling.cancel()
        await asyncio.wait([pulling])
        await js.delete_stream("PULLED")
        await client.close()
