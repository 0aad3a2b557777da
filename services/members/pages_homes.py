"""Staff's pages of homes: who lives where, households that come, and households that leave."""

from datetime import date
from typing import Annotated, Any

from fastapi import Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.kit.pages import render, roles
from services.kit.problems import Problem
from services.kit.receiving import form_of
from services.kit.web import RoomUnit, Who
from services.members.actions import households
from services.members.api import Issuing
from services.members.bodies_people import MoveInIn, MoveOutIn
from services.members.homes_list import homes
from services.members.page_base import pages
from services.members.place_meters import common_places

STAFF = roles("staff")
Text = Annotated[str, Form(max_length=400)]
_FIELDS = ("name", "email", "mobile", "postal")


@pages.get("/homes", **STAFF)
async def list_homes(
    request: Request, unit: RoomUnit, who: Who, q: str = "", done: str = "", look: str = ""
) -> Response:
    """`look`: the home whose days are worth a second look, after its household was recorded."""
    found = await homes(unit, q.strip()[:100])
    common = await common_places(unit)
    values: dict[str, Any] = {"q": q, "done": done, "faults": {}, "failed": "", "common": common}
    values["look"] = next((one.dwelling for one in found if one.dwelling.id == look), None)
    return render(request, "members/homes.html", homes=found, **values)


@pages.post("/homes/move-outs", **STAFF)
async def move_out(
    request: Request, unit: RoomUnit, who: Who, occupancy: Text, moved_out_on: Annotated[date, Form()]
) -> Response:
    try:
        await households.move_out(unit, MoveOutIn(occupancy=occupancy, moved_out_on=moved_out_on))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        found = await homes(unit)
        faults = _faults(problem)
        values: dict[str, Any] = {"homes": found, "q": "", "done": "", "faults": faults, "failed": occupancy}
        values["common"] = await common_places(unit)
        return render(request, "members/homes.html", 422, **values)
    return RedirectResponse("/homes?done=out", 303)


@pages.get("/move-ins", **STAFF)
async def new_household(request: Request, unit: RoomUnit, who: Who, dwelling: str = "") -> Response:
    return await _form(request, unit, {"dwelling": dwelling}, {})


@pages.post("/move-ins", **STAFF)
async def move_in(request: Request, unit: RoomUnit, who: Who, issuing: Issuing) -> Response:
    """Errors come back beside their fields, with everything that was typed."""
    form = await form_of(request)
    values = {key: text.strip() for key, text in form.items() if isinstance(text, str)}
    try:
        wanted = MoveInIn.model_validate(_body(values, unit.coop or ""))
        made = await households.move_in(unit, issuing, wanted)
    except ValidationError as error:
        faults = {"/" + "/".join(str(part) for part in one["loc"]): "invalid" for one in error.errors()}
        return await _form(request, unit, values, faults, 422)
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return await _form(request, unit, values, _faults(problem), 422)
    return RedirectResponse("/homes?done=in" + (f"&look={made.dwelling}" if made.warnings else ""), 303)


async def _form(
    request: Request, unit: RoomUnit, values: dict[str, str], faults: dict[str, str], status: int = 200
) -> Response:
    free = [
        (home.dwelling.id, f"{home.dwelling.residence}, {home.dwelling.ref}")
        for home in await homes(unit)
        if _is_free(home.household)
    ]
    return render(request, "members/move_in.html", status, free=free, values=values, faults=faults)


def _is_free(household: Any) -> bool:
    return household is None or household.moved_out_on is not None


def _body(values: dict[str, str], coop: str) -> dict[str, Any]:
    """The form as the API's own body: a holder, and a co-holder when one is named."""
    people = []
    for number, right in ((0, "holder"), (1, "co_holder")):
        fields = {
            name: values.get(f"{name}_{number}") or None for name in ("name", "email", "mobile", "postal")
        }
        if number == 0 or fields["name"]:
            people.append(fields | {"right": right, "language": values.get("language") or "fr"})
    return {
        "coop": coop, "dwelling": values.get("dwelling", ""), "household": people,
        "tenure": values.get("tenure"), "moved_in_on": values.get("moved_in_on"),
        "livraison_on": values.get("livraison_on") or None,
    }  # fmt: skip


def _faults(problem: Problem) -> dict[str, str]:
    """JSON pointer to code."""
    errors = problem.extra.get("errors")
    if errors:
        return {error["pointer"]: error["code"] for error in errors}
    return {"/dwelling": problem.code}
