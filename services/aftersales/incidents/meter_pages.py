"""The page and the API of one proposal that comes from a meter: its curve, accept, dismiss with a reason."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from services.aftersales.api_base import router
from services.aftersales.bodies import Body, Said
from services.aftersales.incidents import meter_views, sensing
from services.aftersales.incidents.model import MeterProposal
from services.aftersales.page_base import actor_of, answer, pages
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Problem, RoomUnit, Who, roles

TEAM = ("staff", "caretaker")


class ProposalOut(BaseModel):
    id: str
    fault: str
    label: str
    state: Literal["proposed", "accepted", "dismissed", "cleared"]
    meter: str
    fluid: str | None
    serial: str | None
    where: str | None
    """The home, or the building of a shared meter, in words."""
    dwelling: str | None
    building: str | None
    occupancy: str | None
    element: str
    symptom: str
    since: datetime
    figures: dict[str, int]
    unit: str | None
    starts_at: datetime | None
    """Of the curve below; null when only day totals may be kept, or nothing any more."""
    step_s: int | None
    values: list[float | None] | None
    ticket: str | None
    incident: str | None
    reason: str | None


class Proposals(BaseModel):
    proposals: list[ProposalOut]


class ProposalActionIn(Body):
    action: Literal["accept", "dismiss"]
    reason: Said | None = None
    """Needed to dismiss."""


@router.get("/meter-proposals", **roles(*TEAM))
async def proposals(
    request: Request, unit: RoomUnit, incident: Annotated[str | None, Query(max_length=64)] = None
) -> Proposals:
    """Faults that readings show and nobody has decided about; of one incident, all that led to it."""
    found = await meter_views.lines(unit, language_of(request), incident)
    return Proposals(
        proposals=[
            await _out(unit, await meter_views.one(unit, line.id), language_of(request)) for line in found
        ]
    )


@router.get("/meter-proposals/{proposal}", **roles(*TEAM))
async def proposal(proposal: str, request: Request, unit: RoomUnit) -> ProposalOut:
    return await _out(unit, await meter_views.one(unit, proposal), language_of(request))


@router.post("/meter-proposals/{proposal}/actions", **roles("staff"))
async def decide(
    proposal: str, body: ProposalActionIn, request: Request, unit: RoomUnit, who: Who
) -> ProposalOut:
    """Accept opens a request of channel `meter` in the home's name; dismiss says why it is nothing."""
    await meter_views.one(unit, proposal)
    if body.action == "accept":
        found = await sensing.accept(unit, proposal, actor_of(who))
    else:
        found = await sensing.dismiss(unit, proposal, body.reason or "", actor_of(who))
    await unit.session.flush()
    return await _out(unit, found, language_of(request))


@pages.get("/incidents/meters/{proposal}", **roles(*TEAM))
async def page(proposal: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _page(request, unit, proposal, who.role.value == "staff")


@pages.post("/incidents/meters/{proposal}", **roles("staff"))
async def act(
    proposal: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(pattern="^(accept|dismiss)$")],
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    await meter_views.one(unit, proposal)
    try:
        async with unit.part():
            if action == "dismiss":
                await sensing.dismiss(unit, proposal, reason, actor_of(who))
                return RedirectResponse("/incidents", 303)
            found = await sensing.accept(unit, proposal, actor_of(who))
    except Problem as problem:
        return await _page(request, unit, proposal, True, problem)
    return RedirectResponse(f"/desk/{found.ticket}", 303)


async def _page(
    request: Request, unit: Unit, proposal_id: str, is_staff: bool, problem: Problem | None = None
) -> Response:
    found = await meter_views.one(unit, proposal_id)
    await unit.session.refresh(found)
    return await answer(
        request,
        unit,
        "meter_proposal.html",
        status=problem.status if problem else 200,
        part=await meter_views.shown(unit, found, language_of(request)),
        is_staff=is_staff,
        problem=problem,
    )


async def _out(unit: Unit, found: MeterProposal, language: str) -> ProposalOut:
    zone = await zone_of(unit)
    line = (await meter_views.shown(unit, found, language))["line"]
    curve = found.evidence.get("curve") or {}
    return ProposalOut.model_validate(
        {
            **{name: getattr(found, name) for name in ProposalOut.model_fields if hasattr(found, name)},
            "label": line.label,
            "fluid": line.fluid,
            "serial": line.serial,
            "where": line.home,
            "since": found.since.astimezone(zone),
            "figures": found.evidence.get("figures", {}),
            "unit": found.evidence.get("unit"),
            "starts_at": curve.get("starts_at"),
            "step_s": curve.get("step_s"),
            "values": curve.get("values"),
        }
    )
