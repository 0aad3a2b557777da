"""The MQTT session against a broker that misbehaves: what is acknowledged, when, on which connection."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from services.intake import subscriber as module
from services.intake.delivery import Delivery
from services.intake.subscriber import Subscriber

CONNECT, PUBACK, SUBSCRIBE = 0x10, 0x40, 0x82


class Broker:
    """Speaks just enough MQTT 3.1.1 and 5, one connection after the other; packets are sent by the test."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[Connection] = asyncio.Queue()
        self.refuses = 0

    async def __aenter__(self) -> "Broker":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"mqtt://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        try:
            while True:
                kind, body = await _packet(reader)
                if kind == CONNECT:
                    connection.connect = body
                    connection.properties = b"\x00" if body[6] == 5 else b""
                    answer = bytes([1, 5 if self.refuses else 0]) + connection.properties
                    writer.write(bytes([0x20, len(answer)]) + answer)
                    if self.refuses:
                        self.refuses -= 1
                        break
                elif kind == SUBSCRIBE:
                    connection.subscribe = body
                    answer = body[:2] + connection.properties + bytes([1, 1])
                    writer.write(bytes([0x90, len(answer)]) + answer)
                    self.connections.put_nowait(connection)
                elif kind == PUBACK:
                    connection.acks.put_nowait(struct.unpack("!H", body[:2])[0])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


class Connection:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.connect = b""
        self.properties = b""
        self.subscribe = b""
        self.acks: asyncio.Queue[int] = asyncio.Queue()

    def publish(
        self, mid: int, payload: bytes, qos: int = 1, retain: bool = False, topic: bytes = b"meters/x"
    ) -> None:
        packet_id = struct.pack("!H", mid) if qos else b""
        body = struct.pack("!H", len(topic)) + topic + packet_id + self.properties + payload
        assert len(body) < 128
        self._writer.write(bytes([0x30 | qos << 1 | retain, len(body)]) + body)

    def drop(self) -> None:
        self._writer.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length = await reader.readexactly(2)
    if length & 128:
        length = (length & 127) + 128 * (await reader.readexactly(1))[0]
    return kind, await reader.readexactly(length)


class Session:
    """A running subscriber whose messages the test makes durable when it likes."""

    def __init__(self, broker: Broker, options: str = "") -> None:
        self.received: asyncio.Queue[Delivery] = asyncio.Queue()
        self.subscribed: list[bool] = []
        self.faults = 0
        self.subscriber = Subscriber(
            broker.url + options, "secretid", "password", self._receive, self.subscribed.append
        )

    def _receive(self, delivery: Delivery) -> None:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a bug")
        self.received.put_nowait(delivery)

    async def next(self) -> Delivery:
        return await asyncio.wait_for(self.received.get(), 60)


@pytest.fixture
async def broker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", (0.01,))
    async with Broker() as started:
        yield started


@pytest.fixture
async def session(broker: Broker) -> AsyncIterator[Session]:
    made = Session(broker)
    task = asyncio.create_task(made.subscriber.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def connected(broker: Broker) -> Connection:
    return await asyncio.wait_for(broker.connections.get(), 60)


async def acked(connection: Connection) -> int:
    return await asyncio.wait_for(connection.acks.get(), 60)


async def test_the_session_is_persistent_and_hears_meters_and_gateways(broker: Broker, session: Session):
    connection = await connected(broker)
    flags = connection.connect[7]
    assert not flags & 0b10, "clean session is off"
    assert b"secretid" in connection.connect
    assert b"meters/#\x01" in connection.subscribe
    assert b"gateways/#\x01" in connection.subscribe


async def test_nothing_is_acknowledged_before_it_is_durable(broker: Broker, session: Session):
    connection = await connected(broker)
    connection.publish(7, b"a")
    connection.publish(8, b"b")
    first, second = await session.next(), await session.next()
    assert connection.acks.empty()
    session.subscriber.acknowledge([second])
    assert await acked(connection) == 8
    session.subscriber.acknowledge([first])
    assert await acked(connection) == 7


async def test_a_packet_id_is_never_acknowledged_on_another_connection(broker: Broker, session: Session):
    old = await connected(broker)
    old.publish(1, b"the first")
    first = await session.next()
    old.drop()
    new = await connected(broker)
    new.publish(1, b"another message under the same packet id")
    second = await session.next()
    session.subscriber.acknowledge([first])
    new.publish(2, b"third")
    session.subscriber.acknowledge([await session.next()])
    assert await acked(new) == 2, "packet id 1 of the new connection is not durable yet"
    session.subscriber.acknowledge([second])
    assert await acked(new) == 1


async def test_a_redelivery_of_what_is_in_hand_is_not_taken_twice(broker: Broker, session: Session):
    connection = await connected(broker)
    connection.publish(3, b"same")
    delivery = await session.next()
    connection.publish(3, b"same")
    connection.publish(4, b"next")
    assert (await session.next()).payload == b"next"
    session.subscriber.acknowledge([delivery])
    assert await acked(connection) == 3


async def test_quality_of_service_0_needs_no_acknowledgement(broker: Broker, session: Session):
    connection = await connected(broker)
    connection.publish(0, b"fire and forget", qos=0)
    connection.publish(9, b"kept", retain=True)
    session.subscriber.acknowledge([await session.next(), await session.next()])
    assert await acked(connection) == 9
    assert connection.acks.empty()


async def test_a_bug_in_receiving_stops_nothing_and_the_message_is_tried_afresh(
    broker: Broker, session: Session
):
    connection = await connected(broker)
    session.faults = 1
    connection.publish(5, b"unlucky")
    connection.publish(6, b"neighbour")
    assert (await session.next()).payload == b"neighbour"
    connection.publish(5, b"unlucky")
    assert (await session.next()).payload == b"unlucky"


async def test_a_topic_that_is_not_utf8_is_received_like_any_other(broker: Broker, session: Session):
    connection = await connected(broker)
    connection.publish(5, b"x", topic=b"meters/\xff\xfe")
    assert (await session.next()).topic == b"meters/\xff\xfe"


async def test_it_comes_back_after_refusals_and_lost_connections(broker: Broker, session: Session):
    for _ in range(3):
        (await connected(broker)).drop()
    broker.refuses = 2
    (await connected(broker)).drop()
    await connected(broker)
    assert len(session.subscribed) >= 4


async def test_too_much_in_hand_leaves_the_socket_unread_until_there_is_room(
    broker: Broker, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_IN_HAND", 10)
    connection = await connected(broker)
    for mid in range(1, 31):
        connection.publish(mid, b"x")
    taken = [await session.next() for _ in range(10)]
    await asyncio.sleep(0.05)
    assert session.received.empty()
    session.subscriber.acknowledge(taken)
    assert (await session.next()).mid == 11


async def test_mqtt_5_asks_for_a_session_that_never_expires(broker: Broker):
    session = Session(broker, "?version=5")
    task = asyncio.create_task(session.subscriber.run())
    connection = await connected(broker)
    assert not connection.connect[7] & 0b10, "clean start is off"
    assert b"\x11\xff\xff\xff\xff" in connection.connect, "session expiry interval"
    connection.publish(3, b"x")
    session.subscriber.acknowledge([await session.next()])
    assert await acked(connection) == 3
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_members_of_a_group_share_a_subscription_and_keep_sessions_of_their_own(broker: Broker):
    session = Session(broker, "?version=5&share=palier&member=2")
    task = asyncio.create_task(session.subscriber.run())
    connection = await connected(broker)
    assert b"$share/palier/meters/#" in connection.subscribe
    assert b"$share/palier/gateways/#" in connection.subscribe
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    names = [module.session_name(f"mqtt://broker?share=palier&member={n}", "intake-x") for n in (1, 2)]
    assert names == ["intake-x-1", "intake-x-2"]
    assert module.session_name("mqtt://broker", "intake-x") == "intake-x"


@pytest.mark.parametrize("options", ["?share=palier", "?version=5&share=a/b"])
async def test_a_group_that_the_broker_could_not_serve_is_refused_at_the_start(broker: Broker, options: str):
    with pytest.raises(ValueError, match="share=GROUP needs version=5"):
        Session(broker, options)
