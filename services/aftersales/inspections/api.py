"""Guided inspections over HTTP: what there is of a household, and the signed documents."""

from datetime import date, datetime

from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.api_base import router
from services.aftersales.inspections import adding, on_paper
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.inspections.papers import papers
from services.aftersales.inspections.record import Record
from services.aftersales.inspections.signing_pages import sent
from services.aftersales.inspections.visibility import visible
from services.aftersales.model import Inspection
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles

PEOPLE = ("resident", "caretaker", "staff")


class DocumentOut(BaseModel):
    id: str
    sha256: str
    made_at: datetime
    amendment: str | None
    """The addition it is about; null for the inspection itself."""


class OpenWindowOut(BaseModel):
    window: str
    """`ten_days` or `heating_month`."""
    ends_on: date


class InspectionSummary(BaseModel):
    id: str
    kind: str
    held_on: date
    signed_at: datetime | None
    sha256: str | None
    """Of the signed document; null until it is made, a moment after the second signature."""
    is_preparing: bool
    """Whether a document is being made; it then appears among `documents`."""
    missing: list[str]
    """What keeps it from being signed: rooms, meters, keys."""
    findings: int
    documents: list[DocumentOut]
    may_be_completed: list[OpenWindowOut]
    """The tenant's rights to have it completed that run today."""
    is_on_paper: bool
    """Held on paper and only recorded here: never signed here, and without documents."""
    tickets: list[str]
    """The requests that its findings opened, by number."""


class InspectionsOut(BaseModel):
    inspections: list[InspectionSummary]


@router.get("/occupancies/{occupancy}/inspections", **roles(*PEOPLE))
async def of_household(occupancy: str, unit: RoomUnit, who: Who) -> InspectionsOut:
    """The inspections of a household: the guided ones, the latest first, then those recorded from paper."""
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None:
        raise not_found()
    if who.role is Role.RESIDENT and occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    rows = await unit.session.execute(
        select(GuidedInspection)
        .where(col(GuidedInspection.occupancy) == occupancy, col(GuidedInspection.kept_until).is_(None))
        .order_by(col(GuidedInspection.started_at).desc())
    )
    on_record = list(rows.scalars())
    paper = await on_paper.of(unit, [occupancy])
    opened = await on_paper.requests_of(unit, [*on_record, *paper])
    told = {id: [ticket.id for ticket in tickets] for id, tickets in opened.items()}
    return InspectionsOut(
        inspections=[
            *[await _summary(unit, row, told[row.id]) for row in on_record],
            *[_of_paper(row, told[row.id]) for row in paper],
        ]
    )


@router.get("/inspections/{inspection}/documents/{document}", **roles(*PEOPLE))
async def document(inspection: str, document: str, unit: RoomUnit, who: Who) -> Response:
    """The PDF, byte for byte as it was signed."""
    return await sent(unit, await visible(unit, inspection, who), document)


async def _summary(unit: Unit, inspection: GuidedInspection, tickets: list[str]) -> InspectionSummary:
    record = Record.model_validate(inspection.record)
    ordered = await papers(unit, inspection.id)
    return InspectionSummary(
        id=inspection.id,
        kind=inspection.kind,
        held_on=inspection.held_on,
        signed_at=inspection.signed_at,
        sha256=inspection.sha256,
        is_preparing=any(one.is_coming for one in ordered),
        missing=[] if inspection.signed_at else rules.missing(record),
        findings=len(rules.findings(record)),
        documents=[
            DocumentOut(id=one.id, sha256=one.sha256, made_at=one.made_at, amendment=one.amendment)
            for one in ordered
            if one.sha256 is not None
        ],
        may_be_completed=[
            OpenWindowOut(window=one.window, ends_on=one.ends_on)
            for one in await adding.open_windows(unit, inspection)
        ],
        is_on_paper=False,
        tickets=tickets,
    )


def _of_paper(inspection: Inspection, tickets: list[str]) -> InspectionSummary:
    return InspectionSummary(
        id=inspection.id,
        kind=inspection.kind,
        held_on=inspection.held_on,
        signed_at=None,
        sha256=None,
        is_preparing=False,
        missing=[],
        findings=len(tickets),
        documents=[],
        may_be_completed=[],
        is_on_paper=True,
        tickets=tickets,
    )
