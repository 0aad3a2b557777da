"""The MQTT connection's bytes: PUBLISH packets are taken out in bulk, everything else is left to paho.

paho spends 20 µs and three system calls on each message; a meter's message is read here in 2. paho keeps what
it is good at: connecting, subscribing, keep-alive, reason codes. It is handed this object as its socket.
"""

import socket
from collections.abc import Callable, Iterable
from ssl import SSLWantReadError, SSLWantWriteError
from typing import NamedTuple

CHUNK_BYTES = 1 << 18

_PUBLISH = 0x30
_RETAIN = 0x01
_QOS_1 = 0x02
_PUBACK = b"\x40\x02"
_LATER = (BlockingIOError, SSLWantReadError, SSLWantWriteError)


class Published(NamedTuple):
    """One PUBLISH packet, at QoS 0 or 1."""

    mid: int
    """Packet id; 0 at QoS 0."""
    qos: int
    retain: bool
    topic: bytes
    payload: bytes


class Sieve:
    """A non-blocking socket. All methods but the connecting writes of paho are called on the event loop."""

    def __init__(self, inner: socket.socket, is_v5: bool, stalled: Callable[[], None]) -> None:
        """`stalled` is told when bytes had to be kept: `flush` is wanted once the socket can be written."""
        self._inner = inner
        self._is_v5 = is_v5
        self._stalled = stalled
        self._rest = b""
        self._others = bytearray()
        self._out = bytearray()
        self._is_over = False

    # what the wire uses

    def pull(self) -> list[Published] | None:
        """Messages of the next bytes, perhaps none of them whole; None when there are no bytes to read."""
        if self._is_over:
            return None
        try:
            data = self._inner.recv(CHUNK_BYTES)
        except _LATER:
            return None
        except OSError:
            data = b""
        if not data:
            self._is_over = True
            return None
        try:
            return self._sift(self._rest + data if self._rest else data)
        except ConnectionError:
            self._is_over = True
            return None

    @property
    def has_others(self) -> bool:
        """Whether paho has something to read: a packet, or the end."""
        return bool(self._others) or self._is_over

    def acknowledge(self, mids: Iterable[int]) -> None:
        """One PUBACK each, in one write."""
        self.send(b"".join(_PUBACK + mid.to_bytes(2, "big") for mid in mids))

    def flush(self) -> bool:
        """Write what is kept; True when nothing is left, or the connection is over."""
        try:
            while self._out:
                del self._out[: self._inner.send(self._out)]
        except _LATER:
            return False
        except OSError:
            self._is_over = True
            self._out.clear()
        return True

    # what paho uses

    def recv(self, size: int) -> bytes:
        if not self._others:
            if self._is_over:
                return b""
            raise BlockingIOError
        part = bytes(self._others[:size])
        del self._others[:size]
        return part

    def send(self, data: bytes | bytearray) -> int:
        """Takes a whole packet, always: packets of paho and acknowledgements must not mix."""
        self._out += data
        if not self.flush():
            self._stalled()
        return len(data)

    def fileno(self) -> int:
        return self._inner.fileno()

    def setblocking(self, flag: bool) -> None:
        self._inner.setblocking(flag)

    def close(self) -> None:
        self._inner.close()

    def _sift(self, data: bytes) -> list[Published]:
        found = []
        start, end = 0, len(data)
        while end - start >= 2:
            head, length, body = data[start], data[start + 1], start + 2
            if length & 0x80 and end - start > 2 and data[start + 2] < 0x80:  # two bytes, as most have
                length, body = length & 0x7F | data[start + 2] << 7, start + 3
            elif length & 0x80:
                known = _length(data, start + 1)
                if known is None:
                    break
                length, body = known
            stop = body + length
            if stop > end:
                break
            message = self._message(data, head, body, stop) if head & 0xF4 == _PUBLISH else None
            if message is None:
                self._others += data[start:stop]
            else:
                found.append(message)
            start = stop
        self._rest = data[start:]
        return found

    def _message(self, data: bytes, head: int, body: int, stop: int) -> Published | None:
        """None for what is malformed: paho ends the connection for it."""
        at = body + 2 + (data[body] << 8 | data[body + 1] if stop - body >= 2 else stop)
        topic = data[body + 2 : at]
        mid = 0
        if head & _QOS_1:
            mid = int.from_bytes(data[at : at + 2], "big")
            at += 2
        if self._is_v5 and at < stop:
            known = _length(data, at)
            at = sum(known) if known else stop + 1
        if at > stop:
            return None
        return Published(mid, 1 if head & _QOS_1 else 0, bool(head & _RETAIN), topic, data[at:stop])


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """MQTT's variable length at `at`, and where what it measures begins; None while it is incomplete.
    A fifth byte is against the protocol: raised as ConnectionError."""
    length = shift = 0
    for position in range(at, min(at + 4, len(data))):
        length |= (data[position] & 0x7F) << shift
        shift += 7
        if not data[position] & 0x80:
            return length, position + 1
    if shift == 28:
        raise ConnectionError("a packet's length has more than four bytes")
    return None
