"""Staff's page of residences: where each stands, entered once for all its homes."""

from typing import Annotated, Any

from fastapi import Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.kit.pages import render, roles
from services.kit.web import RoomUnit, Who
from services.members.actions import residences
from services.members.bodies import ResidenceIn
from services.members.page_base import pages

STAFF = roles("staff")
Text = Annotated[str, Form(max_length=200)]


@pages.get("/homes/residences", **STAFF)
async def shown(request: Request, unit: RoomUnit, who: Who, done: str = "") -> Response:
    """Those without a street come first: their letters say the residence's name alone."""
    return await _page(request, unit, done=done)


@pages.post("/homes/residences", **STAFF)
async def place(
    request: Request, unit: RoomUnit, who: Who, residence: Text, street: Text = "", city: Text = ""
) -> Response:
    """Both empty forget it."""
    given = {"residence": residence, "street": street.strip() or None, "city": city.strip() or None}
    try:
        wanted = ResidenceIn.model_validate(given)
    except ValidationError:
        return await _page(request, unit, 422, failed=residence)
    await residences.place(unit, wanted)
    return RedirectResponse("/homes/residences?done=1", 303)


async def _page(request: Request, unit: RoomUnit, status: int = 200, **context: Any) -> Response:
    found = sorted(await residences.listed(unit), key=lambda one: (one.street is not None, one.name.lower()))
    values = {"done": "", "failed": "", **context}
    return render(request, "members/residences.html", status, residences=found, **values)
