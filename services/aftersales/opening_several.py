"""Several things told at once, in one transaction: who tells the like at that moment is not locked out."""

from collections.abc import Sequence

from services.aftersales.actions import NewTicket, open_ticket
from services.aftersales.incidents import joining
from services.aftersales.model import Ticket
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.kit.unit import Unit


async def open_all(unit: Unit, home: Home, several: Sequence[NewTicket], actor: Actor) -> list[Ticket]:
    """One request for each, in that order; as `actions.open_ticket` opens it."""
    if len(several) > 1:
        await joining.take_turns(unit, home, [(one.element, one.symptom) for one in several])
    return [await open_ticket(unit, home, one, actor) for one in several]
