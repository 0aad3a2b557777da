"""A duty is done soon after a sandbox's clock was set, and not while all stand; on the real database."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from services.kit import moved_clocks
from services.kit.unit import Unit
from tests.conftest import OpenUnit

pytestmark = pytest.mark.engines


async def test_a_duty_follows_each_move_of_a_clock(
    room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved_clocks, "LOOK_SECONDS", 0.01)
    seen: asyncio.Queue[datetime | None] = asyncio.Queue()

    async def duty(unit: Unit) -> None:
        await seen.put((await moved_clocks.clocks(unit)).get(coop))

    async def move(now: datetime) -> None:
        async with room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
                {"now": now, "coop": coop},
            )

    room: Any = SimpleNamespace(stopping=asyncio.Event(), unit=lambda: room_unit("advice"))
    watching = asyncio.ensure_future(moved_clocks.whenever_moved(duty)(room))
    try:
        for month in (1, 3):
            instant = datetime(2026, month, 5, tzinfo=UTC)
            await move(instant)
            async with asyncio.timeout(20):
                while await seen.get() != instant:
                    pass
    finally:
        room.stopping.set()
        await watching
