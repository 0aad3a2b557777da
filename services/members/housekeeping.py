"""Deletes sessions, links, invitations and counters that have run out, and names of dropped sandboxes."""

import asyncio
from datetime import timedelta

from sqlmodel import col, delete

from services.kit.room import Room
from services.members.account_model import Attempt, Invitation, Session, SignInLink
from services.members.model import Coop

_EVERY_SECONDS = 3600


async def forget_expired(room: Room) -> None:
    while not room.stopping.is_set():
        async with room.unit() as unit:
            day_ago = unit.wall - timedelta(days=1)
            await unit.session.execute(delete(Session).where(col(Session.expires_at) < unit.wall))
            await unit.session.execute(delete(SignInLink).where(col(SignInLink.expires_at) < unit.wall))
            await unit.session.execute(delete(Invitation).where(col(Invitation.expires_at) < day_ago))
            await unit.session.execute(delete(Attempt).where(col(Attempt.window_at) < day_ago))
            await unit.session.execute(delete(Coop).where(col(Coop.dropped_at) < day_ago))
        await asyncio.sleep(_EVERY_SECONDS)
