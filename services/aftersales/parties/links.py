"""The links that parties work from without an account: made, known again, ended. Only hashes are kept.

A link ends by itself: when it was not used for a while, at the latest so many days after it was issued, and
once its firm has had no open job for so long. Staff may renew or end it before.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, func, select, update

from services.aftersales.model import Ticket
from services.aftersales.parties.model import Party, PartyLink
from services.aftersales.visits.terms import Terms, terms_of
from services.kit.problems import conflict, not_found
from services.kit.registry import local_today
from services.kit.unit import Unit

TOKEN_BYTES = 32
"""256 bits: nobody guesses one, however often they try."""
_LONGEST_TOKEN = 200
_TOUCHED_AGAIN = timedelta(hours=1)
"""A use within it is not written down again: it spares a write for each page, and no term is as short."""


@dataclass(frozen=True)
class End:
    """When a link ends if nothing else happens, wall time, and why: `idle`, `oldest` (the absolute limit),
    `jobless` or `revoked`."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Known:
    """A link as staff see it."""

    link: PartyLink
    end: End

    def is_good(self, now: datetime) -> bool:
        return now < self.end.at


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def mint(unit: Unit, party: Party) -> str:
    """A new token of the party, which names its cooperative; those it has stay good until they end."""
    token = f"{party.coop}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    terms = await terms_of(unit)
    unit.session.add(
        PartyLink(
            token_hash=hash_of(token),
            coop=party.coop,
            party=party.id,
            made_at=unit.wall,
            expires_at=_expiry(unit.wall, unit.wall, terms),
        )
    )
    await unit.session.flush()
    return token


async def holder(unit: Unit, token: str) -> Party | None:
    """The party whose good link it is, with the unit at work for its cooperative; None for any other token,
    and for a party that is no longer worked with. A use lets the link idle anew, never beyond its limit."""
    known = await known_by(unit, token)
    if known is None:
        return None
    link, party = known
    terms = await terms_of(unit)
    if unit.wall >= (await _end(unit, link, terms, await _jobless_since(unit, party.id))).at:
        return None
    if link.last_used_at is None or unit.wall - link.last_used_at > _TOUCHED_AGAIN:
        link.last_used_at = unit.wall
        link.expires_at = _expiry(link.begins_at, unit.wall, terms)
    return party


async def known_by(unit: Unit, token: str) -> tuple[PartyLink, Party] | None:
    """The link that was once issued under this token, ended or not, and its party while it is worked with."""
    coop, _, secret = token.partition(".")
    if not coop or not secret or len(token) > _LONGEST_TOKEN:
        return None
    await unit.admit(coop)
    link = await unit.session.get(PartyLink, hash_of(token))
    if link is None:
        return None
    party = await unit.session.get(Party, link.party)
    if party is None or (party.ended_on is not None and party.ended_on < await local_today(unit)):
        return None
    return link, party


async def of_party(unit: Unit, party: str) -> list[Known]:
    """Its links that staff need to know of: the good ones and those that ended lately, the latest first."""
    rows = await unit.session.execute(
        select(PartyLink)
        .where(col(PartyLink.party) == party, col(PartyLink.coop) == unit.coop)
        .order_by(col(PartyLink.made_at).desc(), col(PartyLink.token_hash))
        .limit(100)
    )
    terms, jobless = await terms_of(unit), await _jobless_since(unit, party)
    return [Known(link, await _end(unit, link, terms, jobless)) for link in rows.scalars()]


async def renew(unit: Unit, party: str, link: str, person: str) -> None:
    """A person of the staff lets a good link begin anew: its limit counts from now. 409 for an ended one."""
    known = await _one(unit, party, link)
    if not known.is_good(unit.wall):
        raise conflict("link_ended", "This link has ended: send a new one.")
    row = known.link
    row.renewed_at, row.renewed_by = unit.wall, person
    row.expires_at = _expiry(unit.wall, unit.wall, await terms_of(unit))


async def end(unit: Unit, party: str, link: str) -> None:
    """One link stops working at once, whatever the others do."""
    row = (await _one(unit, party, link)).link
    row.revoked_at = row.revoked_at or unit.wall


async def revoke(unit: Unit, party: str) -> int:
    """End all links of a party; how many there were."""
    done = await unit.session.execute(
        update(PartyLink)
        .where(col(PartyLink.party) == party, col(PartyLink.revoked_at).is_(None))
        .values(revoked_at=unit.wall)
        .returning(col(PartyLink.token_hash))
    )
    return len(done.all())


async def forget_ended(unit: Unit) -> None:
    """A duty: links that ended long ago are not kept."""
    known_for = timedelta(days=(await terms_of(unit)).link_forgotten_days)
    await unit.session.execute(
        delete(PartyLink).where(
            col(PartyLink.coop) == unit.coop, col(PartyLink.expires_at) < unit.wall - known_for
        )
    )


async def _one(unit: Unit, party: str, link: str) -> Known:
    for known in await of_party(unit, party):
        if known.link.id == link:
            return known
    raise not_found()


async def _jobless_since(unit: Unit, party: str) -> datetime | None:
    """Since when (business time) the party has had no open job; None while it has one. The beginning of time
    for a party that never had one."""
    found = await unit.session.execute(
        select(
            func.coalesce(func.bool_or(col(Ticket.ended_at).is_(None)), False),
            func.max(col(Ticket.ended_at)),
        ).where(col(Ticket.coop) == unit.coop, col(Ticket.party) == party)
    )
    has_open, last = found.one()
    if has_open:
        return None
    return last or datetime.min.replace(tzinfo=unit.now.tzinfo)


async def _end(unit: Unit, link: PartyLink, terms: Terms, jobless_since: datetime | None) -> End:
    if link.revoked_at is not None:
        return End(link.revoked_at, "revoked")
    begins = link.begins_at
    ends = [End(link.expires_at, "idle"), End(begins + timedelta(days=terms.link_most_days), "oldest")]
    if jobless_since is not None:
        # Jobs end on the cooperative's own clock, links on the wall's: what counts is how long ago.
        ago = min(unit.now - jobless_since, unit.wall - begins)
        ends.append(End(unit.wall - ago + timedelta(days=terms.link_jobless_days), "jobless"))
    first = min(ends, key=lambda one: one.at)
    # The idle end never lies beyond the limit, and where they fall together it is the limit that ends it.
    return next((one for one in ends[1:] if one.at <= first.at), first)


def _expiry(begins: datetime, used: datetime, terms: Terms) -> datetime:
    return min(used + timedelta(days=terms.link_days), begins + timedelta(days=terms.link_most_days))
