"""Looks for faults of the supply for ever: hours of the wall may be days of a sandbox's own clock."""

import asyncio

from sqlalchemy import text

from services.kit.alone import alone
from services.kit.room import Room
from services.metering.supply_faults.looking import look

LOOK_SECONDS = 60.0


async def watch(room: Room) -> None:
    """Every minute, each cooperative in a transaction of its own: one that fails does not hold the others."""
    while not room.stopping.is_set():
        async with room.unit() as unit:
            coops = list(
                (await unit.session.execute(text("SELECT slug FROM registry.coop ORDER BY slug"))).scalars()
            )
        for coop in coops:
            await alone(room, coop, look)
        await asyncio.sleep(LOOK_SECONDS)
