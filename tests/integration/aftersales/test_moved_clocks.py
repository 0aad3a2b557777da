"""A sandbox's clock that jumps leaves nothing out: each thing is done at its time; on the real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.members import SandboxDropped
from services.aftersales import duties, handlers, walking
from tests.hours import an_hour_passes
from tests.integration.aftersales.conftest import MONDAY

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
HANDLED = ("acknowledge", "qualify", "assign", "start", "finish")


async def follow(aulnes: Cooperative, room_unit: Any, seconds: float = 60.0) -> bool:
    async with room_unit("aftersales", aulnes.slug) as unit:
        has_arrived: bool = await walking.walk(unit, seconds)
        if has_arrived:
            await duties.do_all(unit)
        return has_arrived


async def warnings(aulnes: Cooperative, room_unit: Any, kind: str) -> list[tuple[int, datetime]]:
    """Percent and business time of each warning of a clock, in the order in which they were told."""
    async with room_unit("aftersales") as unit:
        rows = await unit.session.execute(
            text(
                "SELECT CAST(body AS jsonb) ->> 'percent', occurred_at FROM aftersales.outbox"
                " WHERE coop = :coop AND subject = 'aftersales.deadline_near.v1'"
                " AND CAST(body AS jsonb) ->> 'kind' = :kind ORDER BY id"
            ),
            {"coop": aulnes.slug, "kind": kind},
        )
        return [(int(row[0]), row[1]) for row in rows]


async def test_two_months_at_once_warn_at_each_threshold_in_its_own_hour(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = await aulnes.open((await aulnes.move_in())["occupancy"])
    await aulnes.now(MONDAY + timedelta(days=60))
    assert await follow(aulnes, room_unit)
    due_at = next(
        datetime.fromisoformat(row["due_at"]) for row in ticket["deadlines"] if row["kind"] == "repair"
    )
    told = await warnings(aulnes, room_unit, "repair")
    assert [percent for percent, _ in told] == [50, 80, 100]
    assert [at for _, at in told] == sorted({at for _, at in told})
    assert due_at <= told[-1][1] <= due_at + timedelta(days=3)
    assert all(at.minute == 0 for _, at in told)


async def test_a_danger_of_hours_warns_to_the_minute(aulnes: Cooperative, room_unit: Any) -> None:
    await aulnes.open((await aulnes.move_in())["occupancy"], element="water_pipe", symptom="leak")
    await aulnes.now(MONDAY + timedelta(days=3))
    assert await follow(aulnes, room_unit)
    begun = MONDAY.astimezone(UTC)
    assert await warnings(aulnes, room_unit, "first_answer") == [
        (50, begun + timedelta(minutes=30)),
        (80, begun + timedelta(minutes=48)),
        (100, begun + timedelta(minutes=60)),
    ]


async def test_check_ins_are_asked_on_their_own_days(aulnes: Cooperative, room_unit: Any) -> None:
    async with room_unit("aftersales", aulnes.slug) as unit:
        await duties.do_all(unit)
    moved = await aulnes.move_in(moved_in_on="2026-11-16")
    async with room_unit("aftersales", aulnes.slug) as unit:
        await duties.do_all(unit)
    await aulnes.now(MONDAY + timedelta(days=40))
    assert await follow(aulnes, room_unit)
    async with room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text(
                "SELECT kind, due_on, asked_at, state FROM aftersales.check_in WHERE occupancy = :id"
                " AND asked_at IS NOT NULL ORDER BY asked_at"
            ),
            {"id": moved["occupancy"]},
        )
        asked = rows.all()
    assert len(asked) >= 3
    assert [row.asked_at.date() for row in asked] == [row.due_on for row in asked]
    told = await aulnes.told("aftersales.check_in_due.v1")
    assert [one["kind"] for one in told] == [row.kind for row in asked]


async def test_silence_is_reminded_then_settled_then_closed_on_the_way(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    for action in HANDLED:
        await aulnes.act(ticket, action)
    await aulnes.now(MONDAY + timedelta(days=60))
    assert await follow(aulnes, room_unit)
    events = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"][len(HANDLED) + 1 :]
    assert [one["action"] for one in events] == ["remind", "lapse", "close"]
    days = [(datetime.fromisoformat(one["occurred_at"]) - MONDAY).days for one in events]
    assert 3 <= days[0] < days[1] < days[2] < 45
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "closed"


async def test_a_walk_that_is_cut_short_goes_on_where_it_stopped_and_nothing_is_told_twice(
    aulnes: Cooperative, room_unit: Any
) -> None:
    occupancy = (await aulnes.move_in())["occupancy"]
    for _ in range(3):
        await aulnes.open(occupancy)
    await aulnes.now(MONDAY + timedelta(days=60))
    assert not await follow(aulnes, room_unit, seconds=0)
    await an_hour_passes(room_unit, "aftersales", handlers.an_hour, MONDAY)
    while not await follow(aulnes, room_unit, seconds=0):
        pass
    await asyncio.gather(*(follow(aulnes, room_unit) for _ in range(3)))
    assert [percent for percent, _ in await warnings(aulnes, room_unit, "repair")] == [
        50, 50, 50, 80, 80, 80, 100, 100, 100,
    ]  # fmt: skip


async def test_a_clock_set_back_does_nothing_and_runs_again(aulnes: Cooperative, room_unit: Any) -> None:
    await aulnes.now(MONDAY + timedelta(days=5))
    assert await follow(aulnes, room_unit)
    await aulnes.now(MONDAY)
    assert await follow(aulnes, room_unit)
    await aulnes.open((await aulnes.move_in())["occupancy"])
    await aulnes.now(MONDAY + timedelta(days=60))
    assert await follow(aulnes, room_unit)
    assert [percent for percent, _ in await warnings(aulnes, room_unit, "repair")] == [50, 80, 100]


async def test_one_whose_clock_stands_is_left_in_peace(aulnes: Cooperative, room_unit: Any) -> None:
    async with room_unit("aftersales") as unit:
        assert aulnes.slug in await walking.behind(unit)
    assert await follow(aulnes, room_unit)
    async with room_unit("aftersales") as unit:
        assert aulnes.slug not in await walking.behind(unit)


async def test_a_sandbox_that_cannot_be_followed_holds_up_no_other_cooperative(
    aulnes: Cooperative, room_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    async def fails(unit: Any) -> bool:
        await unit.session.execute(text("SELECT 1 / 0"))
        return True

    async def notes(unit: Any) -> None:
        done.append(unit.coop)

    real = f"{aulnes.slug}-real"
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (:coop, 'Coop', 'Europe/Paris', false, now())"
            ),
            {"coop": real},
        )
    monkeypatch.setattr(walking, "walk", fails)
    monkeypatch.setattr(duties, "do_all", notes)
    await an_hour_passes(room_unit, "aftersales", handlers.an_hour, MONDAY)
    assert real in done
    assert aulnes.slug not in done


async def test_a_sandbox_that_is_dropped_during_a_walk_leaves_nothing(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await aulnes.now(MONDAY + timedelta(days=1))
    async with room_unit("aftersales", aulnes.slug) as unit:
        assert await walking.walk(unit)
        async with room_unit("aftersales") as other:
            dropped = asyncio.create_task(handlers.sandbox_dropped(SandboxDropped(coop=aulnes.slug), other))
            await asyncio.wait([dropped], timeout=0.3)
            assert not dropped.done(), "the walk comes to its end first"
            await unit.session.commit()
            await dropped
    async with room_unit("aftersales") as unit:
        left = await unit.session.execute(
            text("SELECT count(*) FROM aftersales.clock_walk WHERE coop = :coop"), {"coop": aulnes.slug}
        )
        assert left.scalar_one() == 0
