"""Any number of workers on one durable give the same days as one alone, bit for bit, on faulty input too."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from contracts.codes import Kind
from contracts.readings import Reading, ReadingsBatch
from deploy.engines import Engines
from services.kit.broker import connect
from services.kit.room import Room
from services.metering import handlers
from services.metering.app import build
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, batch, reading, rows, send, settle_all

pytestmark = pytest.mark.engines

START = datetime(2026, 3, 20, 23, tzinfo=UTC)
"""Midnight in Paris, nine days before the clocks go forward."""
HALF_HOUR = timedelta(minutes=30)
NIGHTS = 12
HOMES = 5


def life(home: Home, seed: int) -> list[Reading]:
    """Twelve days of a meter with every fault that can be mended: gaps of minutes to days, zeros and a
    reset; parts of it came as a load curve besides."""
    random = Random(seed)
    index, found = 5000, []
    away = random.randrange(48 * 2, 48 * 6)
    reset = random.randrange(48 * 7, 48 * 10)
    for n in range(48 * NIGHTS + 1):
        index = 40 if n == reset else index + random.randrange(20, 400)
        if away <= n < away + 120 or random.random() < 0.05:
            continue
        at = START + n * HALF_HOUR + timedelta(seconds=random.randrange(3))
        found.append(reading(home, at, 0 if random.random() < 0.01 else index))
        if random.random() < 0.1:
            found.append(
                reading(
                    home, START + n * HALF_HOUR, random.randrange(400), "energy_import@1800",
                    kind=Kind.INTERVAL, step_s=1800,
                )
            )  # fmt: skip
    return found


def shuffled(readings: Sequence[Reading], seed: int) -> list[Reading]:
    """Repeated, and out of order by up to two days."""
    random = Random(seed)
    mixed = [*readings, *random.sample(list(readings), len(readings) // 5)]
    late = [(one.instant + random.random() * timedelta(days=2), n, one) for n, one in enumerate(mixed)]
    return [one for *_, one in sorted(late)]


@asynccontextmanager
async def workers(engines: Engines, count: int) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(count):
            room = Room("metering", engines.settings, engines.secrets)
            build(room)
            task = asyncio.create_task(room.run())
            stack.push_async_callback(asyncio.wait_for, task, 30)
            stack.callback(room.stopping.set)
        yield


async def lived(
    engines: Engines, room_unit: OpenUnit, coop: str, homes: Sequence[Home], count: int
) -> list[dict[date, Any]]:
    """Send everybody's life over the bus to so many workers; what each home's days are in the end."""
    sent = shuffled([one for n, home in enumerate(homes) for one in life(home, n)], 99)
    bus = await connect("admin", engines.settings, engines.secrets)
    async with workers(engines, count):
        for n in range(0, len(sent), 30):
            body = batch(coop, sent[n : n + 30]).model_dump_json(by_alias=True).encode()
            await bus.jetstream().publish(ReadingsBatch.subject, body, stream="READINGS")
        async with asyncio.timeout(60):
            while await received(room_unit, homes) < len(sent) or await unsettled(room_unit, homes):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await bus.close()
    await settle_all(room_unit)
    return [await kept(room_unit, home) for home in homes]


async def received(room_unit: OpenUnit, homes: Sequence[Home]) -> int:
    query = "SELECT coalesce(sum(received), 0)::int AS n FROM metering.meter_state WHERE meter = ANY(:m)"
    return int((await rows(room_unit, query, m=[home.meter for home in homes]))[0].n)


async def unsettled(room_unit: OpenUnit, homes: Sequence[Home]) -> int:
    query = "SELECT count(*) AS n FROM metering.dirty_day WHERE meter = ANY(:m)"
    return int((await rows(room_unit, query, m=[home.meter for home in homes]))[0].n)


async def kept(room_unit: OpenUnit, home: Home) -> dict[date, Any]:
    query = """
        SELECT day, value, packed, digest, quality, slots, peak_va, cost_eur, findings, true AS is_closed
        FROM metering.day WHERE meter = :m
        UNION ALL SELECT day, value, packed, NULL, quality, slots, NULL, NULL, findings, false
        FROM metering.open_day WHERE meter = :m"""
    return {row.day: tuple(row) for row in await rows(room_unit, query, m=home.meter)}


async def test_two_workers_give_the_same_days_as_one_bit_for_bit(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    alone = [await a_home(room_unit, coop) for _ in range(HOMES)]
    shared = [await a_home(room_unit, coop) for _ in range(HOMES)]
    one = await lived(engines, room_unit, coop, alone, 1)
    two = await lived(engines, room_unit, coop, shared, 2)
    assert all(len(days) >= NIGHTS for days in one)
    assert two == one


async def test_days_between_readings_that_came_to_two_workers_at_once_are_settled(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    async with room_unit("metering") as first, room_unit("metering") as second:
        await handlers.readings([batch(coop, [reading(home, START, 1000)])], first)
        far = asyncio.create_task(
            handlers.readings([batch(coop, [reading(home, START + timedelta(days=6), 7000)])], second)
        )
        await asyncio.wait({far}, timeout=0.3)
        assert not far.done(), "it waits until the first is there for all to see"
        await first.session.commit()
        await far
    await settle_all(room_unit)
    known = await kept(room_unit, home)
    assert len(known) == 6
    assert sum(day[1] for day in known.values()) == 6000


async def test_a_register_that_speaks_seldom_is_seen_however_far_its_neighbours_are(
    room_unit: OpenUnit, coop: str
) -> None:
    monthly, at_once = [await a_home(room_unit, coop) for _ in range(2)]
    spoken = [(START + timedelta(days=31 * n), 1000 + 3100 * n) for n in (2, 0, 3, 1)]
    for at, wh in spoken:
        await send(room_unit, coop, [reading(monthly, at, wh)])
        await settle_all(room_unit)
    await send(room_unit, coop, [reading(at_once, at, wh) for at, wh in spoken])
    await settle_all(room_unit)
    known = await kept(room_unit, monthly)
    assert sum(day[1] for day in known.values()) == 3 * 3100
    assert known == await kept(room_unit, at_once)
