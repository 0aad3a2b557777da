"""What a page says to somebody whose visit was changed meanwhile: what happened, and what they had chosen."""

from typing import Any

from services.aftersales import views
from services.aftersales.model import Ticket
from services.aftersales.visits import offers, seen
from services.aftersales.visits.model import Slot
from services.aftersales.visits.seen import Seen
from services.kit.problems import Problem
from services.kit.unit import Unit


async def of(
    unit: Unit,
    ticket: Ticket,
    language: str,
    problem: Problem | None,
    before: Seen,
    *,
    wanted: str,
    slot: str = "",
) -> dict[str, Any] | None:
    """`news`: the steps since the page was shown; `wanted`: what was asked for; `chosen`: the window that was
    chosen, with whether it can still be had. None where nothing else was refused than what is stale."""
    if problem is None or problem.code != seen.CODE:
        return None
    chosen, is_free = await _window(unit, ticket, slot)
    history = await views.history_out(unit, ticket, language)
    return {
        "news": history[before.steps :] if before.steps is not None else [],
        "wanted": wanted,
        "chosen": chosen,
        "is_free": is_free,
    }


async def _window(unit: Unit, ticket: Ticket, slot: str) -> tuple[offers.Offer | None, bool]:
    if not slot:
        return None, False
    for one in await offers.offered(unit, ticket):
        if one.slot == slot:
            return one, True
    stored = await unit.session.get(Slot, slot)
    return (offers.offer_of(stored) if stored is not None and stored.coop == ticket.coop else None), False
