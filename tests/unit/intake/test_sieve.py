"""A connection's bytes: messages come out whole and in order however they are cut; the rest is paho's."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.sieve import Published, Sieve

SUBACK = b"\x90\x03\x00\x01\x01"
PINGRESP = b"\xd0\x00"


def length(number: int) -> bytes:
    encoded = b""
    while True:
        number, digit = divmod(number, 128)
        encoded += bytes([digit | (128 if number else 0)])
        if not number:
            return encoded


def packet(message: Published, is_v5: bool = False) -> bytes:
    head = 0x30 | message.qos << 1 | message.retain
    body = len(message.topic).to_bytes(2, "big") + message.topic
    body += message.mid.to_bytes(2, "big") if message.qos else b""
    body += b"\x05\x02\x00\x00\x00\x3c" if is_v5 else b""  # the message's expiry
    body += message.payload
    return bytes([head]) + length(len(body)) + body


messages = st.builds(
    lambda mid, qos, retain, topic, payload: Published(mid if qos else 0, qos, retain, topic, payload),
    st.integers(1, 65_535),
    st.integers(0, 1),
    st.booleans(),
    st.binary(max_size=60),
    st.binary(max_size=300),
)


class Line:
    """A sieve on one end of a socket pair."""

    def __init__(self, is_v5: bool = False) -> None:
        ours, self.broker = socket.socketpair()
        ours.setblocking(False)
        self.stalls = 0
        self.sieve = Sieve(ours, is_v5, self._stall)

    def _stall(self) -> None:
        self.stalls += 1

    def hear(self, data: bytes) -> list[Published]:
        self.broker.sendall(data)
        found: list[Published] = []
        while (some := self.sieve.pull()) is not None:
            found += some
        return found

    def for_paho(self) -> bytes:
        heard = b""
        while True:
            try:
                part = self.sieve.recv(2)
            except BlockingIOError:
                return heard
            if not part:
                return heard
            heard += part

    def close(self) -> None:
        self.broker.close()
        self.sieve.close()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@settings(deadline=None, max_examples=60)
@given(st.lists(messages, max_size=8), st.integers(1, 50), st.booleans())
def test_messages_come_out_whole_and_in_order_however_the_bytes_are_cut(
    sent: list[Published], size: int, is_v5: bool
) -> None:
    line = Line(is_v5)
    try:
        data = SUBACK + b"".join(packet(message, is_v5) + PINGRESP for message in sent)
        found = []
        for start in range(0, len(data), size):
            found += line.hear(data[start : start + size])
        assert found == sent
        assert line.for_paho() == SUBACK + PINGRESP * len(sent)
    finally:
        line.close()


def test_a_megabyte_comes_out_as_one_message(line: Line) -> None:
    big = Published(7, 1, False, b"meters/c/m/senml", b"x" * (1 << 20))
    data = packet(big)
    found = [
        message for start in range(0, len(data), 4096) for message in line.hear(data[start : start + 4096])
    ]
    assert found == [big]


def test_a_malformed_message_is_left_to_paho(line: Line) -> None:
    malformed = b"\x32\x04\x00\x09ab"  # its topic is longer than the packet
    assert line.hear(malformed) == []
    assert line.for_paho() == malformed


@pytest.mark.parametrize("ending", [b"\x32\xff\xff\xff\xff\x01", b""])
def test_nonsense_and_the_brokers_leaving_end_the_connection(line: Line, ending: bytes) -> None:
    line.hear(ending)
    if not ending:
        line.broker.close()
        assert line.sieve.pull() is None
    assert line.sieve.has_others
    assert line.sieve.recv(1) == b""


def test_a_batch_is_acknowledged_in_one_write(line: Line) -> None:
    line.sieve.acknowledge([1, 65_535, 258])
    assert line.broker.recv(100) == b"\x40\x02\x00\x01\x40\x02\xff\xff\x40\x02\x01\x02"


def test_what_a_full_socket_does_not_take_goes_out_later_and_unmixed(line: Line) -> None:
    many = list(range(1, 60_000))
    for _ in range(20):
        line.sieve.acknowledge(many)
    assert line.stalls
    line.sieve.send(b"\xc0\x00")
    line.broker.setblocking(False)
    heard = b""
    while not line.sieve.flush():
        heard += line.broker.recv(1 << 20)
    while True:
        try:
            heard += line.broker.recv(1 << 20)
        except BlockingIOError:
            break
    once = b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in many)
    assert heard == once * 20 + b"\xc0\x00"
