"""One action on many requests: each for itself, so that one that moved on does not hold the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.aftersales import actions, queries
from services.aftersales.actions import Changes
from services.aftersales.telling import Actor
from services.kit.problems import Problem
from services.kit.unit import Unit
from services.kit.web import Principal

ACTIONS = ("acknowledge", "qualify", "assign", "message")
"""What makes sense for many at once; what needs a look at each is done on its own page."""
MOST = 200


@dataclass
class Outcome:
    """What became of the chosen requests, by their numbers."""

    done: list[int] = field(default_factory=list)
    not_done: list[int] = field(default_factory=list)
    """Not possible any more, or not without something that only their own page asks for."""


async def act(
    unit: Unit, who: Principal, tickets: Sequence[str], action: str, changes: Changes, words: str
) -> Outcome:
    """Do `action` on each request the caller may see; `words` is the message to their households."""
    outcome = Outcome()
    actor = Actor(who.id, who.role.value)
    for ticket_id in sorted(set(tickets))[:MOST]:  # in order: two people at once do not wait in a circle
        ticket = await queries.visible(unit, ticket_id, who)
        try:
            async with unit.part():
                if action == "message":
                    await actions.write_message(unit, ticket.id, actor, words)
                else:
                    await actions.act(unit, ticket.id, action, actor, changes)
        except Problem:
            outcome.not_done.append(ticket.number)
        else:
            outcome.done.append(ticket.number)
    return outcome
