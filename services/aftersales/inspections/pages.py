"""An inspection on a phone: begun from a home, resumed on any device; how far it is, or what came of it."""

from datetime import date

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.inspections import guided, locking, on_paper, queries
from services.aftersales.inspections.changing import EVERYBODY, TEAM, Code
from services.aftersales.inspections.naming import names_of, occupancy_of
from services.aftersales.inspections.recording import TENURES
from services.aftersales.inspections.showing import shown
from services.aftersales.page_base import actor_of, answer, pages
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Problem, RoomUnit, Who, not_found, roles


@pages.get("/inspections", **roles(*EVERYBODY))
async def listed(request: Request, unit: RoomUnit, who: Who) -> Response:
    """Under way and signed."""
    locked = await locking.listed(unit) if who.role is Role.STAFF else []
    return await answer(
        request, unit, "inspections.html", lines=await queries.listed(unit, who), locked=locked
    )


@pages.get("/fragments/inspections", **roles("resident"))
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """On the household's first page, while there is something to read or to do."""
    return await answer(request, unit, "inspections_fragment.html", lines=await queries.listed(unit, who))


@pages.get("/occupancies/{occupancy}/inspection", **roles(*TEAM))
async def new(occupancy: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _new(request, unit, occupancy)


@pages.get("/dwellings/{dwelling}/inspection", **roles(*TEAM))
async def of_dwelling(dwelling: str, unit: RoomUnit, who: Who) -> Response:
    """With the household that lives there, or is about to."""
    occupancy = await occupancy_of(unit, dwelling)
    if occupancy is None:
        raise not_found()
    return RedirectResponse(f"/occupancies/{occupancy}/inspection", 303)


@pages.post("/occupancies/{occupancy}/inspection", **roles(*TEAM))
async def begin(
    occupancy: str, request: Request, unit: RoomUnit, who: Who, kind: Code = "", held_on: Code = ""
) -> Response:
    """Begin, or go on with the one that is under way."""
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None or kind not in TENURES:
        raise not_found()
    try:
        day = date.fromisoformat(held_on) if held_on else await local_today(unit)
        begun = await guided.begin(unit, home, kind, day, actor_of(who))
    except (Problem, ValueError):
        return await _new(request, unit, occupancy, status=422)
    return RedirectResponse(f"/inspections/{begun.id}", 303)


@pages.get("/inspections/{inspection}", **roles(*EVERYBODY))
async def one(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """How far it is, or what came of it; of one held on paper, its requests."""
    paper = await on_paper.visible(unit, inspection, who)
    if paper is not None:
        return await answer(
            request,
            unit,
            "inspection_on_paper.html",
            inspection=paper,
            names=await names_of(unit, paper.occupancy),
            requests=(await on_paper.requests_of(unit, [paper]))[paper.id],
        )
    return await shown(request, unit, who, inspection)


async def _new(request: Request, unit: Unit, occupancy: str, status: int = 200) -> Response:
    home = await registry.home_of_occupancy(unit, occupancy)
    names = await names_of(unit, occupancy)
    if home is None or names is None:
        raise not_found()
    kinds = [kind for kind, tenures in TENURES.items() if home.tenure in tenures]
    return await answer(
        request,
        unit,
        "inspection_new.html",
        status=status,
        occupancy=occupancy,
        names=names,
        kinds=kinds,
        today=await local_today(unit),
    )
