"""PostgreSQL for one role: `<room>_work` for bus and jobs, `<room>_web` under row-level security."""

import asyncio
import select
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from services.kit.secrets import Secrets

ROOMS = ("members", "metering", "advice", "aftersales", "notifications")
"""Rooms that keep data: one schema and two roles each."""

_NOTICES_LOSS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""A connection that only listens would else wait two hours on a server that is gone without a word."""
_TRUSTED_SECONDS = 5.0
"""So long after its last use a connection with nothing to read is taken for whole: a server that ends closes
it, which can be read at once. One that rested longer is asked."""


def role_url(owner_url: str, secrets: Secrets, role: str) -> URL:
    """The owner's URL with another role's name and derived password, for psycopg through SQLAlchemy."""
    url = make_url(owner_url).set(drivername="postgresql+psycopg").update_query_dict(_NOTICES_LOSS)
    return url.set(username=role, password=secrets.derive(f"database/{role}"))


def conninfo(owner_url: str, secrets: Secrets, role: str) -> str:
    """The same as a plain `postgresql://` address, for psycopg itself."""
    url = role_url(owner_url, secrets, role).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


class Database:
    """A pool of connections for one role: twice `pool_size` at most, made when they are needed first. The
    one used last is used next, so that in quiet times few are."""

    def __init__(self, owner_url: str, secrets: Secrets, role: str, pool_size: int = 5) -> None:
        self.role = role
        self.conninfo = conninfo(owner_url, secrets, role)
        self.engine: AsyncEngine = create_async_engine(
            role_url(owner_url, secrets, role),
            pool_size=2 * pool_size,
            # One beyond the size would be made and thrown away for each use: that costs more than the use.
            max_overflow=0,
            pool_use_lifo=True,
            pool_recycle=1800,
            connect_args={"options": "-c timezone=UTC -c statement_timeout=60000"},
        )
        _check_before_use(self.engine)
        self._singly = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction: committed when the block ends well, else rolled back."""
        async with self._sessions() as session, session.begin():
            yield session

    def session(self) -> AsyncSession:
        """A session whose owner commits; for the web's unit of work."""
        return self._sessions()

    @asynccontextmanager
    async def singly(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is its own transaction: to read one thing and be gone.

        Whoever is cancelled while it is being made, as when a reader leaves an answer that is still sent,
        leaves it to a task of its own: half made it would be nobody's to give back.
        """
        connection = self._singly.connect()
        starting = asyncio.ensure_future(connection.start())
        try:
            await asyncio.shield(starting)
            yield connection
        finally:
            await asyncio.shield(asyncio.ensure_future(_give_back(connection, starting)))

    async def close(self) -> None:
        await self.engine.dispose()


async def _give_back(connection: AsyncConnection, starting: asyncio.Future[AsyncConnection]) -> None:
    await asyncio.wait([starting])
    if starting.exception() is None:
        await connection.close()


def _check_before_use(engine: AsyncEngine) -> None:
    """What SQLAlchemy's `pool_pre_ping` does, without a round trip each time: see `_TRUSTED_SECONDS`."""
    pool = engine.sync_engine.pool

    @event.listens_for(pool, "checkin")
    def left(_: Any, record: Any) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def taken(connection: Any, record: Any, _: Any) -> None:
        left_at = record.info.get("left_at")
        if left_at is None:  # it was just made
            return
        if time.monotonic() - left_at < _TRUSTED_SECONDS and _is_quiet(connection.driver_connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _is_quiet(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether it is open and the server has sent nothing, not even its end, since the last answer."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
