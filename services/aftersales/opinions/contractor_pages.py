"""The contractor's own opinion of a job, from its personal link."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from services.aftersales.form_pages import taken
from services.aftersales.opinions import giving
from services.aftersales.parties import jobs
from services.aftersales.parties.contractor_pages import job_page, page
from services.aftersales.parties.guests import guest
from services.kit.receiving import form_of
from services.kit.web import RoomUnit


@page("/jobs/{ticket}/opinion", "POST")
async def give(
    request: Request,
    token: str,
    ticket: str,
    unit: RoomUnit,
    verdict: Annotated[str, Form(max_length=16)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Its side only: neither the household's nor the team's."""
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)

    async def keep() -> None:
        marks = giving.marks_in(await form_of(request))
        await giving.give(unit, found, giving.CONTRACTOR, party.id, verdict, marks, comment)

    return await taken(
        unit,
        keep,
        f"/contractor/{token}/jobs/{ticket}#opinion",
        lambda sent: job_page(request, unit, party, ticket, sent.problem),
    )
