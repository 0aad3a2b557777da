"""Real homes through the store and two workers: every civil day is the file's to the watt-hour."""

import asyncio
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.codes import Kind
from contracts.readings import Reading
from services.metering.days import day_of
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, days, reading, send, settle_all, state, told
from tests.real_homes import LONDON, PARIS, british_hours, french_minutes

pytestmark = pytest.mark.engines

HOUR = timedelta(hours=1)


def as_registers(home: Home, hours: list[tuple[datetime, int]]) -> list[Reading]:
    index, readings = 1_234_567, []
    for start, wh in hours:
        readings.append(reading(home, start, index))
        index += wh
    return [*readings, reading(home, hours[-1][0] + HOUR, index)]


def as_intervals(home: Home, hours: list[tuple[datetime, int]]) -> list[Reading]:
    return [
        reading(home, start, wh, "energy_import@3600", kind=Kind.INTERVAL, step_s=3600) for start, wh in hours
    ]


@pytest.mark.parametrize("form", [as_registers, as_intervals])
async def test_a_real_home_played_twice(form, shared_data: Path, room_unit: OpenUnit, coop: str) -> None:  # type: ignore[no-untyped-def]
    feed = british_hours(shared_data)
    expected: dict[date, int] = defaultdict(int)
    for start, wh in feed:
        expected[day_of(start, LONDON)] += wh
    home = await a_home(room_unit, coop, zone=LONDON)
    readings = form(home, feed)
    await send(room_unit, coop, readings)
    await asyncio.gather(settle_all(room_unit), settle_all(room_unit))
    closed = await days(room_unit, home)
    del expected[max(expected)]  # the feed ends in the middle of its last day
    assert {day: row.value for day, row in closed.items()} == expected
    assert {row.slots for row in closed.values()} == {46, 48, 50}
    events = await told(room_unit, home)
    assert len(events) == len(expected)
    await send(room_unit, coop, readings)
    await settle_all(room_unit)
    assert len(await told(room_unit, home)) == len(expected)
    assert (await state(room_unit, home)).duplicate == len(readings)


async def test_two_days_of_minute_powers(shared_data: Path, room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    energy, readings = defaultdict[date, Decimal](Decimal), []
    for start, watts in french_minutes(shared_data):
        energy[day_of(start, PARIS)] += watts / 60
        readings.append(reading(home, start, float(watts), "power@60", kind=Kind.SAMPLE, step_s=60))
    await send(room_unit, coop, readings)
    await settle_all(room_unit)
    closed = await days(room_unit, home)
    assert {day: row.value for day, row in closed.items()} == {day: round(wh) for day, wh in energy.items()}
    assert [row.quality for row in closed.values()] == [{"measured": 48}] * 2
