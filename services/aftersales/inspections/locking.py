"""Of an erased household the signed documents stay, locked, until nobody can claim anything from them.

All else of the inspection goes: record, photos, signatures. The document is opened for a named claim only,
and who opens it is written down. Then it is dropped as well; its digest stays.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales import registry
from services.aftersales.config import config_for
from services.aftersales.dwelling_file.dates import file_of
from services.aftersales.dwelling_file.windows import windows
from services.aftersales.inspections.model import GuidedInspection, LockedReading
from services.aftersales.inspections.retention import kept_until
from services.kit.ids import new_id
from services.kit.registry import local_today
from services.kit.unit import Unit

MOST_LISTED = 200
_DONE = (
    "SELECT id FROM aftersales.guided_inspection g WHERE occupancy = ANY(:occupancies)"
    " AND kept_until IS NOT NULL AND NOT EXISTS (SELECT 1 FROM aftersales.inspection_document d"
    " WHERE d.inspection = g.id AND d.sha256 IS NULL)"
)


async def lock(unit: Unit, occupancies: Sequence[str]) -> None:
    """The households are erased: their signed inspections are kept for claims alone from here on."""
    rows = await unit.session.execute(
        select(GuidedInspection)
        .where(col(GuidedInspection.occupancy).in_(occupancies))
        .where(col(GuidedInspection.signed_at).is_not(None), col(GuidedInspection.kept_until).is_(None))
        .order_by(col(GuidedInspection.id))
        .with_for_update()
    )
    for inspection in rows.scalars().all():
        inspection.kept_until = await last_day(unit, inspection)
    await unit.session.flush()
    await empty(unit, occupancies)


async def empty(unit: Unit, occupancies: Sequence[str]) -> None:
    """Drop all but the documents of locked inspections; one whose document is still being made waits."""
    done = await unit.session.execute(text(_DONE), {"occupancies": list(occupancies)})
    values = {"done": list(done.scalars())}
    for statement in (
        "DELETE FROM aftersales.photo WHERE inspection = ANY(:done)",
        "DELETE FROM aftersales.inspection_signature WHERE inspection = ANY(:done)",
        "UPDATE aftersales.inspection_document SET facts = NULL WHERE inspection = ANY(:done)",
        "UPDATE aftersales.inspection_amendment SET note = NULL, answer = NULL WHERE inspection = ANY(:done)",
        "UPDATE aftersales.guided_inspection SET record = '{}' WHERE id = ANY(:done)",
    ):
        await unit.session.execute(text(statement), values)


async def last_day(unit: Unit, inspection: GuidedInspection) -> date:
    """Until when its document would be kept if the household were erased today."""
    today = await local_today(unit)
    moved_out_on, reception_on, ends = None, None, list[date]()
    home = await registry.home_of_occupancy(unit, inspection.occupancy)
    if home is not None:
        config = await config_for(unit, home)
        file = await file_of(unit, home, config)
        reception_on = file.reception_on
        found = windows(file, home.tenure, today, config.own_terms)
        ends = [one.ends_on for one in found if one.ends_on is not None and one.element is None]
        row = await unit.session.execute(
            text("SELECT moved_out_on FROM registry.occupancy WHERE id = :id"), {"id": inspection.occupancy}
        )
        moved_out_on = row.scalar_one()
    return kept_until(
        inspection.kind,
        inspection.held_on,
        today=today,
        moved_out_on=moved_out_on,
        reception_on=reception_on,
        windows_end_on=ends if inspection.kind == "livraison" else (),
    )


async def drop_what_is_over(unit: Unit) -> None:
    """Every hour: documents whose last day has passed."""
    await unit.session.execute(
        text(
            "UPDATE aftersales.inspection_document SET content = NULL, facts = NULL WHERE content IS NOT NULL"
            " AND inspection IN (SELECT id FROM aftersales.guided_inspection"
            " WHERE coop = :coop AND kept_until < :today)"
        ),
        {"coop": unit.coop, "today": await local_today(unit)},
    )


async def opened_for_a_claim(
    unit: Unit, inspection: GuidedInspection, document: str, reason: str, by: str
) -> None:
    """Write down who opens a locked document, and why."""
    unit.session.add(
        LockedReading(
            id=new_id("lkr"),
            coop=inspection.coop,
            inspection=inspection.id,
            document=document,
            read_by=by,
            read_at=unit.now,
            reason=reason,
        )
    )
    await unit.session.flush()


async def listed(unit: Unit) -> list[GuidedInspection]:
    """What is locked and not yet deleted, the latest first."""
    rows = await unit.session.execute(
        select(GuidedInspection)
        .where(col(GuidedInspection.kept_until) >= await local_today(unit))
        .order_by(col(GuidedInspection.signed_at).desc(), col(GuidedInspection.id))
        .limit(MOST_LISTED)
    )
    return list(rows.scalars())


async def readings(unit: Unit, inspection: str) -> list[LockedReading]:
    """Who opened its documents since it is locked, the latest first."""
    rows = await unit.session.execute(
        select(LockedReading)
        .where(col(LockedReading.inspection) == inspection)
        .order_by(col(LockedReading.read_at).desc(), col(LockedReading.id).desc())
    )
    return list(rows.scalars())
