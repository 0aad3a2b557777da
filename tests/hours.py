"""An hour passes in a room: its tick is heard, and every cooperative's duties are done."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from contracts.time import HourPassed
from services.kit import hourly
from tests.conftest import OpenUnit


def room_of(room_unit: OpenUnit, name: str, wall: datetime | None = None) -> Any:
    """What duties need of a running room, whose wall clock stands at `wall`."""
    more = {} if wall is None else {"clock": lambda: wall}
    return SimpleNamespace(
        name=name, stopping=asyncio.Event(), unit=lambda coop=None: room_unit(name, coop, **more)
    )


async def an_hour_passes(
    room_unit: OpenUnit, name: str, work: hourly.Work, hour: datetime | None = None
) -> None:
    """Until nothing is left to do but what failed."""
    async with room_unit(name) as unit:
        await hourly.asked(HourPassed(hour=hour or datetime.now(UTC)), unit)
    while await hourly.do_next(room_of(room_unit, name), work):
        pass
