"""What a stolen device credential is worth: its own topic, and nothing by wills, retained messages or
reserved names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from deploy.engines import Engines
from services.kit.broker import connect
from tests.integration.members.conftest import members_room, office, tilleuls  # noqa: F401
from tests.integration.members.test_auth_callout import device, meter_of

if TYPE_CHECKING:
    from tests.integration.members.conftest import Cooperative

pytestmark = [pytest.mark.engines, pytest.mark.usefixtures("members_room")]
RESERVED = (
    "$MQTT/sub/#", "$MQTT/#", "$MQTT/sub/+", "$JS/API/#", "$SYS/REQ/#", "$KV/#", "+/+/+/senml", "gateways/#",
    "+/#", "dead/#", "_R_/#",
)  # fmt: skip


@pytest.mark.parametrize("topic", RESERVED)
async def test_a_device_listens_to_nothing_reserved(
    engines: Engines,
    tilleuls: Cooperative,  # noqa: F811
    topic: str,
) -> None:
    meter, neighbour = await meter_of(tilleuls), await meter_of(tilleuls)
    with device(engines, meter["id"], meter["mqtt_password"]) as spy:
        assert await spy.connects()
        assert not await spy.subscribes(topic)
        with device(engines, neighbour["id"], neighbour["mqtt_password"]) as victim:
            assert await victim.connects()
            assert await victim.subscribes(f"{neighbour['topic']}/#")
            await victim.publishes(f"{neighbour['topic']}/senml", b"secret")
            assert await victim.hears()
        assert not await spy.hears(0.1)


async def test_a_last_will_and_a_retained_message_stay_in_their_own_topic(
    engines: Engines,
    tilleuls: Cooperative,  # noqa: F811
) -> None:
    meter, neighbour = await meter_of(tilleuls), await meter_of(tilleuls)
    own, other = f"{meter['topic']}/senml", f"{neighbour['topic']}/senml"
    heard: list[str] = []
    own_will = asyncio.Event()
    client = await connect("admin", engines.settings, engines.secrets)

    async def hear(message: Any) -> None:
        heard.append(message.subject)
        if message.subject == own.replace("/", "."):
            own_will.set()

    await client.subscribe("meters.>", cb=hear)
    await client.flush()
    for topic in (other, own):
        with device(engines, meter["id"], meter["mqtt_password"]) as dying:
            dying.client.will_set(topic, b"last words", qos=1, retain=True)
            if await dying.connects():  # a will elsewhere may also cost the connection
                await dying.publishes(other, b"[]")
                dying.client.publish(other, b"kept", qos=1, retain=True)
                dying.client.socket().close()  # type: ignore[union-attr]
    await asyncio.wait_for(own_will.wait(), 60)
    assert other.replace("/", ".") not in heard
    with device(engines, neighbour["id"], neighbour["mqtt_password"]) as victim:
        assert await victim.connects()
        assert await victim.subscribes(f"{neighbour['topic']}/#")
        assert not await victim.hears(0.5)
    await client.close()


@pytest.mark.parametrize(
    "topic", ["$JS/API/STREAM/PURGE/READINGS", "$MQTT/sub/x", "$SYS/REQ/SERVER/PING", "_INBOX/x"]
)
async def test_a_device_says_nothing_to_the_house(
    engines: Engines,
    tilleuls: Cooperative,  # noqa: F811
    topic: str,
) -> None:
    meter = await meter_of(tilleuls)
    heard: list[str] = []
    own = asyncio.Event()
    client = await connect("admin", engines.settings, engines.secrets)

    async def hear(message: Any) -> None:
        heard.append(message.subject)
        own.set() if message.subject.startswith("meters.") else None

    await client.subscribe(topic.replace("/", "."), cb=hear)
    await client.subscribe("meters.>", cb=hear)
    await client.flush()
    with device(engines, meter["id"], meter["mqtt_password"]) as liar:
        assert await liar.connects()
        await liar.publishes(topic, b"{}")
    with device(engines, meter["id"], meter["mqtt_password"]) as honest:
        assert await honest.connects()
        await honest.publishes(f"{meter['topic']}/senml", b"[]")
        await asyncio.wait_for(own.wait(), 60)
    assert set(heard) == {f"{meter['topic']}/senml".replace("/", ".")}
    await client.close()
