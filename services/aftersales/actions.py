"""What a person may do with a request: open it, move it on, write about it. Pages and API call these."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, func, select

from contracts.codes import Priority, Responsible
from services.aftersales import registry
from services.aftersales.assess import decide, home_of, standing_of, wind_clocks
from services.aftersales.lifecycle import IllegalAction, Missing, Standing, Step, apply, take
from services.aftersales.lifecycle import legal_actions as legal
from services.aftersales.model import Ticket, TicketEvent, TicketMessage
from services.aftersales.registry import Home
from services.aftersales.telling import Actor, changed, opened
from services.aftersales.words import codes
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid
from services.kit.registry import local_today
from services.kit.unit import Unit

SYSTEM = Actor("system", "system")


@dataclass(frozen=True)
class NewTicket:
    """What somebody reports. Codes are checked by the caller."""

    place: str
    element: str
    symptom: str
    description: str
    channel: str
    noticed_on: date | None = None
    reported_by: str | None = None
    inspection: str | None = None
    cause: str = "unknown"


@dataclass(frozen=True)
class Changes:
    """What goes with an action; None leaves things as they are."""

    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = None
    assignee: str | None = None
    team: str | None = None
    priority: Priority | None = None
    responsible: Responsible | None = None
    basis: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """New place, element, symptom, cause, installed_on, declared_to_insurer_on."""
    version: int | None = None
    """The version the person saw; another one now is a conflict."""


async def open_ticket(unit: Unit, home: Home, new: NewTicket, actor: Actor) -> Ticket:
    """Number it, let the rules decide, start its clocks, name a contact, tell the other rooms."""
    assert unit.coop is not None
    today = await local_today(unit)
    ticket = Ticket(
        id=new_id("tkt"),
        coop=unit.coop,
        number=await _next_number(unit),
        occupancy=home.occupancy,
        dwelling=home.dwelling,
        building=home.building,
        place=new.place,
        element=new.element,
        symptom=new.symptom,
        description=new.description,
        noticed_on=new.noticed_on or today,
        channel=new.channel,
        opened_by=actor.id,
        reported_by=new.reported_by,
        inspection=new.inspection,
        cause=new.cause,
        priority=Priority.P3.value,
        responsible=Responsible.COOPERATIVE.value,
        basis="",
        reasons=[],
        set_by_person=[],
        team="",
        state="submitted",
        opened_at=unit.now,
        version=1,
    )
    unit.session.add(ticket)
    await decide(unit, ticket, home)
    ticket.assignee = await registry.contact_for(unit, ticket.team)
    step = Step("submit", actor.role, unit.now)
    _record(unit, ticket, step, actor, 1)
    standing = apply([step], has_household=ticket.occupancy is not None)
    await wind_clocks(unit, ticket, home, standing)
    await unit.session.flush()
    unit.emit(await opened(unit, ticket), ticket.id)
    return ticket


async def act(unit: Unit, ticket_id: str, action: str, actor: Actor, changes: Changes) -> Ticket:
    """One step of its life. 409 with what is legal instead, 422 for what is missing.

    The caller has checked that the actor may see the request.
    """
    ticket = await _locked(unit, ticket_id)
    standing = await standing_of(unit, ticket)
    if changes.version is not None and changes.version != ticket.version:
        raise conflict(
            "changed_meanwhile",
            "Somebody changed this request meanwhile; look again.",
            legal_actions=legal(standing, actor.role, unit.now),
        )
    step = Step(action, actor.role, unit.now, changes.reason, changes.comment, changes.appointment_at)
    try:
        after = take(standing, step)
    except IllegalAction as refusal:
        raise conflict("illegal_action", str(refusal), legal_actions=refusal.legal) from refusal
    except Missing as missing:
        raise invalid(f"/{missing.field}", "missing", f"{action} needs a {missing.field}.") from missing
    await _check(unit, step, changes)
    home = await home_of(unit, ticket)
    await _apply_changes(unit, ticket, home, action, actor, changes)
    await _moved(unit, ticket, home, step, actor, after)
    return ticket


async def write_message(unit: Unit, ticket_id: str, actor: Actor, body: str) -> TicketMessage:
    """A word about the request. The household's answer ends a wait for it."""
    ticket = await _locked(unit, ticket_id)
    message = TicketMessage(
        id=new_id("msg"),
        coop=ticket.coop,
        ticket=ticket.id,
        author=actor.id,
        role=actor.role,
        body=body,
        written_at=unit.now,
    )
    unit.session.add(message)
    standing = await standing_of(unit, ticket)
    if actor.role == "resident" and standing.state == "waiting_member":
        step = Step("resume", actor.role, unit.now)
        await _moved(unit, ticket, await home_of(unit, ticket), step, actor, take(standing, step))
    else:
        ticket.version += 1
        unit.emit(changed(ticket, "message", actor), ticket.id)
    return message


async def lapse(unit: Unit, ticket_id: str, action: str) -> None:
    """`lapse` or `close` by the passing of time; nothing when a person was faster."""
    ticket = await _locked(unit, ticket_id)
    standing = await standing_of(unit, ticket)
    if action in legal(standing, SYSTEM.role, unit.now):
        step = Step(action, SYSTEM.role, unit.now)
        await _moved(unit, ticket, await home_of(unit, ticket), step, SYSTEM, take(standing, step))


async def _moved(unit: Unit, ticket: Ticket, home: Home, step: Step, actor: Actor, after: Standing) -> None:
    """Write the step into the history and everything that follows from it."""
    ticket.state, ticket.ended_at = after.state, after.ended_at
    ticket.appointment_at = after.appointment_at
    ticket.version += 1
    count = await unit.session.execute(
        select(func.max(col(TicketEvent.place_in_history))).where(col(TicketEvent.ticket) == ticket.id)
    )
    _record(unit, ticket, step, actor, (count.scalar_one() or 0) + 1)
    await wind_clocks(unit, ticket, home, after)
    await unit.session.flush()
    unit.emit(changed(ticket, step.action, actor), ticket.id)


async def _apply_changes(
    unit: Unit, ticket: Ticket, home: Home, action: str, actor: Actor, changes: Changes
) -> None:
    """Staff's corrections; a reopened request is never less urgent than before."""
    by_person = set(ticket.set_by_person)
    if actor.role in ("staff", "caretaker"):
        for name, value in changes.facts.items():
            setattr(ticket, name, value)
        if changes.priority is not None:
            ticket.priority = changes.priority.value
            by_person.add("priority")
        if changes.responsible is not None:
            ticket.responsible = changes.responsible.value
            ticket.basis = changes.basis or "Décision de la coopérative"
            ticket.reasons = [{"key": "decided_by_person", "params": {}}]
            by_person.add("responsible")
        if changes.team is not None:
            ticket.team = changes.team
            by_person.add("team")
        if changes.assignee is not None:
            ticket.assignee = changes.assignee
        elif action == "acknowledge" and actor.id in await registry.staff(unit):
            ticket.assignee = actor.id
    if sorted(by_person) != sorted(ticket.set_by_person):
        ticket.set_by_person = sorted(by_person)
    if changes.facts or changes.priority or changes.responsible:
        await decide(unit, ticket, home)


async def _check(unit: Unit, step: Step, changes: Changes) -> None:
    if step.action == "refuse" and step.reason not in codes("reason_codes"):
        raise invalid("/reason", "unknown_code", "Use a reason code of GET /taxonomy.")
    if step.action == "schedule" and changes.appointment_at is not None and changes.appointment_at < unit.now:
        raise invalid("/appointment_at", "in_the_past", "A visit is arranged for later.")
    if changes.assignee is not None and changes.assignee not in await registry.staff(unit):
        raise invalid("/assignee", "unknown_person", "Name a person of the cooperative's staff.")


async def _locked(unit: Unit, ticket_id: str) -> Ticket:
    found = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.id) == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def _next_number(unit: Unit) -> int:
    found = await unit.session.execute(
        text(
            "INSERT INTO aftersales.counter (coop, last) VALUES (:coop, 1)"
            " ON CONFLICT (coop) DO UPDATE SET last = counter.last + 1 RETURNING last"
        ),
        {"coop": unit.coop},
    )
    return int(found.scalar_one())


def _record(unit: Unit, ticket: Ticket, step: Step, actor: Actor, place: int) -> None:
    unit.session.add(
        TicketEvent(
            ticket=ticket.id,
            place_in_history=place,
            coop=ticket.coop,
            action=step.action,
            actor=actor.id,
            role=actor.role,
            reason=step.reason,
            comment=step.comment,
            appointment_at=step.appointment_at,
            state=ticket.state,
            occurred_at=step.at,
            recorded_at=unit.wall,
        )
    )
