"""What fails for one cooperative is undone, named and left to be tried again; on the real database."""

import logging

import pytest
from sqlalchemy import text

from services.kit.alone import alone
from services.kit.unit import Unit
from tests.conftest import OpenUnit
from tests.hours import room_of

pytestmark = pytest.mark.engines


async def _keep(unit: Unit) -> None:
    await unit.session.execute(
        text("INSERT INTO advice.hourly VALUES (:coop, now(), 0, now())"), {"coop": unit.coop}
    )


async def _kept(room_unit: OpenUnit, coop: str) -> int:
    async with room_unit("advice") as unit:
        found = await unit.session.execute(
            text("SELECT count(*) FROM advice.hourly WHERE coop = :coop"), {"coop": coop}
        )
        return int(found.scalar_one())


async def test_what_is_done_stays(room_unit: OpenUnit, coop: str) -> None:
    assert await alone(room_of(room_unit, "advice"), coop, _keep)
    assert await _kept(room_unit, coop) == 1


async def test_what_fails_is_undone_and_named(
    room_unit: OpenUnit, coop: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(unit: Unit) -> None:
        await _keep(unit)
        await unit.session.execute(text("SELECT 1 / 0"))

    with caplog.at_level(logging.ERROR):
        assert not await alone(room_of(room_unit, "advice"), coop, fails)
    assert await _kept(room_unit, coop) == 0
    assert [getattr(record, "cooperative", None) for record in caplog.records] == [coop]


async def test_an_engine_that_is_away_is_everybodys_trouble(room_unit: OpenUnit, coop: str) -> None:
    async def is_away(unit: Unit) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await alone(room_of(room_unit, "advice"), coop, is_away)
