"""A broker of these tests' own (they kill it), the real intake room, and devices that publish by paho."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy.engines import Engines
from deploy.engines.testing import temporary_engines
from services.intake.app import build
from services.kit import natsauth, session_flag
from services.kit.broker import connect
from services.kit.provisioning import provision
from services.kit.room import Room
from tests.integration.intake.chain import Device, until


@pytest.fixture(scope="session")
def own_engines() -> Iterator[Engines]:
    """Apart from the other tests' engines: these are killed and filled up."""
    with temporary_engines() as engines:
        yield engines


@pytest.fixture
async def bus(own_engines: Engines) -> AsyncIterator[JetStreamContext]:
    """Empty streams, and a stand-in for `members` that lets every device in under its own topic."""
    admin = await connect("admin", own_engines.settings, own_engines.secrets)
    js = admin.jetstream()
    await provision(js)
    for stream in ("READINGS", "REJECTED", "RETRIED"):
        await js.purge_stream(stream)
    gate = await _let_devices_in(own_engines)
    yield js
    await gate.close()
    await admin.close()


async def _let_devices_in(engines: Engines) -> Client:
    client = await connect("members", engines.settings, engines.secrets)
    key = natsauth.issuer(engines.secrets)

    async def answer(message: object) -> None:
        request = natsauth.decode_request(message.data)  # type: ignore[attr-defined]
        subjects = ["meters.>", "gateways.>", "shellies.>"]
        await message.respond(natsauth.allow(request, key, subjects, subjects))  # type: ignore[attr-defined]

    await client.subscribe(natsauth.AUTH_SUBJECT, cb=answer)
    await client.flush()
    return client


@pytest.fixture
async def device(own_engines: Engines, bus: JetStreamContext) -> AsyncIterator[Device]:
    made = Device(own_engines)
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
def intake(own_engines: Engines, bus: JetStreamContext) -> Callable[[], object]:
    """`async with intake() as room:` the room is subscribed inside the block."""

    @asynccontextmanager
    async def running(stop_gently: bool = True) -> AsyncIterator[Room]:
        room = Room("intake", own_engines.settings, own_engines.secrets)
        build(room)
        task = asyncio.create_task(room.run())
        client_id = natsauth.intake_client_id(own_engines.secrets)
        await until(lambda: session_flag.exists(bus, client_id))
        try:
            yield room
        finally:
            room.stopping.set()
            await task

    return running
