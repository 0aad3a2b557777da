"""Who is calling: the web asks here for the principal of an API token or of a session cookie."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from contracts.codes import Role
from services.kit.clock import Clock
from services.kit.clock import system as system_clock
from services.kit.database import Database
from services.kit.principal import Principal
from services.members import tokens

_SEEN_EVERY = timedelta(minutes=5)
"""How exact `seen_at` is: a page view does not write a row."""

_BEHIND = """
    (c.subject IS NOT NULL AND c.role = 'resident') AS is_resident,
    (p.id IS NOT NULL AND p.erased_at IS NULL AND p.coop = c.coop) AS lives,
    (s.disabled_at IS NOT NULL) AS is_disabled,
    coalesce(p.name, s.name) AS name, coalesce(p.language, s.language) AS language
FROM {credential} c
LEFT JOIN members.person p ON c.role = 'resident' AND p.id = c.subject
LEFT JOIN members.staff s ON c.role <> 'resident' AND s.id = c.subject
WHERE c.digest = :digest
"""
_OF_TOKEN = text(
    "SELECT c.id, c.role, c.coop, c.subject,"
    + _BEHIND.format(credential="members.api_token")
    + " AND c.revoked_at IS NULL"
)
_OF_SESSION = text(
    "SELECT c.seen_at, c.expires_at, c.role, c.coop, c.subject,"
    + _BEHIND.format(credential="members.session")
)
_SEEN = text("UPDATE members.session SET seen_at = :now WHERE digest = :digest")


class Identity:
    """On the members room's work role: before the caller is known there is no cooperative to bound it.

    Each caller is asked for anew, in one statement: what is revoked or closed ends with the next request.
    """

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock

    async def of_token(self, token: str) -> Principal | None:
        """None for an unknown or revoked token, and for one whose person is gone."""
        async with self._database.singly() as connection:
            row = (await connection.execute(_OF_TOKEN, {"digest": tokens.digest(token)})).one_or_none()
        if row is None:
            return None
        if row.subject is None:
            return Principal(row.id, Role(row.role), row.coop)
        return _principal(row, None)

    async def of_session(self, cookie: str) -> Principal | None:
        """None when the session has ended, idled too long, or its account was closed."""
        now = self._clock()
        digest = tokens.digest(cookie)
        async with self._database.singly() as connection:
            row = (await connection.execute(_OF_SESSION, {"digest": digest})).one_or_none()
            if row is None or not tokens.is_session_alive(row.role, row.seen_at, row.expires_at, now):
                return None
            if now - row.seen_at > _SEEN_EVERY:
                await connection.execute(_SEEN, {"now": now, "digest": digest})
        return _principal(row, tokens.csrf_of(cookie))


def _principal(row: Any, csrf: str | None) -> Principal | None:
    """The person or account behind it, if it still stands. A token may also name a subject that is no
    account here (a machine)."""
    if not row.lives if row.is_resident else row.is_disabled:
        return None
    return Principal(row.subject, Role(row.role), row.coop, row.name, row.language, csrf)
