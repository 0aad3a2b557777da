"""The read side of guided inspections: lists, and one with all that belongs to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import photos, registry
from services.aftersales.inspections import adding, guided, merging, on_paper
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.model import GuidedInspection, InspectionAmendment
from services.aftersales.inspections.naming import Names, names_of
from services.aftersales.inspections.papers import papers
from services.aftersales.inspections.record import Record
from services.aftersales.model import Inspection, Ticket
from services.aftersales.photos.model import Photo
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import Principal

MOST_LISTED = 100


@dataclass(frozen=True)
class Listed:
    """A line of a list."""

    inspection: GuidedInspection | Inspection
    names: Names
    waiting: int
    """Additions that the cooperative has not taken note of yet."""

    @property
    def state(self) -> Literal["under_way", "signed", "on_paper"]:
        if isinstance(self.inspection, Inspection):
            return "on_paper"
        return "under_way" if self.inspection.signed_at is None else "signed"


async def listed(unit: Unit, who: Principal) -> list[Listed]:
    """Those under way first, then the latest, then those on paper; a resident's own."""
    query = select(GuidedInspection).where(col(GuidedInspection.kept_until).is_(None))
    own: list[str] | None = None
    if who.role is Role.RESIDENT:
        own = await registry.own_occupancies(unit, who.person)
        query = query.where(col(GuidedInspection.occupancy).in_(own))
    rows = await unit.session.execute(
        query.order_by(
            col(GuidedInspection.signed_at).is_not(None), col(GuidedInspection.started_at).desc()
        ).limit(MOST_LISTED)
    )
    found: list[GuidedInspection | Inspection] = list(rows.scalars())
    waiting = await _waiting(unit, [one.id for one in found])
    found += await on_paper.of(unit, own)
    lines = []
    for one in found:
        names = await names_of(unit, one.occupancy)
        if names is not None:
            lines.append(Listed(one, names, waiting.count(one.id)))
    return lines


async def whole(unit: Unit, inspection: GuidedInspection) -> dict[str, Any]:
    """All that its pages show."""
    names = await names_of(unit, inspection.occupancy)
    if names is None:
        raise not_found()
    record = Record.model_validate(inspection.record)
    taken: dict[str, list[Photo]] = {}
    for photo in await photos.at(unit, inspection.id):
        taken.setdefault(photo.finding or "", []).append(photo)
    is_open = inspection.signed_at is None
    return {
        "inspection": inspection,
        "held_already": await _held_already(unit, inspection, record) if is_open else [],
        "names": names,
        "record": record,
        "photos": taken,
        "missing": rules.missing(record),
        "signed": await guided.signatures(unit, inspection.id),
        "documents": await papers(unit, inspection.id),
        "amendments": await adding.of(unit, inspection.id),
        "open_windows": await adding.open_windows(unit, inspection),
    }


@dataclass(frozen=True)
class HeldAlready:
    """A defect that another document of the same day holds: it stays one request."""

    ticket: Ticket
    is_here: bool
    """Whether it is in this record as well."""


async def _held_already(unit: Unit, inspection: GuidedInspection, record: Record) -> list[HeldAlready]:
    found = await merging.elsewhere(
        unit, inspection.occupancy, inspection.kind, inspection.held_on, inspection.id
    )
    here = Counter((room.place, one.element, one.symptom) for room, one in rules.findings(record))
    lines = []
    for ticket in found:
        codes = (ticket.place, ticket.element, ticket.symptom)
        lines.append(HeldAlready(ticket, here[codes] > 0))
        here[codes] -= 1
    return lines


async def _waiting(unit: Unit, inspections: Sequence[str]) -> list[str]:
    rows = await unit.session.execute(
        select(InspectionAmendment.inspection).where(
            col(InspectionAmendment.inspection).in_(inspections),
            col(InspectionAmendment.acknowledged_at).is_(None),
        )
    )
    return list(rows.scalars())
