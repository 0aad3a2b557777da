"""Personal addresses from which a calendar program reads a household's visits. Only their hashes are kept."""

import secrets

from sqlmodel import col, select, update

from services.aftersales import registry
from services.aftersales.parties.links import TOKEN_BYTES, hash_of
from services.aftersales.visits.model import CalendarLink
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


async def has_link(unit: Unit, person: str) -> bool:
    found = await unit.session.execute(
        select(CalendarLink.token_hash).where(
            col(CalendarLink.person) == person, col(CalendarLink.revoked_at).is_(None)
        )
    )
    return found.first() is not None


async def holder(unit: Unit, token: str) -> CalendarLink | None:
    """Whose address it is, with the unit at work for its cooperative; None for any other, and for who has
    left every home of it."""
    coop, _, secret = token.partition(".")
    if not coop or not secret or len(token) > 200:
        return None
    await unit.admit(coop)
    link = await unit.session.get(CalendarLink, hash_of(token))
    if link is None or link.revoked_at is not None:
        return None
    return link if await registry.own_occupancies(unit, link.person) else None
