"""The links that parties work from without an account: made, known again, revoked. Only hashes are kept."""

import hashlib
import secrets
from datetime import timedelta

from sqlmodel import col, update

from services.aftersales.parties.model import Party, PartyLink
from services.aftersales.visits.terms import terms_of
from services.kit.registry import local_today
from services.kit.unit import Unit

TOKEN_BYTES = 24
"""192 bits: nobody guesses one, and the path stays short enough for a phone's mail program."""
_LONGEST_TOKEN = 200
_TOUCHED_AGAIN = timedelta(hours=1)


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def mint(unit: Unit, party: Party) -> str:
    """A new token of the party, which names its cooperative; those it has stay good until they expire or
    are revoked."""
    token = f"{party.coop}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    unit.session.add(
        PartyLink(
            token_hash=hash_of(token),
            coop=party.coop,
            party=party.id,
            made_at=unit.wall,
            expires_at=unit.wall + await _life(unit),
        )
    )
    await unit.session.flush()
    return token


async def holder(unit: Unit, token: str) -> Party | None:
    """The party whose token it is, with the unit at work for its cooperative; None for any other token, and
    for a party that is no longer worked with. A use makes the link last longer."""
    coop, _, secret = token.partition(".")
    if not coop or not secret or len(token) > _LONGEST_TOKEN:
        return None
    await unit.admit(coop)
    hashed = hash_of(token)
    link = await unit.session.get(PartyLink, hashed)
    if link is None or link.revoked_at is not None or link.expires_at <= unit.wall:
        return None
    party = await unit.session.get(Party, link.party)
    if party is None or (party.ended_on is not None and party.ended_on < await local_today(unit)):
        return None
    if link.last_used_at is None or unit.wall - link.last_used_at > _TOUCHED_AGAIN:
        link.last_used_at, link.expires_at = unit.wall, unit.wall + await _life(unit)
    return party


async def revoke(unit: Unit, party: str) -> int:
    """End all links of a party; how many there were."""
    done = await unit.session.execute(
        update(PartyLink)
        .where(col(PartyLink.party) == party, col(PartyLink.revoked_at).is_(None))
        .values(revoked_at=unit.wall)
        .returning(col(PartyLink.token_hash))
    )
    return len(done.all())


async def _life(unit: Unit) -> timedelta:
    return timedelta(days=(await terms_of(unit)).link_days)
