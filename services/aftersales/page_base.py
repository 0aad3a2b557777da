"""What the household's pages and the desk share: one router, one way to render, who acts."""

from datetime import datetime
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
from services.kit.problems import reader
from services.kit.registry import zone_of
from services.kit.said import in_words
from services.kit.unit import Unit
from services.kit.web import Principal

pages = page_router("aftersales")
WHEN = "EEEE d MMMM, HH:mm"
"""An appointment or promise as people say it: the weekday matters, the seconds do not."""
WHEN_OF_ANOTHER_YEAR = "EEEE d MMMM y, HH:mm"


async def answer(request: Request, unit: Unit, template: str, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language and the cooperative's civil time."""
    zone, language = await zone_of(unit), language_of(request)
    formats = Formats(language, zone.key)
    return render(
        request,
        f"aftersales/{template}",
        status,
        formats=formats,
        moment=lambda instant, until=None: moment(formats, unit.now, instant, until),
        now=unit.now,
        words=taxonomy(),
        word=lambda group, code: word(group, code, language),
        in_words=lambda message: in_words(message, *reader(request)),
        **context,
    )


def moment(formats: Formats, now: datetime, at: datetime | None, until: datetime | str | None = None) -> str:
    """A day and hour as people say it, with the year where it is not this one; a window has two ends."""
    form = WHEN
    if at is not None and at.astimezone(formats.zone).year != now.astimezone(formats.zone).year:
        form = WHEN_OF_ANOTHER_YEAR
    said = formats.instant(at, form)
    if until is None or at is None:
        return said
    end = datetime.fromisoformat(until) if isinstance(until, str) else until
    return f"{said}–{formats.instant(end, 'HH:mm')}"


async def written(unit: Unit, who: Principal, ticket: str, body: str, page: str) -> Response:
    """A message added to a request the person sees, then the messages of its `page` again."""
    found = await queries.visible(unit, ticket, who)
    if body.strip():
        await actions.write_message(unit, found.id, actor_of(who), body.strip())
    return RedirectResponse(f"{page}#messages", 303)


def actor_of(who: Principal) -> Actor:
    """The signed-in person as the actor of a step."""
    return Actor(who.id, who.role.value, "portal" if who.role is Role.RESIDENT else "desk")
