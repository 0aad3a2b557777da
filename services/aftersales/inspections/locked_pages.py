"""Documents of erased households, opened for a named claim; and what a household is told of it beforehand."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response
from sqlmodel import col, select

from services.aftersales import registry
from services.aftersales.inspections import locking
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.inspections.papers import papers
from services.aftersales.inspections.signing_pages import sent
from services.aftersales.page_base import answer, pages
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles


@pages.get("/data/kept", **roles("resident"))
async def kept(request: Request, unit: RoomUnit, who: Who) -> Response:
    """What an erasure leaves of after-sales, for whom and until when: before anybody asks for one."""
    rows = await unit.session.execute(
        select(GuidedInspection)
        .where(col(GuidedInspection.occupancy).in_(await registry.own_occupancies(unit, who.person)))
        .where(col(GuidedInspection.signed_at).is_not(None), col(GuidedInspection.kept_until).is_(None))
        .order_by(col(GuidedInspection.held_on).desc(), col(GuidedInspection.id))
    )
    lines = [(one, await locking.last_day(unit, one)) for one in rows.scalars().all()]
    return await answer(request, unit, "inspections_kept.html", lines=lines)


@pages.get("/locked-inspections/{locked}", **roles("staff"))
async def opened(locked: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _page(request, unit, await _locked(unit, locked))


@pages.post("/locked-inspections/{locked}/{paper}/claim", **roles("staff"))
async def claim(
    locked: str,
    paper: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    reason: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """The PDF, once it is written down who opens it and for which claim."""
    found = await _locked(unit, locked)
    if not reason.strip():
        return await _page(request, unit, found, status=422)
    response = await sent(unit, found, paper)
    await locking.opened_for_a_claim(unit, found, paper, reason.strip(), who.id)
    return response


async def _locked(unit: Unit, inspection: str) -> GuidedInspection:
    found = await unit.session.get(GuidedInspection, inspection)
    if found is None or found.kept_until is None:
        raise not_found()
    return found


async def _page(request: Request, unit: Unit, found: GuidedInspection, status: int = 200) -> Response:
    return await answer(
        request,
        unit,
        "inspection_locked.html",
        status=status,
        inspection=found,
        documents=await papers(unit, found.id),
        readings=await locking.readings(unit, found.id),
        people=await registry.staff(unit),
        missing=status == 422,
    )
