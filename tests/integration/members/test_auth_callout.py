"""Devices on the real broker: each gets in by its own credential only, and reaches its own topic only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nats
import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import text

from services.kit import natsauth, session_flag
from services.kit.broker import connect
from services.kit.room import Room
from services.members import callout, kicking

if TYPE_CHECKING:
    from deploy.engines import Engines
    from tests.integration.members.conftest import Cooperative

pytestmark = [pytest.mark.engines, pytest.mark.usefixtures("members_room")]


class Device:
    """A device as it is in the field: an MQTT 3.1.1 client in a thread of its own."""

    def __init__(self, engines: Engines, user: str, password: str, client_id: str | None = None) -> None:
        url = urlsplit(engines.settings.mqtt_url or "")
        self._address = (url.hostname or "", url.port or 1883)
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id or user, clean_session=True
        )
        self.client.username_pw_set(user, password)
        self.answered, self.ended, self.granted = threading.Event(), threading.Event(), threading.Event()
        self.is_in = False
        self.codes: list[bool] = []
        self.heard: list[tuple[str, bytes]] = []
        self.has_heard = threading.Event()
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: (self.ended.set(), self.answered.set())
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_subscribe

    async def connects(self) -> bool:
        """Whether the broker let it in."""
        await asyncio.to_thread(self.client.connect, *self._address)
        self.client.loop_start()
        assert await asyncio.to_thread(self.answered.wait, 60)
        return self.is_in

    async def subscribes(self, topic: str) -> bool:
        self.granted.clear()
        self.client.subscribe(topic, qos=1)
        if not await asyncio.to_thread(self.granted.wait, 60):
            return False
        return self.codes[-1]

    async def publishes(self, topic: str, payload: bytes) -> None:
        info = self.client.publish(topic, payload, qos=1)
        await asyncio.to_thread(info.wait_for_publish, 20)

    async def hears(self, seconds: float = 60) -> bool:
        return await asyncio.to_thread(self.has_heard.wait, seconds)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.is_in = not reason.is_failure
        self.answered.set()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))
        self.has_heard.set()

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        self.codes.append(not any(code.is_failure for code in codes))
        self.granted.set()


@contextmanager
def device(engines: Engines, user: str, password: str, client_id: str | None = None) -> Iterator[Device]:
    made = Device(engines, user, password, client_id)
    try:
        yield made
    finally:
        made.stop()


async def meter_of(coop: Cooperative) -> dict[str, str]:
    home = await coop.made("/dwellings", coop.dwelling())
    meter: dict[str, str] = home["meters"][0]
    return meter


async def test_a_credential_works_at_once_under_its_own_topic(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    with device(engines, meter["mqtt_username"], meter["mqtt_password"]) as own:
        assert await own.connects()
        assert await own.subscribes(f"{meter['topic']}/#")
        await own.publishes(f"{meter['topic']}/senml", b"[]")
        assert await own.hears()
        assert own.heard == [(f"{meter['topic']}/senml", b"[]")]


async def test_what_a_meter_publishes_reaches_intake(engines: Engines, tilleuls: Cooperative) -> None:
    meter = await meter_of(tilleuls)
    heard = asyncio.Event()
    client = await connect("admin", engines.settings, engines.secrets)

    async def hear(_message: Any) -> None:
        heard.set()

    await client.subscribe(meter["topic"].replace("/", ".") + ".senml", cb=hear)
    await client.flush()
    with device(engines, meter["mqtt_username"], meter["mqtt_password"]) as own:
        assert await own.connects()
        await own.publishes(f"{meter['topic']}/senml", b"[]")
        await asyncio.wait_for(heard.wait(), 60)
    await client.close()


async def test_a_wrong_password_and_an_unknown_user_are_refused(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    for user, password in (
        (meter["id"], "wrong"),
        ("mtr_" + "0" * 26, meter["mqtt_password"]),
        (meter["id"], ""),
    ):
        with device(engines, user, password) as stranger:
            assert not await stranger.connects()


async def test_a_device_cannot_take_intake_s_session_nor_a_neighbour_s(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter, neighbour = await meter_of(tilleuls), await meter_of(tilleuls)
    for client_id in (natsauth.intake_client_id(engines.secrets), neighbour["id"], "anything"):
        with device(engines, meter["id"], meter["mqtt_password"], client_id) as thief:
            assert not await thief.connects()


async def test_a_device_cannot_listen_to_a_neighbour_nor_to_the_house(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter, neighbour = await meter_of(tilleuls), await meter_of(tilleuls)
    forbidden = (
        f"{neighbour['topic']}/#", "meters/#", "#", "$SYS/#", "members/#", "readings/v1", "_INBOX/#", "$JS/#",
        f"{meter['topic']}x/#",
    )  # fmt: skip
    for topic in forbidden:
        with device(engines, meter["id"], meter["mqtt_password"]) as spy:
            assert await spy.connects()
            assert not await spy.subscribes(topic), topic
            with device(engines, neighbour["id"], neighbour["mqtt_password"]) as victim:
                assert await victim.connects()
                await victim.publishes(f"{neighbour['topic']}/senml", b"secret")
            assert not await spy.hears(0.1), topic


async def test_what_a_device_publishes_elsewhere_arrives_nowhere(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter, neighbour = await meter_of(tilleuls), await meter_of(tilleuls)
    heard: list[str] = []
    something = asyncio.Event()
    client = await connect("admin", engines.settings, engines.secrets)

    async def hear(message: Any) -> None:
        heard.append(message.subject)
        something.set()

    elsewhere = (
        f"{neighbour['topic']}/senml",
        "members/moved_in/v1",
        "readings/v1",
        "dead/metering",
        "time/hour_passed/v1",
    )
    for topic in (*elsewhere, f"{meter['topic']}/senml"):
        await client.subscribe(topic.replace("/", "."), cb=hear)
    await client.flush()
    for topic in elsewhere:
        with device(engines, meter["id"], meter["mqtt_password"]) as liar:
            assert await liar.connects()
            await liar.publishes(topic, b"{}")
    with device(engines, meter["id"], meter["mqtt_password"]) as honest:
        assert await honest.connects()
        await honest.publishes(f"{meter['topic']}/senml", b"[]")
        await asyncio.wait_for(something.wait(), 60)
    assert heard == [f"{meter['topic']}/senml".replace("/", ".")]
    await client.close()


async def test_revoking_ends_the_live_connection_and_the_password(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    path = f"/api/v1/meters/{meter['id']}/credential"
    with device(engines, meter["id"], meter["mqtt_password"]) as lost:
        assert await lost.connects()
        lost.answered.clear()
        gone = await tilleuls.office.client.delete(path, headers=tilleuls.staff)
        assert gone.status_code == 204
        assert await asyncio.to_thread(lost.ended.wait, 3)
    with device(engines, meter["id"], meter["mqtt_password"]) as again:
        assert not await again.connects()


async def test_rotating_stops_the_old_password_and_the_new_one_works_at_once(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    with device(engines, meter["id"], meter["mqtt_password"]) as before:
        assert await before.connects()
        new = await tilleuls.made(f"/meters/{meter['id']}/credential", {})
        assert await asyncio.to_thread(before.ended.wait, 3)
    with device(engines, meter["id"], meter["mqtt_password"]) as old:
        assert not await old.connects()
    with device(engines, new["mqtt_username"], new["mqtt_password"]) as current:
        assert await current.connects()


async def test_a_device_credential_opens_nothing_on_the_bus_itself(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await nats.connect(
            engines.settings.nats_url,
            user=meter["id"],
            password=meter["mqtt_password"],
            allow_reconnect=False,
            connect_timeout=6,
            error_cb=_quiet,
        )


async def test_the_web_can_ask_whether_intake_listens(engines: Engines) -> None:
    portal = await connect("portal", engines.settings, engines.secrets)
    intake = await connect("intake", engines.settings, engines.secrets)
    client_id = "intake" + meter_of.__name__  # not the real one: other tests may rely on that
    assert not await session_flag.exists(portal.jetstream(), client_id)
    await session_flag.mark(intake.jetstream(), client_id)
    assert await session_flag.exists(portal.jetstream(), client_id)
    await portal.close()
    await intake.close()


async def _quiet(_error: Exception) -> None:
    return None


async def test_a_gateway_publishes_under_its_own_topic(engines: Engines, tilleuls: Cooperative) -> None:
    gateway = await tilleuls.made("/gateways", {"coop": tilleuls.slug, "codec": "senml", "channels": {}})
    with device(engines, gateway["mqtt_username"], gateway["mqtt_password"]) as hall:
        assert await hall.connects()
        assert await hall.subscribes(f"{gateway['topic']}/#")
        await hall.publishes(f"{gateway['topic']}/senml/palier 3".replace(" ", "-"), b"[]")
        assert await hall.hears()


async def test_two_replicas_answer_once_each_request(
    engines: Engines, tilleuls: Cooperative, members_room: Room
) -> None:
    from services.kit.room import Room as AnyRoom

    second = AnyRoom("members", engines.settings, engines.secrets)
    second.around(callout.answering)
    running = asyncio.create_task(second.run())
    meter = await meter_of(tilleuls)
    for _ in range(6):
        with device(engines, meter["id"], meter["mqtt_password"]) as own:
            assert await own.connects()
    second.stopping.set()
    await asyncio.wait_for(running, 60)


async def test_a_whole_stairwell_reconnects_at_once(engines: Engines, tilleuls: Cooperative) -> None:
    home = tilleuls.dwelling(meters=[{"fluid": "electricity"}] * 40)
    meters = (await tilleuls.made("/dwellings", home))["meters"]
    devices = [Device(engines, meter["id"], meter["mqtt_password"]) for meter in meters]
    try:
        assert all(await asyncio.gather(*(device.connects() for device in devices)))
    finally:
        for one in devices:
            one.stop()


async def test_what_was_revoked_while_nobody_listened_is_caught_up(
    engines: Engines, tilleuls: Cooperative
) -> None:
    meter = await meter_of(tilleuls)
    late = Room("members", engines.settings, engines.secrets)
    with device(engines, meter["id"], meter["mqtt_password"]) as lost:
        assert await lost.connects()
        async with late.unit() as unit:  # as if its notice had reached no listener
            await unit.session.execute(
                text("UPDATE members.credential SET revoked_at = now() WHERE username = :name"),
                {"name": meter["id"]},
            )
        assert not lost.ended.is_set()
        working = asyncio.create_task(kicking.disconnect_revoked(late))
        assert await asyncio.to_thread(lost.ended.wait, 5)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await late.database.close()


async def test_a_revocation_is_not_given_up_while_the_bus_is_away(
    engines: Engines, tilleuls: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = await meter_of(tilleuls)
    monkeypatch.setattr(kicking, "_AGAIN_SECONDS", 0.05)
    really, tries = kicking.kick, []

    async def kick(*wanted: Any) -> int:
        tries.append(wanted)
        if len(tries) <= len(kicking._ROUNDS_SECONDS) + 1:
            raise nats.errors.NoRespondersError
        return await really(*wanted)

    monkeypatch.setattr(kicking, "kick", kick)
    with device(engines, meter["id"], meter["mqtt_password"]) as lost:
        assert await lost.connects()
        path = f"/api/v1/meters/{meter['id']}/credential"
        assert (await tilleuls.office.client.delete(path, headers=tilleuls.staff)).status_code == 204
        assert await asyncio.to_thread(lost.ended.wait, 5)
