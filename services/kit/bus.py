"""Events in: one durable consumer per room, decode, one transaction, acknowledge; growing delays, then
the dead-letter stream."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import groupby
from typing import Any
from uuid import UUID

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig
from pydantic import ValidationError
from sqlalchemy import text

from contracts.base import Event
from contracts.members import SandboxDropped
from contracts.topics import BY_SUBJECT
from services.kit import metrics
from services.kit.delivered import id_of, in_hand, place_of, time_of
from services.kit.outage import is_collision, is_outage
from services.kit.pulling import Pulling
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)

RETRY_DELAYS_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Waits between tries; after the last one the message goes to `dead.<room>`."""
OUTAGE_SECONDS = 5.0
"""Wait before a try that a missing engine made fail. Such tries are not counted: however long the database
is away, no message is given up for it."""

COLLISION_SECONDS = 0.2
"""The same when two transactions waited for each other and the database undid one."""

_STANDING = ConsumerConfig()
"""The consumer stands already, see `provisioning`; FastStream only binds to it."""

EVENTS_AT_ONCE = 64
"""Frequent ones in one transaction at most: its sync to disk costs as much as handling many of them."""
_COMPANY_SECONDS = 0.01

Handler = Callable[[Any, Unit], Awaitable[None]]
Concerns = Callable[[Any], bool]
"""Whether an event concerns a room at all: said by the event alone."""
_ALL: Mapping[str, Concerns] = {}
_Known = tuple[Msg, Event, Handler]
OpenUnit = Callable[[str | None], AbstractAsyncContextManager[Unit]]


def frequent_durable(room: str) -> str:
    """Name of the consumer of a room's frequent events."""
    return f"{room}_frequent"


class Bus:
    """Subscribes a room's handlers. Consumers are provisioned before, see `provisioning`."""

    def __init__(self, room: str, broker: NatsBroker, open_unit: OpenUnit) -> None:
        self._room = room
        self._broker = broker
        self._open_unit = open_unit
        self._failures: Counter[tuple[str, int]] = Counter()
        """Failed tries of this process, by stream and sequence: the server also counts outages and deaths."""

    def events(self, handlers: dict[str, Handler]) -> None:
        """Single business events from EVENTS, in order, each once by the inbox."""

        @self._broker.subscriber(
            stream=JStream("EVENTS", declare=False),
            durable=self._room,
            config=_STANDING,
            pull_sub=PullSub(batch_size=1, timeout=5.0),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_raw,
        )
        async def consume(message: NatsMessage) -> None:
            raw = message.raw_message
            async with in_hand([raw]):
                await self._events([raw], handlers)

    async def frequent_events(
        self, client: Client, handlers: dict[str, Handler], concerns: dict[str, Concerns]
    ) -> None:
        """Events that come by the thousand, by a consumer of their own: as they come, many to a transaction,
        each once by the inbox. What does not concern the room leaves no mark. Until cancelled."""

        await self._as_they_come(client, frequent_durable(self._room), handlers, concerns)

    async def events_together(self, client: Client, handlers: dict[str, Handler]) -> None:
        """As `events`, in the same order and by the same consumer, but what has come meanwhile shares a
        transaction. Until cancelled."""
        await self._as_they_come(client, self._room, handlers, _ALL)

    async def _as_they_come(
        self, client: Client, durable: str, handlers: dict[str, Handler], concerns: Mapping[str, Concerns]
    ) -> None:
        async def consume(raws: list[Msg]) -> None:
            async with in_hand(raws):
                await self._events(raws, handlers, concerns)

        pulling = Pulling(client, "EVENTS", durable, EVENTS_AT_ONCE, _COMPANY_SECONDS)
        async with in_hand(pulling.arrived):
            await pulling.run(consume)

    async def batches(
        self, client: Client, event_type: type[Event], handler: Handler, batch: int, wait_seconds: float
    ) -> None:
        """Work-queue messages by the batch, one transaction for all; natural keys make repeats harmless.
        Until cancelled."""

        async def consume(raws: list[Msg]) -> None:
            async with in_hand(raws):
                await self._many(event_type, handler, raws)

        durable = f"{self._room}_{event_type.stream.lower()}"
        pulling = Pulling(client, event_type.stream, durable, batch, wait_seconds)
        async with in_hand(pulling.arrived):  # they may wait for long while others are handled
            await pulling.run(consume)

    async def _events(
        self, raws: list[Msg], handlers: dict[str, Handler], concerns: Mapping[str, Concerns] = _ALL
    ) -> None:
        """In one transaction what is about cooperatives; what is about all of Palier, or clears up after a
        dropped sandbox, has one of its own."""
        known: list[_Known] = []
        for raw in raws:
            if raw.subject not in handlers:  # wanted by an earlier version of the room
                await self._done(raw)
                continue
            try:
                event = BY_SUBJECT[raw.subject].model_validate_json(raw.data)
            except ValidationError as error:
                await self._bury(raw, error)
                continue
            is_wanted = concerns.get(raw.subject)
            if is_wanted is not None and not is_wanted(event):
                await self._done(raw)
                continue
            known.append((raw, event, handlers[raw.subject]))
        for is_alone, together in groupby(known, lambda one: _is_alone(one[1])):
            group = list(together)
            for part in [[one] for one in group] if is_alone else [group]:
                await self._settle(part)

    async def _settle(self, known: list[_Known]) -> None:
        started = time.perf_counter()
        try:
            await self._together(known)
        except Exception as error:
            if len(known) == 1 or is_outage(error):
                for raw, _, _ in known:
                    await self._failed(raw, error)
                return
            # One event's trouble must not hold its neighbours: each alone.
            _LOG.info("events failed together, trying one by one", extra={"events": len(known)})
            for one in known:
                await self._settle([one])
            return
        for raw, _, _ in known:
            await self._done(raw)
            self._count(raw.subject, "handled", started, 1)

    async def _together(self, known: list[_Known]) -> None:
        async with self._open_unit(None) as unit:
            fresh = await self._first_time(unit, [id_of(raw) for raw, _, _ in known])
            for raw, event, handler in known:
                event_id = id_of(raw)
                if event_id not in fresh:
                    continue
                fresh.discard(event_id)  # delivered twice within these
                if not await _is_there(unit, event):
                    continue
                unit.told_at = time_of(raw)
                await handler(event, unit)

    async def _first_time(self, unit: Unit, event_ids: list[UUID]) -> set[UUID]:
        rows = await unit.session.execute(
            text(
                f"INSERT INTO {self._room}.inbox (consumer, event_id)"
                " SELECT :consumer, unnest(CAST(:ids AS uuid[])) ORDER BY 2"
                " ON CONFLICT DO NOTHING RETURNING event_id"
            ),
            {"consumer": self._room, "ids": event_ids},
        )
        return set(rows.scalars())

    async def _many(self, event_type: type[Event], handler: Handler, raws: list[Msg]) -> None:
        events: list[Event] = []
        good: list[Msg] = []
        for raw in raws:
            try:
                events.append(event_type.model_validate_json(raw.data))
                good.append(raw)
            except ValidationError as error:
                await self._bury(raw, error)
        if not good:
            return

        async def together() -> None:
            async with self._open_unit(None) as unit:
                await handler(events, unit)

        started = time.perf_counter()
        try:
            await together()
        except Exception as error:
            if len(good) == 1 or is_outage(error):
                for raw in good:
                    await self._failed(raw, error)
                return
            # One poisonous message must not hold its neighbours: each alone.
            _LOG.warning("batch failed, trying one by one", exc_info=True)
            for raw in good:
                await self._many(event_type, handler, [raw])
            return
        for raw in good:
            await self._done(raw)
        self._count(event_type.subject, "handled", started, len(good))

    async def _failed(self, raw: Msg, error: Exception) -> None:
        self._count(raw.subject, "failed", None, 1)
        if is_outage(error):
            met = is_collision(error)
            delay = COLLISION_SECONDS if met else OUTAGE_SECONDS
            away = {"subject": raw.subject, "error": type(getattr(error, "orig", None) or error).__name__}
            _LOG.warning(
                "undone for another transaction" if met else "an engine is away",
                extra=away | {"delay_seconds": delay},
            )
            await raw.nak(delay=delay)
            return
        self._failures[place_of(raw)] += 1
        tries = self._failures[place_of(raw)]
        if tries > len(RETRY_DELAYS_SECONDS):
            _LOG.error("given up", exc_info=True, extra={"subject": raw.subject, "tries": tries})
            await self._bury(raw, None)
            return
        delay = RETRY_DELAYS_SECONDS[tries - 1]
        _LOG.warning("will retry", exc_info=True, extra={"subject": raw.subject, "delay_seconds": delay})
        await raw.nak(delay=delay)

    async def _done(self, raw: Msg) -> None:
        self._failures.pop(place_of(raw), None)
        await raw.ack()

    async def _bury(self, raw: Msg, error: ValidationError | None) -> None:
        """Keep the message for a person, and only then end it."""
        fields = [".".join(map(str, item["loc"])) for item in error.errors()] if error else []
        headers = dict(raw.headers or {}) | {
            "palier-subject": raw.subject,
            "palier-reason": "unreadable: " + ", ".join(fields[:5]) if error else "handler",
        }
        headers["Nats-Msg-Id"] = f"dead:{self._room}:{headers.get('ce-id', raw.metadata.sequence.stream)}"
        await self._broker.publish(raw.data, f"dead.{self._room}", headers=headers, stream="DEAD", timeout=5)
        metrics.DEAD_LETTERS.labels(self._room, raw.subject).inc()
        self._failures.pop(place_of(raw), None)
        await raw.term()

    def _count(self, subject: str, result: str, started: float | None, count: int) -> None:
        metrics.EVENTS_HANDLED.labels(self._room, subject, result).inc(count)
        if started is not None:
            metrics.HANDLER_SECONDS.labels(self._room, subject).observe(time.perf_counter() - started)


def _is_alone(event: Event) -> bool:
    return event.coop == "palier" or isinstance(event, SandboxDropped)


async def _is_there(unit: Unit, event: Event) -> bool:
    """Whether the unit works where the event is about; what is told of a dropped sandbox concerns nobody."""
    if _is_alone(event) or event.coop == unit.coop or await unit.may_enter(event.coop):
        return True
    _LOG.info("its cooperative is gone", extra={"subject": event.subject, "cooperative": event.coop})
    return False


async def _raw(message: Any) -> Any:
    """The body is decoded by the contract's model, item by item, never by the framework."""
    return message.body
