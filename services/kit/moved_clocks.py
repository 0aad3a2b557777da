"""Clocks of sandboxes that were set, for rooms whose hourly duties may not wait for the next hour."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import text

from services.kit.room import Background, Room
from services.kit.unit import Unit

LOOK_SECONDS = 5.0


def whenever_moved(duty: Callable[[Unit], Awaitable[None]]) -> Background:
    """Background work that does the duty, in a unit of no cooperative, a few seconds after a sandbox's clock
    was set. Every replica does it, and once more when it starts: the duty must be safe to repeat."""

    async def watch(room: Room) -> None:
        seen: dict[str, datetime] = {}
        while not room.stopping.is_set():
            async with room.unit() as unit:
                now = await clocks(unit)
                if now != seen:
                    await duty(unit)
            seen = now
            await asyncio.sleep(LOOK_SECONDS)

    return watch


async def clocks(unit: Unit) -> dict[str, datetime]:
    """Of each sandbox with a clock of its own, its business time."""
    rows = await unit.session.execute(
        text("SELECT slug, business_now FROM registry.coop WHERE business_now IS NOT NULL")
    )
    return {row.slug: row.business_now for row in rows}
