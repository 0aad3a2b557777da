"""The runs: do-nothing subscriber, pipeline, publisher alone, and the time until a reading can be queried."""

import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import psutil

from deploy.bench import observe, publisher, subscriber
from deploy.bench.packets import STEP_S, Encoder, Sender, connect
from deploy.bench.publisher import Job, Published
from deploy.engines.child import EngineError

AHEAD = 30_000
"""Messages a receiver may be behind: enough to keep it busy, and below MQTT's 65,535 packet ids."""
PROBE_EVERY_SECONDS = 0.04
_LOOK_SECONDS = 0.02
_POLL_SECONDS = 0.001
_PATIENCE_SECONDS = 120.0
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Run:
    """One receiver under load, from the first message sent to the last one taken."""

    messages: int
    seconds: float
    published: Published
    cpu_seconds: dict[str, float]
    """Of each process, until all that follows from the messages was done."""
    settled_after_seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def held_share(self) -> float:
        """Part of the time in which the publisher only waited for the receiver: near 1, it is no limit."""
        return self.published.held_seconds / (self.published.ended_at - self.published.started_at)

    def cpu_per_1000(self) -> dict[str, float]:
        told = self.cpu_seconds | {"publisher": self.published.cpu_seconds}
        return {name: round(1000 * spent / self.messages, 4) for name, spent in told.items()}


class Publishing:
    """A publisher process at work."""

    def __init__(self, job: Job, taken: "Synchronized[int]") -> None:
        self._taken = taken  # the child opens it by name, so it must outlive the start
        self._ours: Connection[None, Published | str]
        self._ours, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=publisher.main, args=(job, theirs, taken), daemon=True)
        self._process.start()
        theirs.close()

    def is_done(self) -> bool:
        return self._ours.poll()

    def result(self) -> Published:
        try:
            said = self._ours.recv()
        except EOFError:
            said = "it died"
        self._process.join()
        if isinstance(said, str):
            raise EngineError(f"the bench's publisher failed: {said}")
        return said


def counter() -> "Synchronized[int]":
    return _CONTEXT.Value("q", 0)


def alone(job: Job) -> float:
    """Messages a second that the broker acknowledges to the publisher when nobody listens."""
    done = Publishing(job, counter()).result()
    return done.messages / (done.ended_at - done.started_at)


def do_nothing(job: Job, login: tuple[str, str], topics: str, processes: Mapping[str, psutil.Process]) -> Run:
    """The yardstick subscriber takes all messages of `job`."""
    taken, subscribed, stop = counter(), _CONTEXT.Event(), _CONTEXT.Event()
    arguments = (job.host, job.port, login, topics, taken, subscribed, stop)
    receiver = _CONTEXT.Process(target=subscriber.main, args=arguments, daemon=True)
    receiver.start()
    try:
        if not subscribed.wait(20):
            raise EngineError("the bench's subscriber could not subscribe")
        watched = {**processes, "subscriber": psutil.Process(receiver.pid)}
        before = observe.cpu_seconds(watched)
        publishing = Publishing(job, taken)
        published, last_at = _follow(publishing, lambda: taken.value, lambda count: None)
        spent = _since(before, observe.cpu_seconds(watched))
        return Run(published.messages, last_at - published.started_at, published, spent)
    finally:
        stop.set()
        receiver.join(10)
        if receiver.is_alive():
            receiver.terminate()


def pipeline(job: Job, database: observe.Database, processes: Mapping[str, psutil.Process]) -> Run:
    """All messages of `job` become committed rows; then their days are settled."""
    taken = counter()
    base = observe.stored(database)
    before = observe.cpu_seconds(processes)
    publishing = Publishing(job, taken)

    def tell(count: int) -> None:
        taken.value = count

    published, last_at = _follow(publishing, lambda: observe.stored(database) - base, tell)
    _wait(lambda: observe.unsettled(database) == 0, "days to be settled")
    settled_after = time.monotonic() - last_at
    spent = _since(before, observe.cpu_seconds(processes))
    return Run(published.messages, last_at - published.started_at, published, spent, settled_after)


def latency(job: Job, probe: Sender, database: observe.Database) -> tuple[Published, list[float]]:
    """While `job` runs, seconds from before a probe's message is written until its row can be read by key:
    one probe after the other, readings 0, 1, … of the sender `probe`."""
    encoder = Encoder(probe, job.epoch_s)
    connection = connect(probe, job.host, job.port)
    publishing = Publishing(job, counter())
    waits: list[float] = []
    time.sleep(1.0)  # until the load is there
    while not publishing.is_done():
        instant_s = job.epoch_s + STEP_S * len(waits)
        sent_at = time.monotonic()
        connection.sendall(encoder.packets(len(waits), 1))
        _wait(partial(observe.is_queryable, database, probe.client_id, instant_s), "a probe", _POLL_SECONDS)
        waits.append(time.monotonic() - sent_at)
        time.sleep(max(0.0, PROBE_EVERY_SECONDS - waits[-1]))
    connection.close()
    return publishing.result(), waits


def wait_stored(database: observe.Database, expected: int) -> None:
    """Until `expected` readings are stored."""
    _wait(lambda: observe.stored(database) >= expected, "the last messages")


def drain(database: observe.Database, expected: int) -> None:
    """Until `expected` readings are stored and all days are settled."""
    wait_stored(database, expected)
    _wait(lambda: observe.unsettled(database) == 0, "days to be settled")


def _follow(
    publishing: Publishing, count: Callable[[], int], tell: Callable[[int], None]
) -> tuple[Published, float]:
    """Until all that was published has been taken; returns when that was seen."""
    while not publishing.is_done():
        tell(count())
        time.sleep(_LOOK_SECONDS)
    published = publishing.result()
    _wait(lambda: count() >= published.messages, "the last messages")
    return published, time.monotonic()


def _wait(holds: Callable[[], bool], what: str, look_seconds: float = _LOOK_SECONDS) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise EngineError(f"the bench waited {_PATIENCE_SECONDS:.0f} s for {what}")
        time.sleep(look_seconds)


def _since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, Any]:
    return {name: now[name] - before[name] for name in now}
