"""The few MQTT 3.1.1 packets a meter needs, as bytes: a library would cost more than what is measured."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime

STEP_S = 10
"""From one reading of a meter to its next, in the meter's own time: the pace of a French meter's TIC."""

_CONNACK_OK = b"\x20\x02\x00\x00"


@dataclass(frozen=True)
class Sender:
    """One meter's connection and what it sends."""

    number: int
    client_id: str
    username: str
    password: str
    topic: str
    """With the codec."""


class Refused(RuntimeError):
    """The broker does not let a sender in."""


def connect(sender: Sender, host: str, port: int) -> socket.socket:
    """A connected session, clean, without keep-alive. Raises Refused or OSError."""
    body = b"\x00\x04MQTT\x04\xc2\x00\x00"
    body += b"".join(_text(part) for part in (sender.client_id, sender.username, sender.password))
    connection = socket.create_connection((host, port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"\x10" + _length(len(body)) + body)
    answer = b""
    while len(answer) < 4:
        chunk = connection.recv(4 - len(answer))
        if not chunk:
            break
        answer += chunk
    if answer != _CONNACK_OK:
        connection.close()
        raise Refused(f"{sender.client_id} is refused: {answer.hex() or 'connection closed'}")
    return connection


class Encoder:
    """A sender's PUBLISH packets at QoS 1: a SenML pack of one rising register each."""

    def __init__(self, sender: Sender, epoch_s: int) -> None:
        """`epoch_s`: Unix time of reading 0."""
        self._number = sender.number
        self._epoch_s = epoch_s
        self._topic = _text(sender.topic)
        self._sample = len(self.payload(0))
        self._head = b"\x32" + _length(len(self._topic) + 2 + self._sample) + self._topic
        self._name = b'[{"bn":"urn:dev:mac:0024befffe80%04x/","n":"energy_import",' % self._number

    def value_wh(self, reading: int) -> int:
        """What the register stands at."""
        return 10_000_000 + self._number + 7 * reading

    def payload(self, reading: int) -> bytes:
        """All of one length, so that the packet's head never changes."""
        return b'[{"bn":"urn:dev:mac:0024befffe80%04x/","n":"energy_import","u":"Wh","t":%d,"v":%d}]' % (
            self._number, self._epoch_s + STEP_S * reading, self.value_wh(reading),
        )  # fmt: skip

    def packets(self, first: int, count: int) -> bytes:
        """Readings `first`, `first` + 1, … one packet each."""
        head, name, when, value = self._head, self._name, self._epoch_s, self.value_wh(0)
        return b"".join(
            b'%b%b%b"u":"Wh","t":%d,"v":%d}]'
            % (
                head,
                (reading % 65_535 + 1).to_bytes(2, "big"),
                name,
                when + STEP_S * reading,
                value + 7 * reading,
            )
            for reading in range(first, first + count)
        )


class PackEncoder:
    """A sender's PUBLISH packets at QoS 1: one load curve of consecutive half-hours each."""

    SLOTS = 48
    STEP_S = 1_800

    def __init__(self, sender: Sender, epoch_s: int) -> None:
        """`epoch_s`: Unix time at which the first half-hour begins."""
        self._epoch_s = epoch_s
        self._topic = _text(sender.topic)
        values = b",".join(b"%d" % self.value_wh(slot) for slot in range(self.SLOTS))
        self._rest = b'","step":"PT30M","quantity":"energy_import","unit":"Wh","values":[%b]}' % values

    @staticmethod
    def value_wh(slot: int) -> int:
        """Energy of a half-hour of any pack."""
        return 100 + slot

    def payload(self, pack: int) -> bytes:
        start = datetime.fromtimestamp(self._epoch_s + pack * self.SLOTS * self.STEP_S, UTC)
        return b'{"start":"%b%b' % (start.isoformat().encode(), self._rest)

    def packets(self, first: int, count: int) -> bytes:
        """Packs `first`, `first` + 1, … one packet each."""
        return b"".join(self._packet(pack) for pack in range(first, first + count))

    def _packet(self, pack: int) -> bytes:
        body = self._topic + (pack % 65_535 + 1).to_bytes(2, "big") + self.payload(pack)
        return b"\x32" + _length(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(number: int) -> bytes:
    """MQTT's variable length, up to 16,383."""
    return bytes([number]) if number < 128 else bytes([number % 128 | 128, number // 128])
