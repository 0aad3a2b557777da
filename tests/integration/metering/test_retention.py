"""Households' half-hours and totals go when their time is over; what is nobody's stays for ever."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Kind
from services.kit.ids import new_id
from services.metering import retention
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, days, reading, rows, send, settle_all, told

pytestmark = pytest.mark.engines

START = datetime(2026, 9, 1, 22, tzinfo=UTC)
DAY = date(2026, 9, 2)


async def lived(room_unit: OpenUnit, home: Home) -> None:
    await send(
        room_unit, home.coop,
        [reading(home, START + timedelta(minutes=30 * n), 1000 + 100 * n) for n in range(97)],
    )  # fmt: skip
    await settle_all(room_unit)


async def months_pass(room_unit: OpenUnit, months: int) -> None:
    then = datetime.now(UTC) + timedelta(days=31 * months)
    async with room_unit("metering", clock=lambda: then) as unit:
        await retention.apply(unit)


async def a_common_meter(room_unit: OpenUnit, coop: str) -> Home:
    """A meter without a dwelling: its dwelling's row is taken away from it."""
    home = await a_home(room_unit, coop)
    building = new_id("bld")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.building (id, coop, ref, residence)"
                " VALUES (:id, :coop, :id, 'Les Tilleuls')"
            ),
            {"id": building, "coop": coop},
        )
        await unit.session.execute(
            text("UPDATE members.meter SET dwelling = NULL, building = :b WHERE id = :m"),
            {"b": building, "m": home.meter},
        )
    return home


async def kept(room_unit: OpenUnit, home: Home) -> list[tuple[int, bool]]:
    """Each day's total, and whether its half-hours are still there."""
    found: dict[date, Any] = await days(room_unit, home)
    return [(row.value, row.packed is not None) for row in found.values()]


async def test_half_hours_then_totals_of_households_go_in_their_time(room_unit: OpenUnit, coop: str) -> None:
    home, common = await a_home(room_unit, coop), await a_common_meter(room_unit, coop)
    for one in (home, common):
        await lived(room_unit, one)
    whole, totals = [(4800, True)] * 2, [(4800, False)] * 2
    await months_pass(room_unit, 20)
    assert (await kept(room_unit, home), await kept(room_unit, common)) == (whole, whole)
    await months_pass(room_unit, 26)
    assert (await kept(room_unit, home), await kept(room_unit, common)) == (totals, whole)
    spoken = len(await told(room_unit, home))
    await months_pass(room_unit, 26)
    await settle_all(room_unit)
    assert len(await told(room_unit, home)) == spoken, "what is thinned is not told again"
    await months_pass(room_unit, 40)
    assert (await kept(room_unit, home), await kept(room_unit, common)) == ([], whole)


async def test_history_that_came_lately_is_kept_from_then_on(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    old = datetime(2019, 2, 3, 23, tzinfo=UTC)
    more = {"kind": Kind.INTERVAL, "step_s": 1800}
    await send(
        room_unit, coop,
        [
            reading(home, old + timedelta(minutes=30 * n), 100, "energy_import@1800", **more)
            for n in range(48)
        ],
    )  # fmt: skip
    await settle_all(room_unit)
    await months_pass(room_unit, 1)
    assert await kept(room_unit, home) == [(4800, True)]


async def test_a_sandbox_keeps_all_until_it_is_dropped(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await lived(room_unit, home)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true WHERE coop = :coop"), {"coop": coop}
        )
    await months_pass(room_unit, 60)
    assert await kept(room_unit, home) == [(4800, True)] * 2


async def test_a_household_that_was_corrected_takes_its_day_along(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await lived(room_unit, home)
    other = new_id("occ")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.occupancy SET moved_out_on = :day WHERE id = :id"),
            {"day": DAY - timedelta(days=1), "id": home.occupancy},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.occupancy (id, coop, dwelling, tenure, moved_in_on, quiet)"
                " VALUES (:id, :coop, :dwelling, 'tenant', :since, true)"
            ),
            {"id": other, "coop": coop, "dwelling": home.dwelling, "since": DAY},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.consent"
                " (id, coop, occupancy, purpose, text_version, granted_at, granted_by, channel)"
                " VALUES (:id, :coop, :occupancy, 'half_hourly', '1', now(), :person, 'self')"
            ),
            {"id": new_id("cns"), "coop": coop, "occupancy": other, "person": home.person},
        )
    peak = reading(home, START + timedelta(minutes=45), 3456, "apparent_power", kind=Kind.SAMPLE)
    await send(room_unit, coop, [peak])
    await settle_all(room_unit)
    known = await rows(
        room_unit, "SELECT day, occupancy FROM metering.day WHERE meter = :m ORDER BY day", m=home.meter
    )
    assert [row.day for row in known] == [DAY, DAY + timedelta(days=1)], "each day is there once"
    assert known[0].occupancy == other
