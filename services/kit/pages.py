"""HTML furniture: page routers with sessions and anti-forgery checks, and rendering in two languages."""

import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from services.kit.i18n import (
    LANGUAGES,
    Formats,
    language_of,
    translations,
    with_capital,
    without_capital,
)
from services.kit.i18n import mark as _
from services.kit.principal import Principal
from services.kit.problems import forbidden
from services.kit.receiving import form_of
from services.kit.web import ANYONE, UnitRoute, roles, route_class

__all__ = ["RoomWeb", "Templates", "page_router", "refuse_other_sites", "render", "roles"]

_OWN = Path(__file__).parent
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"


@dataclass(frozen=True)
class RoomWeb:
    """One room's part of the web, handed to the portal by `deploy/web.py`."""

    name: str
    api: Sequence[APIRouter] = ()
    pages: Sequence[APIRouter] = ()
    folder: Path | None = None
    """The room's folder: its `templates/` and `locale/` are found in it."""


def page_router(room: str) -> APIRouter:
    """A router of HTML pages whose requests are units of work of `room`."""
    return APIRouter(route_class=route_class(room, PageRoute), include_in_schema=False)


class PageRoute(UnitRoute):
    """For people: who is not signed in is sent to sign in; every change proves it came from our page."""

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        if request.method not in ("GET", "HEAD"):
            refuse_other_sites(request)
        if ANYONE in self.allowed:
            return None
        if who is None:
            return _to_sign_in(request)
        if who.role not in self.allowed:
            raise forbidden()
        return None

    @asynccontextmanager
    async def received(self, request: Request, who: Principal | None) -> AsyncIterator[None]:
        async with super().received(request, who):
            if request.method not in ("GET", "HEAD"):
                await _knows_the_token(request, who)
            yield


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page or fragment in the reader's language, with `who`, `formats` and `csrf_token` at hand."""
    templates: Templates = request.app.state.templates
    who: Principal | None = getattr(request.state, "who", None)
    language = language_of(request)
    values = {
        "request": request,
        "who": who,
        "language": language,
        "formats": Formats(language),
        "csrf_token": who.csrf if who else None,
        **context,
    }
    text = templates.of(language).get_template(template).render(values)
    return HTMLResponse(text, status)


@dataclass
class Templates:
    """One Jinja2 environment per language over the templates of all rooms."""

    folders: Sequence[Path]
    globals: dict[str, Any] = field(default_factory=dict)
    _environments: dict[str, Environment] = field(default_factory=dict)

    def of(self, language: str) -> Environment:
        if language not in self._environments:
            self._environments[language] = self._build(language)
        return self._environments[language]

    def _build(self, language: str) -> Environment:
        environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder / "templates") for folder in self.folders]),
            autoescape=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue = translations(language, [_OWN / "locale", *(folder / "locale" for folder in self.folders)])
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(self.globals, languages=LANGUAGES)
        # Labels are sentences' parts: Jinja's own filters would make `Wc` of `WC`.
        environment.filters |= {"capitalize": with_capital, "lower": without_capital}
        return environment


def refuse_other_sites(request: Request) -> None:
    """Raise 403 when the browser says that another site's page sent this request, or does not say at all."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise forbidden(_("This request came from another site."))
    if site is None and origin is None:
        raise forbidden(_("The browser did not say where this request comes from."))


async def _knows_the_token(request: Request, who: Principal | None) -> None:
    """The page that the request comes from knew the session's token."""
    if who is None or who.csrf is None:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        given = str((await form_of(request)).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(given, who.csrf):
        raise forbidden(_("This page is out of date; reload it and try again."))


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(f"/sign-in?next={quote(_page_of(request))}", 303)


def _page_of(request: Request) -> str:
    """The page to come back to: what was asked for, or the page whose form was sent (browsers name it to our
    own site only), where what was typed may still be."""
    if request.method == "GET":
        return request.url.path
    sender = urlsplit(request.headers.get("referer", ""))
    return sender.path if sender.path and sender.netloc == request.headers.get("host") else "/"
