"""After the signatures: within the tenant's legal days, what was forgotten is added, and acknowledged."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select, update

from services.aftersales import actions, photos, registry
from services.aftersales.actions import NewTicket
from services.aftersales.assess import FOUND_AT_ENTRY
from services.aftersales.config import config_for
from services.aftersales.dwelling_file.dates import file_of
from services.aftersales.dwelling_file.windows import windows
from services.aftersales.inspections import sealing
from services.aftersales.inspections.facts import Added
from services.aftersales.inspections.guided import refusal
from services.aftersales.inspections.model import GuidedInspection, InspectionAmendment
from services.aftersales.model import Ticket
from services.aftersales.photos.decoder import Harmless
from services.aftersales.photos.model import Photo
from services.aftersales.taxonomy import element_of
from services.aftersales.telling import Actor
from services.kit.ids import new_id
from services.kit.problems import conflict, not_found
from services.kit.registry import local_today
from services.kit.unit import Unit

WINDOWS = {"edl_completion": "ten_days", "edl_heating": "heating_month"}
"""The legal windows of `dwelling_file` in which a tenant may have the document completed."""
HEATING_TRADES = ("heating",)


@dataclass(frozen=True)
class Open:
    """A right that runs: which, and its last day."""

    window: str
    ends_on: date


async def open_windows(unit: Unit, inspection: GuidedInspection) -> list[Open]:
    """In which of its rights the household may add to that document today; none for a livraison, whose
    buyer tells what else is wrong as requests."""
    if inspection.kind != "etat_des_lieux" or inspection.signed_at is None:
        return []
    home = await sealing.home_of(unit, inspection)
    config = await config_for(unit, home)
    file = await file_of(unit, home, config)
    found = windows(file, home.tenure, await local_today(unit), config.own_terms)
    return [
        Open(WINDOWS[one.code], one.ends_on)
        for one in found
        if one.code in WINDOWS and one.is_open and one.ends_on is not None
    ]


async def add(
    unit: Unit, inspection: GuidedInspection, new: NewTicket, made: list[Harmless], by: Actor
) -> InspectionAmendment:
    """What was forgotten: a request at once, and a dated addition that the cooperative acknowledges.

    Raises 422 when no window runs for that element.
    """
    windows_now = {one.window for one in await open_windows(unit, inspection)}
    is_heating = element_of(new.element).trade in HEATING_TRADES
    if "ten_days" in windows_now:
        window = "ten_days"
    elif "heating_month" in windows_now and is_heating:
        window = "heating_month"
    else:
        raise refusal("heating_only" if "heating_month" in windows_now else "window_closed")
    home = await sealing.home_of(unit, inspection)
    told = NewTicket(
        place=new.place,
        element=new.element,
        symptom=new.symptom,
        description=new.description,
        channel="inspection",
        inspection=inspection.id,
        cause=FOUND_AT_ENTRY,
    )
    ticket = await actions.open_ticket(unit, home, told, by)
    for one in made:
        await photos.keep(unit, one, ticket=ticket.id, by=by)
    amendment = InspectionAmendment(
        id=new_id("amd"),
        coop=inspection.coop,
        inspection=inspection.id,
        ticket=ticket.id,
        window=window,
        place=new.place,
        element=new.element,
        symptom=new.symptom,
        note=new.description,
        asked_by=by.id,
        asked_at=unit.now,
    )
    unit.session.add(amendment)
    await unit.session.flush()
    return amendment


async def acknowledge(
    unit: Unit, inspection: GuidedInspection, amendment: str, answer: str, by: Actor
) -> InspectionAmendment:
    """The cooperative takes note of it: the addition becomes a document, handed to the household."""
    found = await unit.session.get(
        InspectionAmendment, amendment, with_for_update=True, populate_existing=True
    )
    if found is None or found.inspection != inspection.id:
        raise not_found()
    if found.acknowledged_at is not None:
        raise conflict("acknowledged", "The cooperative has taken note of it already.")
    found.acknowledged_by, found.acknowledged_at, found.answer = by.id, unit.now, answer.strip() or None
    ticket = await unit.session.get_one(Ticket, found.ticket)
    people = await registry.staff(unit)
    # They belong to the addition from here on: nobody takes one back any more.
    await unit.session.execute(
        update(Photo)
        .where(col(Photo.ticket) == ticket.id, col(Photo.inspection).is_(None))
        .values(inspection=inspection.id, finding=found.id)
    )
    added = Added(
        id=found.id,
        place=found.place,
        element=found.element,
        symptom=found.symptom,
        note=found.note or "",
        window=found.window,
        asked_at=found.asked_at,
        acknowledged_at=found.acknowledged_at,
        acknowledged_by=people[by.id].name if by.id in people else "–",
        answer=found.answer or "",
        number=ticket.number,
    )
    await sealing.order(unit, inspection, added=added)
    sealing.tell(unit, inspection, 0, found)
    return found


async def of(unit: Unit, inspection: str) -> list[InspectionAmendment]:
    """All that was added, the first first."""
    rows = await unit.session.execute(
        select(InspectionAmendment)
        .where(col(InspectionAmendment.inspection) == inspection)
        .order_by(col(InspectionAmendment.asked_at), col(InspectionAmendment.id))
    )
    return list(rows.scalars())
