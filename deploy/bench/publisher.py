"""A process that plays many meters at once, far cheaper than what it measures: raw sockets, no library."""

import os
import select
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from socket import socket

from deploy.bench.packets import Encoder, PackEncoder, Sender, connect

BURST = 64
"""Packets in one write."""
WINDOW = 512
"""Packets that one connection may have unacknowledged."""
_PAUSE_SECONDS = 0.003
"""Between rounds that begin nothing: acknowledgements are then read many at once."""
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Job:
    """What to publish."""

    host: str
    port: int
    senders: tuple[Sender, ...]
    epoch_s: int
    firsts: tuple[int, ...]
    """Number of each sender's first reading."""
    seconds: float
    rate: float | None = None
    """Messages a second; None: as fast as broker and receiver take them."""
    ahead: int | None = None
    """How many messages the receiver may be behind before the publisher waits for it."""
    window: int = WINDOW
    encoder: type[Encoder] | type[PackEncoder] = Encoder
    limit: int | None = None
    """At most so many messages of each sender, then it ends before its time."""


@dataclass(frozen=True)
class Published:
    """What was published and acknowledged. Times are of the system's monotonic clock."""

    counts: tuple[int, ...]
    """Readings of each sender."""
    started_at: float
    ended_at: float
    held_seconds: float
    """How long it waited only because the receiver was `ahead` messages behind, or for its pace."""
    cpu_seconds: float
    acknowledged: int

    @property
    def messages(self) -> int:
        return sum(self.counts)


class _Line:
    """One sender's connection."""

    def __init__(self, job: Job, sender: Sender, first: int) -> None:
        self.socket: socket = connect(sender, job.host, job.port)
        self.socket.setblocking(False)
        self.encoder = job.encoder(sender, job.epoch_s)
        self._limit = job.limit if job.limit is not None else 1 << 62
        self.first = self.next = first
        self.acknowledged = 0
        self._window = job.window
        self._rest = b""
        self._bytes_in = 0

    @property
    def sent(self) -> int:
        return self.next - self.first

    def send(self, allowed: int) -> int:
        """Write up to a burst; returns how many readings were begun."""
        if self._rest:
            self._write(self._rest)
            return 0
        count = min(BURST, allowed, self._window - (self.sent - self.acknowledged), self._limit - self.sent)
        if count <= 0:
            return 0
        packets = self.encoder.packets(self.next, count)
        self.next += count
        self._write(packets)
        return count

    def receive(self) -> None:
        """The broker only ever says PUBACK, four bytes each."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError("the broker closed a meter's connection")
        self._bytes_in += len(chunk)
        self.acknowledged = self._bytes_in // 4

    def _write(self, data: bytes) -> None:
        try:
            self._rest = data[self.socket.send(data) :]
        except BlockingIOError:
            self._rest = data

    @property
    def is_clear(self) -> bool:
        return not self._rest and self.acknowledged == self.sent


def main(job: Job, answer: "Connection[Published | str, None]", taken: "Synchronized[int]") -> None:
    """`taken`: how many of this job's messages the receiver has had so far, kept by somebody else."""
    try:
        answer.send(publish(job, taken))
    except (OSError, RuntimeError) as error:
        answer.send(f"{type(error).__name__}: {error}")


def publish(job: Job, taken: "Synchronized[int]") -> Published:
    made = [_Line(job, *each) for each in zip(job.senders, job.firsts, strict=True)]
    lines = deque(made)
    by_file = {line.socket.fileno(): line for line in made}
    poll = select.epoll()
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    cpu, started = sum(os.times()[:2]), time.monotonic()
    sent, held = 0, 0.0
    while (now := time.monotonic()) - started < job.seconds:
        allowed = 1 << 30
        if job.ahead is not None:
            allowed = job.ahead - (sent - taken.value)
        if job.rate is not None:
            allowed = min(allowed, int((now - started) * job.rate) - sent)
        begun = 0
        for _ in range(len(lines)):
            if begun >= allowed:
                break  # at a pace only a few have their turn in each round, so the next begins after them
            begun += lines[0].send(allowed - begun)
            lines.rotate(-1)
        sent += begun
        if not begun:
            time.sleep(_PAUSE_SECONDS)
        for file, _ in poll.poll(0):
            by_file[file].receive()
        if job.limit is not None and all(line.sent >= job.limit for line in lines):
            break
        if allowed <= 0:
            held += time.monotonic() - now
    _finish(made, poll, by_file)
    for line in lines:
        line.socket.close()
    return Published(
        counts=tuple(line.sent for line in made),
        started_at=started,
        ended_at=time.monotonic(),
        held_seconds=held,
        cpu_seconds=sum(os.times()[:2]) - cpu,
        acknowledged=sum(line.acknowledged for line in lines),
    )


def _finish(lines: list[_Line], poll: select.epoll, by_file: dict[int, _Line]) -> None:
    """Until every message is acknowledged: what is not may be lost by right."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not all(line.is_clear for line in lines):
        if time.monotonic() > deadline:
            raise RuntimeError("the broker did not acknowledge all messages")
        for line in lines:
            line.send(0)
        for file, _ in poll.poll(0.01):
            by_file[file].receive()
