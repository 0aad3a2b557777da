"""Lets devices onto the MQTT broker: answers the server's question whether a credential is right, now.

Any number of replicas may answer (queue group). Nothing is cached: each connect reads the credential in
force, so that a new password works at once and a revoked one stops at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import nkeys
from nats.aio.msg import Msg
from sqlmodel import col, select

from services.kit import natsauth
from services.kit.database import Database
from services.kit.natsauth import AuthRequest
from services.kit.room import Room
from services.members import credentials
from services.members.model import Credential

_LOG = logging.getLogger(__name__)
QUEUE = "members"
_AT_ONCE = 8
"""Credentials looked up at once: as many as the pool has connections."""


@dataclass(frozen=True)
class Verdict:
    """`topic` is the device's own when it may come in; else `refusal` says why, for the server's log."""

    topic: str | None
    refusal: str = ""


@asynccontextmanager
async def answering(room: Room) -> AsyncIterator[None]:
    """Answers from before the room is ready, for a device that asked earlier is refused, until it stops."""
    door = Door(
        room.database,
        natsauth.issuer(room.secrets),
        room.secrets.derive_bytes(credentials.KEY_PURPOSE),
    )
    subscription = await room.nats.subscribe(natsauth.AUTH_SUBJECT, queue=QUEUE, cb=door.on_message)
    await room.nats.flush()
    try:
        yield
    finally:
        await subscription.unsubscribe()
        await door.finish()


@dataclass
class Door:
    """Answers each request in a task of its own: a slow one holds up nobody else."""

    database: Database
    issuer: nkeys.KeyPair
    key: bytes = field(repr=False)
    _room_inside: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def on_message(self, message: Msg) -> None:
        task = asyncio.create_task(self._respond(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _respond(self, message: Msg) -> None:
        try:
            request = natsauth.decode_request(message.data)
            async with self._room_inside:
                verdict = judge(request, self.key, await self._in_force(request.user))
            await message.respond(self._signed(request, verdict))
        except Exception:
            # Without an answer the server refuses after its time-out, and the device tries again.
            _LOG.warning("a device could not be judged", exc_info=True)

    async def _in_force(self, username: str) -> Credential | None:
        async with self.database.transaction() as session:
            rows = await session.scalars(
                select(Credential).where(
                    Credential.username == username, col(Credential.revoked_at).is_(None)
                )
            )
            return rows.first()

    def _signed(self, request: AuthRequest, verdict: Verdict) -> bytes:
        if verdict.topic is None:
            return natsauth.deny(request, self.issuer, verdict.refusal)
        allowed = credentials.permissions(verdict.topic)
        return natsauth.allow(request, self.issuer, allowed.publish, allowed.subscribe)


def judge(request: AuthRequest, key: bytes, credential: Credential | None) -> Verdict:
    """Over MQTT only; with a client id equal to the user name, because who connects with another's client
    id takes over its session and the readings in it; and with the right password."""
    kept = credential.digest if credential else None
    is_right = credentials.is_right(key, request.user, request.password, kept)
    if not request.is_mqtt:
        return Verdict(None, "devices connect by MQTT only")
    if request.client_id != request.user:
        return Verdict(None, "client id is not the user name")
    if not is_right or credential is None:
        return Verdict(None, "unknown device or wrong password")
    return Verdict(credential.topic)
