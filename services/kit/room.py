"""A running room: its handlers, its background work, and everything they are handed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js import JetStreamContext

from contracts.base import Event
from services.kit import clock as clocks
from services.kit.broker import broker_for
from services.kit.bus import Bus, Concerns, Handler, frequent_durable
from services.kit.database import ROOMS, Database
from services.kit.finishing import end
from services.kit.outbox import Relay
from services.kit.provisioning import Consumer, provision_consumers
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.kit.unit import Unit, work_unit
from services.kit.watchdog import Watchdog

_LOG = logging.getLogger(__name__)

Background = Callable[["Room"], Awaitable[None]]
Around = Callable[["Room"], AbstractAsyncContextManager[None]]
QueueHandler = Callable[[Any, "Room"], Awaitable[None]]


class Room:
    """Composed by `services/<room>/app.py: build(room)`, then run."""

    nats: Client
    jetstream: JetStreamContext
    database: Database
    broker: NatsBroker

    def __init__(
        self, name: str, settings: Settings, secrets: Secrets, clock: clocks.Clock = clocks.system
    ) -> None:
        self.name = name
        self.settings = settings
        self.secrets = secrets
        self.clock = clock
        self.stopping = asyncio.Event()
        self._handlers: dict[str, Handler] = {}
        self._frequent: dict[str, Handler] = {}
        self._concerns: dict[str, Concerns] = {}
        self._batches: list[tuple[type[Event], Handler, int, float]] = []
        self._background: list[tuple[str, Background]] = []
        self._around: list[Around] = []
        self._is_together = False
        self.broker = broker_for(name, settings, secrets)
        if name in ROOMS:
            assert settings.database_url
            self.database = Database(settings.database_url, secrets, f"{name}_work", pool_size=8)

    def on(self, event_type: type[Event], handler: Handler) -> None:
        """Handle one kind of event: `async def handler(event, unit)`, once, in one transaction."""
        self._handlers[event_type.subject] = handler

    def handle_together(self) -> None:
        """Events of `on` that have come meanwhile share a transaction, in their order: for a room whose usual
        handlers only add rows, and so neither wait for each other nor for anybody else."""
        self._is_together = True

    def on_frequent(
        self, event_type: type[Event], handler: Handler, concerns: Concerns | None = None
    ) -> None:
        """The same for events that come by the thousand: many share a transaction, and their order among
        other kinds of events is not kept. Those that `concerns` says no of are never looked at again."""
        self._frequent[event_type.subject] = handler
        if concerns is not None:
            self._concerns[event_type.subject] = concerns

    def on_batch(
        self, event_type: type[Event], handler: Handler, batch: int = 64, wait_seconds: float = 0.05
    ) -> None:
        """Handle work-queue messages together: `async def handler(events, unit)`; repeats are harmless."""
        self._batches.append((event_type, handler, batch, wait_seconds))

    def on_queue(self, event_type: type[Event], handler: QueueHandler) -> None:
        """For a room without a database: handle work-queue messages one by one, `async def handler(event,
        room)`; repeats are harmless."""

        async def each(events: Sequence[Event], _: Unit) -> None:
            for event in events:
                await handler(event, self)

        self._batches.append((event_type, each, 1, 0.0))

    def background(self, name: str, work: Background) -> None:
        """Run `work(room)` for ever; it is restarted with a growing pause when it raises."""
        self._background.append((name, work))

    def around(self, opened: Around) -> None:
        """Open `opened(room)` before the room calls itself ready, and close it when it stops: for what others
        count on from the first moment."""
        self._around.append(opened)

    @asynccontextmanager
    async def unit(self, coop: str | None = None) -> AsyncIterator[Unit]:
        """A transaction on the work role, committed when the block ends well."""
        async with work_unit(self.database, self.name, self.clock, coop) as unit:
            yield unit

    async def run(self, ready: Path | None = None) -> None:
        """Run until `stopping` is set; then finish what is in hand and close."""
        await self.broker.connect()
        self.nats = await self.broker.connect()
        self.jetstream = self.nats.jetstream()
        await provision_consumers(self.jetstream, self._consumers())
        bus = Bus(self.name, self.broker, self.unit if self.name in ROOMS else _no_unit)
        if self._handlers and not self._is_together:
            bus.events(self._handlers)
        await self.broker.start()
        tasks = [asyncio.create_task(Watchdog(self.name).breathe())]
        if self._handlers and self._is_together:
            together = partial(bus.events_together, self.nats, self._handlers)
            tasks.append(asyncio.create_task(self._for_ever("together", lambda _: together())))
        if self._frequent:
            often = partial(bus.frequent_events, self.nats, self._frequent, self._concerns)
            tasks.append(asyncio.create_task(self._for_ever("events", lambda _: often())))
        for queue in self._batches:
            tasks.append(asyncio.create_task(self._for_ever("queue", partial(_pull, bus, queue))))
        if self.name in ROOMS:
            relay = Relay(self.name, self.database, self.nats)
            tasks.append(asyncio.create_task(self._for_ever("relay", lambda _: relay.run())))
            tasks.append(asyncio.create_task(self._for_ever("forget", lambda _: _hourly(relay.forget))))
        tasks += [asyncio.create_task(self._for_ever(name, work)) for name, work in self._background]
        async with AsyncExitStack() as opened:
            for one in self._around:
                await opened.enter_async_context(one(self))
            if ready:
                ready.touch()
            _LOG.info("ready")
            await self.stopping.wait()
            if ready:
                ready.unlink(missing_ok=True)
        await end(tasks)
        await self.broker.stop()
        if self.name in ROOMS:
            await self.database.close()

    def _consumers(self) -> list[Consumer]:
        consumers = []
        if self._handlers:
            consumers.append(Consumer("EVENTS", self.name, tuple(self._handlers), 256))
        if self._frequent:
            consumers.append(Consumer("EVENTS", frequent_durable(self.name), tuple(self._frequent), 512))
        for event_type, _, batch, _ in self._batches:
            durable = f"{self.name}_{event_type.stream.lower()}"
            consumers.append(Consumer(event_type.stream, durable, (event_type.subject,), max(batch * 8, 256)))
        return consumers

    async def _for_ever(self, name: str, work: Background) -> None:
        pause_seconds = 0.2
        while not self.stopping.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await work(self)
            except asyncio.CancelledError:
                raise
            except Exception:
                _LOG.warning("background work failed", exc_info=True, extra={"work": name})
            if asyncio.get_running_loop().time() - started > 60:
                pause_seconds = 0.2
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, 10.0)


@asynccontextmanager
async def _no_unit(_: str | None) -> AsyncIterator[Any]:
    yield None


async def _pull(bus: Bus, queue: tuple[type[Event], Handler, int, float], room: Room) -> None:
    await bus.batches(room.nats, *queue)


async def _hourly(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await work()
        await asyncio.sleep(3600)
