"""How a form changes the record of an inspection, and who may send it."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales.inspections import guided
from services.aftersales.inspections.record import Record
from services.aftersales.inspections.showing import shown
from services.aftersales.inspections.visibility import visible
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.kit.web import Principal, Problem

TEAM = ("staff", "caretaker")
EVERYBODY = ("resident", *TEAM)
Code = Annotated[str, Form(max_length=64)]
Line = Annotated[str, Form(max_length=200)]


async def change(
    request: Request,
    unit: Unit,
    who: Principal,
    inspection: str,
    changing: Callable[[Record], Record],
    anchor: str = "rooms",
) -> Response:
    """What was refused is shown with its reason; else the page again, at `anchor`."""
    await visible(unit, inspection, who)
    try:
        await guided.change(unit, inspection, changing)
    except Problem as problem:
        return await shown(request, unit, who, inspection, problem=problem)
    return RedirectResponse(f"/inspections/{inspection}#{anchor}", 303)


def given_id(given: str) -> str:
    """The id that the page was made with, so that the same form sent twice is one change."""
    return given if re.fullmatch(r"[a-z0-9_-]{4,60}", given) else new_id("itm")
