"""Whose home it is today: asked by the pages, the API, live updates and copies of data alike."""

from datetime import UTC, date, datetime

from sqlalchemy import text

from services.kit.registry import homes_of, lives_there
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home


async def until(room_unit: OpenUnit, home: Home, day: date) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.resident SET until_on = :day WHERE occupancy = :occupancy"),
            {"day": day, "occupancy": home.occupancy},
        )


async def test_who_left_before_the_others_sees_nothing_from_the_next_civil_day_on(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await until(room_unit, home, date(2026, 6, 30))
    for instant, sees in (
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), True),  # 23:59 in Paris
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), False),
    ):
        async with room_unit("advice", coop, clock=lambda now=instant: now) as unit:
            assert await lives_there(unit, home.occupancy, home.person) is sees


async def test_who_will_join_prepares_the_move_and_sees_no_use_yet(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, moved_in_on=date(2026, 12, 1))
    async with room_unit("metering", coop, clock=lambda: datetime(2026, 11, 1, tzinfo=UTC)) as unit:
        assert await homes_of(unit, home.person) == []
        (coming,) = await homes_of(unit, home.person, coming=True)
    assert (coming.occupancy, coming.dwelling, coming.zone) == (home.occupancy, home.dwelling, "Europe/Paris")


async def test_who_will_join_others_sees_nothing_of_them_until_then(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, moved_in_on=date(2026, 3, 1))
    async with room_unit("members", coop) as unit:
        await unit.session.execute(
            text("UPDATE members.resident SET since_on = '2026-12-01' WHERE occupancy = :occupancy"),
            {"occupancy": home.occupancy},
        )
    for instant, sees in ((datetime(2026, 11, 1, tzinfo=UTC), 0), (datetime(2026, 12, 1, tzinfo=UTC), 1)):
        async with room_unit("aftersales", coop, clock=lambda now=instant: now) as unit:
            assert len(await homes_of(unit, home.person, coming=True)) == sees
