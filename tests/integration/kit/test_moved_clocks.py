"""A duty is done of a sandbox soon after its clock was set, and of no other; on the real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.kit import moved_clocks
from services.kit.ids import new_id
from services.kit.unit import Unit
from tests.conftest import OpenUnit
from tests.hours import room_of

pytestmark = pytest.mark.engines


@pytest.fixture
async def sandboxes(room_unit: OpenUnit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(moved_clocks, "LOOK_SECONDS", 0.01)
    slugs = [f"s{number}{new_id('x')[-11:]}" for number in range(2)]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, business_now, created_at)"
                " SELECT unnest(CAST(:slugs AS text[])), 'Coop', 'Europe/Paris', true, :now, now()"
            ),
            {"slugs": slugs, "now": datetime(2025, 1, 5, tzinfo=UTC)},
        )
    return slugs


async def move(room_unit: OpenUnit, coop: str, now: datetime) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET business_now = :now WHERE coop = :coop"), {"now": now, "coop": coop}
        )


@asynccontextmanager
async def watching(room_unit: OpenUnit, duty: Any) -> AsyncIterator[None]:
    room = room_of(room_unit, "advice")
    task = asyncio.ensure_future(moved_clocks.whenever_moved(duty)(room))
    try:
        yield
    finally:
        room.stopping.set()
        await task


async def test_a_duty_follows_each_move_of_a_clock_and_leaves_those_that_stand(
    room_unit: OpenUnit, sandboxes: list[str]
) -> None:
    moving, standing = sandboxes
    seen: asyncio.Queue[tuple[str | None, datetime]] = asyncio.Queue()
    noted: list[str | None] = []

    async def duty(unit: Unit) -> None:
        noted.append(unit.coop)
        await seen.put((unit.coop, unit.now))

    async with watching(room_unit, duty), asyncio.timeout(60):
        for month in (1, 3):
            instant = datetime(2026, month, 5, tzinfo=UTC)
            await move(room_unit, moving, instant)
            while await seen.get() != (moving, instant):
                pass
    assert noted.count(standing) == 1, "once when it starts"


async def test_one_whose_duty_fails_is_tried_again_and_holds_up_no_other(
    room_unit: OpenUnit, sandboxes: list[str]
) -> None:
    failing, sound = sandboxes
    tries, done = [], asyncio.Event()

    async def duty(unit: Unit) -> None:
        if unit.coop == failing:
            tries.append(unit.coop)
            if len(tries) < 3:
                await unit.session.execute(text("SELECT 1 / 0"))
            done.set()
        elif unit.coop == sound:
            assert len(tries) == 1, "the other is done in the same round, once"

    async with watching(room_unit, duty), asyncio.timeout(60):
        await done.wait()
