"""What a person may do with photos: see those of their requests and inspections, add some, take one back."""

from typing import Any

from services.aftersales import photos, queries
from services.aftersales.inspections import guided, visibility
from services.aftersales.lifecycle import offered
from services.aftersales.model import Ticket
from services.aftersales.photos.model import Photo
from services.aftersales.photos.receiving import Brought
from services.aftersales.standings import standing_of
from services.aftersales.telling import Actor, changed
from services.kit.i18n import mark as _
from services.kit.problems import conflict, not_found
from services.kit.unit import Unit
from services.kit.web import Principal


async def visible(unit: Unit, photo_id: str, who: Principal) -> Photo:
    """The photo, or 404 for whoever may not see what it belongs to."""
    photo = await unit.session.get(Photo, photo_id)
    if photo is None:
        raise not_found()
    if photo.ticket is not None:
        await queries.visible(unit, photo.ticket, who)
    else:
        await visibility.visible(unit, photo.inspection or "", who)
    return photo


async def add(unit: Unit, ticket: Ticket, brought: Brought, by: Actor) -> list[Photo]:
    """Keep what was brought. 422 when nothing of it could be taken, 409 for a request that is over."""
    if ticket.ended_at is not None:
        raise conflict(
            "request_is_over",
            _("This request is over: open it again to add photos."),
            legal_actions=offered(await standing_of(unit, ticket), by.role, unit.now, by.id),
        )
    if not brought.good:
        raise photos.refusal(brought.refused[0] if brought.refused else "empty")
    kept = [await photos.keep(unit, made, ticket=ticket.id, by=by) for made in brought.good]
    unit.emit(changed(ticket, "photo", by), ticket.id)
    return kept


async def take_back(unit: Unit, photo: Photo, by: Actor) -> None:
    """Who put it on a request takes it back while it is fresh; of an inspection, until it is signed."""
    if photo.inspection is not None:
        await visibility.still_open(unit, photo.inspection)
        await guided.void(unit, photo.inspection)
    await photos.forget(unit, photo, by)


async def on_page(unit: Unit, ticket: Ticket, who: Principal) -> dict[str, Any] | None:
    """The part of a request's page."""
    found = await photos.of(unit, ticket.id)
    return {
        "photos": found,
        "may_add": ticket.ended_at is None and len(found) < photos.MOST_OF_TICKET,
        "own": {one.id for one in found if photos.may_forget(unit, one, who.id)},
    }
