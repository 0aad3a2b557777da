"""What a household's message says of a step besides the step itself: the whole window, until when it can be
changed, whether there is anything to choose from, what came of the work. Codes, instants, opaque ids only."""

from typing import Any

from services.aftersales.lifecycle import Standing, Step
from services.aftersales.model import Ticket
from services.aftersales.taxonomy import element_of
from services.aftersales.visits import offers
from services.aftersales.visits.following import running
from services.aftersales.visits.model import Visit
from services.aftersales.visits.terms import terms_of
from services.kit.unit import Unit

CHOOSES = frozenset({"assign", "missed", "unschedule", "come_back", "half_fixed"})
"""Steps after which its household chooses a visit, if there is any to choose."""
REMAINS = frozenset({"finish", "come_back"})
"""Steps whose words say what remains to do; see `registry.step_remark`."""


async def of_step(unit: Unit, ticket: Ticket, step: Step, after: Standing, place: int) -> dict[str, Any]:
    """Facts of `TicketChanged` for that step, the `place`-th of the request, which led to `after`."""
    if ticket.occupancy is None:
        return {}
    at_home = not element_of(ticket.element).is_common
    more: dict[str, Any] = {"is_signed": after.terms.is_signed, "at_home": at_home}
    match step.action:
        case "schedule":
            visit = await running(unit, ticket.id)
            if visit is not None:
                more |= await of_visit(unit, visit)
        case "notify_debtor":
            more["debtor"] = step.facts.get("debtor")
        case "finish":
            more["outcome"] = step.facts.get("outcome")
    if step.action == "assign":
        more["party"] = ticket.party
    if step.action in REMAINS and step.comment:
        more["remark"] = place
    if step.action in CHOOSES and ticket.state == "assigned":
        more["slots"] = len(await offers.offered(unit, ticket))
    return more


async def of_visit(unit: Unit, visit: Visit) -> dict[str, Any]:
    """The same of a visit that is arranged: both ends of its window, until when its household moves it."""
    until = visit.starts_at - (await terms_of(unit)).change_until
    can_change = visit.state == "booked" and until > unit.now
    return {"appointment_until": visit.ends_at, "change_until": until if can_change else None}
