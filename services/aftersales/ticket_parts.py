"""What the pages of one request are made of beside its own record: each part brings its piece."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from services.aftersales import next_on_ticket
from services.aftersales.dwelling_file import on_desk
from services.aftersales.incidents import on_ticket
from services.aftersales.inspections import on_paper as inspections
from services.aftersales.intake import access, siblings
from services.aftersales.model import Ticket
from services.aftersales.notices import showing as notices
from services.aftersales.opinions import giving as opinions
from services.aftersales.parties import desk_pages as party_desk
from services.aftersales.photos import actions as photo_actions
from services.aftersales.visits import on_ticket as visit_on_ticket
from services.kit.unit import Unit
from services.kit.web import Principal

Load = Callable[[Unit, Ticket, Principal], Awaitable[Mapping[str, Any] | None]]
"""What a part shows of a request to that reader; None shows nothing."""


class Part(NamedTuple):
    """A piece of the page: `template` finds what `load` gave as `part`, beside the page's own context."""

    template: str
    place: Literal["main", "aside"]
    load: Load


HOUSEHOLD: tuple[Part, ...] = (
    Part("aftersales/sent_with_ticket.html", "main", siblings.on_page),
    Part("aftersales/refusal_on_ticket.html", "main", next_on_ticket.refusal),
    Part("aftersales/decision_on_ticket.html", "aside", next_on_ticket.decision),
    Part("aftersales/visit_on_ticket.html", "main", visit_on_ticket.part),
    Part("aftersales/notices_on_ticket.html", "aside", notices.for_household),
    Part("aftersales/incident_on_ticket.html", "main", on_ticket.for_household),
    Part("aftersales/photos_on_ticket.html", "main", photo_actions.on_page),
    Part("aftersales/inspections_on_ticket.html", "aside", inspections.on_ticket),
    Part("aftersales/access_on_ticket.html", "aside", access.on_page),
    Part("aftersales/opinion_on_ticket.html", "main", opinions.on_page),
)
"""On the household's page of a request, in this order."""
DESK: tuple[Part, ...] = (
    Part("aftersales/refusal_on_desk.html", "main", next_on_ticket.refusal),
    Part("aftersales/file_on_desk.html", "aside", on_desk.windows_of),
    Part("aftersales/route_on_ticket.html", "main", party_desk.part),
    Part("aftersales/visit_on_ticket.html", "main", visit_on_ticket.part),
    Part("aftersales/notices_on_desk.html", "main", notices.for_desk),
    Part("aftersales/incident_on_desk.html", "aside", on_ticket.for_desk),
    Part("aftersales/meter_on_ticket.html", "main", on_ticket.meter_for_desk),
    Part("aftersales/photos_on_ticket.html", "main", photo_actions.on_page),
    Part("aftersales/inspections_on_ticket.html", "aside", inspections.on_ticket),
    Part("aftersales/access_on_ticket.html", "aside", access.on_page),
    Part("aftersales/opinion_on_ticket.html", "aside", opinions.on_page),
)
"""On the staff's page of a request, in this order."""


async def shown(
    parts: Sequence[Part], unit: Unit, ticket: Ticket, who: Principal
) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """By place: each part's template with what it shows."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {"main": [], "aside": []}
    for part in parts:
        content = await part.load(unit, ticket, who)
        if content is not None:
            found[part.place].append((part.template, content))
    return found
