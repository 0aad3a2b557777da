"""Of a register read every few seconds only a part is fetched, and the half-hours are the same."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from contracts.codes import Quantity
from services.metering import loading
from services.metering.days import Calendar, CivilDay
from services.metering.settle import Settled, settle
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, reading, send

pytestmark = pytest.mark.engines

DAY = date(2026, 10, 25)
"""Of 25 hours in Paris."""


def a_day(home: Home, rng: Random, faults: int) -> list[object]:
    at, index = datetime(2026, 10, 24, 21, tzinfo=UTC), 5_000_000.0
    readings = []
    while at < datetime(2026, 10, 26, 1, tzinfo=UTC):
        readings.append([at, index])
        at += timedelta(seconds=rng.choice((10, 10, 10, 11, 60, 1_800 if rng.random() < 0.01 else 10)))
        index += rng.random() * 9
    for _ in range(faults):
        readings[rng.randrange(len(readings))][1] = rng.choice((0.0, 100.0, 9_999_999.0))
    return [reading(home, when, round(value)) for when, value in readings]


@pytest.mark.parametrize(("seed", "faults"), [(1, 0), (2, 0), (3, 0), (4, 1), (5, 3), (6, 40)])
@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kathmandu"])
async def test_a_part_of_the_readings_gives_the_same_half_hours(
    room_unit: OpenUnit, coop: str, seed: int, faults: int, zone: str
) -> None:
    home = await a_home(room_unit, coop, zone=zone)
    rng = Random(f"{seed}:{zone}")
    sent = a_day(home, rng, faults)
    await send(room_unit, coop, sent)  # type: ignore[arg-type]
    civil = Calendar(zone).day(DAY)
    part, part_points = await settled(room_unit, home, civil, is_whole=False)
    whole, whole_points = await settled(room_unit, home, civil, is_whole=True)
    assert part == whole
    assert whole.has_data
    if not faults:
        assert part_points < whole_points / 10
    else:
        assert part_points == whole_points


async def settled(room_unit: OpenUnit, home: Home, civil: CivilDay, *, is_whole: bool) -> tuple[Settled, int]:
    async with room_unit("metering") as unit:
        loaded = await loading.load(
            unit, [home.meter], Quantity.ENERGY_IMPORT, civil, civil, is_whole=is_whole
        )
    points = list(loaded[home.meter].around(civil, None, None))
    return settle(points, civil, Quantity.ENERGY_IMPORT), len(points)
