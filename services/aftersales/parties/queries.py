"""The read side of parties: lists, their letters, the buildings to choose from."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, text
from sqlmodel import col, func, select

from services.aftersales.model import Ticket
from services.aftersales.parties.model import Letter, Party, PartyLink, RoutingRule
from services.aftersales.visits.terms import terms_of
from services.kit.unit import Unit


@dataclass(frozen=True)
class Listed:
    """A party with what is under way for it."""

    party: Party
    open_jobs: int
    has_link: bool


async def listed(
    unit: Unit,
    *,
    kind: str | None = None,
    trade: str | None = None,
    building: str | None = None,
    party: str | None = None,
) -> list[Listed]:
    """The cooperative's parties by name, those no longer worked with last."""
    jobs = (
        select(func.count())
        .select_from(Ticket)
        .where(col(Ticket.party) == col(Party.id), col(Ticket.ended_at).is_(None))
        .scalar_subquery()
    )
    linked = await _has_good_link(unit)
    query = (
        select(Party, jobs, linked)
        .where(col(Party.coop) == unit.coop)
        .order_by(col(Party.ended_on).is_not(None), func.lower(col(Party.name)), col(Party.id))
    )
    if kind is not None:
        query = query.where(col(Party.kind) == kind)
    if party is not None:
        query = query.where(col(Party.id) == party)
    rows = [Listed(*row) for row in (await unit.session.execute(query)).all()]
    return [
        row
        for row in rows
        if (trade is None or not row.party.trades or trade in row.party.trades)
        and (building is None or not row.party.buildings or building in row.party.buildings)
    ]


async def _has_good_link(unit: Unit) -> ColumnElement[bool]:
    """Of a party: whether one of its links is good now. The same conditions as `links` has for one link."""
    terms = await terms_of(unit)
    jobless = timedelta(days=terms.link_jobless_days)
    begins = func.coalesce(col(PartyLink.renewed_at), col(PartyLink.made_at))
    has_job = (
        select(Ticket)
        .where(
            col(Ticket.party) == col(Party.id),
            or_(col(Ticket.ended_at).is_(None), col(Ticket.ended_at) > unit.now - jobless),
        )
        .exists()
    )
    return (
        select(PartyLink)
        .where(
            col(PartyLink.party) == col(Party.id),
            col(PartyLink.revoked_at).is_(None),
            col(PartyLink.expires_at) > unit.wall,
            begins > unit.wall - timedelta(days=terms.link_most_days),
            or_(begins > unit.wall - jobless, has_job),
        )
        .exists()
    )


async def letters_to(unit: Unit, party: str, limit: int = 50) -> list[Letter]:
    """What was written to it, the latest first."""
    rows = await unit.session.execute(
        select(Letter)
        .where(col(Letter.coop) == unit.coop, col(Letter.party) == party)
        .order_by(col(Letter.queued_at).desc(), col(Letter.id).desc())
        .limit(limit)
    )
    return list(rows.scalars())


async def rules(unit: Unit) -> list[RoutingRule]:
    """The cooperative's own rules, those that run first, then by building and trade."""
    rows = await unit.session.execute(
        select(RoutingRule)
        .where(col(RoutingRule.coop) == unit.coop)
        .order_by(
            col(RoutingRule.valid_to).is_not(None),
            func.coalesce(col(RoutingRule.building), ""),
            func.coalesce(col(RoutingRule.trade), ""),
            col(RoutingRule.valid_from).desc(),
            col(RoutingRule.id),
        )
    )
    return list(rows.scalars())


async def buildings(unit: Unit) -> list[tuple[str, str]]:
    """The cooperative's buildings as (id, words people know them by)."""
    rows = await unit.session.execute(
        text(
            "SELECT id, residence, ref FROM registry.building WHERE coop = :coop ORDER BY residence, ref, id"
        ),
        {"coop": unit.coop},
    )
    return [(row.id, f"{row.residence} · {row.ref}") for row in rows]
