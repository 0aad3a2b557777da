"""The read side: which requests a person may see, the desk's queue, one request with all its parts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, or_, table, union
from sqlalchemy import select as sa_select
from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.bodies import TicketSummary
from services.aftersales.lifecycle import PAUSING
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent, TicketMessage, WarrantyRow
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal

LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""Sort key of a request without running clock."""
_DWELLING = table("dwelling", column("id"), column("residence"), schema="registry")
_BUILDING = table("building", column("id"), column("residence"), schema="registry")


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
    next_due_at = func.coalesce(col(Ticket.next_due_at), LAST)
    residence = func.coalesce(_DWELLING.c.residence, _BUILDING.c.residence)
    columns: tuple[Any, ...] = (Ticket, residence, _is_overdue(unit.now))
    query: Select[Any] = (
        sa_select(*columns)
        .outerjoin(_DWELLING, _DWELLING.c.id == col(Ticket.dwelling))
        .outerjoin(_BUILDING, _BUILDING.c.id == col(Ticket.building))
    )
    query = _filtered(query, filters, residence, unit.now)
    if who.role is Role.RESIDENT:
        query = query.where(col(Ticket.occupancy).in_(await registry.own_occupancies(unit, who.person)))
    if after is not None:
        query = query.where(
            or_(next_due_at > after[0], and_(next_due_at == after[0], col(Ticket.id) > after[1]))
        )
    rows = await unit.session.execute(query.order_by(next_due_at, col(Ticket.id)).limit(limit + 1))
    return [Listed(ticket, name, bool(overdue)) for ticket, name, overdue in rows]


async def count(unit: Unit, filters: Filters) -> int:
    """How many requests a tab of the desk holds."""
    residence = func.coalesce(_DWELLING.c.residence, _BUILDING.c.residence)
    query: Select[Any] = (
        sa_select(func.count())
        .select_from(Ticket)
        .outerjoin(_DWELLING, _DWELLING.c.id == col(Ticket.dwelling))
        .outerjoin(_BUILDING, _BUILDING.c.id == col(Ticket.building))
    )
    found = await unit.session.execute(_filtered(query, filters, residence, unit.now))
    return int(found.scalar_one())


async def residences(unit: Unit) -> list[str]:
    """The names of the cooperative's residences."""
    both = union(sa_select(_DWELLING.c.residence), sa_select(_BUILDING.c.residence)).subquery()
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
    source, key = (_DWELLING, ticket.dwelling) if ticket.dwelling else (_BUILDING, ticket.building)
    found = await unit.session.execute(sa_select(source.c.residence).where(source.c.id == key))
    return found.scalar_one_or_none()


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


def _filtered(query: Select[Any], filters: Filters, residence: Any, now: datetime) -> Select[Any]:
    equal = {
        Ticket.team: filters.team,
        Ticket.priority: filters.priority,
        Ticket.responsible: filters.responsible,
        Ticket.occupancy: filters.occupancy,
        Ticket.building: filters.building,
    }
    for attribute, value in equal.items():
        if value is not None:
            query = query.where(col(attribute) == value)
    if filters.state:
        query = query.where(col(Ticket.state).in_(filters.state))
    if filters.residence is not None:
        query = query.where(residence == filters.residence)
    if filters.overdue is not None:
        overdue = _is_overdue(now)
        query = query.where(overdue if filters.overdue else ~overdue)
    if filters.is_open is not None:
        ended = col(Ticket.ended_at)
        query = query.where(ended.is_(None) if filters.is_open else ended.is_not(None))
    return query


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """A running clock is past its time; while the household is awaited, promises of service do not run."""
    return (
        select(DeadlineRow.ticket)
        .where(
            col(DeadlineRow.ticket) == col(Ticket.id),
            col(DeadlineRow.met_at).is_(None),
            col(DeadlineRow.due_at) < now,
            or_(col(DeadlineRow.clock) != "service", col(Ticket.state).not_in(PAUSING)),
        )
        .exists()
    )
