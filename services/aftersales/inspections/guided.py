"""What people do with a guided inspection: begin or go on with it, change it, sign it."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import text
from sqlmodel import col, delete, select

from services.aftersales import photos
from services.aftersales.inspections import merging
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.model import GuidedInspection, InspectionSignature
from services.aftersales.inspections.record import Meter, Record, Refused
from services.aftersales.inspections.recording import check_tenure
from services.aftersales.inspections.visibility import still_open
from services.aftersales.photos.decoder import Harmless
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.aftersales.words import in_both
from services.kit.ids import new_id
from services.kit.problems import Problem, conflict, invalid
from services.kit.unit import Unit

SIDES = ("household", "cooperative")


async def begin(unit: Unit, home: Home, kind: str, held_on: date, by: Actor) -> GuidedInspection:
    """A new inspection, or the one of this kind that is under way with this household."""
    assert unit.coop is not None
    assert home.occupancy is not None
    check_tenure(home, kind)
    await merging.one_at_a_time(unit, home.occupancy, kind)
    under_way = await unit.session.execute(
        select(GuidedInspection).where(
            col(GuidedInspection.occupancy) == home.occupancy,
            col(GuidedInspection.kind) == kind,
            col(GuidedInspection.signed_at).is_(None),
        )
    )
    found = under_way.scalars().first()
    if found is not None:
        return found
    begun = GuidedInspection(
        id=new_id("ins"),
        coop=unit.coop,
        occupancy=home.occupancy,
        kind=kind,
        held_on=held_on,
        started_by=by.id,
        started_at=unit.now,
        record=rules.blank(kind, await _meters(unit, home.dwelling)).model_dump(mode="json"),
        version=1,
    )
    unit.session.add(begun)
    await unit.session.flush()
    return begun


async def change(unit: Unit, inspection: str, changing: Callable[[Record], Record]) -> GuidedInspection:
    """Write down one change. What was signed before by one side is void: it read something else.

    Raises 409 once both have signed, 422 for a change that the record cannot take.
    """
    found = await still_open(unit, inspection)
    try:
        after = changing(Record.model_validate(found.record)).model_dump(mode="json")
    except Refused as refused:
        raise refusal(refused.code) from None
    if after != found.record:
        found.record = after
        found.version += 1
        await void(unit, inspection)
        await unit.session.flush()
    return found


async def photograph(unit: Unit, inspection: str, finding: str, made: list[Harmless], by: Actor) -> None:
    """Add photos to a finding. Photos belong to what is signed: an earlier signature is void."""
    await still_open(unit, inspection)
    for one in made:
        await photos.keep(unit, one, inspection=inspection, finding=finding, by=by)
    if made:
        await void(unit, inspection)


async def unphotograph(unit: Unit, inspection: str, finding: str) -> None:
    """A finding that was a mistake takes its photos with it."""
    await still_open(unit, inspection)
    await unit.session.execute(
        text("DELETE FROM aftersales.photo WHERE inspection = :inspection AND finding = :finding"),
        {"inspection": inspection, "finding": finding},
    )


async def void(unit: Unit, inspection: str) -> None:
    """Who signed before something changed has signed something else."""
    await unit.session.execute(
        delete(InspectionSignature).where(col(InspectionSignature.inspection) == inspection)
    )


async def signatures(unit: Unit, inspection: str) -> dict[str, InspectionSignature]:
    """Who has signed, by side."""
    rows = await unit.session.execute(
        select(InspectionSignature).where(col(InspectionSignature.inspection) == inspection)
    )
    return {row.side: row for row in rows.scalars()}


async def sign(
    unit: Unit,
    inspection: str,
    side: str,
    name: str,
    drawing: Harmless | None,
    read: str,
    by: Actor,
) -> tuple[GuidedInspection, bool]:
    """One side signs what it read (`read` is its digest). True when both have: the caller then seals it.

    Raises 409 when the record changed since it was read, 422 when something is missing in it.
    """
    found = await still_open(unit, inspection)
    record = Record.model_validate(found.record)
    seen = await digest(unit, found)
    if read != seen:
        raise conflict("changed_meanwhile", "The record changed while it was read; read it again.")
    if lacks := rules.missing(record):
        raise invalid(
            "/record", f"missing_{lacks[0]}", "%(why)s", why=in_both("inspection_missing", lacks[0])
        )
    if side not in SIDES or not name.strip():
        raise invalid("/name", "missing", "Say who signs.")
    done = await signatures(unit, inspection)
    if any(row.record_sha256 != seen for row in done.values()):
        raise conflict("changed_meanwhile", "The record changed since the other side signed.")
    if side not in done:
        unit.session.add(
            InspectionSignature(
                inspection=inspection,
                side=side,
                coop=found.coop,
                name=name.strip(),
                drawing=drawing.full if drawing else None,
                record_sha256=seen,
                signed_by=by.id,
                signed_at=unit.now,
            )
        )
        await unit.session.flush()
    return found, len({*done, side}) == len(SIDES)


async def digest(unit: Unit, inspection: GuidedInspection) -> str:
    """Of all that one signs: the record, its day and what its photos show."""
    record = Record.model_validate(inspection.record)
    taken = [f"{one.id} {one.sha256}" for one in await photos.at(unit, inspection.id)]
    return rules.digest(
        record.model_copy(
            update={"remarks": "\n".join([record.remarks, inspection.kind, f"{inspection.held_on}", *taken])}
        )
    )


def refusal(code: str) -> Problem:
    return invalid("/record", code, "%(why)s", why=in_both("inspection_refusals", code))


async def _meters(unit: Unit, dwelling: str | None) -> list[Meter]:
    rows = await unit.session.execute(
        text("SELECT id, fluid, serial FROM registry.meter WHERE dwelling = :dwelling ORDER BY fluid, id"),
        {"dwelling": dwelling},
    )
    return [Meter(id=row.id, fluid=row.fluid, serial=row.serial or "") for row in rows]
