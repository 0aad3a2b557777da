"""Keeps the appointment of a request in line with its history, whoever moved it on and however."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from services.aftersales.guards import AGREED, MISSED
from services.aftersales.lifecycle import ENDED, Step
from services.aftersales.model import Ticket
from services.aftersales.visits.model import Visit
from services.aftersales.visits.offers import RUNNING, host_of
from services.aftersales.visits.terms import terms_of
from services.kit.ids import new_id
from services.kit.problems import conflict
from services.kit.unit import Unit

_ELSEWHERE = (*ENDED, "qualified", "assigned", "acknowledged", "reopened", "attached", "submitted")
"""States in which nobody is expected any more."""


async def running(unit: Unit, ticket: str) -> Visit | None:
    """The visit that is arranged for a request now."""
    found = await unit.session.execute(
        select(Visit).where(col(Visit.ticket) == ticket, col(Visit.state).in_(RUNNING))
    )
    return found.scalar_one_or_none()


async def last(unit: Unit, ticket: str) -> Visit | None:
    """The latest visit of a request, whatever became of it."""
    found = await unit.session.execute(
        select(Visit)
        .where(col(Visit.ticket) == ticket)
        .order_by(col(Visit.booked_at).desc(), col(Visit.id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def follow(unit: Unit, ticket: Ticket, step: Step) -> None:
    """Called with each step, in its transaction. A household moves and cancels visits only by the windows it
    is offered and until the agreed limit: 409 otherwise, and the step is undone."""
    visit = await running(unit, ticket.id)
    match step.action:
        case "schedule":
            await _scheduled(unit, ticket, step, visit)
        case "on_the_way" if visit is not None:
            visit.state = "on_the_way"
            minutes = step.facts.get("minutes")
            visit.expected_at = step.at + timedelta(minutes=int(minutes)) if minutes else None
            visit.changed_at = unit.now
        case "start" | "finish" if visit is not None:
            visit.state = "kept"
            _touch(unit, visit)
        case "missed" if visit is not None:
            visit.state, visit.missed_side = "missed", str(step.facts.get("side", "cooperative"))
            _touch(unit, visit)
        case "wait_access" if step.role != "resident" and step.facts.get(AGREED) == MISSED:
            await _refuse_contested(unit, ticket)
        case "unschedule" if visit is not None and step.role == "resident":
            await refuse_late(unit, visit)
            cancel(unit, visit)
        case _ if visit is not None and ticket.state in _ELSEWHERE:
            cancel(unit, visit)


async def window_end(unit: Unit, ticket: str, at: datetime) -> datetime:
    """Until when somebody may come who comes at `at`: the end of the window that is arranged, else the usual
    length of one."""
    visit = await running(unit, ticket)
    if visit is not None and visit.starts_at == at:
        return visit.ends_at
    return at + timedelta(minutes=(await terms_of(unit)).usual_minutes)


async def refuse_late(unit: Unit, visit: Visit) -> None:
    """409 once a household can no longer change the visit by itself."""
    terms = await terms_of(unit)
    if visit.starts_at - unit.now < terms.change_until:
        raise conflict("too_late_to_change", "It is too late to change this visit here: please call.")


async def _refuse_contested(unit: Unit, ticket: Ticket) -> None:
    """409: a promise is not paused by a miss of which its household says that it was there."""
    visit = await last(unit, ticket.id)
    if visit is not None and visit.contested_at is not None:
        raise conflict(
            "miss_is_contested", "The household says that it was there: agree the wait with it first."
        )


def cancel(unit: Unit, visit: Visit) -> None:
    """Nobody comes; calendars are told."""
    visit.state = "cancelled"
    _touch(unit, visit)


async def _scheduled(unit: Unit, ticket: Ticket, step: Step, visit: Visit | None) -> None:
    at = step.appointment_at
    assert at is not None
    if visit is not None and visit.starts_at == at:
        return  # arranged with its window just before
    if step.role == "resident":
        raise conflict("no_such_slot", "Choose one of the windows that are offered.")
    until = at + timedelta(minutes=(await terms_of(unit)).usual_minutes)
    host = await host_of(unit, ticket)
    if visit is None:
        unit.session.add(
            Visit(
                id=new_id("vis"),
                coop=ticket.coop,
                ticket=ticket.id,
                host=host,
                seat=0,
                starts_at=at,
                ends_at=until,
                state="booked",
                sequence=0,
                booked_by=step.role,
                booked_at=unit.now,
                changed_at=unit.now,
            )
        )
        return
    visit.slot, visit.seat, visit.host = None, 0, host
    visit.starts_at, visit.ends_at, visit.booked_by = at, until, step.role
    visit.state, visit.reminded_at, visit.expected_at = "booked", None, None
    _touch(unit, visit)


def _touch(unit: Unit, visit: Visit) -> None:
    visit.sequence += 1
    visit.changed_at = unit.now
