"""A meter replaced at its place: consumption goes on from one register to the other, and back when undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.members import MeterExchanged
from services.kit.ids import new_id
from services.metering import handlers
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, days, reading, send, settle_all

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 1, 4, 23, tzinfo=UTC)
DAY = date(2026, 1, 5)
HALF_HOUR = timedelta(minutes=30)


async def record(room_unit: OpenUnit, home: Home, old_wh: int | None, new_wh: int | None) -> str:
    id = new_id("exc")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.meter_exchange (id, coop, meter, quantity, exchanged_on, old_milli,"
                " new_milli, recorded_by, recorded_at)"
                " VALUES (:id, :coop, :meter, 'energy_import', :on, :old, :new, 'per_x', now())"
            ),
            {
                "id": id, "coop": home.coop, "meter": home.meter, "on": DAY,
                "old": None if old_wh is None else old_wh * 1_000,
                "new": None if new_wh is None else new_wh * 1_000,
            },
        )  # fmt: skip
    await hear(room_unit, home)
    return id


async def undo(room_unit: OpenUnit, home: Home, id: str) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.meter_exchange SET undone_at = now() WHERE id = :id"), {"id": id}
        )
    await hear(room_unit, home)


async def hear(room_unit: OpenUnit, home: Home) -> None:
    async with room_unit("metering") as unit:
        await handlers.meter_exchanged(MeterExchanged(coop=home.coop, meter=home.meter, on=DAY), unit)
    await settle_all(room_unit)


async def a_replaced_meter(room_unit: OpenUnit, coop: str) -> Home:
    """100 Wh a half-hour; from noon on, half an hour after the old register's last word, the new one counts
    from zero."""
    home = await a_home(room_unit, coop)
    old = [reading(home, MIDNIGHT + n * HALF_HOUR, 7_000_000 + 100 * n) for n in range(-48, 24)]
    new = [reading(home, MIDNIGHT + n * HALF_HOUR, 100 * (n - 23)) for n in range(24, 5 * 48 + 1)]
    await send(room_unit, coop, old + new)
    await settle_all(room_unit)
    return home


async def test_with_both_indices_the_day_loses_nothing(room_unit: OpenUnit, coop: str) -> None:
    home = await a_replaced_meter(room_unit, coop)
    await record(room_unit, home, old_wh=7_002_300, new_wh=0)
    found = await days(room_unit, home)
    assert found[DAY].value == 4_800
    assert found[date(2026, 1, 4)].value == 4_800
    assert found[date(2026, 1, 6)].value == 4_800


async def test_undoing_a_mistaken_exchange_settles_the_days_as_before(room_unit: OpenUnit, coop: str) -> None:
    home = await a_replaced_meter(room_unit, coop)
    before = summary((await days(room_unit, home))[DAY])
    id = await record(room_unit, home, old_wh=7_002_300, new_wh=0)
    assert summary((await days(room_unit, home))[DAY]) != before
    await undo(room_unit, home, id)
    assert summary((await days(room_unit, home))[DAY]) == before


async def test_without_indices_only_the_half_hour_of_the_exchange_is_unknown(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_replaced_meter(room_unit, coop)
    await record(room_unit, home, old_wh=None, new_wh=None)
    day = (await days(room_unit, home))[DAY]
    assert day.quality["measured"] >= 46
    assert 4_600 <= day.value <= 4_800


async def test_an_exchange_between_rare_readings_reaches_the_days_on_both_sides(
    room_unit: OpenUnit, coop: str
) -> None:
    """A meter read once a week: every day between the two readings depends on the exchange."""
    home = await a_home(room_unit, coop)
    weekly = [(-14, 1_000), (-7, 8_000), (7, 500), (14, 7_500), (21, 14_500)]
    await send(
        room_unit, coop, [reading(home, MIDNIGHT + timedelta(days=day), index) for day, index in weekly]
    )
    await settle_all(room_unit)
    await record(room_unit, home, old_wh=15_500, new_wh=0)
    found = await days(room_unit, home)
    total = sum(row.value for day, row in found.items() if date(2025, 12, 29) <= day < date(2026, 1, 12))
    assert total == (15_500 - 8_000) + 500


def summary(row: Any) -> tuple[int, dict[str, int]]:
    return row.value, row.quality
