"""Inspections that were held on paper and only recorded here: what was found is told by their requests."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.inspections import merging
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.model import Inspection, Ticket
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import Principal

MOST_LISTED = 100
_GUIDED = select(GuidedInspection.id)


async def of(unit: Unit, occupancies: Sequence[str] | None) -> list[Inspection]:
    """Those of these households, or of all; the latest first."""
    query = select(Inspection).where(col(Inspection.id).not_in(_GUIDED))
    if occupancies is not None:
        query = query.where(col(Inspection.occupancy).in_(occupancies))
    rows = await unit.session.execute(
        query.order_by(col(Inspection.held_on).desc(), col(Inspection.id)).limit(MOST_LISTED)
    )
    return list(rows.scalars())


async def visible(unit: Unit, inspection: str, who: Principal) -> Inspection | None:
    """That act, when it was held on paper; None when it is a guided one. 404 for another household's."""
    if await unit.session.get(GuidedInspection, inspection) is not None:
        return None
    found = await unit.session.get(Inspection, inspection)
    if found is None:
        raise not_found()
    if who.role is Role.RESIDENT and found.occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    return found


async def requests_of(
    unit: Unit, inspections: Sequence[Inspection | GuidedInspection]
) -> dict[str, list[Ticket]]:
    """The requests of what was found, in the order of their numbers, by inspection. One that another document
    of that day holds as well is among those of both."""
    ids = [one.id for one in inspections]
    acts = await unit.session.execute(select(Inspection).where(col(Inspection.id).in_(ids)))
    held = {act.id: set(act.opened.values()) for act in acts.scalars()}
    rows = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.inspection).in_(ids) | col(Ticket.id).in_(set[str]().union(*held.values())))
        .order_by(col(Ticket.number))
    )
    found: dict[str, list[Ticket]] = {one: [] for one in ids}
    for ticket in rows.scalars():
        for one in ids:
            if ticket.inspection == one or ticket.id in held.get(one, ()):
                found[one].append(ticket)
    return found


async def on_ticket(unit: Unit, ticket: Ticket, _who: Principal) -> dict[str, Any] | None:
    """On the page of a request: the documents that hold it; None when it was told otherwise. One that is
    locked is left out."""
    if ticket.inspection is None:
        return None
    acts = await merging.sources_of(unit, ticket)
    guided = {
        one.id: one for one in [await unit.session.get(GuidedInspection, act.id) for act in acts] if one
    }
    shown = [act for act in acts if act.id not in guided or guided[act.id].kept_until is None]
    if not shown:
        return None
    return {"acts": shown, "on_paper": [act.id for act in shown if act.id not in guided]}
