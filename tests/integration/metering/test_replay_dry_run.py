"""The dry run of a replay tells what would contradict a file, before it does."""

import asyncio
from datetime import date
from typing import Any

import pytest

from contracts.codes import Fluid, Quantity
from deploy.engines import Engines
from deploy.player_dry import what_would_change
from deploy.player_scripts import Series, of_series
from simulators.feeds import Interval
from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import Worker, enedis, half_hours, imported, watts
from tests.integration.metering.homes import Home, a_home, days, settle_all

pytestmark = pytest.mark.engines
FIRST = date(2026, 3, 10)
DAYS = 2


@pytest.fixture
async def home(web: Web, room_unit: OpenUnit, coop: str) -> Home:
    """With two days that a file has told."""
    home = await a_home(room_unit, coop)
    them = web.as_("resident", home.coop, home.person)
    found = await imported(web, them, home, enedis(FIRST, DAYS), Worker(room_unit))
    assert found["state"] == "done"
    await settle_all(room_unit)
    return home


async def dry(engines: Engines, home: Home, share: float, days: int = DAYS) -> dict[str, Any]:
    """Of a feed that tells so much of what the file does."""
    intervals = [Interval(at, 1_800, round(watts(at) * share / 2) * 1_000) for at in half_hours(FIRST, days)]
    script = of_series(
        "feed", Fluid.ELECTRICITY, [Series(Quantity.ENERGY_IMPORT, intervals)], "Europe/Paris", {}
    )
    return await asyncio.to_thread(what_would_change, engines.settings, engines.secrets, script, home.meter)


async def test_what_would_contradict_a_file_is_told_as_conflict(
    engines: Engines, room_unit: OpenUnit, home: Home
) -> None:
    before = {day: row.value for day, row in (await days(room_unit, home)).items()}
    told = await dry(engines, home, share=0.5)
    assert (told["new"], told["duplicate"], told["conflict"]) == (0, 0, 48 * DAYS)
    assert (told["days_new"], told["days_changed"]) == (0, 0)  # the file stands
    assert {day: row.value for day, row in (await days(room_unit, home)).items()} == before


async def test_what_a_file_has_told_already_is_known_and_the_day_after_is_new(
    engines: Engines, home: Home
) -> None:
    told = await dry(engines, home, share=1.0, days=DAYS + 1)
    assert (told["new"], told["duplicate"], told["conflict"]) == (48, 48 * DAYS, 0)
