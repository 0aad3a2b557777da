"""What comes of a visit: the work is done, goes on another day, waits for a part, goes to another trade, or
nobody could get in. Contractors never end a request: its household has the last word."""

from services.aftersales import actions
from services.aftersales.actions import Changes
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor
from services.aftersales.visits.following import last, running
from services.aftersales.words import codes
from services.kit.problems import invalid
from services.kit.unit import Unit

DONE = ("fixed", "nothing_found", "made_do")


async def finish(
    unit: Unit, ticket: Ticket, actor: Actor, *, outcome: str, note: str = "", no_photo: str = ""
) -> None:
    """Take the steps that the outcome means. `no_photo`: a code of that group, or why in words. 422 where a
    note is needed, 409 when it is not possible."""
    if outcome not in (*DONE, "no_access") and not note:
        raise invalid("/note", "missing", "Say in a word what is still to be done.")
    is_code = no_photo in codes("no_photo")
    words = () if is_code else (no_photo,)
    visit = await running(unit, ticket.id) or await last(unit, ticket.id)
    if visit is not None:
        visit.outcome, visit.note = outcome, " · ".join(part for part in (note, *words) if part) or None
    if outcome == "no_access":
        await _no_access(unit, ticket, actor, note)
        return
    if ticket.state in ("assigned", "scheduled"):
        await actions.act(unit, ticket.id, "start", actor, Changes())
    facts = {"outcome": outcome} | ({"no_photo": no_photo if is_code else "other"} if no_photo else {})
    changes = Changes(comment=note or None, facts=facts)
    step = {"partly": "come_back", "needs_parts": "wait_parts", "needs_other_trade": "hand_back"}
    await actions.act(unit, ticket.id, step.get(outcome, "finish"), actor, changes)


async def _no_access(unit: Unit, ticket: Ticket, actor: Actor, note: str) -> None:
    """Of an arranged visit nobody opened at; work begun goes on another day. Nothing is paused by it."""
    if ticket.state == "scheduled":
        changes = Changes(comment=note or None, facts={"side": "member"})
        await actions.act(unit, ticket.id, "missed", actor, changes)
        return
    if not note:
        raise invalid("/note", "missing", "Say in a word what is still to be done.")
    step = "come_back" if ticket.state == "in_progress" else "wait_access"
    await actions.act(unit, ticket.id, step, actor, Changes(comment=note))
