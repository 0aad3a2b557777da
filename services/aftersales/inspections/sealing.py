"""Both have signed: findings become requests, the document is made and kept, the household is told."""

import asyncio
import hashlib

from sqlalchemy import text
from sqlmodel import col, select

from contracts.aftersales import InspectionSigned
from services.aftersales import photos, registry
from services.aftersales.actions import NewTicket
from services.aftersales.inspections import document, guided, recording
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.document import Act, Signed
from services.aftersales.inspections.model import (
    GuidedInspection,
    InspectionAmendment,
    InspectionDocument,
)
from services.aftersales.inspections.naming import names_of
from services.aftersales.inspections.record import Record
from services.aftersales.model import Ticket
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.kit.ids import new_id
from services.kit.problems import not_found
from services.kit.unit import Unit


async def seal(unit: Unit, inspection: GuidedInspection, by: Actor) -> list[Ticket]:
    """All that follows from the second signature, in its transaction: whole, or not at all."""
    home = await home_of(unit, inspection)
    record = Record.model_validate(inspection.record)
    found = rules.findings(record)
    reported = [
        NewTicket(room.place, finding.element, finding.symptom, finding.note, "inspection")
        for room, finding in found
    ]
    opened = await recording.record(
        unit, home, inspection.kind, inspection.held_on, reported, by, guided=inspection.id
    )
    tickets = {finding.id: ticket for (_, finding), ticket in zip(found, opened, strict=True)}
    act = await act_of(unit, inspection, tickets)
    for finding, ticket in tickets.items():
        await unit.session.execute(
            text(
                "UPDATE aftersales.photo SET ticket = :ticket WHERE inspection = :inspection"
                " AND finding = :finding"
            ),
            {"ticket": ticket.id, "inspection": inspection.id, "finding": finding},
        )
    content = await asyncio.to_thread(document.made, act, home.zone)
    kept = await keep(unit, inspection, content)
    inspection.signed_at, inspection.sha256 = unit.now, kept.sha256
    inspection.version += 1
    await unit.session.flush()
    tell(unit, inspection, len(opened))
    return opened


async def keep(
    unit: Unit, inspection: GuidedInspection, content: bytes, amendment: str | None = None
) -> InspectionDocument:
    """Keep a document with its digest."""
    kept = InspectionDocument(
        id=new_id("doc"),
        coop=inspection.coop,
        inspection=inspection.id,
        amendment=amendment,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=unit.now,
    )
    unit.session.add(kept)
    await unit.session.flush()
    return kept


def tell(
    unit: Unit, inspection: GuidedInspection, findings: int, amendment: InspectionAmendment | None = None
) -> None:
    """The household has a document to download."""
    event = InspectionSigned(
        coop=inspection.coop,
        inspection=inspection.id,
        occupancy=inspection.occupancy,
        kind=inspection.kind,
        held_on=inspection.held_on,
        findings=findings,
        amendment=amendment.id if amendment else None,
    )
    unit.emit(event, inspection.id)


async def home_of(unit: Unit, inspection: GuidedInspection) -> Home:
    home = await registry.home_of_occupancy(unit, inspection.occupancy)
    if home is None:
        raise not_found()
    return home


async def act_of(unit: Unit, inspection: GuidedInspection, tickets: dict[str, Ticket]) -> Act:
    """What the document says of an inspection."""
    files: dict[str, list[bytes]] = {}
    for photo in await photos.at(unit, inspection.id):
        content = await photos.content(unit, photo.id)
        if content is not None and photo.finding is not None:
            files.setdefault(photo.finding, []).append(content)
    signed = await guided.signatures(unit, inspection.id)
    names = await names_of(unit, inspection.occupancy)
    if names is None:
        raise not_found()
    return Act(
        id=inspection.id,
        kind=inspection.kind,
        held_on=inspection.held_on,
        coop=names.coop,
        residence=names.residence,
        ref=names.ref,
        household=names.household,
        language=names.language,
        record=Record.model_validate(inspection.record),
        record_sha256=await guided.digest(unit, inspection),
        numbers={finding: ticket.number for finding, ticket in tickets.items()},
        photos=files,
        signed=tuple(Signed(side, row.name, row.signed_at, row.drawing) for side, row in signed.items()),
    )


async def documents(unit: Unit, inspection: str) -> list[InspectionDocument]:
    """What was handed out, the first first."""
    rows = await unit.session.execute(
        select(InspectionDocument)
        .where(col(InspectionDocument.inspection) == inspection)
        .order_by(col(InspectionDocument.made_at), col(InspectionDocument.id))
    )
    return list(rows.scalars())
