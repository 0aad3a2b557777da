"""Tools of intake's integration tests: a device that publishes by paho, and what has reached the streams."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from nats.js import JetStreamContext
from nats.js.errors import APIError
from paho.mqtt.enums import CallbackAPIVersion

from contracts.readings import Reading, ReadingsBatch, Rejected
from contracts.topics import meter_topic
from deploy.engines import Engines
from services.kit.ids import new_id

COOP = "les-lilas"


@dataclass
class Device:
    """A meter that publishes at QoS 1 and remembers which messages the broker has acknowledged."""

    engines: Engines
    id: str = field(default_factory=lambda: new_id("mtr"))
    acknowledged: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, self.id, clean_session=False)
        self._client.username_pw_set(self.id, "secret")
        self._client.on_publish = lambda client, data, mid, *_: self.acknowledged.add(mid)
        self._client.max_inflight_messages_set(1000)
        self._client.reconnect_delay_set(0.1, 0.5)  # type: ignore[arg-type]

    @property
    def topic(self) -> str:
        return f"{meter_topic(COOP, self.id)}/senml"

    async def connect(self) -> None:
        parts = urlsplit(self.engines.settings.mqtt_url or "")
        await asyncio.to_thread(self._client.connect, parts.hostname, parts.port)
        self._client.loop_start()
        await until(lambda: now(self._client.is_connected()))

    def publish(self, payload: bytes, topic: str | None = None, qos: int = 1, retain: bool = False) -> int:
        return self._client.publish(topic or self.topic, payload, qos, retain).mid

    def publish_index(self, at: int, value: int) -> int:
        return self.publish(json.dumps([{"n": "energy_import", "u": "Wh", "t": at, "v": value}]).encode())

    async def all_acknowledged(self, mids: set[int], seconds: float = 60) -> None:
        await until(lambda: now(mids <= self.acknowledged), seconds)

    async def close(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for what happens elsewhere."""
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def now(value: bool) -> bool:
    return value


async def stored(js: JetStreamContext, stream: str) -> int:
    return (await js.stream_info(stream)).state.messages


async def take_readings(js: JetStreamContext) -> list[Reading]:
    """Everything in READINGS, which stays there."""
    bodies = await _bodies(js, "READINGS")
    return [reading for body in bodies for reading in ReadingsBatch.model_validate_json(body).all_readings()]


async def take_rejected(js: JetStreamContext) -> list[Rejected]:
    bodies = await _bodies(js, "REJECTED")
    return [one for body in bodies for one in Rejected.model_validate_json(body).each()]


async def _bodies(js: JetStreamContext, stream: str) -> list[bytes]:
    state = (await js.stream_info(stream)).state
    bodies = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            bodies.append((await js.get_msg(stream, sequence)).data or b"")
        except APIError:
            continue  # taken out
    return bodies
