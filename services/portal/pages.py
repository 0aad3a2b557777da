"""The portal's own pages: the front door and each audience's first page, made of the rooms' fragments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.kit.i18n import LANGUAGE_COOKIE, LANGUAGES
from services.kit.pages import refuse_other_sites, render
from services.kit.principal import PLATFORM, Principal, principal_of
from services.kit.problems import forbidden, not_found
from services.portal.here import FRONT, is_local
from services.portal.paths import HOME

LETTERS_A_PAGE = 50
_YEAR_SECONDS = 365 * 24 * 3600


class Letter(Protocol):
    """A message in the embedded mailbox."""

    @property
    def key(self) -> str: ...
    @property
    def received(self) -> datetime: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def sandbox(self) -> str:
        """The simulated cooperative whose message it is; empty for messages to real people."""


class Mailbox(Protocol):
    """The embedded mailbox, `app.state.mailbox` where there is one; both calls read the disk."""

    def letters(self) -> Sequence[Letter]:
        """All letters, newest first."""

    def letter(self, key: str) -> Letter:
        """One letter; KeyError when there is none."""


async def _known(request: Request) -> Principal | None:
    """Who asks; the template sees the same."""
    request.state.who = await principal_of(request)
    who: Principal | None = request.state.who
    return who


Known = Annotated[Principal | None, Depends(_known)]

pages = APIRouter(include_in_schema=False)


@pages.get("/")
async def front_door(request: Request, who: Known) -> Response:
    """Everyone's own first page; strangers are told what this is."""
    if who is None:
        return render(request, "shell/welcome.html")
    return RedirectResponse(HOME[who.role], 303)


@pages.get("/home")
async def home(request: Request, who: Known) -> Response:
    return _page(request, who, Role.RESIDENT, "shell/home.html")


@pages.get("/fleet")
async def fleet(request: Request, who: Known) -> Response:
    return _page(request, who, Role.OPERATOR, "shell/fleet.html")


@pages.get("/contact")
async def contact(request: Request, who: Known) -> Response:
    """Open to all: whoever cannot sign in needs a person most."""
    return render(request, "shell/contact.html")


@pages.get("/mailbox")
async def mailbox(request: Request, who: Known, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    box = _mailbox(request, who)
    kept = await run_in_threadpool(box.letters) if box else []
    found = [letter for letter in kept if _may_read(who, letter)]
    end = page * LETTERS_A_PAGE
    return _page(
        request,
        who,
        Role.OPERATOR,
        "shell/mailbox.html",
        letters=found[end - LETTERS_A_PAGE : end],
        previous=f"/mailbox?page={page - 1}" if page > 1 else None,
        next=f"/mailbox?page={page + 1}" if len(found) > end else None,
    )


@pages.get("/mailbox/{key}")
async def letter(request: Request, who: Known, key: str) -> Response:
    box = _mailbox(request, who)
    try:
        found = await run_in_threadpool(box.letter, key) if box else None
    except KeyError:
        found = None
    if box and (found is None or not _may_read(who, found)):
        raise not_found()
    return _page(request, who, Role.OPERATOR, "shell/letter.html", letter=found)


@pages.post("/language")
async def choose_language(
    request: Request, language: Annotated[str, Form()], to: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    """Remember the reader's language in a cookie and go back to where they were."""
    refuse_other_sites(request)
    response = RedirectResponse(to if is_local(to) else FRONT, 303)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_YEAR_SECONDS,
            secure=True,
            httponly=True,
            samesite="lax",
            path="/",
        )
    return response


def _page(request: Request, who: Principal | None, role: Role, template: str, **values: Any) -> Response:
    if who is None:
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    if who.role is not role:
        raise forbidden()
    return render(request, template, **values)


def _may_read(who: Principal | None, letter: Letter) -> bool:
    """Messages open doors and name people: the platform's operators read all of them, a cooperative's only
    those of its own simulation."""
    return who is not None and (who.coop == PLATFORM or letter.sandbox == who.coop)


def _mailbox(request: Request, who: Principal | None) -> Mailbox | None:
    """None for strangers, whom `_page` turns away; 404 where no mailbox is embedded."""
    if who is None or who.role is not Role.OPERATOR:
        return None
    box: Mailbox | None = request.app.state.mailbox
    if box is None:
        raise not_found()
    return box
