"""Who may see a guided inspection: the household it is about, and the cooperative's people."""

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.inspections.model import GuidedInspection
from services.kit.problems import conflict, not_found
from services.kit.unit import Unit
from services.kit.web import Principal


async def visible(unit: Unit, inspection: str, who: Principal) -> GuidedInspection:
    """The inspection, or 404 when it does not exist for that caller, or is kept for claims alone."""
    found = await unit.session.get(GuidedInspection, inspection)
    if found is None or found.kept_until is not None:
        raise not_found()
    if who.role is Role.RESIDENT and found.occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    return found


async def still_open(unit: Unit, inspection: str) -> GuidedInspection:
    """The inspection, locked for a change; 409 once both have signed."""
    found = await unit.session.get(GuidedInspection, inspection, with_for_update=True, populate_existing=True)
    if found is None:
        raise not_found()
    if found.signed_at is not None:
        raise conflict("signed", "Both have signed: nothing can be changed any more.")
    return found
