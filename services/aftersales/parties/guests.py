"""Pages for who has no account but a personal link: the link is checked before anything else is read."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from services.aftersales.parties import links, tries
from services.aftersales.parties.model import Party
from services.aftersales.photos.receiving import PhotosPage
from services.kit import registry
from services.kit.i18n import language_of
from services.kit.pages import PageRoute, refuse_other_sites, render
from services.kit.principal import Principal
from services.kit.problems import Problem, not_found
from services.kit.unit import Unit
from services.kit.web import route_class


class _ByLink:
    """Turns away whose link is not good, all in the same way, before a form or file is read."""

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        if request.method not in ("GET", "HEAD"):
            refuse_other_sites(request)
        return await turned_away(request, _party)


class GuestPage(_ByLink, PageRoute):
    """A page behind a link."""


class GuestPhotosPage(_ByLink, PhotosPage):
    """A form behind a link, which may bring photos."""


GUEST_PAGE = route_class("aftersales", GuestPage)


async def turned_away(
    request: Request, find: Callable[[Unit, str], Awaitable[str | None]]
) -> Response | None:
    """The page for who has no good link; None for who has one. `find` tells whose it is.

    In a transaction of its own: a wrong try is counted although the answer is an error.
    """
    state, token = request.app.state, str(request.path_params["token"])
    host = request.client.host if request.client else "unknown"
    async with state.databases["aftersales"].transaction() as session:
        unit = Unit(session, "aftersales", state.clock, "")
        await unit.see_all()
        is_calm = await tries.count(unit, state.secrets, tries.WRONG_FROM_HOST, host, by=0)
        holder = await _holder(unit, token, find) if is_calm else None
        await unit.see_all()
        if holder is not None and await tries.count(unit, state.secrets, tries.USES_OF_LINK, holder):
            return None
        if is_calm and holder is None:
            await tries.count(unit, state.secrets, tries.WRONG_FROM_HOST, host)
        phone, coop = await _to_call(unit, token)
    status = 404 if is_calm and holder is None else 429
    return render(
        request,
        "aftersales/contractor_gone.html",
        status,
        phone=phone,
        coop=coop,
        language=language_of(request),
    )


async def guest(request: Request, unit: Unit) -> Party:
    """The party whose link this request came by, with the unit at work for its cooperative."""
    party = await links.holder(unit, str(request.path_params["token"]))
    if party is None:  # it ended since it was checked
        raise not_found()
    return party


async def _party(unit: Unit, token: str) -> str | None:
    party = await links.holder(unit, token)
    return party.id if party else None


async def _holder(unit: Unit, token: str, find: Callable[[Unit, str], Awaitable[str | None]]) -> str | None:
    try:
        return await find(unit, token)
    except Problem:  # an address that names no cooperative
        return None


async def _to_call(unit: Unit, token: str) -> tuple[str | None, str | None]:
    """Whom to call at the cooperative that the address names, whether or not its link was ever good."""
    slug = token.partition(".")[0]
    found = await unit.session.execute(
        text("SELECT name FROM registry.coop WHERE slug = :slug"), {"slug": slug}
    )
    name = found.scalar_one_or_none()
    if name is None:
        return None, None
    people = [one for one in await registry.staff(unit, slug) if one.phone and one.role == "staff"]
    return (people[0].phone if people else None), name


def headers(response: Any) -> Any:
    """Such a page is nobody else's: not for search engines, not for caches; no page learns its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
