"""Staff's page of a place's meters: which there are, and registers that are replaced."""

from typing import Annotated, Any

from fastapi import Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.kit.pages import render, roles
from services.kit.problems import Problem
from services.kit.receiving import form_of
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who
from services.members.actions import exchanging
from services.members.actions.common import owned
from services.members.bodies_exchange import ExchangeIn, UndoIn
from services.members.model import Meter, MeterExchange
from services.members.page_base import pages
from services.members.place_meters import place

STAFF = roles("staff")
_FIELDS = ("on", "old_index", "new_index", "serial")
Text = Annotated[str, Form(max_length=400)]


@pages.get("/homes/{place}/meters", **STAFF)
async def meters_of(request: Request, unit: RoomUnit, who: Who, place: str, done: str = "") -> Response:
    return await _page(request, unit, place, done=done)


@pages.post("/homes/meters/{meter}/exchange", **STAFF)
async def exchange(request: Request, unit: RoomUnit, who: Who, meter: str) -> Response:
    """Errors come back beside their fields, with everything that was typed."""
    row = await owned(unit, Meter, meter)
    where = row.dwelling or row.building or ""
    form = await form_of(request)
    values = {name: str(form.get(name, "")).strip() for name in _FIELDS}
    try:
        typed = {
            name: value.replace(",", ".") if "index" in name else value for name, value in values.items()
        }
        wanted = ExchangeIn.model_validate({name: value or None for name, value in typed.items()})
        await exchanging.exchange(unit, who, meter, wanted)
    except ValidationError as error:
        faults = {str(one["loc"][0]): "invalid" for one in error.errors()}
        return await _page(request, unit, where, faults=faults, values=values, failed=meter, status=422)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _page(
            request, unit, where, faults=_faults(problem), values=values, failed=meter, status=422
        )
    return RedirectResponse(f"/homes/{where}/meters?done=exchanged", 303)


@pages.post("/homes/exchanges/{exchange}/undo", **STAFF)
async def undo(request: Request, unit: RoomUnit, who: Who, exchange: str, why: Text = "") -> Response:
    row = await owned(unit, MeterExchange, exchange)
    meter = await owned(unit, Meter, row.meter)
    where = meter.dwelling or meter.building or ""
    try:
        wanted = UndoIn.model_validate({"action": "undo", "why": why})
        await exchanging.undo(unit, who, exchange, wanted.why)
    except ValidationError:
        return await _page(request, unit, where, faults={"why": "invalid"}, failed=exchange, status=422)
    except Problem as problem:
        if problem.status != 409:
            raise
        return await _page(request, unit, where, faults={"why": problem.code}, failed=exchange, status=422)
    return RedirectResponse(f"/homes/{where}/meters?done=undone", 303)


async def _page(
    request: Request,
    unit: Unit,
    id: str,
    *,
    done: str = "",
    faults: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
    failed: str = "",
    status: int = 200,
) -> Response:
    context: dict[str, Any] = {"faults": faults or {}, "values": values or {}, "failed": failed, "done": done}
    return render(request, "members/meters.html", status, place=await place(unit, id), **context)


def _faults(problem: Problem) -> dict[str, str]:
    """Field to code."""
    errors = problem.extra.get("errors")
    if errors:
        return {error["pointer"].removeprefix("/"): error["code"] for error in errors}
    return {"on": problem.code}
