"""What a player asks of feeds and replays, and tells of its work: plain SQL on a connection of its own.

A player is no part of this room's process: it speaks MQTT and HTTP like a device and an operator. It holds a
replay by a lease that it renews with every word; whoever finds a lease run out goes on where the other was.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.metering.replays.states import CHANNEL, WORK, Ranges, State

LEASE = "10 seconds"
MOST_TRIES = 5
"""Failures in a row, without a message sent between them, after which a replay is given up."""
MOST_RECORDED = 1_000_000
"""Readings of a recording: beyond it, it ends by itself."""

_CLAIM = f"""
UPDATE metering.replay SET lease_by = %(player)s, lease_until = now() + interval '{LEASE}',
    started_at = coalesce(started_at, now()), tries = tries + (lease_by IS NOT NULL)::int,
    state = CASE WHEN state = 'waiting' THEN 'playing' ELSE state END
WHERE id = (
    SELECT r.id FROM metering.replay r LEFT JOIN metering.feed f ON f.id = r.feed
    WHERE r.state = ANY(%(work)s) AND (r.lease_until IS NULL OR r.lease_until < now())
      AND (f.id IS NULL OR f.state <> 'waiting' OR r.state = 'stopping')
    ORDER BY r.made_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
RETURNING *
"""  # noqa: S608 - only constants are formatted in
_TELL = f"""
UPDATE metering.replay SET lease_until = now() + interval '{LEASE}', at_message = %(at)s,
    position = CASE WHEN seek_to IS NULL THEN coalesce(%(position)s, position) ELSE position END,
    sent = %(sent)s, counts = %(counts)s,
    tries = CASE WHEN at_message < %(at)s THEN 0 ELSE tries END
WHERE id = %(id)s AND lease_by = %(player)s RETURNING state, speed, seek_to
"""  # noqa: S608
_RENEW = f"""
UPDATE metering.replay SET lease_until = now() + interval '{LEASE}'
WHERE id = %(id)s AND lease_by = %(player)s RETURNING state, speed, seek_to
"""  # noqa: S608
_FEED = """
SELECT * FROM metering.feed WHERE state = 'waiting' ORDER BY made_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# A file that ends the process that reads it is not read again and again, before all others.
_TRY = f"""
UPDATE metering.feed SET spec = spec || jsonb_build_object('tries', coalesce((spec ->> 'tries')::int, 0) + 1)
WHERE id = ({_FEED.replace("*", "id", 1)}) RETURNING id
"""  # noqa: S608 - only constants are formatted in
_HELD = "SELECT * FROM metering.feed WHERE id = %s AND state = 'waiting' FOR UPDATE SKIP LOCKED"
_OVER = """
SELECT id FROM metering.feed f WHERE state = 'recording' AND (records_until <= now()
    OR (SELECT count(*) FROM (SELECT 1 FROM metering.feed_reading r WHERE r.feed = f.id LIMIT %(most)s) many)
       >= %(most)s)
"""
_RECORDED = """
SELECT r.meter, m.fluid, coalesce(m.zone, f.zone) AS zone, r.received_at, r.register, r.quantity, r.kind,
       r.step_s, r.instant, r.value_milli
FROM metering.feed_reading r JOIN metering.feed f ON f.id = r.feed
LEFT JOIN registry.meter m ON m.id = r.meter
WHERE r.feed = %(feed)s ORDER BY r.number
"""
_EXPIRED = """
SELECT id, sandbox FROM metering.replay
WHERE sandbox IS NOT NULL AND kept_until <= now() AND state IN ('done', 'stopped', 'failed')
"""


class Lost(Exception):
    """Another player holds this replay now, or it is gone."""


@dataclass(frozen=True)
class Command:
    """What the operator wants of a replay at this moment."""

    state: State
    speed: float | None
    seek_to: datetime | None


class Work:
    """One player's view of the tables, on a connection of its own. Not thread-safe."""

    def __init__(self, conninfo: str, player: str) -> None:
        self._conninfo = conninfo
        self._player = player
        self._connection = self._connect()

    def close(self) -> None:
        self._connection.close()

    def wait(self, seconds: float) -> None:
        """Until somebody brings a feed, starts a replay or tells one something, or so long."""
        connection = self._live()
        connection.execute(f"LISTEN {CHANNEL}")
        for _ in connection.notifies(timeout=seconds, stop_after=1):
            pass

    # -- replays ---------------------------------------------------------------------------------

    def claim(self) -> dict[str, Any] | None:
        """The next replay with something to do, now held by this player; None when there is none."""
        return self._one(_CLAIM, work=list(WORK))

    def tell(
        self, id: str, at: int, position: datetime | None, sent: Ranges, counts: dict[str, int]
    ) -> Command:
        """How far the replay is, all of it acknowledged; returns what is wanted now. Raises `Lost`."""
        return _command(
            self._one(_TELL, id=id, at=at, position=position, sent=Jsonb(sent), counts=Jsonb(counts))
        )

    def wanted(self, id: str) -> Command:
        """What is wanted now, with nothing new to tell. Raises `Lost`."""
        return _command(self._one(_RENEW, id=id))

    def renew(self, ids: Sequence[str]) -> None:
        """This player is alive and holds them."""
        self._run(
            f"UPDATE metering.replay SET lease_until = now() + interval '{LEASE}'"  # noqa: S608
            " WHERE id = ANY(%(ids)s) AND lease_by = %(player)s",
            ids=list(ids),
        )

    def sought(self, id: str, to: datetime) -> None:
        """The replay has gone to where it was sent."""
        self._run(
            "UPDATE metering.replay SET seek_to = NULL WHERE id = %(id)s AND seek_to = %(to)s", id=id, to=to
        )

    def note(self, id: str, **values: Any) -> None:
        """Set columns of a replay that is held."""
        sets = ", ".join(f"{name} = %({name})s" for name in values)
        changed = {
            name: Jsonb(value) if isinstance(value, dict | list | tuple) else value
            for name, value in values.items()
        }
        update = f"UPDATE metering.replay SET {sets} WHERE id = %(id)s AND lease_by = %(player)s"  # noqa: S608
        self._run(update, id=id, **changed)

    def move(self, id: str, before: State, after: State) -> bool:
        """From one state to the next, unless somebody wants something else meanwhile."""
        return self._run(
            "UPDATE metering.replay SET state = %(after)s WHERE id = %(id)s AND state = %(before)s"
            " AND lease_by = %(player)s",
            id=id, before=before, after=after,
        ) == 1  # fmt: skip

    def let_go(self, id: str) -> None:
        """Another player, or this one later, may go on with it."""
        self._run(
            "UPDATE metering.replay SET lease_by = NULL, lease_until = NULL"
            " WHERE id = %(id)s AND lease_by = %(player)s",
            id=id,
        )

    def failed(self, id: str, problem: str, *, for_good: bool = False) -> bool:
        """It did not work; it is tried again a little later, unless that has been done often enough. True
        when it is over."""
        row = self._one(
            "UPDATE metering.replay SET tries = tries + 1, problem = %(problem)s, lease_by = NULL,"
            " lease_until = now() + (tries + 1) * interval '2 seconds'"
            " WHERE id = %(id)s AND lease_by = %(player)s RETURNING tries",
            id=id, problem=problem,
        )  # fmt: skip
        return row is not None and (for_good or row["tries"] >= MOST_TRIES)

    def ended(self, id: str, state: State, **values: Any) -> None:
        """It is over, and nobody holds it any more."""
        self.note(id, state=state.value, seek_to=None, **values)
        self._run(
            "UPDATE metering.replay SET ended_at = now(), lease_by = NULL, lease_until = NULL"
            " WHERE id = %(id)s AND lease_by = %(player)s",
            id=id,
        )

    def give_up(self, id: str) -> None:
        """It failed; a sandbox that is left goes as one that was kept for long enough."""
        self._run(
            "UPDATE metering.replay SET state = 'failed', ended_at = now(), lease_by = NULL,"
            " lease_until = NULL, kept_until = CASE WHEN sandbox IS NULL THEN NULL ELSE now() END"
            " WHERE id = %(id)s AND state <> ALL(%(ended)s)",
            id=id, ended=["done", "stopped"],
        )  # fmt: skip

    def expired_sandboxes(self) -> list[tuple[str, str]]:
        """(replay, cooperative) of sandboxes that were kept for long enough."""
        return [(row["id"], row["sandbox"]) for row in self._all(_EXPIRED)]

    def forget_sandbox(self, id: str) -> None:
        self._run(
            "UPDATE metering.replay SET sandbox = NULL, kept_until = NULL, places = NULL WHERE id = %(id)s",
            id=id,
        )

    # -- feeds -----------------------------------------------------------------------------------

    def feed(self, id: str) -> dict[str, Any] | None:
        return self._one("SELECT * FROM metering.feed WHERE id = %(id)s", id=id)

    def content(self, feed: str) -> BinaryIO:
        """An uploaded file."""
        rows = self._all(
            "SELECT content FROM metering.feed_piece WHERE feed = %(feed)s ORDER BY number", feed=feed
        )
        return io.BytesIO(b"".join(row["content"] for row in rows))

    def recorded(self, feed: str) -> list[dict[str, Any]]:
        """A recording's readings in the order in which they arrived."""
        return self._all(_RECORDED, feed=feed)

    def ask(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a query that only reads."""
        return self._all(query, **values)

    def recordings_over(self) -> list[str]:
        """Recordings whose time has come, or that are full."""
        return [row["id"] for row in self._all(_OVER, most=MOST_RECORDED)]

    def has_unread_feed(self) -> bool:
        return self._one("SELECT 1 FROM metering.feed WHERE state = 'waiting' LIMIT 1") is not None

    def unread_feed(self) -> "Reading":
        """`with work.unread_feed() as held:` holds one feed that nobody else reads, as `held.row`."""
        return Reading(self._conninfo)

    # --------------------------------------------------------------------------------------------

    def _connect(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self._conninfo, autocommit=True, row_factory=dict_row)

    def _live(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection.broken or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _one(self, query: str, **values: Any) -> dict[str, Any] | None:
        return self._live().execute(query, values | {"player": self._player}).fetchone()

    def _all(self, query: str, **values: Any) -> list[dict[str, Any]]:
        return self._live().execute(query, values | {"player": self._player}).fetchall()

    def _run(self, query: str, **values: Any) -> int:
        return self._live().execute(query, values | {"player": self._player}).rowcount


class Reading:
    """A feed held while it is read: its row stays locked, and is free again when the process dies."""

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, row_factory=dict_row)
        self.row: dict[str, Any] | None = None

    def __enter__(self) -> "Reading":
        tried = self._connection.execute(_TRY).fetchone()
        self._connection.commit()
        if tried is not None:
            self.row = self._connection.execute(_HELD, (tried["id"],)).fetchone()
        return self

    @property
    def is_given_up(self) -> bool:
        """Whether reading it has ended the player often enough."""
        return self.row is not None and self.row["spec"]["tries"] > MOST_TRIES

    def told(self, summary: dict[str, Any] | None, problem: str | None) -> None:
        """What reading it found, or why it cannot be read."""
        assert self.row is not None
        self._connection.execute(
            "UPDATE metering.feed SET state = %s, summary = %s, problem = %s WHERE id = %s",
            (
                "ready" if problem is None else "unreadable",
                None if summary is None else Jsonb(summary), problem, self.row["id"],
            ),
        )  # fmt: skip

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.commit()
            else:
                self._connection.rollback()  # a server lets go of a closed connection's row a little later
        finally:
            self._connection.close()


def _command(row: dict[str, Any] | None) -> Command:
    if row is None:
        raise Lost
    return Command(State(row["state"]), row["speed"], row["seek_to"])
