"""What the household's pages and the desk share: one router, one way to render, who acts."""

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import actions, queries
from services.aftersales.taxonomy import taxonomy
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.i18n import Formats, language_of
from services.kit.pages import page_router, render
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Principal

pages = page_router("aftersales")
WHEN = "EEEE d MMMM, HH:mm"
"""An appointment or promise as people say it: the weekday matters, the seconds do not."""


async def answer(request: Request, unit: Unit, template: str, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language and the cooperative's civil time."""
    zone, language = await zone_of(unit), language_of(request)
    formats = Formats(language, zone.key)
    return render(
        request,
        f"aftersales/{template}",
        status,
        formats=formats,
        moment=lambda instant: formats.instant(instant, WHEN),
        now=unit.now,
        words=taxonomy(),
        word=lambda group, code: word(group, code, language),
        **context,
    )


async def written(unit: Unit, who: Principal, ticket: str, body: str, page: str) -> Response:
    """A message added to a request the person sees, then the messages of its `page` again."""
    found = await queries.visible(unit, ticket, who)
    if body.strip():
        await actions.write_message(unit, found.id, actor_of(who), body.strip())
    return RedirectResponse(f"{page}#messages", 303)


def actor_of(who: Principal) -> Actor:
    """The signed-in person as the actor of a step."""
    return Actor(who.id, who.role.value, "portal" if who.role is Role.RESIDENT else "desk")
