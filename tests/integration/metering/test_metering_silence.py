"""Days close when their meter stops talking; its silence and its return are told once each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.time import HourPassed
from services.metering import handlers
from services.metering.settling import settle_some
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, batch, days, reading, rows, settle_all

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)


async def hear(room_unit: OpenUnit, home: Home, *hours: float) -> None:
    for hour in hours:
        instant = MIDNIGHT + timedelta(hours=hour)
        async with room_unit("metering") as unit:
            one = reading(home, instant, 5000 + 100 * hour)
            await handlers.readings([batch(home.coop, [one], received_at=instant)], unit)


async def tick(room_unit: OpenUnit, hours: float) -> None:
    now = MIDNIGHT + timedelta(hours=hours)
    async with room_unit("metering", clock=lambda: now) as unit:
        await handlers.hour_passed(HourPassed(hour=now), unit)
    while True:
        async with room_unit("metering", clock=lambda: now) as unit:
            if not await settle_some(unit):
                return


async def said(room_unit: OpenUnit, home: Home) -> list[Any]:
    found = await rows(
        room_unit,
        "SELECT subject FROM metering.outbox"
        " WHERE about = :m AND subject LIKE 'metering.meter_%' ORDER BY id",
        m=home.meter,
    )
    return [row.subject for row in found]


async def test_a_silent_meters_day_is_closed_by_the_clock(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, 0, 1, 2, 3, 10)
    await tick(room_unit, 24 + 35)
    assert await days(room_unit, home) == {}
    await tick(room_unit, 24 + 37)
    closed = await days(room_unit, home)
    assert closed[date(2026, 9, 2)].value == 1000
    assert closed[date(2026, 9, 2)].quality["missing"] == 28


async def test_silence_and_return_are_told_once(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, *(n / 2 for n in range(10)))
    await tick(room_unit, 9)
    assert await said(room_unit, home) == []
    await tick(room_unit, 12)
    await tick(room_unit, 13)
    assert await said(room_unit, home) == ["metering.meter_silent.v1"]
    await hear(room_unit, home, 13.5, 14)
    assert await said(room_unit, home) == ["metering.meter_silent.v1", "metering.meter_heard.v1"]
    await settle_all(room_unit)


async def test_a_meter_that_reports_once_a_day_is_not_silent_at_noon(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, 0, 24, 48, 72)
    await tick(room_unit, 72 + 40)
    assert await said(room_unit, home) == []
