"""Looks several times a minute for what may not wait for the hour: safety thresholds."""

import asyncio

from sqlalchemy import text

from contracts.codes import ClockFamily
from services.aftersales import by_time, walking
from services.kit.alone import alone
from services.kit.room import Room
from services.kit.unit import Unit

LOOK_SECONDS = 20.0


async def watch(room: Room) -> None:
    """For ever, in every replica: who comes second finds the request locked or the warning given. What fails
    for one cooperative is tried again at the next look."""
    while not room.stopping.is_set():
        async with room.unit() as unit:
            coops = await due(unit)
            walked = await walking.behind(unit)
        for coop in coops:
            if coop in walked:
                continue  # whoever follows its clock warns of each threshold at its own time
            await alone(room, coop, look)
        await asyncio.sleep(LOOK_SECONDS)


async def look(unit: Unit) -> None:
    """Warn of every safety threshold that the unit's cooperative has passed."""
    await by_time.warn(unit, (ClockFamily.SAFETY.value,))


async def due(unit: Unit) -> list[str]:
    """The cooperatives where a safety threshold was passed, each on its own business time."""
    rows = await unit.session.execute(
        text(
            "SELECT DISTINCT d.coop FROM aftersales.ticket_deadline d JOIN registry.coop c ON c.slug = d.coop"
            " WHERE d.clock = 'safety' AND d.met_at IS NULL"
            " AND d.alarm_at <= coalesce(c.business_now, CAST(:wall AS timestamptz)) ORDER BY d.coop"
        ),
        {"wall": unit.wall},
    )
    return list(rows.scalars())
