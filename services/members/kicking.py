"""Disconnects devices whose credential was revoked: told by the database when the revocation commits."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from nats.aio.client import Client
from psycopg import sql
from sqlmodel import col, select

from services.kit import natsauth
from services.kit.broker import connect
from services.kit.room import Room
from services.members.actions.devices import REVOKED
from services.members.model import Credential

_LOG = logging.getLogger(__name__)
_SERVERS_ANSWER_SECONDS = 0.25
"""How long servers of a cluster are given to list a user's connections."""
_ROUNDS_SECONDS = (0.0, 0.5, 3.0)
"""A connection judged just before the revocation may appear just after it: look again."""
_AGAIN_SECONDS = 3.0
_LOOK_BACK = timedelta(days=30)


async def disconnect_revoked(room: Room) -> None:
    """Listens first, then catches up with what was revoked while nobody listened."""
    system = await connect(natsauth.SYSTEM_USER, room.settings, room.secrets, for_ever=True)
    tasks: set[asyncio.Task[None]] = set()

    def start(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        async with await psycopg.AsyncConnection.connect(room.database.conninfo, autocommit=True) as listener:
            await listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(REVOKED)))
            start(_catch_up(system, await _lately_revoked(room)))
            async for username in _revocations(listener):
                start(_see_out(system, username, room.clock()))
    finally:
        for task in tasks:
            task.cancel()
        await system.close()


async def kick(system: Client, username: str, before: datetime | None = None) -> int:
    """Disconnect a user's connections, or only those made before an instant. Returns how many."""
    ended = 0
    for server, connection in await _connections(system, username):
        if before is not None and datetime.fromisoformat(connection["start"]) >= before:
            continue
        body = json.dumps({"cid": connection["cid"]}).encode()
        await system.request(natsauth.kick_subject(server), body, timeout=2)
        ended += 1
    return ended


async def _see_out(system: Client, username: str, told_at: datetime) -> None:
    passed = 0.0
    for seconds in _ROUNDS_SECONDS:
        await asyncio.sleep(seconds - passed)
        passed = seconds
        # The first round spares nobody; later ones spare who came in with a new password.
        await _kick_surely(system, username, before=told_at if seconds else None)


async def _catch_up(system: Client, revoked: Sequence[tuple[str, datetime]]) -> None:
    for username, at in revoked:
        await _kick_surely(system, username, before=at + timedelta(seconds=60))


async def _kick_surely(system: Client, username: str, before: datetime | None) -> None:
    """However long the server is away: a revocation is not given up."""
    while True:
        try:
            await kick(system, username, before)
            return
        except Exception:
            _LOG.warning("a revoked device could not be disconnected; trying again", exc_info=True)
            await asyncio.sleep(_AGAIN_SECONDS)


async def _lately_revoked(room: Room) -> list[tuple[str, datetime]]:
    async with room.unit() as unit:
        rows = await unit.session.scalars(
            select(Credential).where(col(Credential.revoked_at) > unit.wall - _LOOK_BACK)
        )
        return [(row.username, row.revoked_at) for row in rows if row.revoked_at]


async def _revocations(listener: psycopg.AsyncConnection[Any]) -> AsyncIterator[str]:
    async for notice in listener.notifies():
        yield notice.payload


async def _connections(system: Client, username: str) -> list[tuple[str, dict[str, Any]]]:
    """(server id, connection) of every server that answers in time."""
    inbox = system.new_inbox()
    answers = await system.subscribe(inbox)
    found = []
    try:
        await system.publish(natsauth.CONNECTIONS_SUBJECT, natsauth.connections_query(username), reply=inbox)
        async for message in _until_quiet(answers):
            document = json.loads(message.data)
            server = document.get("server", {}).get("id")
            listed = (document.get("data") or {}).get("connections") or []
            found += [(server, connection) for connection in listed]
    finally:
        await answers.unsubscribe()
    return found


async def _until_quiet(subscription: Any) -> AsyncIterator[Any]:
    while True:
        try:
            yield await subscription.next_msg(timeout=_SERVERS_ANSWER_SECONDS)
        except TimeoutError:
            return
