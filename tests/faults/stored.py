"""What a running Palier really holds, read past all its rooms: its database, its bus and its mailbox."""

import mailbox
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import psycopg

from services.aftersales.lifecycle import IllegalAction, Step, apply, take
from tests.faults.accounts import Key

ROOMS = ("members", "metering", "advice", "aftersales", "notifications")
STREAMS = ("READINGS", "REJECTED", "EVENTS")

_READINGS = "SELECT meter, register, instant, value_milli FROM metering.reading"
_SETTLED = """
SELECT meter, sum(value)::bigint FROM (
    SELECT meter, value FROM metering.day WHERE quantity = 'energy_import'
    UNION ALL SELECT meter, value FROM metering.open_day WHERE quantity = 'energy_import') d
GROUP BY meter
"""
_COUNTS = """
SELECT sum(received)::bigint, sum(stored)::bigint, sum(duplicate)::bigint,
       sum(discarded_no_consent + discarded_outside_occupancy)::bigint FROM metering.meter_state
"""
_HISTORY = """
SELECT action, role, occurred_at, reason, comment, appointment_at, actor, facts, place_in_history
FROM aftersales.ticket_event WHERE ticket = %s ORDER BY place_in_history
"""
_UNSETTLED = """
SELECT count(*) FROM notifications.delivery
WHERE channel = 'email' AND (state = 'pending' OR (state = 'sending' AND %s))
"""


@dataclass
class Store:
    """Open for one look; see `opened`."""

    connection: psycopg.Connection[Any]

    def readings(self) -> Iterator[tuple[Key, int]]:
        for meter, register, instant, value in self.rows(_READINGS):
            yield (meter, register, instant.astimezone(UTC)), value

    def settled_wh(self) -> dict[str, int]:
        """Watt-hours of all days of each meter, open ones included."""
        return dict(self.rows(_SETTLED))

    def counts(self) -> tuple[int, int, int, int]:
        """Readings received, stored, duplicate and discarded, as metering counts them."""
        received, kept, duplicate, discarded = self.rows(_COUNTS)[0]
        return received, kept, duplicate, discarded

    def waiting(self, leases_too: bool = False) -> dict[str, int]:
        """What is still under way, by name; empty when all is done. `leases_too` also counts hand-overs
        whose worker died, which are repeated when its lease ends."""
        found = {
            f"outbox of {room}": self._count(f"SELECT count(*) FROM {room}.outbox WHERE published_at IS NULL")
            for room in ROOMS
        }
        found["days to settle"] = self._count("SELECT count(*) FROM metering.dirty_day")
        found["e-mails"] = self._count(_UNSETTLED, leases_too)
        return {name: count for name, count in found.items() if count}

    def tickets(self) -> list[tuple[str, str, str]]:
        """Id, description and state of every request."""
        return self.rows("SELECT id, description, state FROM aftersales.ticket")

    def actions(self, ticket: str) -> list[str]:
        """Its history after it was submitted; fails when no legal path leads along it."""
        first, *rest = self.rows(_HISTORY, ticket)
        assert [row[8] for row in (first, *rest)] == list(range(1, len(rest) + 2)), f"{ticket} has gaps"
        standing = apply([_step(first)])
        for row in rest:
            try:
                standing = take(standing, _step(row))
            except IllegalAction as error:
                raise AssertionError(f"{ticket}: {error}") from error
        state = self.rows("SELECT state FROM aftersales.ticket WHERE id = %s", ticket)[0][0]
        assert state == standing.state, f"{ticket} is {state}, its history says {standing.state}"
        return [row[0] for row in rest]

    def intents(self) -> list[tuple[str, str, str, str | None]]:
        """Person, template, what it is about, and the action of a change."""
        return self.rows("SELECT person, template, about, facts->>'action' FROM notifications.intent")

    def tips(self) -> list[str]:
        """What advice has told the other rooms."""
        query = "SELECT about FROM advice.outbox WHERE subject = 'advice.tip_raised.v1'"
        return [row[0] for row in self.rows(query)]

    def handed_over(self) -> dict[str, bool]:
        """Message-ID of every e-mail delivered; True where a hand-over had been interrupted."""
        return dict(
            self.rows(
                "SELECT message_id, bool_or(is_uncertain) FROM notifications.delivery"
                " WHERE channel = 'email' AND state = 'delivered' GROUP BY message_id"
            )
        )

    def undelivered(self) -> list[tuple[str, str, str | None]]:
        """E-mails that ended otherwise than delivered."""
        return self.rows(
            "SELECT id, state, reason FROM notifications.delivery WHERE channel = 'email'"
            " AND state NOT IN ('delivered', 'pending', 'sending')"
        )

    def rows(self, query: str, *values: object) -> list[Any]:
        return self.connection.execute(query, values).fetchall()

    def _count(self, query: str, *values: object) -> int:
        return int(self.rows(query, *values)[0][0])


@contextmanager
def opened(database_url: str) -> Iterator[Store]:
    """One transaction, rolled back at its end."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        yield Store(connection)
        connection.rollback()


async def bus(nats_url: str) -> tuple[dict[str, int], int]:
    """Messages each durable consumer has yet to finish (zeros left out), and how many letters are dead."""
    client = await nats.connect(nats_url, max_reconnect_attempts=1, connect_timeout=3)
    try:
        js = client.jetstream()
        found = {}
        for stream in STREAMS:
            for consumer in await js.consumers_info(stream):
                waiting = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
                if waiting and consumer.config.durable_name:
                    found[f"{stream} for {consumer.name}"] = waiting
        return found, (await js.stream_info("DEAD")).state.messages
    finally:
        await client.close()


def message_ids(data_dir: Path) -> list[str]:
    """Message-ID of everything in the embedded mailbox."""
    box = mailbox.Maildir(data_dir / "mailbox", create=False)
    return [str(message["Message-ID"]) for message in box]


def _step(row: tuple[Any, ...]) -> Step:
    action, role, at, reason, comment, appointment_at, actor, facts, _ = row
    return Step(action, role, _utc(at), reason, comment, appointment_at, actor, facts=facts or {})


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
