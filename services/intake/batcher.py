"""Makes readings durable by the batch, and says which MQTT messages may then be acknowledged."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from contracts.base import Event
from contracts.readings import ReadingsBatch, Refused, Rejected
from services.intake import metrics
from services.intake.delivery import Delivery
from services.intake.points import Point, runs
from services.kit.clock import Clock

_LOG = logging.getLogger(__name__)

MAX_READINGS = 500
MAX_REFUSED = 200
"""Messages for quarantine in one publication."""
MAX_REFUSED_BYTES = 1 << 19
"""And no more of them than weigh so much together."""
LINGER_SECONDS = 0.02
IN_FLIGHT = 8
"""Publications of a stream under way at once: the server then shares one sync among several."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Waits after failed tries; the last one repeats for ever."""


class Publish(Protocol):
    """Returns once the stream has acknowledged the event; raises when it has not (yet)."""

    def __call__(self, event: Event, event_id: str) -> Awaitable[None]: ...


@dataclass(slots=True, eq=False)
class _Batch:
    coop: str
    opened_at: float
    """Time of the loop, in seconds."""
    points: list[Point] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


class Batcher:
    """One open batch a cooperative, until it holds 500 readings or is 20 ms old and a publisher is free.

    Under load the publishers are busy and batches fill up by themselves. A batch that its stream does
    not take is tried for ever: nothing is acknowledged meanwhile, and the broker keeps the messages.
    All methods run on the event loop.
    """

    def __init__(
        self,
        publish: Publish,
        durable: Callable[[Sequence[Delivery]], None],
        clock: Clock,
        new_id: Callable[[], str],
        max_readings: int = MAX_READINGS,
        max_refused_bytes: int = MAX_REFUSED_BYTES,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._publish = publish
        self._durable = durable
        self._clock = clock
        self._new_id = new_id
        self._max_readings = max_readings
        self._max_refused_bytes = max_refused_bytes
        self._linger = linger_seconds
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, _Batch] = {}
        self._full: deque[_Batch] = deque()
        self._rejected: deque[tuple[Rejected, Delivery]] = deque()
        self._busy: dict[str, int] = {ReadingsBatch.stream: 0, Rejected.stream: 0}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_hurried = False

    def add_one(self, coop: str, point: Point, delivery: Delivery) -> None:
        """Take a message of one reading."""
        batch = self._open.get(coop)
        if batch is None:
            batch = self._open[coop] = _Batch(coop, self._loop.time())
        batch.points.append(point)
        batch.deliveries.append(delivery)
        delivery.waits_for = 1
        if len(batch.points) >= self._max_readings:
            self._full.append(self._open.pop(coop))
            self._pump()
        elif self._timer is None:
            self._pump()

    def add(self, coop: str, points: Sequence[Point], delivery: Delivery) -> None:
        """Take the readings of one message; a long list is spread over several batches."""
        if not points:  # nothing to wait for: the broker would deliver it for ever
            self._durable([delivery])
            return
        start = 0
        batch = self._open.get(coop)
        if batch and len(batch.points) + len(points) > self._max_readings >= len(points):
            self._full.append(self._open.pop(coop))  # what fits into one batch is not torn apart
        while start < len(points):
            batch = self._open.get(coop)
            if batch is None:
                batch = self._open[coop] = _Batch(coop, self._loop.time())
            part = points[start : start + self._max_readings - len(batch.points)]
            start += len(part)
            batch.points.extend(part)
            batch.deliveries.append(delivery)
            delivery.waits_for += 1
            if len(batch.points) >= self._max_readings:
                self._full.append(self._open.pop(coop))
        if self._timer is None or self._full:
            self._pump()

    def reject(self, rejected: Rejected, delivery: Delivery) -> None:
        """Take a message for quarantine: as durable as a reading before it is acknowledged. Those that come
        while the publishers are busy share a publication, so that a fleet gone wrong holds up nobody."""
        delivery.waits_for += 1
        self._rejected.append((rejected, delivery))
        self._pump()

    async def drain(self, timeout_seconds: float) -> bool:
        """Publish all that is open, without lingering. False when some of it could not be made durable."""
        self._is_hurried = True
        self._pump()
        try:
            async with asyncio.timeout(timeout_seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Give up what is not durable: the broker still has it."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()

    def _pump(self) -> None:
        """Start all publications that are due and have a free publisher; wake up for the next one."""
        while self._busy[Rejected.stream] < IN_FLIGHT and self._rejected:
            self._start(*self._next_rejected())
        now = self._loop.time()
        while self._busy[ReadingsBatch.stream] < IN_FLIGHT and (batch := self._next_due(now)):
            metrics.BATCH_READINGS.observe(len(batch.points))
            self._start(self._event(batch), batch.deliveries)
        if self._timer is None and self._open and self._busy[ReadingsBatch.stream] < IN_FLIGHT:
            oldest = next(iter(self._open.values()))
            self._timer = self._loop.call_at(oldest.opened_at + self._linger, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._pump()

    def _next_due(self, now: float) -> _Batch | None:
        """The oldest of the full ones and of those that have lingered, so that no cooperative starves."""
        oldest = next(iter(self._open.values()), None)  # in the order of opening
        if oldest and self._full and self._full[0].opened_at <= oldest.opened_at:
            return self._full.popleft()
        if oldest and (self._is_hurried or now >= oldest.opened_at + self._linger):
            return self._open.pop(oldest.coop)
        return self._full.popleft() if self._full else None

    def _next_rejected(self) -> tuple[Rejected, list[Delivery]]:
        """The oldest, with those that follow it as far as they are of the same cooperative and fit."""
        first, delivery = self._rejected.popleft()
        deliveries = [delivery]
        others: list[Refused] = []
        room = self._max_refused_bytes - _weight(first)
        while self._rejected and len(deliveries) < MAX_REFUSED:
            rejected, delivery = self._rejected[0]
            room -= _weight(rejected)
            if room < 0 or rejected.coop != first.coop:
                break
            self._rejected.popleft()
            others.append(rejected.alone())
            deliveries.append(delivery)
        return (first.model_copy(update={"others": tuple(others)}) if others else first), deliveries

    def _event(self, batch: _Batch) -> ReadingsBatch:
        return ReadingsBatch.model_construct(
            coop=batch.coop,
            received_at=self._clock(),
            messages=len(batch.deliveries),
            runs=runs(batch.points),
        )

    def _start(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        self._busy[event.stream] += 1
        task = self._loop.create_task(self._publish_for_ever(event, deliveries))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish_for_ever(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        started = perf_counter()
        event_id = self._new_id()  # the same at every try: the stream drops a repeat within two minutes
        tries = 0
        while True:
            try:
                await self._publish(event, event_id)
                break
            except Exception as error:
                metrics.PUBLISH_FAILURES.labels(event.stream).inc()
                pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
                tries += 1
                if tries in (1, 10) or tries % 100 == 0:
                    _LOG.warning(
                        "not durable yet, nothing acknowledged, will retry",
                        extra={"stream": event.stream, "tries": tries, "error": type(error).__name__},
                    )
                await asyncio.sleep(pause)
        metrics.PUBLISH_SECONDS.labels(event.stream).observe(perf_counter() - started)
        self._busy[event.stream] -= 1
        ready = []
        for delivery in deliveries:
            delivery.waits_for -= 1
            if delivery.waits_for == 0:
                ready.append(delivery)
        self._durable(ready)
        self._pump()


def _weight(rejected: Rejected) -> int:
    """At most so many bytes of JSON."""
    words = len(rejected.topic) + len(rejected.detail) + len(rejected.channel or "")
    return 600 + len(rejected.payload_base64) + 4 * words
