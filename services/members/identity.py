"""Who is calling: the web asks here for the principal of an API token or of a session cookie."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from contracts.codes import Role
from services.kit.clock import Clock
from services.kit.clock import system as system_clock
from services.kit.database import Database
from services.kit.principal import Principal
from services.members import tokens
from services.members.model import ApiToken, Person, Session, Staff

_SEEN_EVERY = timedelta(minutes=5)
"""How exact `seen_at` is: a page view does not write a row."""


class Identity:
    """On the members room's work role: before the caller is known there is no cooperative to bound it."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock

    async def of_token(self, token: str) -> Principal | None:
        """None for an unknown or revoked token, and for one whose person is gone."""
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(ApiToken).where(
                    ApiToken.digest == tokens.digest(token), col(ApiToken.revoked_at).is_(None)
                )
            )
            row = rows.first()
            if row is None:
                return None
            if row.subject is None:
                return Principal(row.id, Role(row.role), row.coop)
            return await _principal(session, row.subject, row.role, row.coop, None)

    async def of_session(self, cookie: str) -> Principal | None:
        """None when the session has ended, idled too long, or its account was closed."""
        now = self._clock()
        digest = tokens.digest(cookie)
        async with self._database.transaction() as session:
            row = await session.get(Session, digest)
            if row is None or not tokens.is_session_alive(row.role, row.seen_at, row.expires_at, now):
                return None
            if now - row.seen_at > _SEEN_EVERY:
                touch = update(Session).where(col(Session.digest) == digest).values(seen_at=now)
                await session.execute(touch)
            return await _principal(session, row.subject, row.role, row.coop, tokens.csrf_of(cookie))


async def _principal(
    session: AsyncSession, subject: str, role: str, coop: str, csrf: str | None
) -> Principal | None:
    """The person or account behind it, if it still stands. A token may also name a subject that is no
    account here (a machine)."""
    if role == Role.RESIDENT:
        person = await session.get(Person, subject)
        if person is None or person.erased_at is not None or person.coop != coop:
            return None
        return Principal(subject, Role.RESIDENT, coop, person.name, person.language, csrf)
    staff = await session.get(Staff, subject)
    if staff is None:
        return Principal(subject, Role(role), coop, csrf=csrf)
    if staff.disabled_at is not None:
        return None
    return Principal(subject, Role(role), coop, staff.name, staff.language, csrf)
