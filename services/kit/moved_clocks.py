"""Clocks of sandboxes that were set, for rooms whose hourly duties may not wait for the next hour."""

import asyncio
from datetime import datetime

from sqlalchemy import text

from services.kit.alone import Duty, alone
from services.kit.room import Background, Room
from services.kit.unit import Unit

LOOK_SECONDS = 5.0


def whenever_moved(duty: Duty) -> Background:
    """Background work that does the duty of each sandbox, in a unit of its own, a few seconds after its clock
    was set. Every replica does it, and once more when it starts: the duty must be safe to repeat."""

    async def watch(room: Room) -> None:
        seen: dict[str, datetime] = {}
        while not room.stopping.is_set():
            async with room.unit() as unit:
                now = await clocks(unit)
            moved = [coop for coop, at in now.items() if seen.get(coop) != at]
            failed = [coop for coop in moved if not await alone(room, coop, duty)]
            seen = {coop: at for coop, at in now.items() if coop not in failed}
            await asyncio.sleep(LOOK_SECONDS)

    return watch


async def clocks(unit: Unit) -> dict[str, datetime]:
    """Of each sandbox with a clock of its own, its business time."""
    rows = await unit.session.execute(
        text("SELECT slug, business_now FROM registry.coop WHERE business_now IS NOT NULL ORDER BY slug")
    )
    return {row.slug: row.business_now for row in rows}
