"""Gaps at midnight on the real database: one straight line over two days, whichever of them is told first."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.codes import Kind, Quality
from contracts.readings import Reading
from services.metering.packing import unpack
from services.metering.settle import Slot
from services.metering.settling import settle_these
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, days, followed, reading, send, settle_all

pytestmark = pytest.mark.engines

DAY = date(2026, 1, 14)
"""The first of the days; the second is the one after a handover."""
MIDNIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)
"""Between the two."""
HALF_HOUR = timedelta(minutes=30)
NEXT = DAY + timedelta(days=1)


def use(n: int) -> int:
    """Watt-hours of the n-th half-hour since midnight."""
    return 200 + 10 * (n % 5) + n % 3


def curve(home: Home, first: int, last: int, but: range = range(0)) -> list[Reading]:
    return [
        reading(home, MIDNIGHT + n * HALF_HOUR, use(n), "energy_import@1800", kind=Kind.INTERVAL, step_s=1800)
        for n in range(first, last)
        if n not in but
    ]


async def found(room_unit: OpenUnit, home: Home) -> dict[date, tuple[Slot, ...]]:
    return {day: unpack(row.packed) for day, row in (await days(room_unit, home)).items()}


async def test_a_gap_over_midnight_is_one_line_and_the_first_day_is_told_again_when_the_second_is_known(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    gap = range(-2, 2)
    await send(room_unit, coop, [*curve(home, -48, -2), *curve(home, 48, 48 * 4)])
    await settle_all(room_unit)
    first = (await days(room_unit, home))[DAY]
    assert (first.quality, first.revision) == ({"measured": 46, "missing": 2}, 1)
    await send(room_unit, coop, curve(home, 2, 48))
    await settle_all(room_unit)
    again = (await days(room_unit, home))[DAY]
    assert (again.quality, again.revision) == ({"measured": 46, "interpolated": 2}, 2)
    slots = await found(room_unit, home)
    line = [slot.value for slot in (*slots[DAY][-3:], *slots[NEXT][:3])]
    step = (use(2) - use(-3)) / 5
    assert line == [round(use(-3) + n * step) for n in range(6)]
    await send(room_unit, coop, curve(home, gap.start, gap.stop))
    await settle_all(room_unit)
    assert {row.quality["measured"] for row in (await days(room_unit, home)).values()} == {48}


async def test_no_line_leads_into_another_household(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, moved_out_on=DAY)
    await followed(room_unit, home, NEXT, ("daily", "half_hourly"))
    await send(room_unit, coop, curve(home, -48, 48 * 4, range(-1, 1)))
    await settle_all(room_unit)
    slots = await found(room_unit, home)
    assert (slots[DAY][-1].quality, slots[NEXT][0].quality) == (Quality.MISSING, Quality.MISSING)


GAPS = st.tuples(st.integers(-8, 52), st.integers(1, 7))


@given(st.lists(GAPS, min_size=1, max_size=4), st.integers(0, 99), st.integers(20, 200))
@example([(-3, 5)], 1, 40)
@example([(-2, 4), (47, 3)], 2, 33)
@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_whichever_day_is_told_first_the_days_are_the_same(
    room_unit: OpenUnit, coop: str, gaps: list[tuple[int, int]], seed: int, size: int
) -> None:
    at_once, shuffled, apart = [await a_home(room_unit, coop) for _ in range(3)]
    lost = {n for first, count in gaps for n in range(first, first + count)}

    def of(home: Home) -> list[Reading]:
        return [one for n in range(-48, 48 * 5) if n not in lost for one in curve(home, n, n + 1)]

    await send(room_unit, coop, of(at_once))
    await settle_all(room_unit)
    random = Random(seed)
    mixed = of(shuffled)
    random.shuffle(mixed)
    for n in range(0, len(mixed), size):
        await send(room_unit, coop, mixed[n : n + size])
        await settle_all(room_unit)
    await send(room_unit, coop, of(apart))
    await one_by_one(room_unit, apart, random)
    expected = await found(room_unit, at_once)
    assert await found(room_unit, shuffled) == expected
    assert await found(room_unit, apart) == expected
    for n in range(-48, 48 * 3):
        slot = expected[DAY + timedelta(days=(n + 48) // 48)][n % 48]
        if n not in lost:
            assert (slot.value, slot.quality) == (use(n), Quality.MEASURED)
    is_one_short_gap = len(lost) <= 4 and lost == set(range(min(lost), max(lost) + 1))
    if is_one_short_gap:
        assert not any(slot.value is None for slots in expected.values() for slot in slots)


async def test_with_weeks_behind_it_the_same_holds_for_gaps_that_like_days_fill(
    room_unit: OpenUnit, coop: str
) -> None:
    at_once, backwards, shuffled = [await a_home(room_unit, coop) for _ in range(3)]
    start, end = -48 * 7 * 5, 48 * 5
    lost = {n for midnight in range(start, -48, 48 * 3) for n in range(midnight - 1, midnight + 1)}
    lost |= set(range(-3, 2)) | {46, 47, 48, 49}

    def of(home: Home) -> list[Reading]:
        return [one for one in curve(home, start, end) if (one.instant - MIDNIGHT) // HALF_HOUR not in lost]

    await send(room_unit, coop, of(at_once))
    await settle_all(room_unit)
    readings = of(backwards)
    for n in range(len(readings), 0, -300):
        await send(room_unit, coop, readings[max(0, n - 300) : n])
        await settle_all(room_unit)
    mixed = of(shuffled)
    Random(7).shuffle(mixed)
    for n in range(0, len(mixed), 400):
        await send(room_unit, coop, mixed[n : n + 400])
        await settle_all(room_unit)
    expected = await found(room_unit, at_once)
    assert {slot.quality for slot in expected[DAY][-3:]} == {Quality.ESTIMATED}, "two and a half hours"
    assert {slot.quality for slot in expected[NEXT][-2:]} == {Quality.INTERPOLATED}
    assert await found(room_unit, backwards) == expected
    assert await found(room_unit, shuffled) == expected


async def one_by_one(room_unit: OpenUnit, home: Home, random: Random) -> None:
    """Its days are settled a day a round, in any order."""
    key: dict[str, Any] = {"meter": home.meter, "coop": home.coop}
    waiting = [DAY + timedelta(days=n) for n in range(6)]
    random.shuffle(waiting)
    async with room_unit("metering", home.coop) as unit:
        await unit.session.execute(text("DELETE FROM metering.dirty_day WHERE meter = :meter"), key)
    for day in waiting:
        async with room_unit("metering", home.coop) as unit:
            await unit.session.execute(
                text(
                    "INSERT INTO metering.dirty_day (coop, meter, quantity, day)"
                    " VALUES (:coop, :meter, 'energy_import', :day)"
                ),
                {**key, "day": day},
            )
            await settle_these(unit, [home.meter])
    await settle_all(room_unit)
