"""A staff account is opened by its owner: password and second factor, from an invitation's link."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from services.kit.pages import render, roles
from services.members import totp
from services.members.actions import signing_in
from services.members.actions.signing_in import Opening
from services.members.doors import enter, is_within, old_cookie, own_unit
from services.members.limits import INVITATIONS_FROM_HOST
from services.members.page_base import pages

ANYONE = roles("anyone")
Text = Annotated[str, Form(max_length=300)]


@pages.get("/invitation/{token}", **ANYONE)
async def invitation(request: Request, token: str) -> Response:
    """Shows the second factor's secret; the invitation is used by the answer only."""
    if not await is_within(request, INVITATIONS_FROM_HOST):
        return _gone(request, 429)
    async with own_unit(request) as unit:
        found = await signing_in.opening(unit, request.app.state.secrets, token)
    return _form(request, token, found) if found else _gone(request, 404)


@pages.post("/invitation/{token}", **ANYONE)
async def accept(request: Request, token: str, password: Text, code: Text) -> Response:
    if not await is_within(request, INVITATIONS_FROM_HOST):
        return _gone(request, 429)
    secrets = request.app.state.secrets
    async with own_unit(request) as unit:
        done = await signing_in.accept(unit, secrets, token, password, code, old_cookie(request))
    if not isinstance(done, str):
        return enter(*done)
    async with own_unit(request) as unit:
        found = await signing_in.opening(unit, secrets, token)
    return _form(request, token, found, 422, done) if found else _gone(request, 404)


def _form(request: Request, token: str, found: Opening, status: int = 200, fault: str = "") -> Response:
    groups = [found.seed[place : place + 4] for place in range(0, len(found.seed), 4)]
    return render(
        request, "members/invitation.html", status, token=token, staff=found.staff, fault=fault,
        seed=" ".join(groups), address=totp.address(found.seed, found.staff.email, "Palier"),
    )  # fmt: skip


def _gone(request: Request, status: int) -> Response:
    return render(request, "members/invitation_gone.html", status)
