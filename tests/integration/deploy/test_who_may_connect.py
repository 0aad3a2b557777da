"""The bus and the broker as configured: rooms by their own password, devices by the callout's answer only."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import nats
import paho.mqtt.client as paho
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from paho.mqtt.enums import CallbackAPIVersion

from deploy.engines import Engines
from deploy.engines.testing import temporary_engines
from services.kit import natsauth
from services.kit.broker import connect, signed_url
from services.kit.ids import new_id
from services.metering.astray.following import Log
from services.metering.astray.lines import Wrong

PASSWORD = "a device's password"
REFUSED = 5  # MQTT 3.1.1: not authorised


@pytest.fixture(scope="module")
def bus() -> Iterator[Engines]:
    with temporary_engines(only=("nats",)) as engines:
        yield engines


class Device:
    """One MQTT connection: what it was granted, what it heard, whether it was thrown out."""

    def __init__(
        self, engines: Engines, user: str, password: str = PASSWORD, client_id: str | None = None
    ) -> None:
        self.answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.granted: asyncio.Queue[list[int]] = asyncio.Queue()
        self.heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id or user, protocol=paho.MQTTv311, reconnect_on_failure=False
        )
        self.client.username_pw_set(user, password)
        self.client.on_connect = lambda c, u, f, reason, p: loop.call_soon_threadsafe(self._answered, reason)
        self.client.on_subscribe = lambda c, u, m, reasons, p: loop.call_soon_threadsafe(
            self.granted.put_nowait, [reason.value for reason in reasons]
        )
        self.client.on_message = lambda c, u, m: loop.call_soon_threadsafe(
            self.heard.put_nowait, (m.topic, m.payload)
        )
        self.client.on_disconnect = lambda *_: loop.call_soon_threadsafe(self.gone.set)
        assert engines.settings.mqtt_url
        self.port = int(engines.settings.mqtt_url.rsplit(":", 1)[1])

    def _answered(self, reason: object) -> None:
        if not self.answer.done():
            self.answer.set_result(reason.value)  # type: ignore[attr-defined]

    async def __aenter__(self) -> "Device":
        await asyncio.to_thread(self.client.connect, "127.0.0.1", self.port)
        self.client.loop_start()
        await asyncio.wait_for(asyncio.shield(self.answer), 60)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)

    @property
    def is_admitted(self) -> bool:
        return self.answer.result() == 0

    async def subscribe(self, *filters: str) -> list[int]:
        self.client.subscribe([(one, 1) for one in filters])
        return await asyncio.wait_for(self.granted.get(), 60)

    async def publish(self, topic: str, payload: bytes) -> None:
        await asyncio.to_thread(self.client.publish(topic, payload, qos=1).wait_for_publish, 5)


@pytest.fixture
async def requests(bus: Engines) -> "Iterator[list[natsauth.AuthRequest]]":
    """Somebody answers as `members` will; the list shows what it was asked."""
    asked: list[natsauth.AuthRequest] = []
    key = natsauth.issuer(bus.secrets)
    client = await connect("members", bus.settings, bus.secrets)

    async def answer(message: Msg) -> None:
        request = natsauth.decode_request(message.data)
        asked.append(request)
        own = [f"meters.c.{request.user}", f"meters.c.{request.user}.>"]
        if request.password == PASSWORD and request.client_id == request.user:
            await message.respond(natsauth.allow(request, key, own, own))
        else:
            await message.respond(natsauth.deny(request, key, "unknown"))

    await client.subscribe(natsauth.AUTH_SUBJECT, queue="members", cb=answer)
    await client.flush()
    yield asked
    await client.close()


def intake(bus: Engines) -> Device:
    return Device(
        bus, "intake", natsauth.room_password(bus.secrets, "intake"), natsauth.intake_client_id(bus.secrets)
    )


async def test_every_room_signs_in_without_the_callout(bus: Engines) -> None:
    for user in natsauth.ROOM_USERS:
        client = await connect(user, bus.settings, bus.secrets)
        assert client.is_connected
        await client.close()
    async with intake(bus) as device:
        assert device.is_admitted


async def test_a_device_meets_the_callout_and_keeps_to_its_topic(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    async with intake(bus) as room, Device(bus, "mtr_1") as device:
        assert await room.subscribe("meters/#", "gateways/#") == [1, 1]
        assert device.is_admitted
        seen = requests[-1]
        assert (seen.user, seen.password, seen.client_id, seen.is_mqtt) == ("mtr_1", PASSWORD, "mtr_1", True)
        assert await device.subscribe("meters/c/mtr_1/#", "meters/c/mtr_2/#") == [1, 0x80]
        await device.publish("meters/c/mtr_2/senml", b"not mine")
        await device.publish("meters/c/mtr_1/senml", b"mine")
        assert await asyncio.wait_for(room.heard.get(), 60) == ("meters/c/mtr_1/senml", b"mine")
        assert await asyncio.wait_for(device.heard.get(), 60) == ("meters/c/mtr_1/senml", b"mine")
        assert room.heard.empty()


async def test_the_log_tells_who_publishes_elsewhere(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    meter, began = new_id("mtr"), datetime.now(UTC)
    log = Log(bus.data_dir / "logs" / "nats.log")
    async with Device(bus, meter) as device:
        await device.publish(f"meters/c/{meter}x/senml", b"mistyped")
        await device.publish('zigbee2mqtt/a"b', b"as the device likes")
        await device.publish(f"meters/c/{meter}/senml", b"its own")
    found = await asyncio.to_thread(log.read)
    log.close()
    own = [one for one in found[0] if one.device == meter]
    assert [one.wrong("c") for one in own] == [Wrong.DEVICE, Wrong.START]
    assert all(began - timedelta(seconds=1) < one.at <= datetime.now(UTC) for one in own), "in UTC"


async def test_a_device_may_have_four_filters_at_quality_one(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    async with Device(bus, "mtr_4") as device:
        tails = ("#", "tasmota/#", "shelly/#", "zlinky/#")
        assert await device.subscribe(*(f"meters/c/mtr_4/{tail}" for tail in tails)) == [1, 1, 1, 1]


async def test_strangers_and_thieves_of_a_session_are_refused(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    async with intake(bus) as room:
        thief = natsauth.intake_client_id(bus.secrets)
        for user, password, client_id in (
            ("mtr_1", "wrong", "mtr_1"),
            ("mtr_1", PASSWORD, "mtr_2"),
            ("mtr_1", PASSWORD, thief),
            ("intake", "wrong", thief),
            ("members", natsauth.room_password(bus.secrets, "members"), "members"),
        ):
            async with Device(bus, user, password, client_id) as device:
                assert not device.is_admitted, (user, client_id)
        assert not room.gone.is_set()
        assert room.client.is_connected()


async def test_a_device_on_the_bus_itself_is_refused(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    assert bus.settings.nats_url
    client = Client()
    with pytest.raises(NatsError):
        await client.connect(
            bus.settings.nats_url, user="mtr_1", password=PASSWORD, allow_reconnect=False, error_cb=_quiet
        )
        await client.request("$JS.API.INFO", b"", timeout=2)


async def test_a_revoked_device_is_thrown_out_at_once(
    bus: Engines, requests: list[natsauth.AuthRequest]
) -> None:
    system = await nats.connect(signed_url(bus.settings, bus.secrets, natsauth.SYSTEM_USER))
    async with Device(bus, "mtr_9") as device, Device(bus, "mtr_8") as neighbour:
        found = json.loads(
            (
                await system.request(
                    natsauth.CONNECTIONS_SUBJECT, natsauth.connections_query("mtr_9"), timeout=5
                )
            ).data
        )
        assert [one["mqtt_client"] for one in found["data"]["connections"]] == ["mtr_9"]
        for one in found["data"]["connections"]:
            kick = natsauth.kick_subject(found["server"]["id"])
            await system.request(kick, json.dumps({"cid": one["cid"]}).encode(), timeout=5)
        await asyncio.wait_for(device.gone.wait(), 60)
        assert not neighbour.gone.is_set()
    await system.close()


async def test_a_room_cannot_speak_for_another(bus: Engines) -> None:
    advice = await connect("advice", bus.settings, bus.secrets)
    listener = await connect("admin", bus.settings, bus.secrets)
    heard = await listener.subscribe(">")
    await listener.flush()
    said = b'{"said": "by advice"}'
    for subject in ("metering.day_closed.v1", "meters.c.mtr_1.senml", "advice.tip_raised.v1"):
        await advice.publish(subject, said)
    await advice.flush()
    await listener.flush()
    subjects = []
    while heard.pending_msgs:  # the bus itself may speak meanwhile
        message = await heard.next_msg(5)
        if message.data == said:
            subjects.append(message.subject)
    assert subjects == ["advice.tip_raised.v1"]
    await advice.close()
    await listener.close()


async def _quiet(error: Exception) -> None:
    pass
