"""Real homes through the store and two workers: every civil day is the file's to the watt-hour."""

import asyncio
import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Kind
from contracts.readings import Reading
from services.metering.days import day_of
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, days, reading, send, settle_all, state, told

pytestmark = pytest.mark.engines

LONDON = "Europe/London"
HOUR = timedelta(hours=1)


def hours(shared_data: Path) -> list[tuple[datetime, int]]:
    path = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    return [(datetime.fromisoformat(row["start"]), round(Decimal(row["value"]) * 1000)) for row in rows]


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
    feed = hours(shared_data)
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
    paris, energy, readings = ZoneInfo("Europe/Paris"), defaultdict[date, Decimal](Decimal), []
    with (shared_data / "uci_fr_1min_2days.txt").open() as file:
        for row in csv.DictReader(file, delimiter=";"):
            local = datetime.strptime(f"{row['Date']} {row['Time']}", "%d/%m/%Y %H:%M:%S").replace(
                tzinfo=paris
            )
            watts = Decimal(row["Global_active_power"]) * 1000
            energy[local.date()] += watts / 60
            readings.append(
                reading(home, local.astimezone(UTC), float(watts), "power@60", kind=Kind.SAMPLE, step_s=60)
            )
    await send(room_unit, coop, readings)
    await settle_all(room_unit)
    closed = await days(room_unit, home)
    assert {day: row.value for day, row in closed.items()} == {day: round(wh) for day, wh in energy.items()}
    assert [row.quality for row in closed.values()] == [{"measured": 48}] * 2
