"""How the cooperative is reached, and the head of its letters as it looks: seen and changed by its staff."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from services.aftersales import public_contact, settings
from services.aftersales.form_pages import Sent, taken, typed, valid
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.parties.actions import coop_name
from services.aftersales.public_contact import Contact, head_of
from services.aftersales.settings_api import ContactIn
from services.aftersales.tables import load
from services.aftersales.words import spoken_day
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, roles

STAFF = roles("staff")
ROOT = "/settings/contact"
FORM = "contact"


@pages.get(ROOT, **STAFF)
async def shown(request: Request, unit: RoomUnit, done: str = "") -> Response:
    """What is published, and what stands at the head of letters."""
    return await _page(request, unit, Sent(done=FORM if done else ""))


@pages.post(ROOT, **STAFF)
async def change(request: Request, unit: RoomUnit, who: Who) -> Response:
    """Letters written from now on carry it; those that were sent stay as they are."""
    given = await typed(request, ContactIn.model_fields)

    async def keep() -> None:
        filled = {name: value for name, value in given.items() if value}
        own = valid(ContactIn, filled).model_dump(mode="json", exclude_none=True)
        await settings.keep(unit, None, public_contact.NAME, own or None, actor_of(who).id)

    return await taken(
        unit, keep, f"{ROOT}?done=yes", lambda sent: _page(request, unit, sent), form=FORM, given=given
    )


async def _page(request: Request, unit: Unit, sent: Sent) -> Response:
    kept: dict[str, Any] = await settings.held(unit, None, public_contact.NAME) or {}
    return await answer(
        request,
        unit,
        "settings_contact.html",
        status=sent.status,
        **sent.shown(request),
        said=sent.given if sent.failed else kept,
        kept=kept,
        coop_name=await coop_name(unit),
        head=head_of(Contact(**kept) if kept else None),
        letter=load("notices/letters"),
        day=spoken_day(await local_today(unit), "fr"),
    )
