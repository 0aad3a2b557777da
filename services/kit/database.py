"""PostgreSQL for one role: `<room>_work` for bus and jobs, `<room>_web` under row-level security."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

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


def role_url(owner_url: str, secrets: Secrets, role: str) -> URL:
    """The owner's URL with another role's name and derived password, for psycopg through SQLAlchemy."""
    url = make_url(owner_url).set(drivername="postgresql+psycopg").update_query_dict(_NOTICES_LOSS)
    return url.set(username=role, password=secrets.derive(f"database/{role}"))


def conninfo(owner_url: str, secrets: Secrets, role: str) -> str:
    """The same as a plain `postgresql://` address, for psycopg itself."""
    url = role_url(owner_url, secrets, role).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


class Database:
    """A pool of connections for one role."""

    def __init__(self, owner_url: str, secrets: Secrets, role: str, pool_size: int = 5) -> None:
        self.role = role
        self.conninfo = conninfo(owner_url, secrets, role)
        self.engine: AsyncEngine = create_async_engine(
            role_url(owner_url, secrets, role),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={"options": "-c timezone=UTC -c statement_timeout=60000"},
        )
        self._sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction: committed when the block ends well, else rolled back."""
        async with self._sessions() as session, session.begin():
            yield session

    def session(self) -> AsyncSession:
        """A session whose owner commits; for the web's unit of work."""
        return self._sessions()

    async def close(self) -> None:
        await self.engine.dispose()
