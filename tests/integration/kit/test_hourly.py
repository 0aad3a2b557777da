"""Each cooperative's hourly duties stand alone: none waits for another's; on the real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.time import HourPassed
from services.kit import hourly, standing
from services.kit.ids import new_id
from services.kit.unit import Unit
from tests.conftest import OpenUnit
from tests.hours import room_of

pytestmark = pytest.mark.engines
HOUR = datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.fixture
async def coops(room_unit: OpenUnit) -> list[str]:
    """Three cooperatives of this test's own; nothing is due to anybody."""
    slugs = [f"h{number}{new_id('x')[-11:]}" for number in range(3)]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " SELECT unnest(CAST(:slugs AS text[])), 'Coop', 'Europe/Paris', false, now()"
            ),
            {"slugs": slugs},
        )
    async with room_unit("advice") as unit:
        await unit.session.execute(text("DELETE FROM advice.hourly"))
    return slugs


class Work:
    """Notes for whom it was done; fails for whom the test says."""

    def __init__(self, coops: list[str]) -> None:
        self.coops = coops
        self.begun: list[str] = []
        self.done: list[str] = []
        self.fails: set[str] = set()
        self.is_partly: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.has_begun, self.all_done = asyncio.Event(), asyncio.Event()

    async def __call__(self, unit: Unit) -> bool:
        assert unit.coop is not None
        if unit.coop not in self.coops:
            return True
        self.begun.append(unit.coop)
        self.has_begun.set()
        if unit.coop in self.fails:
            await unit.session.execute(text("SELECT 1 / 0"))
        if self.gate is not None:
            await self.gate.wait()
        self.done.append(unit.coop)
        if set(self.done) == set(self.coops):
            self.all_done.set()
        return unit.coop not in self.is_partly


async def tick(room_unit: OpenUnit, hour: datetime = HOUR) -> None:
    async with room_unit("advice") as unit:
        await hourly.asked(HourPassed(hour=hour), unit)


async def do_all(room_unit: OpenUnit, work: Any, wall: datetime | None = None) -> None:
    room = room_of(room_unit, "advice", wall)
    while await hourly.do_next(room, work):
        pass


async def left(room_unit: OpenUnit, coops: list[str]) -> list[tuple[str, int]]:
    """Whose duties are due or failed, and how often they were tried."""
    async with room_unit("advice") as unit:
        rows = await unit.session.execute(
            text("SELECT coop, tries FROM advice.hourly WHERE coop = ANY(:coops) ORDER BY coop, hour"),
            {"coops": coops},
        )
        return [(row.coop, row.tries) for row in rows]


async def test_one_that_fails_is_done_the_next_time_and_holds_up_nobody(
    room_unit: OpenUnit, coops: list[str]
) -> None:
    work = Work(coops)
    work.fails = {coops[1]}
    await tick(room_unit)
    await do_all(room_unit, work)
    assert sorted(work.done) == [coops[0], coops[2]]
    assert await left(room_unit, coops) == [(coops[1], 1)]
    await do_all(room_unit, work)
    assert len(work.begun) == 3, "it is not tried again at once"
    work.fails = set()
    await do_all(room_unit, work, datetime.now(UTC) + timedelta(minutes=2))
    assert work.done[2:] == [coops[1]]
    assert await left(room_unit, coops) == []


async def test_what_failed_is_asked_again_by_the_next_hour(room_unit: OpenUnit, coops: list[str]) -> None:
    work = Work(coops)
    work.fails = {coops[0]}
    await tick(room_unit)
    await do_all(room_unit, work)
    work.fails = set()
    await tick(room_unit, HOUR + timedelta(hours=1))
    await do_all(room_unit, work)
    assert work.done.count(coops[0]) == 1, "both of its hours at once"
    assert work.done.count(coops[1]) == 2
    assert await left(room_unit, coops) == []


async def test_what_is_done_in_part_stands_and_the_rest_is_tried_again(
    room_unit: OpenUnit, coops: list[str]
) -> None:
    work = Work(coops)
    work.is_partly = {coops[2]}
    await tick(room_unit)
    await do_all(room_unit, work)
    assert sorted(work.done) == coops
    assert await left(room_unit, coops) == [(coops[2], 1)]


async def test_a_duty_that_fails_is_undone_and_the_others_are_done(room_unit: OpenUnit, coop: str) -> None:
    async def kept(unit: Unit) -> None:
        await unit.session.execute(
            text("INSERT INTO advice.hourly VALUES (:coop, :hour, 5, now())"), {"coop": coop, "hour": HOUR}
        )

    async def fails(unit: Unit) -> None:
        await unit.session.execute(text("DELETE FROM advice.hourly WHERE coop = :coop"), {"coop": coop})
        raise ValueError

    async with room_unit("advice", coop) as unit:
        assert not await hourly.each_alone(unit, (kept, fails))
    assert await left(room_unit, [coop]) == [(coop, 5)]


async def test_a_slow_one_holds_up_neither_the_others_nor_the_tick(
    room_unit: OpenUnit, coops: list[str]
) -> None:
    slow, quick = Work(coops[:1]), Work(coops)
    slow.gate = asyncio.Event()
    await tick(room_unit)
    working = asyncio.create_task(do_all(room_unit, slow))
    async with asyncio.timeout(60):
        await slow.has_begun.wait()
        await tick(room_unit, HOUR + timedelta(hours=1))
        await tick(room_unit, HOUR + timedelta(hours=2))
        await do_all(room_unit, quick)
    assert coops[0] not in quick.done
    slow.gate.set()
    await working
    assert slow.done == [coops[0], coops[0]], "what passed meanwhile is done after it"
    assert await left(room_unit, coops) == []


async def test_replicas_share_and_none_does_it_twice(room_unit: OpenUnit, coops: list[str]) -> None:
    work = Work(coops)
    await tick(room_unit)
    await asyncio.gather(*(do_all(room_unit, work) for _ in range(4)))
    assert sorted(work.begun) == coops


async def test_what_a_process_had_in_hand_when_it_died_is_done_by_another(
    room_unit: OpenUnit, coops: list[str]
) -> None:
    dying, living = Work(coops), Work(coops)
    dying.gate = asyncio.Event()
    await tick(room_unit)
    working = asyncio.create_task(do_all(room_unit, dying))
    async with asyncio.timeout(60):
        await dying.has_begun.wait()
    working.cancel()
    await asyncio.wait([working])
    await do_all(room_unit, living)
    assert sorted(living.done) == coops
    assert await left(room_unit, coops) == []


async def test_who_is_dropped_is_waited_for_and_forgotten(room_unit: OpenUnit, coops: list[str]) -> None:
    work = Work(coops[:1])
    work.gate = asyncio.Event()
    await tick(room_unit)
    working = asyncio.create_task(do_all(room_unit, work))
    async with asyncio.timeout(60):
        await work.has_begun.wait()
    async with room_unit("advice") as unit:
        left_alone = asyncio.create_task(standing.deserted(unit.session, coops[0]))
        await asyncio.wait([left_alone], timeout=0.2)
        assert not left_alone.done()
        work.gate.set()
        await left_alone
    await working
    await tick(room_unit)
    async with room_unit("members") as unit:
        await unit.session.execute(text("DELETE FROM members.coop WHERE coop = :coop"), {"coop": coops[0]})
    await tick(room_unit, HOUR + timedelta(hours=1))
    assert {coop for coop, _ in await left(room_unit, coops)} == set(coops[1:])


async def test_a_room_does_it_for_every_cooperative(room_unit: OpenUnit, coops: list[str]) -> None:
    work, registered = Work(coops), []

    class Room:
        def on(self, event: Any, handler: Any) -> None:
            registered.append((event, handler))

        def background(self, name: str, loop: Any) -> None:
            registered.append((name, loop))

    hourly.each_hour(Room(), work)  # type: ignore[arg-type]
    assert registered[0] == (HourPassed, hourly.asked)
    assert len(registered) == 1 + hourly.AT_ONCE
    await tick(room_unit)
    room = room_of(room_unit, "advice")
    loops = [asyncio.create_task(loop(room)) for _, loop in registered[1:]]
    async with asyncio.timeout(60):
        await work.all_done.wait()
    room.stopping.set()
    for loop in loops:
        loop.cancel()
    await asyncio.wait(loops)
    assert sorted(work.done) == coops
