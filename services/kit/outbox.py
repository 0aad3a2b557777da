"""Events out: a sweeping relay publishes the rows that units of work have written to the outbox."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import psycopg
from nats.aio.client import Client
from sqlalchemy import text

from contracts.topics import BY_SUBJECT, STREAMS
from services.kit import metrics
from services.kit.database import Database
from services.kit.outage import is_outage
from services.kit.sending import Sending, Sent

_LOG = logging.getLogger(__name__)
_BATCH = 200
_SWEEP_SECONDS = 2.0
"""How long a row waits at most when its NOTIFY was missed."""
_PACE_SECONDS = 0.1
"""From one sweep to the next: what is written at once goes at once when all was quiet, and together with
others when many write."""
_COUNT_SECONDS = 1.0
"""How often at most the rows that wait are counted, for the metric."""
_KEEP_DAYS = 30
_PASSING = [
    subject
    for subject, event in BY_SUBJECT.items()
    for stream in STREAMS
    if stream.name == event.stream and stream.work_queue
]
"""Subjects of work queues: nothing rebuilds those streams, and what went through them (a message that could
not be read, with whatever it says) must not outlive its handling here."""


class Relay:
    """Any number of replicas: rows are taken with SKIP LOCKED and published with their id as message id."""

    def __init__(self, room: str, database: Database, client: Client) -> None:
        self._room = room
        self._database = database
        self._sending = Sending(client)

    async def run(self) -> None:
        """Publish for ever. Raises when the database or the bus is gone; the caller restarts it."""
        connection = await psycopg.AsyncConnection.connect(self._database.conninfo, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN outbox_{self._room}")
            clock = asyncio.get_running_loop().time
            counted_at = -_COUNT_SECONDS
            while True:
                swept_at = clock()
                while await self.sweep() == _BATCH:
                    pass
                if clock() - counted_at >= _COUNT_SECONDS:
                    await self._count(connection)
                    counted_at = clock()
                async for _ in connection.notifies(timeout=_SWEEP_SECONDS, stop_after=1):
                    pass
                await asyncio.sleep(max(0.0, swept_at + _PACE_SECONDS - clock()))
                async for _ in connection.notifies(timeout=0):  # of rows that the next sweep takes too
                    pass

    async def _count(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute(
            f"SELECT count(*) FROM {self._room}.outbox WHERE published_at IS NULL"  # noqa: S608
        )
        (waiting,) = await cursor.fetchone() or (0,)
        metrics.OUTBOX_WAITING.labels(self._room).set(waiting)

    async def sweep(self) -> int:
        """Publish one batch of waiting rows; returns how many. What the bus refuses (too large, its stream
        full) waits for the next sweep and holds up nobody else; raises when the bus is away."""
        async with self._database.transaction() as session:
            rows = (
                await session.execute(
                    text(
                        f"SELECT id, subject, about, body, occurred_at FROM {self._room}.outbox"  # noqa: S608
                        " WHERE published_at IS NULL ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED"
                    ),
                    {"batch": _BATCH},
                )
            ).all()
            if not rows:
                return 0
            results = await self._sending.send([self._message(*row) for row in rows])
            taken = [row.id for row, result in zip(rows, results, strict=True) if result is None]
            await session.execute(
                text(
                    f"UPDATE {self._room}.outbox SET published_at = now() WHERE id = ANY(:ids)"  # noqa: S608
                ),
                {"ids": taken},
            )
            if any(row.subject in _PASSING for row in rows):
                await session.execute(
                    text(
                        f"DELETE FROM {self._room}.outbox WHERE id = ANY(:ids) AND subject = ANY(:passing)"  # noqa: S608
                    ),
                    {"ids": taken, "passing": _PASSING},
                )
        metrics.OUTBOX_PUBLISHED.labels(self._room).inc(len(taken))
        for row, result in zip(rows, results, strict=True):
            if result is not None and is_outage(result):
                raise result
            if result is not None:
                told = {"event": str(row.id), "subject": row.subject}
                _LOG.error("the bus refuses an event", exc_info=result, extra=told)
        return len(taken)

    async def forget(self) -> None:
        """Drop rows and inbox marks older than a stream could be rebuilt from."""
        async with self._database.transaction() as session:
            for statement in (
                f"DELETE FROM {self._room}.outbox WHERE published_at < now() - interval '{_KEEP_DAYS} days'",  # noqa: S608
                f"DELETE FROM {self._room}.inbox WHERE handled_at < now() - interval '{_KEEP_DAYS + 5} days'",  # noqa: S608
                f"DELETE FROM {self._room}.idempotency WHERE created_at < now() - interval '1 day'",  # noqa: S608
            ):
                await session.execute(text(statement))

    def _message(self, event_id: object, subject: str, about: str, body: str, at: datetime) -> Sent:
        headers = cloud_event_headers(str(event_id), subject, about, at.isoformat(), self._room)
        headers["Nats-Expected-Stream"] = BY_SUBJECT[subject].stream
        return Sent(subject, body.encode(), headers)


def cloud_event_headers(event_id: str, subject: str, about: str, at: str, source: str) -> dict[str, str]:
    """CloudEvents 1.0 binary mode, with the event's id as JetStream's message id."""
    return {
        "Nats-Msg-Id": event_id,
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": f"coop.palier.{subject}",
        "ce-source": f"/palier/{source}",
        "ce-subject": about,
        "ce-time": at,
        "ce-dataschema": f"/contracts/schemas/{subject}.json",
        "content-type": "application/json",
    }
