"""One defect, one request, however many documents hold it: those of one household, kind and day are one act.

Paper first and the phone afterwards, two signed the same day, a sheet sent twice: the same room × element ×
symptom is the request that is there, and each document says so.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.actions import NewTicket
from services.aftersales.model import Inspection, Ticket
from services.kit.unit import Unit

_OF = "@"
"""Between the digest of a finding and its request, where an act keeps them."""


@dataclass(frozen=True)
class Told:
    """A finding of an inspection before, and its request."""

    ticket: str
    codes: frozenset[str]
    """`codes_of` it as it was told, and as its request stands now: staff may have corrected it."""
    digest: str
    is_open: bool


async def one_at_a_time(unit: Unit, occupancy: str, kind: str) -> None:
    """Whoever records an inspection of that household meanwhile waits for the end of this unit."""
    await unit.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:about, 0))"), {"about": f"{kind} {occupancy}"}
    )


async def acts_of(unit: Unit, occupancy: str, kind: str, held_on: date) -> list[Inspection]:
    """What was recorded of that household, kind and day, on paper or signed here, the first first."""
    rows = await unit.session.execute(
        select(Inspection)
        .where(
            col(Inspection.occupancy) == occupancy,
            col(Inspection.kind) == kind,
            col(Inspection.held_on) == held_on,
        )
        .order_by(col(Inspection.recorded_at), col(Inspection.id))
    )
    return list(rows.scalars())


async def told_in(unit: Unit, acts: Sequence[Inspection]) -> list[Told]:
    """Every finding of these acts that has a request, in the order of the requests' numbers."""
    by_ticket: dict[str, list[str]] = {}
    for act in acts:
        for told, id in act.opened.items():
            by_ticket.setdefault(id, []).append(told)
    rows = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.inspection).in_([one.id for one in acts]) | col(Ticket.id).in_(by_ticket))
        .order_by(col(Ticket.number))
    )
    found = []
    for ticket in rows.scalars():
        now = NewTicket(ticket.place, ticket.element, ticket.symptom, ticket.description or "", "inspection")
        as_told = by_ticket.get(ticket.id, [])
        codes = frozenset({codes_of(now), *(one.rsplit(".", 1)[0] for one in as_told if "." in one)})
        digests = [one.split(_OF)[0] for one in as_told if "." not in one] or [digest_of(now)]
        found += [Told(ticket.id, codes, digest, ticket.ended_at is None) for digest in digests]
    return found


def matched(findings: Sequence[NewTicket], told: Iterable[Told], *, again: bool) -> list[str | None]:
    """The request that each finding has already, or None.

    First those told in the same words, then those of the same room, element and symptom: two such findings
    of one document are two defects. A request that has ended is nobody's any more, but `again`: a sheet that
    is sent a second time in the same words does not open anew what was settled since.
    """
    left = [one for one in told if again or one.is_open]
    found: list[str | None] = [None] * len(findings)
    for place, finding in enumerate(findings):
        found[place] = _taken(left, [one for one in left if one.digest == digest_of(finding)])
    for place, finding in enumerate(findings):
        if found[place] is None:
            like = [one for one in left if one.is_open and codes_of(finding) in one.codes]
            found[place] = _taken(left, like)
    return found


def kept(findings: Iterable[tuple[NewTicket, str]]) -> dict[str, str]:
    """How an act keeps its findings and their requests: `Inspection.opened`. Two findings in the same words
    are told apart by their requests; acts of before keep their words alone."""
    found: dict[str, str] = {}
    for finding, ticket in findings:
        found[f"{digest_of(finding)}{_OF}{ticket}"] = ticket
        found[f"{codes_of(finding)}.{ticket}"] = ticket
    return found


async def sources_of(unit: Unit, ticket: Ticket) -> list[Inspection]:
    """The inspections whose documents hold what the request is about, the first first."""
    rows = await unit.session.execute(
        select(Inspection)
        .where(
            col(Inspection.occupancy) == ticket.occupancy,
            (col(Inspection.id) == ticket.inspection)
            | text("EXISTS (SELECT 1 FROM jsonb_each_text(opened) o WHERE o.value = :ticket)"),
        )
        .params(ticket=ticket.id)
        .order_by(col(Inspection.held_on), col(Inspection.recorded_at), col(Inspection.id))
    )
    return list(rows.scalars())


async def elsewhere(unit: Unit, occupancy: str, kind: str, held_on: date, but: str) -> list[Ticket]:
    """The requests that other documents of that act hold, by their numbers; `but`: not that document."""
    acts = [one for one in await acts_of(unit, occupancy, kind, held_on) if one.id != but]
    ids = {one.ticket for one in await told_in(unit, acts) if one.is_open}
    rows = await unit.session.execute(
        select(Ticket).where(col(Ticket.id).in_(ids)).order_by(col(Ticket.number))
    )
    return list(rows.scalars())


def digest_of(finding: NewTicket) -> str:
    """SHA-256 of where what is wrong with what, and of the note however it is spaced, in hexadecimal."""
    note = " ".join((finding.description or "").split()).casefold()
    told = "\n".join((finding.place, finding.element, finding.symptom, note))
    return hashlib.sha256(told.encode()).hexdigest()


def codes_of(finding: NewTicket) -> str:
    """Where what is wrong with what, whatever was noted of it."""
    return f"{finding.place}.{finding.element}.{finding.symptom}"


def _taken(left: list[Told], like: Sequence[Told]) -> str | None:
    """The first of those alike; it is nobody else's from here on."""
    if not like:
        return None
    ticket = like[0].ticket
    left[:] = [one for one in left if one.ticket != ticket]
    return ticket
