"""What the pages of one request show of the incident it belongs to, and of the meter it came from."""

from collections.abc import Mapping
from typing import Any

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.incidents import following, meter_views, views
from services.aftersales.incidents.model import Incident
from services.aftersales.incidents.stages import CONFIRMED
from services.aftersales.model import Ticket
from services.kit.i18n import LANGUAGES
from services.kit.unit import Unit
from services.kit.web import Principal

SHOWN = (*CONFIRMED, "resolved")
"""What the household's page of a request shows: confirmed by a person, and not yet over for long."""


async def for_household(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """The words for all, and the question once it is over."""
    incident = await _of(unit, ticket)
    if incident is None or incident.state not in SHOWN:
        return None
    homes = await registry.own_occupancies(unit, who.person)
    return {
        "in_language": {one: await views.whole(unit, incident, who, one) for one in LANGUAGES},
        "is_asked": await following.is_asked(unit, incident, homes),
    }


async def for_desk(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """Where the whole of it is."""
    incident = await _of(unit, ticket)
    if incident is None:
        return None
    [short] = await views.summaries(unit, [incident], who, LANGUAGES[0])
    return {"incident": short}


async def meter_for_desk(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """The readings the request was opened for, as they were then."""
    if ticket.channel != "meter" or who.role is Role.RESIDENT:
        return None
    found = await meter_views.of_ticket(unit, ticket)
    return None if found is None else {"in_language": found}


async def _of(unit: Unit, ticket: Ticket) -> Incident | None:
    return await unit.session.get(Incident, ticket.incident) if ticket.incident else None
