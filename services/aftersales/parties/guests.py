"""Pages for who has no account but a personal link: the link is checked before anything else is read."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from services.aftersales.parties import links, tries
from services.aftersales.parties.model import Party
from services.aftersales.photos.receiving import PhotosPage
from services.aftersales.public_contact import contact_of
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
    request: Request, find: Callable[[Unit, str], Awaitable[str | None]], what: str = "link"
) -> Response | None:
    """The page for who has no good link; None for who has one, however often others failed from the same
    address. `find` tells whose it is; `what` is `link` or, for a household's calendar, `feed`.

    In a transaction of its own: a wrong try is counted although the answer is an error.
    """
    token = str(request.path_params["token"])
    async with request.app.state.databases["aftersales"].transaction() as session:
        unit = Unit(session, "aftersales", request.app.state.clock, "")
        await unit.see_all()
        if await _holder(unit, token, find) is not None:
            return None
        is_calm = await tried(unit, request, tries.WRONG_FROM_HOST)
        contact = await contact_of(unit, token.partition(".")[0])
    return gone(request, 404 if is_calm else 429, contact=contact, what=what)


async def tried(unit: Unit, request: Request, limit: tries.Limit) -> bool:
    """Count a try from the request's address; True while there were not too many."""
    await unit.see_all()
    host = request.client.host if request.client else "unknown"
    return await tries.count(unit, request.app.state.secrets, limit, host)


def gone(request: Request, status: int, **context: Any) -> Response:
    """The page for who has no good link, the same for every one that ever was or never was. It names the
    cooperative and how to reach it only as far as the cooperative publishes it."""
    values = {"asked": False, "what": "link", "contact": None, **context}
    answer = render(
        request,
        "aftersales/contractor_gone.html",
        status,
        ask=f"/contractor/{quote(str(request.path_params['token']), safe='.')}/ask",
        **values,
    )
    if status == 429:
        answer.headers["Retry-After"] = str(int(tries.WINDOW.total_seconds()))
    return headers(answer)  # type: ignore[no-any-return]


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


def headers(response: Any) -> Any:
    """Such a page is nobody else's: not for search engines, not for caches; no page learns its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
