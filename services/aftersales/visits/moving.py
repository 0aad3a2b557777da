"""What happens to a visit: offered, agreed, called off, on the way, begun, missed.

`before` is the visit that was seen when it was asked for: 409 `visit_changed` when it is another now.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from services.aftersales import actions
from services.aftersales.actions import Changes
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor, changed
from services.aftersales.visits.following import last, running
from services.aftersales.visits.model import Visit
from services.aftersales.visits.seen import UNTOLD, Seen, refuse_stale
from services.kit.problems import conflict
from services.kit.unit import Unit

Do = Callable[[Ticket, Actor], Awaitable[Any]]
I_WAS_THERE = {"fr": "J’étais là au rendez-vous.", "en": "I was there at the visit."}
"""What a household says in one tap, by language."""


async def offered(unit: Unit, ticket: Ticket, actor: Actor) -> None:
    """The household hears that there are windows to choose from."""
    unit.emit(changed(ticket, "slots_offered", actor), ticket.id)


async def agreed(unit: Unit, ticket: Ticket, at: datetime, actor: Actor, before: Seen = UNTOLD) -> None:
    """An hour settled by voice, outside the windows."""
    visit = await running(unit, ticket.id)
    if visit is None or visit.starts_at != at:
        await refuse_stale(unit, ticket, before)
    await actions.act(unit, ticket.id, "schedule", actor, Changes(appointment_at=at))


async def call_off(
    unit: Unit, ticket: Ticket, actor: Actor, comment: str | None = None, before: Seen = UNTOLD
) -> None:
    """Nobody comes; the household chooses anew. A household only until the agreed limit (409)."""
    await refuse_stale(unit, ticket, before)
    await actions.act(unit, ticket.id, "unschedule", actor, Changes(comment=comment))


async def on_the_way(
    unit: Unit, ticket: Ticket, actor: Actor, minutes: int | None = None, before: Seen = UNTOLD
) -> None:
    """With roughly how many minutes it takes, if known."""
    await refuse_stale(unit, ticket, before, moved_only=True)
    facts = {"minutes": minutes} if minutes else {}
    await actions.act(unit, ticket.id, "on_the_way", actor, Changes(facts=facts))


async def start(unit: Unit, ticket: Ticket, actor: Actor) -> None:
    await actions.act(unit, ticket.id, "start", actor, Changes())


async def missed(
    unit: Unit,
    ticket: Ticket,
    side: str,
    actor: Actor,
    comment: str | None = None,
    before: Seen = UNTOLD,
) -> None:
    """The visit did not take place, on whose side is data; windows are offered again at once."""
    await refuse_stale(unit, ticket, before, moved_only=True)
    await actions.act(unit, ticket.id, "missed", actor, Changes(comment=comment, facts={"side": side}))


async def was_there(unit: Unit, ticket: Ticket, actor: Actor, words: str) -> Visit:
    """The household says that it was there at a visit recorded as missed on its side: its word stands beside
    the other, and as a message in `words`. 409 where no such visit is the latest one. Saying it again changes
    nothing."""
    visit = await last(unit, ticket.id)
    if visit is None or visit.state != "missed" or visit.missed_side != "member":
        raise conflict("not_missed_here", "Only a visit recorded as missed on your side can be contested.")
    if visit.contested_at is None:
        visit.contested_at = unit.now
        await actions.write_message(unit, ticket.id, actor, words)
    return visit
