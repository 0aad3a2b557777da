"""Days close when their meter stops talking; its silence and its return are told once each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Kind
from services.metering import handlers, operator_queries, silence
from services.metering.settling import settle_round
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, batch, days, reading, rows, settle_all, withdraw

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)
YEARS = timedelta(days=3652)
CURVE: dict[str, Any] = {"kind": Kind.INTERVAL, "step_s": 1800}


async def hear(room_unit: OpenUnit, home: Home, *hours: float) -> None:
    for hour in hours:
        instant = MIDNIGHT + timedelta(hours=hour)
        async with room_unit("metering") as unit:
            one = reading(home, instant, 5000 + 100 * hour)
            await handlers.readings([batch(home.coop, [one], received_at=instant)], unit)


async def tick(room_unit: OpenUnit, hours: float) -> None:
    now = MIDNIGHT + timedelta(hours=hours)
    async with room_unit("metering", clock=lambda: now) as unit:
        await silence.look(unit)
    while True:
        async with room_unit("metering", clock=lambda: now) as unit:
            if not (await settle_round(unit)).days:
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


DAY_HOURS = 24
HALF_HOURS = [n / 2 for n in range(48)]


async def deliver(room_unit: OpenUnit, home: Home, day: int, at_hour: float, piece: int = 48) -> None:
    """The curve of `day`, that many half-hours a message, all within a minute."""
    hours = [day * DAY_HOURS + hour for hour in HALF_HOURS]
    for n in range(0, len(hours), piece):
        received = MIDNIGHT + timedelta(hours=at_hour, seconds=n)
        async with room_unit("metering") as unit:
            sent = [
                reading(home, MIDNIGHT + timedelta(hours=hour), 100, "energy_import@1800", **CURVE)
                for hour in hours[n : n + piece]
            ]
            await handlers.readings([batch(home.coop, sent, received_at=received)], unit)


@pytest.mark.parametrize("piece", [48, 1])
async def test_a_file_a_day_is_no_silence_however_it_is_cut(
    room_unit: OpenUnit, coop: str, piece: int
) -> None:
    home = await a_home(room_unit, coop)
    for day in range(10):
        await deliver(room_unit, home, day, (day + 1) * DAY_HOURS + 9, piece)
    settled_in = len(await said(room_unit, home))
    for day in range(10, 14):
        for hour in (0, 8):
            await tick(room_unit, (day + 1) * DAY_HOURS + hour)
        await deliver(room_unit, home, day, (day + 1) * DAY_HOURS + 9, piece)
    assert len(await said(room_unit, home)) == settled_in
    await tick(room_unit, 14 * DAY_HOURS + 9 + 2 * DAY_HOURS)
    assert len(await said(room_unit, home)) == settled_in
    await tick(room_unit, 14 * DAY_HOURS + 9 + 6 * DAY_HOURS)
    assert await said(room_unit, home) == ["metering.meter_silent.v1"]


async def test_one_outage_does_not_make_us_deaf(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, *HALF_HOURS)
    await hear(room_unit, home, *(96 + hour for hour in HALF_HOURS))  # three days without a word
    await tick(room_unit, 96 + 23.5 + 11)
    assert await said(room_unit, home) == ["metering.meter_silent.v1"]


@pytest.mark.parametrize("pieces", [1, 4])
async def test_days_that_come_at_once_do_not_make_us_deaf(
    room_unit: OpenUnit, coop: str, pieces: int
) -> None:
    """A device that kept its half-hours during an outage, or a history that is played back."""
    home = await a_home(room_unit, coop)
    hours = [n / 2 for n in range(48 * 5)]
    for n in range(pieces):
        some = hours[n * len(hours) // pieces : (n + 1) * len(hours) // pieces]
        sent = [reading(home, MIDNIGHT + timedelta(hours=hour), 5000 + 100 * hour) for hour in some]
        async with room_unit("metering") as unit:
            received = MIDNIGHT + timedelta(hours=hours[-1], seconds=n)
            await handlers.readings([batch(home.coop, sent, received_at=received)], unit)
    await tick(room_unit, hours[-1] + 5)
    assert "metering.meter_silent.v1" not in await said(room_unit, home)
    await tick(room_unit, hours[-1] + 7)
    assert "metering.meter_silent.v1" in await said(room_unit, home)


async def test_a_meter_that_may_not_be_read_is_heard_all_the_same(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, *HALF_HOURS)
    for purpose in ("daily", "half_hourly"):
        await withdraw(room_unit, home, purpose)
    await hear(room_unit, home, *(24 + hour for hour in HALF_HOURS))
    await tick(room_unit, 48)
    assert await said(room_unit, home) == []
    await tick(room_unit, 55)
    assert await said(room_unit, home) == ["metering.meter_silent.v1"]


async def test_in_a_sandbox_silence_is_of_its_own_time(room_unit: OpenUnit, coop: str) -> None:
    async def turn_clock(hours: float) -> None:
        async with room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
                {"now": MIDNIGHT - YEARS + timedelta(hours=hours), "coop": coop},
            )

    home = await a_home(room_unit, coop)
    await turn_clock(5)
    for hour in range(5):
        async with room_unit("metering") as unit:
            one = reading(home, MIDNIGHT - YEARS + timedelta(hours=hour), 5000 + hour)
            await handlers.readings([batch(coop, [one], received_at=MIDNIGHT)], unit)
    await tick(room_unit, 400)  # the wall's time says nothing here
    assert await said(room_unit, home) == []
    await turn_clock(12)
    await tick(room_unit, 0.001)
    assert await said(room_unit, home) == []  # it spoke a moment ago: only its clock ran ahead
    await tick(room_unit, 401)
    await tick(room_unit, 402)
    assert await said(room_unit, home) == ["metering.meter_silent.v1"]


async def test_who_was_never_heard_is_not_silent_and_is_counted(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await tick(room_unit, 1000)
    assert await said(room_unit, home) == []
    async with room_unit("metering", coop) as unit:
        never = [row.id for row in await operator_queries.quiet(unit, 1000) if row.watermark is None]
    assert home.meter in never
    flow = (await web.client.get("/api/v1/operations/overview", headers=web.as_("operator", coop))).json()
    assert (flow["meters"], flow["meters_silent"]) == (1, 0)


async def test_looked_at_alone_a_cooperative_leaves_the_others_as_they_are(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await hear(room_unit, home, *(n / 2 for n in range(10)))
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (:slug, 'Coop', 'Europe/Paris', false, now())"
            ),
            {"slug": f"{coop}-b"},
        )
    now = MIDNIGHT + timedelta(hours=12)
    for looked_at, expected in ((f"{coop}-b", []), (coop, ["metering.meter_silent.v1"])):
        async with room_unit("metering", looked_at, clock=lambda: now) as unit:
            await silence.look(unit)
        assert await said(room_unit, home) == expected
