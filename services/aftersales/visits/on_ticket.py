"""The visit on the pages of one request: what is arranged, what can be chosen, what may be done about it."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, func, select

from services.aftersales.model import Ticket, TicketEvent, TicketMessage
from services.aftersales.parties.model import Party
from services.aftersales.visits import offers, queries
from services.aftersales.visits.following import last, running
from services.aftersales.visits.model import Visit
from services.aftersales.visits.seen import state_of
from services.aftersales.words import codes
from services.kit.unit import Unit
from services.kit.web import Principal

SHOWN_FIRST = 3
CHOOSING = ("assigned", "scheduled")
"""States in which a visit can be arranged."""


async def part(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """For both pages; None while a visit is not what the request waits for."""
    found = await whole(unit, ticket)
    if ticket.state not in CHOOSING and found["visit"] is None:
        return None
    return {**found, "slots": found["slots"][:SHOWN_FIRST], "more": len(found["slots"]) - SHOWN_FIRST}


async def whole(unit: Unit, ticket: Ticket) -> dict[str, Any]:
    """Everything about the visit of a request, for its own page."""
    visit = await running(unit, ticket.id)
    before = None if visit else await last(unit, ticket.id)
    slots = await offers.offered(unit, ticket) if ticket.state in CHOOSING else []
    host = await host_name(unit, visit.host if visit else await offers.host_of(unit, ticket))
    return {
        "visit": visit,
        "seen": state_of(visit),
        "steps": await _steps(unit, ticket),
        "missed": before if before is not None and before.state == "missed" else None,
        "slots": [one for one in slots if visit is None or one.slot != visit.slot],
        "can_choose": ticket.state in CHOOSING,
        "can_change": visit is not None and await queries.can_change(unit, ticket),
        "is_time": visit is not None and visit.starts_at <= unit.now,
        "is_past": visit is not None and visit.ends_at <= unit.now,
        "is_answered": visit is not None and await _is_answered(unit, visit),
        "host": host,
        "host_side": "contractor" if host[0] == "party" else "cooperative",
        "history": await _over(unit, ticket),
    }


async def host_name(unit: Unit, host: str) -> tuple[str, str]:
    """(`team` or `party`, a team's code or the firm's name)."""
    if host in codes("teams"):
        return "team", host
    party = await unit.session.get(Party, host)
    return ("party", party.name) if party else ("own", host)


async def _steps(unit: Unit, ticket: Ticket) -> int:
    found = await unit.session.execute(
        select(func.count()).select_from(TicketEvent).where(col(TicketEvent.ticket) == ticket.id)
    )
    return int(found.scalar_one())


async def _is_answered(unit: Unit, visit: Visit) -> bool:
    """Whether the household has written since the visit was to end."""
    found = await unit.session.execute(
        select(TicketMessage.id)
        .where(
            col(TicketMessage.ticket) == visit.ticket,
            col(TicketMessage.role) == "resident",
            col(TicketMessage.written_at) >= visit.ends_at,
        )
        .limit(1)
    )
    return found.scalar_one_or_none() is not None


def side_shown(visit: Visit) -> str | None:
    """On whose side it was missed: the cooperative's own team is no contractor, whatever was ticked."""
    is_own = visit.missed_side == "contractor" and visit.host in codes("teams")
    return "cooperative" if is_own else visit.missed_side


async def _over(unit: Unit, ticket: Ticket) -> list[tuple[Visit, str | None]]:
    rows = await queries.of_ticket(unit, ticket)
    return [(row, side_shown(row)) for row in rows if row.state in ("missed", "kept")]
