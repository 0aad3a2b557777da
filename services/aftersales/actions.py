"""What a person may do with a request: open it, move it on, write about it. Pages and API call these."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Priority, Responsible
from services.aftersales import followers, registry, urgency
from services.aftersales.assess import home_of, judge, keep
from services.aftersales.changes import Changes, apply_changes, check, facts_of, happened_at
from services.aftersales.incidents import joining
from services.aftersales.lifecycle import IllegalAction, Missing, Standing, Step, apply, offered, take
from services.aftersales.lifecycle import legal_actions as legal
from services.aftersales.model import Ticket, TicketEvent, TicketMessage
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.notices.writing import notice_facts, write_notice
from services.aftersales.registry import Home
from services.aftersales.standings import standing_of, terms_of
from services.aftersales.telling import Actor, changed, opened
from services.aftersales.winding import first_clocks, wind_clocks
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid
from services.kit.registry import local_today
from services.kit.unit import Unit

__all__ = ["SYSTEM", "Changes", "NewTicket", "act", "lapse", "locked_now", "open_ticket", "write_message"]

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
    urgent: tuple[str, ...] = ()
    """What is said of how pressing it is, codes of the table of urgency."""


async def open_ticket(unit: Unit, home: Home, new: NewTicket, actor: Actor) -> Ticket:
    """Number it, decide by rule, start its clocks, name a contact, tell others. 409 for who has left."""
    assert unit.coop is not None
    if actor.role == "resident" and home.is_left(unit.now):
        raise conflict("moved_out", "You have left this home: who lives there now reports for it.")
    today = await local_today(unit)
    ticket = Ticket(
        id=new_id("tkt"),
        coop=unit.coop,
        number=_not_yet(),
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
    found = await judge(unit, ticket, home, new.urgent)
    ticket.assignee = await registry.contact_for(unit, ticket.team)
    told = {urgency.FACT: list(urgency.known(new.urgent))} if new.urgent else {}
    step = Step("submit", actor.role, unit.now, actor=actor.id, channel=new.channel, facts=told)
    standing = apply([step], has_household=ticket.occupancy is not None)
    clocks = await first_clocks(unit, ticket, home, standing, found)
    unit.session.add(ticket)
    await unit.session.flush()  # what follows refers to it
    _record(unit, ticket, step, actor, 1)
    unit.session.add_all(clocks)
    await keep(unit, ticket, found)
    is_told = await joining.join(unit, ticket)
    # The last thing: who reports at the same moment waits for the number until this transaction ends.
    ticket.number = await _next_number(unit)
    await unit.session.flush()
    unit.emit(opened(ticket, clocks), ticket.id)
    if is_told and ticket.priority != Priority.P0:
        await act(unit, ticket.id, "attach", SYSTEM, Changes(facts={"incident": ticket.incident}))
    return ticket


async def act(unit: Unit, ticket_id: str, action: str, actor: Actor, changes: Changes) -> Ticket:
    """One step of its life. 409 with what is legal instead, 422 for what is missing; then nothing is changed.

    The caller has checked that the actor may see the request.
    """
    ticket = await _locked(unit, ticket_id)
    if changes.key is not None and await _is_taken(unit, ticket, changes.key):
        return ticket
    standing = await standing_of(unit, ticket)
    if changes.version is not None and changes.version != ticket.version:
        raise conflict(
            "changed_meanwhile",
            "Somebody changed this request meanwhile; look again.",
            legal_actions=offered(standing, actor.role, unit.now, actor.id),
        )
    async with unit.part():
        await _step(unit, ticket, standing, action, actor, changes)
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
        await _simply(unit, ticket, standing, "resume", actor)
    else:
        ticket.version += 1
        unit.emit(changed(ticket, "message", actor), ticket.id)
    return message


async def lapse(unit: Unit, ticket_id: str, action: str) -> bool:
    """`remind`, `lapse` or `close` by the passing of time; whether it was done.

    It is not when a person was faster, or has the request in hand just now.
    """
    ticket = await locked_now(unit, ticket_id)
    if ticket is None:
        return False
    standing = await standing_of(unit, ticket)
    is_legal = action in legal(standing, SYSTEM.role, unit.now)
    if is_legal:
        await _simply(unit, ticket, standing, action, SYSTEM)
    return is_legal


async def locked_now(unit: Unit, ticket_id: str) -> Ticket | None:
    """The request for this unit alone; None while somebody else is changing it."""
    found = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.id) == ticket_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def _simply(unit: Unit, ticket: Ticket, standing: Standing, action: str, actor: Actor) -> None:
    place, last = await _last(unit, ticket)
    at = max(unit.now, last)
    step = Step(action, actor.role, at, actor=actor.id, channel=actor.channel)
    after = take(standing, step)
    await _moved(unit, ticket, await home_of(unit, ticket), step, actor, after, place + 1)


async def _step(
    unit: Unit, ticket: Ticket, before: Standing, action: str, actor: Actor, changes: Changes
) -> None:
    home = await home_of(unit, ticket)
    place, last = await _last(unit, ticket)
    at = happened_at(unit, last, actor, changes)
    await apply_changes(unit, ticket, home, action, actor, before, changes)
    standing = replace(before, terms=await terms_of(unit, ticket))
    step = Step(
        action, actor.role, at, changes.reason, changes.comment, changes.appointment_at, actor.id,
        actor.channel,
    )  # fmt: skip
    possible = legal(standing, actor.role, at, actor.id)
    if action not in possible:
        refusal = IllegalAction(action, standing.state, possible)
        alternatives = offered(standing, actor.role, at, actor.id)
        raise conflict("illegal_action", str(refusal), legal_actions=alternatives) from refusal
    facts = await facts_of(unit, ticket, home, action, actor, changes)
    if action == "notify_debtor" and "notice" not in facts:
        notice = await write_notice(unit, [ticket], standing, changes.notice or NoticeWanted(), actor)
        facts |= notice_facts(notice)
    elif action == "sign_off":
        facts["sides"] = sorted(standing.signing_sides)
    step = replace(step, facts=facts)
    try:
        after = take(standing, step)
    except Missing as missing:
        raise invalid(f"/{missing.field}", "missing", f"{action} needs a {missing.field}.") from missing
    check(unit, step, changes)
    await _moved(unit, ticket, home, step, actor, after, place + 1, changes.key)


async def _moved(
    unit: Unit,
    ticket: Ticket,
    home: Home,
    step: Step,
    actor: Actor,
    after: Standing,
    place: int,
    key: str | None = None,
) -> None:
    """Write the step into the history and everything that follows from it."""
    ticket.state, ticket.ended_at = after.state, after.ended_at
    ticket.appointment_at = after.appointment_at
    ticket.version += 1
    _record(unit, ticket, step, actor, place, key)
    await wind_clocks(unit, ticket, home, replace(after, as_of=max(after.as_of, unit.now)))
    await unit.session.flush()
    await followers.follow(unit, ticket, step)
    unit.emit(changed(ticket, step.action, actor, step), ticket.id)


async def _last(unit: Unit, ticket: Ticket) -> tuple[int, datetime]:
    found = await unit.session.execute(
        select(col(TicketEvent.place_in_history), col(TicketEvent.occurred_at))
        .where(col(TicketEvent.ticket) == ticket.id)
        .order_by(col(TicketEvent.place_in_history).desc())
        .limit(1)
    )
    place, at = found.one()
    return place, at


async def _is_taken(unit: Unit, ticket: Ticket, key: str) -> bool:
    found = await unit.session.execute(
        select(col(TicketEvent.place_in_history)).where(
            col(TicketEvent.ticket) == ticket.id, col(TicketEvent.idempotency_key) == key
        )
    )
    return found.first() is not None


async def _locked(unit: Unit, ticket_id: str) -> Ticket:
    found = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.id) == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


def _not_yet() -> int:
    """What stands for the number until it is drawn: below zero, and like no other's."""
    return -1 - secrets.randbelow(2**31 - 1)


async def _next_number(unit: Unit) -> int:
    found = await unit.session.execute(
        text(
            "INSERT INTO aftersales.counter (coop, last) VALUES (:coop, 1)"
            " ON CONFLICT (coop) DO UPDATE SET last = counter.last + 1 RETURNING last"
        ),
        {"coop": unit.coop},
    )
    return int(found.scalar_one())


def _record(unit: Unit, ticket: Ticket, step: Step, actor: Actor, place: int, key: str | None = None) -> None:
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
            channel=step.channel,
            facts=dict(step.facts) or None,
            idempotency_key=key,
        )
    )
