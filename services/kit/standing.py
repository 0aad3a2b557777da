"""Who writes for a cooperative knows that it stands until the end of its transaction; who clears up after a
dropped sandbox knows that nobody writes there any more.

Else what was begun before the drop would be committed after all was deleted, and stay for ever. Whoever
writes shares a lock, asked for before the first look: `Unit.enter` does, `dropped` for work on several.
A sandbox is dropped first and cleared up later, so who comes after the drop finds no cooperative.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.05

KEY = "hashtextextended('coop ' || {coop}, 0)"
SHARE = f"SELECT pg_advisory_xact_lock_shared({KEY.format(coop='%s::text')})"
_SHARE_ALL = f"""
SELECT pg_advisory_xact_lock_shared({KEY.format(coop="w.coop")})
FROM (SELECT unnest(%s::text[]) AS coop ORDER BY 1) w
"""  # noqa: S608 - only a constant is formatted in
_DROPPED = "SELECT slug FROM registry.dropped WHERE slug = ANY(%s)"
_TRY = f"SELECT pg_try_advisory_xact_lock({KEY.format(coop='CAST(:coop AS text)')})"


async def dropped(connection: AsyncConnection[Any], coops: Iterable[str]) -> set[str]:
    """Those of the cooperatives that were dropped; the others stand until the transaction ends."""
    wanted = sorted(set(coops))
    async with connection.pipeline():  # one trip
        await connection.execute(_SHARE_ALL, (wanted,))
        found = await connection.execute(_DROPPED, (wanted,))
    return {row[0] for row in await found.fetchall()}


async def deserted(session: AsyncSession, coop: str) -> None:
    """Return once all that was begun for the dropped cooperative has ended; nothing begins there any more.

    Asks again and again instead of standing in line: behind this, a second transaction of those who are still
    at work would wait for their first. Raises `TimeoutError` after half a minute.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await session.execute(text(_TRY), {"coop": coop})).scalar_one():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
