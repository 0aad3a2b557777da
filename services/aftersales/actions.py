"""What a person may do with a request: open it, move it on, write about it. Pages and API call these."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import col, select

from contracts.codes import Priority
from services.aftersales import followers
from services.aftersales.assess import home_of
from services.aftersales.changes import Changes, apply_changes, check, check_calmer, facts_of, happened_at
from services.aftersales.lifecycle import (
    TABLE,
    IllegalAction,
    Missing,
    Standing,
    Step,
    offered,
    refusal,
    take,
)
from services.aftersales.lifecycle import legal_actions as legal
from services.aftersales.model import Ticket, TicketEvent, TicketMessage
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.notices.writing import notice_facts, write_notice
from services.aftersales.opening import NewTicket, write_down
from services.aftersales.refusing import check_refusal
from services.aftersales.registry import Home
from services.aftersales.standings import standing_of, terms_of
from services.aftersales.storing import Opened, event_row
from services.aftersales.telling import Actor, changed
from services.aftersales.visits import news
from services.aftersales.winding import kept, wind_clocks
from services.aftersales.words import codes
from services.kit.ids import new_id
from services.kit.problems import Problem, conflict, invalid
from services.kit.registry import zone_of
from services.kit.said import Said, named
from services.kit.unit import Unit

__all__ = [
    "SYSTEM", "Changes", "NewTicket", "act", "lapse", "locked_now", "locked_of", "open_ticket",
    "write_message",
]  # fmt: skip

SYSTEM = Actor("system", "system")


async def open_ticket(unit: Unit, home: Home, new: NewTicket, actor: Actor) -> Ticket:
    """As `open_whole`; the request without its parts."""
    return (await open_whole(unit, home, new, actor)).ticket


async def open_whole(unit: Unit, home: Home, new: NewTicket, actor: Actor) -> Opened:
    """As `opening.write_down`; who belongs to an incident that is confirmed is attached to it at once."""
    made, is_told = await write_down(unit, home, new, actor)
    ticket = made.ticket
    if not is_told or ticket.priority == Priority.P0:
        return made
    await act(unit, ticket.id, "attach", SYSTEM, Changes(facts={"incident": ticket.incident}, is_inner=True))
    return Opened(ticket)


async def act(unit: Unit, ticket_id: str, action: str, actor: Actor, changes: Changes) -> Ticket:
    """One step of its life. 409 with what is legal instead, 422 for what is missing or is no action at all;
    then nothing is changed.

    The caller has checked that the actor may see the request.
    """
    if action not in TABLE:
        known = ", ".join(one for one in TABLE if not TABLE[one].is_inner)
        raise invalid("/action", "unknown_code", "Use one of: %(codes)s.", codes=known)
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
        if action == "set_formal_aside" and action in legal(standing, actor.role, unit.now, actor.id):
            standing = await _letters_first(unit, ticket, standing, actor)
        await _step(unit, ticket, standing, action, actor, changes)
    return ticket


async def _letters_first(unit: Unit, ticket: Ticket, standing: Standing, actor: Actor) -> Standing:
    """What does not wait for a mise en demeure is claimed all the same: each letter is stored now."""
    claim = standing.terms.claim
    assert claim is not None
    for debtor in standing.unwritten:
        if debtor in claim.debtors:
            await act(unit, ticket.id, "notify_debtor", actor, Changes(notice=NoticeWanted(debtor=debtor)))
    return await standing_of(unit, ticket)


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


async def locked_of(unit: Unit, ticket_ids: Sequence[str]) -> Sequence[Ticket]:
    """The same of several, in the order of their ids; without those that somebody else is changing."""
    found = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.id).in_(ticket_ids))
        .order_by(col(Ticket.id))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


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
    was = ticket.priority
    await apply_changes(unit, ticket, home, action, actor, before, changes)
    check_calmer(was, ticket, changes)
    standing = replace(before, terms=await terms_of(unit, ticket))
    step = Step(
        action, actor.role, at, changes.reason, changes.comment, changes.appointment_at, actor.id,
        actor.channel,
    )  # fmt: skip
    if action not in legal(standing, actor.role, at, actor.id):
        raise _illegal(standing, step, _why(action, refusal(standing, step)))
    if TABLE[action].is_inner and not changes.is_inner:
        raise _illegal(
            standing,
            step,
            Said(
                "%(action)s follows from something else; nobody asks for it by name.",
                {"action": named("actions", action)},
            ),
        )
    facts = await facts_of(unit, ticket, home, standing, action, actor, changes)
    if ticket.priority != was:
        facts |= {"priority_was": was, "priority": ticket.priority}
    if action == "notify_debtor" and "notice" not in facts:
        notice = await write_notice(unit, [ticket], standing, _letter(changes), actor)
        facts |= notice_facts(notice, await zone_of(unit))
    elif action == "sign_off":
        facts["sides"] = sorted(standing.signing_sides)
    step = replace(step, facts=facts)
    try:
        after = take(standing, step)
    except IllegalAction as illegal:  # what only the step's own facts could tell
        raise _illegal(standing, step, _why(action, illegal)) from illegal
    except Missing as missing:
        raise invalid(
            f"/{missing.field}",
            "missing",
            "%(action)s needs %(field)s.",
            action=named("actions", action),
            field=missing.field,
        ) from missing
    check(unit, step, changes)
    if action == "refuse":
        await check_refusal(unit, ticket, home, step.reason)
    await _moved(unit, ticket, home, step, actor, after, place + 1, changes.key)


def _why(action: str, refused: IllegalAction) -> Said:
    return Said(
        "%(action)s is not possible while %(state)s. %(why)s",
        {
            "action": named("actions", action),
            "state": named("states", refused.state),
            "why": Said(refused.why),
        },
    )


def _illegal(standing: Standing, step: Step, why: Said) -> Problem:
    """409 with what that person may do instead: the same action too, where only its facts were wrong."""
    others = offered(standing, step.role, step.at, step.actor)
    return conflict("illegal_action", "%(why)s", legal_actions=others, figures={"why": why})


def _letter(changes: Changes) -> NoticeWanted:
    """What the step itself says of its letter; the rest follows from the request."""
    if changes.notice is not None:
        return changes.notice
    kind = changes.facts.get("kind", "notice")
    if kind not in codes("notices"):
        raise invalid("/kind", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(codes("notices")))
    return NoticeWanted(kind, changes.facts.get("debtor"), changes.party or None)


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
    unit.session.add(event_row(unit, ticket, step, actor, place, key))
    await wind_clocks(unit, ticket, home, replace(after, as_of=max(after.as_of, unit.now)))
    await unit.session.flush()
    await followers.follow(unit, ticket, step)
    more = await news.of_step(unit, ticket, step, after, place)
    clocks = await kept(unit, ticket) if "priority_was" in step.facts else ()
    unit.emit(changed(ticket, step.action, actor, step, more, clocks), ticket.id)


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
