"""The read side: which requests a person may see, the desk's queue, one request with all its parts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, or_, table, union
from sqlalchemy import select as sa_select
from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.bodies_shown import TicketSummary
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent, TicketMessage, WarrantyRow
from services.aftersales.taxonomy import taxonomy
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal

LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""Sort key of a request without running clock."""
_DWELLING = table(
    "dwelling", column("id"), column("coop"), column("residence"), column("staircase"), schema="registry"
)
_BUILDING = table("building", column("id"), column("coop"), column("residence"), schema="registry")


@dataclass(frozen=True)
class Filters:
    """What a queue shows; None shows all."""

    state: list[str] | None = None
    team: str | None = None
    residence: str | None = None
    overdue: bool | None = None
    priority: str | None = None
    responsible: str | None = None
    occupancy: str | None = None
    building: str | None = None
    is_open: bool | None = None
    assignee: str | None = None
    trade: str | None = None
    dwelling: str | None = None
    staircase: str | None = None
    """Of the residence; without it, nothing."""
    only: tuple[str, ...] | None = None
    """Ids, as `desk.search` found them."""


@dataclass(frozen=True)
class Listed:
    """A row of the queue."""

    ticket: Ticket
    residence: str | None
    is_overdue: bool


@dataclass(frozen=True)
class Whole:
    """A request with its warranties and clocks."""

    ticket: Ticket
    warranties: list[WarrantyRow]
    deadlines: list[DeadlineRow]


async def visible(unit: Unit, ticket_id: str, who: Principal) -> Ticket:
    """The request, or 404 when it does not exist for that caller."""
    ticket = await unit.session.get(Ticket, ticket_id)
    if ticket is None:
        raise not_found()
    if who.role is Role.RESIDENT and ticket.occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    return ticket


async def whole(unit: Unit, ticket: Ticket) -> Whole:
    warranties = await unit.session.execute(
        select(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id).order_by(col(WarrantyRow.ends_on))
    )
    deadlines = await unit.session.execute(
        select(DeadlineRow)
        .where(col(DeadlineRow.ticket) == ticket.id)
        .order_by(col(DeadlineRow.due_at), col(DeadlineRow.kind))
    )
    return Whole(ticket, list(warranties.scalars()), list(deadlines.scalars()))


async def listed(
    unit: Unit, who: Principal, filters: Filters, limit: int, after: list[Any] | None = None
) -> list[Listed]:
    """Requests by their next deadline, one more than `limit`; what has no running clock comes last."""
    next_due_at, id = col(Ticket.next_due_at), col(Ticket.id)
    query = await _filtered(unit, select(Ticket), filters)
    if who.role is Role.RESIDENT:
        query = query.where(col(Ticket.occupancy).in_(await registry.own_occupancies(unit, who.person)))
    if after is not None:
        due, last = after
        later = and_(next_due_at.is_(None), id > last)
        if due != LAST:
            later = or_(next_due_at > due, and_(next_due_at == due, id > last), next_due_at.is_(None))
        query = query.where(later)
    found = await unit.session.execute(query.order_by(next_due_at.nulls_last(), id).limit(limit + 1))
    tickets = list(found.scalars())
    names = await _residences_of(unit, tickets)
    return [
        Listed(ticket, names.get(ticket.dwelling or ticket.building or ""), is_overdue(ticket, unit.now))
        for ticket in tickets
    ]


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """A running clock is past its time; promises that wait for the household do not run."""
    return ticket.next_due_at is not None and ticket.next_due_at < now


async def count(unit: Unit, filters: Filters, *parts: ColumnElement[bool]) -> list[int]:
    """How many requests answer the filters, and how many of them each of `parts`."""
    counted = [func.count(), *(func.count().filter(part) for part in parts)]
    query: Any = sa_select(*counted)
    query = await _filtered(unit, query.select_from(Ticket), filters)
    return [int(number) for number in (await unit.session.execute(query)).one()]


async def residences(unit: Unit) -> list[str]:
    """The names of the cooperative's residences."""
    both = union(
        sa_select(_DWELLING.c.residence).where(_DWELLING.c.coop == unit.coop),
        sa_select(_BUILDING.c.residence).where(_BUILDING.c.coop == unit.coop),
    ).subquery()
    found = await unit.session.execute(sa_select(both.c.residence).order_by(both.c.residence))
    return list(found.scalars())


def position(page: PageQuery) -> list[Any] | None:
    """Where a page starts, from its cursor; 422 for one that was not ours."""
    after = page.after()
    if after is None:
        return None
    try:
        due, ticket = after
        return [datetime.fromisoformat(due), str(ticket)]
    except (TypeError, ValueError) as error:
        raise invalid("/cursor", "invalid_cursor", "Use the next_cursor of the previous page.") from error


def position_of(item: TicketSummary) -> list[Any]:
    """What a cursor remembers of the last item shown."""
    return [(item.next_due_at or LAST).isoformat(), item.id]


async def residence_of(unit: Unit, ticket: Ticket) -> str | None:
    """The name of the residence the request is in."""
    return (await _residences_of(unit, [ticket])).get(ticket.dwelling or ticket.building or "")


async def history(unit: Unit, ticket: Ticket) -> list[TicketEvent]:
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(col(TicketEvent.ticket) == ticket.id)
        .order_by(col(TicketEvent.place_in_history))
    )
    return list(rows.scalars())


async def messages(unit: Unit, ticket: Ticket) -> list[TicketMessage]:
    rows = await unit.session.execute(
        select(TicketMessage)
        .where(col(TicketMessage.ticket) == ticket.id)
        .order_by(col(TicketMessage.written_at), col(TicketMessage.id))
    )
    return list(rows.scalars())


async def _residences_of(unit: Unit, tickets: list[Ticket]) -> dict[str, str]:
    """Names of residences by dwelling and building."""
    found: dict[str, str] = {}
    for source, ids in (
        (_DWELLING, {ticket.dwelling for ticket in tickets if ticket.dwelling}),
        (_BUILDING, {ticket.building for ticket in tickets if ticket.building and not ticket.dwelling}),
    ):
        if ids:
            rows = await unit.session.execute(
                sa_select(source.c.id, source.c.residence).where(source.c.id.in_(ids))
            )
            found |= {row.id: row.residence for row in rows}
    return found


async def _filtered(unit: Unit, query: Select[Any], filters: Filters) -> Select[Any]:
    query = query.where(col(Ticket.coop) == unit.coop)  # said again, for indexes are of no use to policies
    equal = {
        Ticket.team: filters.team,
        Ticket.priority: filters.priority,
        Ticket.responsible: filters.responsible,
        Ticket.occupancy: filters.occupancy,
        Ticket.building: filters.building,
        Ticket.dwelling: filters.dwelling,
        Ticket.assignee: filters.assignee,
    }
    for attribute, value in equal.items():
        if value is not None:
            query = query.where(col(attribute) == value)
    if filters.state:
        query = query.where(col(Ticket.state).in_(filters.state))
    if filters.trade is not None:
        elements = [code for code, one in taxonomy().elements.items() if one.trade == filters.trade]
        query = query.where(col(Ticket.element).in_(elements))
    if filters.residence is not None:
        places = await _places(unit, filters.residence, filters.staircase)
        query = query.where(or_(col(Ticket.dwelling).in_(places), col(Ticket.building).in_(places)))
    if filters.overdue is not None:
        late = func.coalesce(col(Ticket.next_due_at) < unit.now, False)
        query = query.where(late if filters.overdue else ~late)
    if filters.is_open is not None:
        ended = col(Ticket.ended_at)
        query = query.where(ended.is_(None) if filters.is_open else ended.is_not(None))
    if filters.only is not None:
        query = query.where(col(Ticket.id) == func.any(list(filters.only)))
    return query


async def _places(unit: Unit, residence: str, staircase: str | None) -> list[str]:
    """The dwellings of a residence or of a staircase of it, and the buildings when it is all of it."""
    dwellings = sa_select(_DWELLING.c.id).where(
        _DWELLING.c.coop == unit.coop, _DWELLING.c.residence == residence
    )
    if staircase is not None:
        dwellings = dwellings.where(_DWELLING.c.staircase == staircase)
        return list((await unit.session.execute(dwellings)).scalars())
    buildings = sa_select(_BUILDING.c.id).where(
        _BUILDING.c.coop == unit.coop, _BUILDING.c.residence == residence
    )
    return list((await unit.session.execute(union(dwellings, buildings))).scalars())
