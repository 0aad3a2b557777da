"""What the sign-in pages share: their own transactions, cookies, limits, and where to go afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.codes import Role
from services.kit.principal import SESSION_COOKIE
from services.kit.unit import Unit, work_unit
from services.members import limits, tokens
from services.members.limits import Limit

BROWSER_COOKIE = "__Host-palier-browser"


@asynccontextmanager
async def own_unit(request: Request) -> AsyncIterator[Unit]:
    """A transaction of its own on the work role. Who signs in belongs to no cooperative yet, and a failed
    try is counted although its page is an error, whose own transaction is rolled back."""
    state = request.app.state
    async with work_unit(state.accounts, "members", state.clock) as unit:
        yield unit


async def is_within(
    request: Request, per_host: Limit, per_account: Limit | None = None, who: str = ""
) -> bool:
    """Count this try for the caller's address and for the account it names; False once there are too many."""
    host = request.client.host if request.client else "unknown"
    secrets = request.app.state.secrets
    async with own_unit(request) as unit:
        is_calm = await limits.count(unit, secrets, per_host, host)
        if per_account is not None:
            is_calm = await limits.count(unit, secrets, per_account, who.strip().lower()) and is_calm
        return is_calm


def old_cookie(request: Request) -> str | None:
    return request.cookies.get(SESSION_COOKIE)


def enter(cookie: str, role: Role, target: str = "/") -> Response:
    """Go to `target` with the new session. Household sessions outlive the browser; others do not."""
    response = RedirectResponse(local(target), 303)
    longest = int(tokens.SESSION_LONGEST[role].total_seconds()) if role is Role.RESIDENT else None
    response.set_cookie(
        SESSION_COOKIE, cookie, max_age=longest, path="/", secure=True, httponly=True, samesite="lax"
    )
    response.delete_cookie(BROWSER_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def leave(response: Response) -> Response:
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def remember_browser(response: Response, browser: str) -> Response:
    """The nonce that ties a sign-in link to the browser that asked for it."""
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=int(tokens.LINK_LIFETIME.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


def local(target: str) -> str:
    """`target` when it is a path of this site, else the home page: no link may lead a person elsewhere."""
    is_plain = target.isprintable() and "\\" not in target
    return target if target.startswith("/") and not target.startswith("//") and is_plain else "/"
