"""Personal addresses from which a calendar program reads a household's visits. Only their hashes are kept."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select, update

from services.aftersales import registry
from services.aftersales.parties.links import TOKEN_BYTES, hash_of
from services.aftersales.visits.model import CalendarLink
from services.aftersales.visits.terms import terms_of
from services.kit.unit import Unit


async def make(unit: Unit, person: str, language: str) -> str:
    """A new address's token; the one the person had stops working."""
    assert unit.coop is not None
    await revoke(unit, person)
    token = f"{unit.coop}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    unit.session.add(
        CalendarLink(
            token_hash=hash_of(token), coop=unit.coop, person=person, language=language, made_at=unit.wall
        )
    )
    await unit.session.flush()
    return token


async def revoke(unit: Unit, person: str) -> None:
    await unit.session.execute(
        update(CalendarLink)
        .where(col(CalendarLink.person) == person, col(CalendarLink.revoked_at).is_(None))
        .values(revoked_at=unit.wall)
    )


async def good_until(unit: Unit, person: str) -> datetime | None:
    """When the person's address ends, wall time; None without one that works."""
    found = await unit.session.execute(
        select(CalendarLink).where(col(CalendarLink.person) == person, col(CalendarLink.revoked_at).is_(None))
    )
    ends = [await ends_at(unit, link) for link in found.scalars()]
    return max((at for at in ends if at > unit.wall), default=None)


async def ends_at(unit: Unit, link: CalendarLink) -> datetime:
    """However often it is read, an address ends so long after it was made."""
    return link.made_at + timedelta(days=(await terms_of(unit)).feed_days)


async def holder(unit: Unit, token: str) -> CalendarLink | None:
    """Whose address it is, with the unit at work for its cooperative; None for any other, for one that has
    ended, and for who has left every home of it."""
    coop, _, secret = token.partition(".")
    if not coop or not secret or len(token) > 200:
        return None
    await unit.admit(coop)
    link = await unit.session.get(CalendarLink, hash_of(token))
    if link is None or link.revoked_at is not None or await ends_at(unit, link) <= unit.wall:
        return None
    return link if await _has_home(unit, link.person) else None


async def _has_home(unit: Unit, person: str) -> bool:
    """Whether the person lives, or is about to live, in a home: who has left still sees its own requests, yet
    nobody is to come to it any more."""
    found = await unit.session.execute(
        text(
            "SELECT 1 FROM registry.occupancy WHERE id = ANY(:own)"
            " AND (ends_at IS NULL OR ends_at > :now) LIMIT 1"
        ),
        {"own": await registry.own_occupancies(unit, person), "now": unit.now},
    )
    return found.first() is not None
