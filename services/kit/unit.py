"""The unit of work: one transaction, the instant it happens at, and the events it tells others."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import namedtuple_row
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.base import Event
from services.kit import standing
from services.kit.clock import Clock
from services.kit.database import Database
from services.kit.ids import new_uuid
from services.kit.problems import not_found

T = TypeVar("T")
_STATEMENT_CHARACTERS = 4_000_000


class Unit:
    """Passed to every handler and action. Whoever opened it commits; business code never does."""

    def __init__(self, session: AsyncSession, room: str, clock: Clock, scope: str | None) -> None:
        self.session = session
        self.room = room
        self.wall: datetime = clock()
        """Wall time, UTC: for sessions, leases and retries."""
        self.now: datetime = self.wall
        """Business time, UTC: a sandbox cooperative's own clock, else wall time."""
        self.told_at: datetime | None = None
        """Of the event that is being handled: the business instant, UTC, at which it happened."""
        self.coop: str | None = None if scope == "*" else scope
        """The cooperative this unit works for, once known."""
        self._scope = scope
        self._told: list[dict[str, Any]] = []
        self._known: dict[Hashable, Any] = {}
        self._is_connected = False

    async def enter(self, coop: str) -> None:
        """Work for `coop` from here on; 404 when the caller may not know that it exists.

        A platform operator (scope `*`) may enter any cooperative that exists.
        """
        if not await self.may_enter(coop):
            raise not_found()

    async def may_enter(self, coop: str) -> bool:
        """Work for `coop` from here on; False when there is none for this caller, or no longer. It stands
        until the unit ends."""
        if self._scope not in (None, "*", coop):
            return False
        driver = await self.driver()
        async with driver.pipeline():  # with what begins the transaction, one trip instead of three
            await driver.execute("SELECT set_config('palier.coop', %s, true)", (coop,))
            await driver.execute(standing.SHARE, (coop,))
            found = await driver.execute(
                "SELECT business_now, zone FROM registry.coop WHERE slug = %s", (coop,)
            )
        row = await found.fetchone()
        if row is None:
            self.coop = None
            return False
        self.coop = coop
        self.now = row[0] or self.wall
        self._known = {"zone": ZoneInfo(row[1])}
        return True

    @property
    def happened_at(self) -> datetime:
        """When what is handled happened in the cooperative's time: a sandbox's clock may have been moved on
        by months since then; elsewhere it is now."""
        if self.told_at is None or self.now == self.wall:
            return self.now
        return min(self.told_at, self.now)

    async def admit(self, coop: str) -> None:
        """Work for the cooperative that a secret address names, whoever the caller is: the address is the
        proof, which the caller of this must then check. 404 when there is no such cooperative."""
        self._scope = coop
        await self.enter(coop)

    async def once(self, what: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """What was asked in this unit, or the answer of `ask` now. For what the unit itself does not change:
        the zone, the staff, settings; whoever does change it calls `forget`."""
        if what not in self._known:
            self._known[what] = await ask()
        found: T = self._known[what]
        return found

    def learn(self, what: Hashable, found: object) -> None:
        """What `once` shall find: asked together with other things, in one statement."""
        self._known[what] = found

    def forget(self) -> None:
        """Ask everything again from here on."""
        self._known.clear()

    async def see_all(self) -> None:
        """A platform operator's request that names no cooperative sees all of them."""
        await self.session.execute(text("SELECT set_config('palier.coop', '*', true)"))

    def emit(self, event: Event, about: str = "") -> UUID:
        """Tell other rooms, in this transaction: the outbox row is written before the commit.

        `about` is the opaque id of what it concerns (CloudEvents `subject`). Returns the event's id.
        """
        event_id = new_uuid()
        self._told.append(
            {
                "id": event_id,
                "coop": event.coop,
                "subject": event.subject,
                "about": about,
                "body": event.model_dump_json(by_alias=True),
                "at": self.now,
            }
        )
        return event_id

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """A part of the unit that may fail alone: its writes and its events are undone, the rest stands."""
        told_before = len(self._told)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._told[told_before:]
            raise

    async def flush(self) -> None:
        """Write the emitted events' outbox rows; called by whoever commits."""
        told, self._told = self._told, []
        for some in _by_size(told):
            await (await self.driver()).execute(
                f"INSERT INTO {self.room}.outbox (id, coop, subject, about, body, occurred_at)"  # noqa: S608
                " SELECT * FROM unnest(%(id)b::uuid[], %(coop)b::text[], %(subject)b::text[],"
                " %(about)b::text[], %(body)b::text[], %(at)b::timestamptz[])",
                {name: [event[name] for event in some] for name in some[0]},
            )

    async def driver(self) -> AsyncConnection[Any]:
        """The connection below the session, in the same transaction: for COPY, and for long lists, which it
        can send in binary (`%b`) instead of looking for what to escape in each word."""
        if not self._is_connected or self.session.in_nested_transaction():
            await self.session.connection()  # a part's savepoint is made at its first statement
            self._is_connected = True
        pooled = self.session.sync_session.connection().connection  # which the session has at hand
        connection: AsyncConnection[Any] = pooled.driver_connection  # type: ignore[assignment]
        return connection

    async def ask(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        """Rows with named columns, of a statement in psycopg's own form (`%(name)s`). For the few that are
        asked with every request: it costs a third of what the same does through the session, which must
        hold nothing unwritten that the statement should see."""
        cursor = (await self.driver()).cursor(row_factory=namedtuple_row)
        await cursor.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []


def _by_size(told: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Events in parts that are small enough for one statement."""
    some: list[dict[str, Any]] = []
    size = 0
    for event in told:
        if some and size + len(event["body"]) > _STATEMENT_CHARACTERS:
            yield some
            some, size = [], 0
        some.append(event)
        size += len(event["body"])
    if some:
        yield some


@asynccontextmanager
async def work_unit(
    database: Database, room: str, clock: Clock, coop: str | None = None
) -> AsyncIterator[Unit]:
    """A unit on the room's work role, for the bus and jobs; committed when the block ends well."""
    async with database.transaction() as session:
        unit = Unit(session, room, clock, None)
        if coop is not None:
            await unit.enter(coop)
        yield unit
        await unit.flush()
