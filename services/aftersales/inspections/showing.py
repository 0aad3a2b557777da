"""How every page of an inspection is shown, with what could not be taken and why."""

from fastapi import Request
from fastapi.responses import Response

from contracts.codes import Role
from services.aftersales.inspections import queries
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.visibility import visible
from services.aftersales.page_base import answer
from services.aftersales.photos.receiving import Brought
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, not_found


async def shown(
    request: Request,
    unit: Unit,
    who: Principal,
    inspection: str,
    template: str = "inspection.html",
    item: str | None = None,
    problem: Problem | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    """A page of one inspection; with a problem, what was given and why it was not taken."""
    found = await visible(unit, inspection, who)
    content = await queries.whole(unit, found)
    room = next((one for one in content["record"].rooms if one.id == item), None)
    if item is not None and room is None:
        raise not_found()
    arrived: Brought = getattr(request.state, "photos", None) or Brought()
    return await answer(
        request,
        unit,
        template,
        status=problem.status if problem else 200,
        room=room,
        surfaces=rules.surfaces(),
        surface_states=rules.surface_states(),
        is_team=who.role is not Role.RESIDENT,
        problem=reason_of(problem) if problem else None,
        given=given or {},
        fresh=new_id("new").removeprefix("new_"),
        refused=arrived.refused,
        **content,
    )


def reason_of(problem: Problem) -> str:
    """A code of `inspection_refusals`."""
    errors = problem.extra.get("errors") or [{}]
    code = str(errors[0].get("code") or problem.code)
    if code.startswith("missing_"):
        return "missing"
    if problem.code == "too_many_photos":
        return "too_many"
    return code if code in ("signed", "changed_meanwhile") or problem.code == "invalid" else problem.code
