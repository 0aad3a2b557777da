"""After a drop nobody writes for the sandbox any more: who is at work ends first, who comes finds none."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text

from contracts.members import MovedOut, SandboxDropped
from deploy.engines import Engines
from services.kit import standing
from services.kit.alone import alone
from services.kit.ids import new_id
from services.kit.problems import Problem
from services.kit.room import Room
from services.kit.unit import Unit
from tests.conftest import OpenUnit
from tests.hours import room_of

pytestmark = pytest.mark.engines


@pytest.fixture
async def sandbox(room_unit: OpenUnit) -> str:
    slug = "s" + new_id("x")[-12:]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (:slug, 'Coop', 'Europe/Paris', true, now())"
            ),
            {"slug": slug},
        )
    return slug


async def drop(room_unit: OpenUnit, slug: str) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET dropped_at = now() WHERE coop = :slug"), {"slug": slug}
        )


async def test_who_clears_up_waits_for_who_is_at_work_and_lets_nobody_in_behind(
    room_unit: OpenUnit, sandbox: str
) -> None:
    async with room_unit("advice", sandbox) as at_work, room_unit("advice") as clearing:
        assert at_work.coop == sandbox
        await drop(room_unit, sandbox)
        waiting = asyncio.create_task(standing.deserted(clearing.session, sandbox))
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        await at_work.session.commit()
        await waiting
    async with room_unit("advice") as late:
        assert not await late.may_enter(sandbox)
        assert late.coop is None
        with pytest.raises(Problem) as refused:
            await late.enter(sandbox)
        assert refused.value.status == 404


async def test_a_second_transaction_of_who_is_at_work_does_not_wait_behind_who_clears_up(
    room_unit: OpenUnit, sandbox: str
) -> None:
    async with room_unit("advice", sandbox) as at_work, room_unit("advice") as clearing:
        waiting = asyncio.create_task(standing.deserted(clearing.session, sandbox))
        await asyncio.wait([waiting], timeout=0.2)
        async with asyncio.timeout(20), room_unit("advice", sandbox) as second:
            assert second.coop == sandbox
        await at_work.session.commit()
        await waiting


async def test_work_on_several_leaves_out_who_was_dropped(
    room_unit: OpenUnit, coop: str, sandbox: str
) -> None:
    async with room_unit("metering") as unit:
        assert await standing.dropped(await unit.driver(), [coop, sandbox, "never-was"]) == set()
    await drop(room_unit, sandbox)
    async with room_unit("metering") as unit:
        assert await standing.dropped(await unit.driver(), [coop, sandbox, "never-was"]) == {sandbox}


async def test_a_duty_of_a_dropped_sandbox_is_none(room_unit: OpenUnit, sandbox: str) -> None:
    done: list[str] = []

    async def duty(unit: Unit) -> None:
        assert unit.coop
        done.append(unit.coop)

    room = room_of(room_unit, "advice")
    assert await alone(room, sandbox, duty)
    await drop(room_unit, sandbox)
    assert await alone(room, sandbox, duty)
    assert done == [sandbox]


async def test_what_is_told_of_a_dropped_sandbox_concerns_nobody_but_who_clears_up(
    engines: Engines, room_unit: OpenUnit, coop: str, sandbox: str
) -> None:
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    room = Room("notifications", engines.settings, engines.secrets)

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        if event.coop in (coop, sandbox):
            heard.put_nowait(("moved out", event.coop))

    async def on_dropped(event: SandboxDropped, unit: Unit) -> None:
        if event.coop == sandbox:
            heard.put_nowait(("dropped", event.coop))

    room.on(MovedOut, on_moved_out)
    room.on(SandboxDropped, on_dropped)
    await drop(room_unit, sandbox)
    async with room_unit("members") as unit:
        for slug in (sandbox, coop):
            if slug == sandbox:
                unit.emit(SandboxDropped(coop=sandbox))
            unit.emit(
                MovedOut(
                    coop=slug, occupancy=new_id("occ"), dwelling=new_id("dwl"), moved_out_on=date(2026, 1, 5)
                )
            )
    relaying = Room("members", engines.settings, engines.secrets)
    tasks = [asyncio.create_task(one.run()) for one in (relaying, room)]
    async with asyncio.timeout(60):
        assert [await heard.get(), await heard.get()] == [("dropped", sandbox), ("moved out", coop)]
    relaying.stopping.set()
    room.stopping.set()
    await asyncio.gather(*tasks)
