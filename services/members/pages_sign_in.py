"""Signing in: households by an e-mailed link, staff and operators by password and one-time code."""

from typing import Annotated

from fastapi import Form, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from contracts.codes import Role
from services.kit.addresses import public_url
from services.kit.pages import render, roles
from services.kit.problems import not_found
from services.kit.unit import work_unit
from services.members import demo, mailer, tokens
from services.members.actions import signing_in
from services.members.actions.accounts import close_session
from services.members.doors import (
    BROWSER_COOKIE,
    enter,
    is_within,
    leave,
    local,
    old_cookie,
    own_unit,
    remember_browser,
)  # fmt: skip
from services.members.limits import (
    CONFIRMATIONS_FROM_HOST,
    LINKS_FROM_HOST,
    LINKS_TO_ADDRESS,
    PASSWORDS_FROM_HOST,
    PASSWORDS_OF_ACCOUNT,
)  # fmt: skip
from services.members.page_base import pages

ANYONE = roles("anyone")
Text = Annotated[str, Form(max_length=300)]


@pages.get("/sign-in", **ANYONE)
async def sign_in(request: Request, next: str = "/") -> Response:
    if request.state.who is not None:
        return RedirectResponse(local(next), 303)
    return _form(request, next=next)


@pages.post("/sign-in", **ANYONE)
async def ask_for_link(request: Request, email: Text) -> Response:
    """The same answer whoever asks: whether an address is known is nobody's business. The link is made
    and sent after the answer, so that the time it takes tells nothing either."""
    if not await is_within(request, LINKS_FROM_HOST, LINKS_TO_ADDRESS, email):
        return _form(request, 429, email=email, fault="too_often")
    browser = request.cookies.get(BROWSER_COOKIE) or tokens.new_token()
    response = render(request, "members/link_sent.html", email=email)
    response.background = BackgroundTask(_send_links, request, email, browser)
    return remember_browser(response, browser)


@pages.post("/sign-in/staff", **ANYONE)
async def sign_in_staff(
    request: Request, email: Text, password: Text, code: Text, to: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    if not await is_within(request, PASSWORDS_FROM_HOST, PASSWORDS_OF_ACCOUNT, email):
        return _form(request, 429, staff_email=email, next=to, fault="too_often_staff")
    async with own_unit(request) as unit:
        secrets = request.app.state.secrets
        entered = await signing_in.with_password(unit, secrets, email, password, code, old_cookie(request))
    if entered is None:
        return _form(request, 422, staff_email=email, next=to, fault="wrong")
    return enter(*entered, to)


@pages.get("/sign-in/confirm", **ANYONE)
async def confirm(request: Request, token: str = "") -> Response:
    """Only shows a button: mail programs open links by themselves, and must not use them up."""
    return render(
        request, "members/confirm.html", token=token, is_this_browser=BROWSER_COOKIE in request.cookies
    )


@pages.post("/sign-in/confirm", **ANYONE)
async def use_link(request: Request, token: Text) -> Response:
    browser = request.cookies.get(BROWSER_COOKIE, "")
    if not await is_within(request, CONFIRMATIONS_FROM_HOST):
        return _form(request, 429, fault="too_often")
    async with own_unit(request) as unit:
        cookie = await signing_in.use_link(unit, token, browser, old_cookie(request))
    if cookie is None:
        return _form(request, 422, fault="link")
    return enter(cookie, Role.RESIDENT)


@pages.get("/demo/sign-in/{role}/{coop}/{subject}/{seal}", **ANYONE)
async def demo_sign_in(request: Request, role: Role, coop: str, subject: str, seal: str) -> Response:
    """A demonstration's one-click login: opens sandbox cooperatives only."""
    async with own_unit(request) as unit:
        secrets = request.app.state.secrets
        cookie = await demo.enter_sandbox(unit, secrets, role, coop, subject, seal, old_cookie(request))
    if cookie is None:
        raise not_found()
    return enter(cookie, role)


@pages.post("/sign-out", **ANYONE)
async def sign_out(request: Request) -> Response:
    cookie = old_cookie(request)
    if cookie:
        async with own_unit(request) as unit:
            await close_session(unit, cookie)
    return leave(RedirectResponse("/sign-in", 303))


async def _send_links(request: Request, email: str, browser: str) -> None:
    state = request.app.state
    async with work_unit(state.accounts, "members", state.clock) as unit:
        letters = await signing_in.make_links(unit, email, browser)
    base_url = public_url(state.settings)
    await mailer.deliver(getattr(state, "send_mail", mailer.send), state.settings, base_url, letters)


def _form(request: Request, status: int = 200, **values: str) -> Response:
    blank = {"email": "", "staff_email": "", "next": "/", "fault": ""}
    response = render(request, "members/sign_in.html", status, **(blank | values))
    if status == 429:
        response.headers["Retry-After"] = "900"
    return response
