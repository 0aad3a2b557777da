"""The whole room on the real bus: durable batches in, settled days out, whoever of two workers does it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.members import ConsentChanged, ContractChanged
from contracts.readings import ReadingsBatch
from deploy.engines import Engines
from services.kit.broker import connect
from services.kit.outbox import cloud_event_headers
from services.kit.room import Room
from services.metering import handlers, settling
from services.metering.app import build
from services.metering.registry import Meter
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    Home,
    a_home,
    batch,
    contract,
    days,
    reading,
    send,
    settle_all,
    told,
    withdraw,
)

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)


@asynccontextmanager
async def running(engines: Engines) -> AsyncIterator[None]:
    room = Room("metering", engines.settings, engines.secrets)
    build(room)
    task = asyncio.create_task(room.run())
    try:
        yield
    finally:
        room.stopping.set()
        await task


async def closed(room_unit: OpenUnit, homes: list[Home], count: int) -> None:
    async with asyncio.timeout(60):
        while any([len(await days(room_unit, home)) < count for home in homes]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_two_workers_turn_batches_into_days(engines: Engines, room_unit: OpenUnit, coop: str) -> None:
    homes = [await a_home(room_unit, coop) for _ in range(6)]
    readings = [
        reading(home, MIDNIGHT + n * timedelta(minutes=30), 5000 + 100 * n)
        for n in range(48 * 7 + 1)
        for home in homes
    ]
    bus = await connect("admin", engines.settings, engines.secrets)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(running(engines))
        for n in range(0, len(readings), 100):
            body = batch(coop, readings[n : n + 100]).model_dump_json(by_alias=True).encode()
            await bus.jetstream().publish(ReadingsBatch.subject, body, stream="READINGS")
        await closed(room_unit, homes, 7)
        changed = ContractChanged(coop=coop, meter=homes[0].meter, valid_from=date(2026, 9, 8))
        await contract(room_unit, homes[0], changed.valid_from, "base")
        headers = cloud_event_headers(
            "0190b5a0-0000-7000-8000-000000000001", changed.subject, "", MIDNIGHT.isoformat(), "members"
        )
        await bus.jetstream().publish(
            changed.subject, changed.model_dump_json().encode(), stream="EVENTS", headers=headers
        )
        async with asyncio.timeout(60):
            while (await told(room_unit, homes[0]))[-1].cost_eur is None:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await bus.close()
    one, *others = [await days(room_unit, home) for home in homes]
    assert [row.value for row in one.values()] == [4800] * 7
    for other in others:
        assert [row.packed for row in other.values()] == [row.packed for row in one.values()]
    assert (await told(room_unit, homes[0]))[-1].day == date(2026, 9, 8)


async def test_one_meters_trouble_does_not_hold_the_others(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [await a_home(room_unit, coop) for _ in range(4)]
    draft = settling.draft

    def fails_for_one(meter: Meter, *rest: Any) -> Any:
        if meter.id == homes[0].meter:
            raise RuntimeError("this meter cannot be settled")
        return draft(meter, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(settling, "draft", fails_for_one)
        half_hours = [MIDNIGHT + n * timedelta(minutes=30) for n in range(49)]
        await send(room_unit, coop, [reading(home, at, 1000) for at in half_hours for home in homes])
        async with running(engines):
            await closed(room_unit, homes[1:], 1)
    assert await days(room_unit, homes[0]) == {}
    await settle_all(room_unit)
    assert len(await days(room_unit, homes[0])) == 1


async def test_a_retry_that_fails_does_not_stop_settling(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(unit: Any) -> int:
        raise RuntimeError("what was kept cannot be read")

    monkeypatch.setattr(handlers, "retry", fails)
    home = await a_home(room_unit, coop)
    await send(
        room_unit, coop, [reading(home, MIDNIGHT + n * timedelta(minutes=30), 1000) for n in range(49)]
    )
    async with running(engines):
        await closed(room_unit, [home], 1)


async def test_a_worker_leaves_the_meters_it_has_no_hands_for_to_others(
    room_unit: OpenUnit, coop: str
) -> None:
    await settle_all(room_unit)
    homes = [await a_home(room_unit, coop) for _ in range(4)]
    half_hours = [MIDNIGHT + n * timedelta(minutes=30) for n in range(49)]
    await send(room_unit, coop, [reading(home, at, 1000) for at in half_hours for home in homes])
    async with room_unit("metering") as one, room_unit("metering") as other:
        of_one_meter = (await settling.settle_round(one, 1)).days
        assert of_one_meter > 0
        assert (await settling.settle_round(other)).days == 3 * of_one_meter


async def test_a_day_under_way_is_not_written_after_its_household_withdrew(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    half_hours = [MIDNIGHT + n * timedelta(minutes=30) for n in range(49)]
    await send(room_unit, coop, [reading(home, at, 1000) for at in half_hours])

    async def withdrawn() -> None:
        changed = ConsentChanged(coop=coop, occupancy=home.occupancy, purpose="daily", granted=False)
        async with room_unit("metering", coop) as unit:
            await handlers.consent_changed(changed, unit)

    async with room_unit("metering") as settler:
        await settling.settle_round(settler)
        for purpose in ("daily", "half_hourly"):
            await withdraw(room_unit, home, purpose)
        forgetting = asyncio.create_task(withdrawn())
        await asyncio.wait([forgetting], timeout=0.5)
    await forgetting
    assert await days(room_unit, home) == {}
