"""Both have signed: findings become requests, the document is ordered, the household is told.

The document itself is made after this transaction (`preparing`): however long it takes, and whatever becomes
of it, the signatures stand.
"""

from sqlalchemy import text

from contracts.aftersales import InspectionSigned
from services.aftersales import registry
from services.aftersales.actions import NewTicket
from services.aftersales.inspections import guided, recording
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.facts import Added, Facts
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
    inspection.record_sha256 = await guided.digest(unit, inspection)
    opened = await recording.record(
        unit, home, inspection.kind, inspection.held_on, reported, by, guided=inspection.id
    )
    tickets = {finding.id: ticket for (_, finding), ticket in zip(found, opened, strict=True)}
    for finding, ticket in tickets.items():
        await unit.session.execute(
            text(
                "UPDATE aftersales.photo SET ticket = :ticket WHERE inspection = :inspection"
                " AND finding = :finding"
            ),
            {"ticket": ticket.id, "inspection": inspection.id, "finding": finding},
        )
    inspection.signed_at = unit.now
    inspection.version += 1
    await order(unit, inspection, numbers={finding: ticket.number for finding, ticket in tickets.items()})
    tell(unit, inspection, len(opened))
    return opened


async def order(
    unit: Unit,
    inspection: GuidedInspection,
    numbers: dict[str, int] | None = None,
    added: Added | None = None,
) -> InspectionDocument:
    """Have a document made, with the names of today in it."""
    home = await home_of(unit, inspection)
    names = await names_of(unit, inspection.occupancy)
    if names is None:
        raise not_found()
    facts = Facts(
        coop=names.coop,
        residence=names.residence,
        ref=names.ref,
        where=names.where,
        household=names.household,
        language=names.language,
        zone=home.zone,
        record_sha256=inspection.record_sha256 or await guided.digest(unit, inspection),
        numbers=numbers or {},
        added=added,
    )
    ordered = InspectionDocument(
        id=new_id("doc"),
        coop=inspection.coop,
        inspection=inspection.id,
        amendment=added.id if added else None,
        facts=facts.model_dump(mode="json"),
        made_at=unit.now,
        not_before=unit.wall,
    )
    unit.session.add(ordered)
    await unit.session.flush()
    return ordered


def tell(
    unit: Unit, inspection: GuidedInspection, findings: int, amendment: InspectionAmendment | None = None
) -> None:
    """The household has something to read, and in a moment to download."""
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
