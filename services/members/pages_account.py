"""One's own account: how one is called and reached, in which language, and where one is signed in."""

from typing import Annotated, Any

from fastapi import Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from contracts.codes import Language, Role
from services.kit.i18n import LANGUAGE_COOKIE
from services.kit.pages import render, roles
from services.kit.principal import SESSION_COOKIE
from services.kit.problems import Problem, not_found
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who
from services.members import tokens
from services.members.account_model import Staff
from services.members.actions import accounts, persons
from services.members.actions.common import owned
from services.members.bodies_people import PersonIn, StaffContactIn
from services.members.doors import leave
from services.members.model import Person
from services.members.page_base import pages

EVERYBODY = roles("resident", "caretaker", "staff", "operator")
Text = Annotated[str, Form(max_length=400)]
_YEAR_SECONDS = 365 * 24 * 3600


@pages.get("/account", **EVERYBODY)
async def account(request: Request, unit: RoomUnit, who: Who, saved: bool = False) -> Response:
    return await _page(request, unit, who, saved=saved)


@pages.post("/account", **EVERYBODY)
async def change(
    request: Request,
    unit: RoomUnit,
    who: Who,
    language: Annotated[Language, Form()],
    name: Text = "",
    email: Text = "",
    mobile: Text = "",
    postal: Text = "",
    phone: Text = "",
) -> Response:
    """A household changes how it is reached, staff how households see them; errors stay beside the fields."""
    given = {"name": name, "email": email, "mobile": mobile, "postal": postal, "phone": phone}
    typed = {field: value.strip() for field, value in given.items()}
    try:
        if who.role is Role.RESIDENT:
            person = await _person(unit, who)
            wanted = PersonIn(
                name=person.name, email=typed["email"] or None, mobile=typed["mobile"] or None,
                postal=typed["postal"] or None, language=language,
            )  # fmt: skip
            await persons.change_person(unit, person.id, wanted)
        else:
            contact = StaffContactIn(name=typed["name"], phone=typed["phone"] or None, language=language)
            await accounts.change_staff(unit, await _staff(unit, who), contact)
    except ValidationError as error:
        faults = {str(one["loc"][0]): "invalid" for one in error.errors()}
        return await _page(request, unit, who, 422, typed=typed, faults=faults)
    except Problem as problem:
        if problem.status != 422:
            raise
        faults = {one["pointer"].strip("/"): one["code"] for one in problem.extra.get("errors", ())}
        return await _page(request, unit, who, 422, typed=typed, faults=faults)
    response = RedirectResponse("/account?saved=true", 303)
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax", path="/"
    )
    return response


@pages.post("/account/sign-out", **EVERYBODY)
async def sign_out_everywhere(unit: RoomUnit, who: Who) -> Response:
    """Every browser, this one included, at once."""
    await accounts.close_sessions(unit, who.id)
    return leave(RedirectResponse("/sign-in", 303))


async def _page(
    request: Request,
    unit: Unit,
    who: Principal,
    status: int = 200,
    *,
    saved: bool = False,
    typed: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    is_resident = who.role is Role.RESIDENT
    row: Person | Staff | None
    row = await _person(unit, who) if is_resident else await unit.session.get(Staff, who.id)
    fields = ("name", "email", "mobile", "postal") if is_resident else ("name", "email", "phone")
    values: dict[str, Any] = {name: getattr(row, name) or "" for name in fields} if row else {}
    cookie = request.cookies.get(SESSION_COOKIE)
    here = tokens.digest(cookie) if cookie else b""
    found = await accounts.sessions_of(unit, who.id)
    sessions = sorted(((one, one.digest == here) for one in found), key=lambda pair: not pair[1])
    return render(
        request, "members/account.html", status, is_resident=is_resident, row=row, saved=saved,
        values=values | (typed or {}), faults=faults or {}, sessions=sessions, now=unit.wall,
    )  # fmt: skip


async def _person(unit: Unit, who: Principal) -> Person:
    return await owned(unit, Person, who.id)


async def _staff(unit: Unit, who: Principal) -> Staff:
    """The caller's own account; 404 for a machine's token, which has none."""
    row = await unit.session.get(Staff, who.id)
    if row is None:
        raise not_found()
    return row
