"""What advice hears: closed days, and the facts after which it must forget."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from contracts.codes import Fluid, Purpose, Quantity
from contracts.members import ConsentChanged, Erased, MovedOut, SandboxDropped
from contracts.metering import DayClosed
from services.advice import evaluate, personal, registry
from services.advice.model import DaySeen, pack
from services.kit import dropping, hourly
from services.kit.unit import Unit

KEEP_DAYS = 730
"""Half-hours are kept for two years at most, as the data protection authority accepted for suppliers."""


def concerns(event: DayClosed) -> bool:
    """Whether it is a household's electricity: nothing else is advised on."""
    return (
        event.fluid == Fluid.ELECTRICITY
        and event.quantity == Quantity.ENERGY_IMPORT
        and event.occupancy is not None
    )


async def day_closed(event: DayClosed, unit: Unit) -> None:
    """Keep the day if the household asks for advice now, then see whether the rules have news."""
    if not concerns(event) or event.occupancy is None:
        return
    if not await registry.allows(unit, event.occupancy, Purpose.ADVICE):
        return
    await _one_at_a_time(unit, event.occupancy)
    if event.values is None or not await registry.allows(unit, event.occupancy, Purpose.HALF_HOURLY):
        await evaluate.cannot(unit, event, "half_hourly_needed")
        return
    if await _keep(event, event.occupancy, unit):
        await evaluate.evaluate(unit, event.occupancy, event.meter)


async def consent_changed(event: ConsentChanged, unit: Unit) -> None:
    """Withdrawal deletes at once: without `advice` everything, without `half_hourly` the days."""
    if event.granted or await registry.allows(unit, event.occupancy, event.purpose):
        return
    if event.purpose == Purpose.ADVICE:
        await personal.forget_household(unit, event.occupancy)
    elif event.purpose == Purpose.HALF_HOURLY:
        await personal.forget_days(unit, event.occupancy)


async def moved_out(event: MovedOut, unit: Unit) -> None:
    """Advice to a household that has left has no purpose: its days go, its tips end."""
    await personal.forget_days(unit, event.occupancy)
    await unit.session.execute(
        text(
            "UPDATE advice.tip SET expires_on = LEAST(expires_on, CAST(:day AS date))"
            " WHERE occupancy = :occupancy"
        ),
        {"occupancy": event.occupancy, "day": event.moved_out_on},
    )


async def erased(event: Erased, unit: Unit) -> None:
    await personal.erase(unit, event.person, event.occupancies)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    await dropping.drop(unit, event.coop)


async def an_hour(unit: Unit) -> bool:
    """The hourly duties of the unit's cooperative."""
    return await hourly.each_alone(unit, (forget_departed,))


async def forget_departed(unit: Unit) -> None:
    """Of the unit's cooperative, days that arrived between the notice of a departure and the departure itself
    go too."""
    await unit.session.execute(
        text(
            "DELETE FROM advice.day_seen d USING registry.occupancy o"
            " WHERE o.id = d.occupancy AND o.coop = :coop AND o.ends_at < :now"
        ),
        {"coop": unit.coop, "now": unit.now},
    )


async def _keep(event: DayClosed, occupancy: str, unit: Unit) -> bool:
    """Insert, or replace an earlier revision; False when a later one is already here."""
    row: dict[str, Any] = {
        "meter": event.meter,
        "day": event.day,
        "coop": event.coop,
        "occupancy": occupancy,
        "zone": event.zone,
        "revision": event.revision,
        "half_hours": pack(event.values or ()),
        "quality": {quality.value: count for quality, count in event.quality.items()},
        "peak_va": event.peak_va,
    }
    statement = insert(DaySeen).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=["meter", "day"],
        set_={name: statement.excluded[name] for name in row if name not in ("meter", "day")},
        where=statement.excluded.revision > col(DaySeen.revision),
    )
    kept = (await unit.session.execute(statement.returning(col(DaySeen.revision)))).first() is not None
    await unit.session.execute(
        delete(DaySeen).where(
            col(DaySeen.meter) == event.meter, col(DaySeen.day) < event.day - timedelta(days=KEEP_DAYS)
        )
    )
    return kept


async def _one_at_a_time(unit: Unit, occupancy: str) -> None:
    """Two workers on one household would each count the tips before the other's is written."""
    await unit.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:occupancy, 0))"), {"occupancy": occupancy}
    )
