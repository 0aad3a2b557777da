"""An opinion given from the page of a request, by either side on its own page."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import queries
from services.aftersales.opinions import giving
from services.aftersales.page_base import pages
from services.kit.receiving import form_of
from services.kit.web import RoomUnit, Who, roles


@pages.post("/tickets/{ticket}/opinion", **roles("resident", "caretaker", "staff"))
async def give(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    verdict: Annotated[str, Form(max_length=16)],
    comment: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Kept, then the request again."""
    found = await queries.visible(unit, ticket, who)
    side = giving.side_of(who.role.value)
    marks = giving.marks_in(await form_of(request))
    await giving.give(unit, found, side, who.id or "", verdict, marks, comment)
    page = "tickets" if who.role is Role.RESIDENT else "desk"
    return RedirectResponse(f"/{page}/{ticket}#opinion", 303)
