"""A sandbox that was dropped leaves nothing in metering, whatever was under way."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from contracts.codes import Reason
from contracts.members import SandboxDropped
from contracts.readings import Rejected
from services.kit.ids import new_id
from services.metering import handlers
from services.metering.settling import settle_round
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, batch, reading, rows, send, settle_all

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)


@pytest.fixture
async def home(room_unit: OpenUnit, coop: str) -> Home:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true WHERE coop = :coop"), {"coop": coop}
        )
    await settle_all(room_unit)  # what other tests have left
    return await a_home(room_unit, coop)


async def drop(room_unit: OpenUnit, coop: str) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET dropped_at = now() WHERE coop = :coop"), {"coop": coop}
        )


async def clear(room_unit: OpenUnit, coop: str) -> None:
    async with room_unit("metering") as unit:
        await handlers.sandbox_dropped(SandboxDropped(coop=coop), unit)


async def kept(room_unit: OpenUnit, coop: str) -> dict[str, int]:
    """Rows by table, but what was told."""
    found = {}
    for table in SQLModel.metadata.sorted_tables:
        if table.schema == "metering" and "coop" in table.c:
            (row,) = await rows(
                room_unit,
                f"SELECT count(*) AS n FROM {table.fullname} WHERE coop = :coop",
                coop=coop,
            )
            found[table.name] = row.n
    assert len(found) > 10
    return {name: count for name, count in found.items() if count}


async def test_who_settles_is_waited_for(room_unit: OpenUnit, coop: str, home: Home) -> None:
    await send(room_unit, coop, [reading(home, MIDNIGHT + n * timedelta(hours=1), 1000) for n in range(60)])
    async with room_unit("metering") as settling:
        assert (await settle_round(settling)).days > 0
        await drop(room_unit, coop)
        clearing = asyncio.create_task(clear(room_unit, coop))
        await asyncio.wait([clearing], timeout=0.3)
        assert not clearing.done()
    await clearing
    assert await kept(room_unit, coop) == {}
    await settle_all(room_unit)
    assert await kept(room_unit, coop) == {}


async def test_who_stores_readings_is_waited_for(room_unit: OpenUnit, coop: str, home: Home) -> None:
    readings = [reading(home, MIDNIGHT + n * timedelta(hours=1), 1000) for n in range(60)]
    async with room_unit("metering") as storing:
        await handlers.readings([batch(coop, readings)], storing)
        await drop(room_unit, coop)
        clearing = asyncio.create_task(clear(room_unit, coop))
        await asyncio.wait([clearing], timeout=0.3)
        assert not clearing.done()
    await clearing
    assert await kept(room_unit, coop) == {}


async def test_what_comes_afterwards_is_not_kept(room_unit: OpenUnit, coop: str, home: Home) -> None:
    other = await a_home(room_unit, coop)
    await send(room_unit, coop, [reading(home, MIDNIGHT - timedelta(hours=1), 1000)])
    await drop(room_unit, coop)
    async with room_unit("metering") as unit:  # not yet cleared up, and not settled any more
        assert (await settle_round(unit)).days == 0
    await clear(room_unit, coop)
    await send(room_unit, coop, [reading(home, MIDNIGHT, 1000), reading(other, MIDNIGHT, 1000)])
    refused = Rejected(
        coop=coop, id=new_id("rej"), received_at=MIDNIGHT, topic="meters/…", meter=home.meter,
        reason=Reason.NOT_JSON, detail="Expecting value: line 1", payload_base64="e30=",
    )  # fmt: skip
    async with room_unit("metering") as unit:
        await handlers.rejected([refused], unit)
    async with room_unit("metering") as unit:
        await settle_round(unit)
    assert await kept(room_unit, coop) == {}


async def test_a_cooperative_that_never_was_is_no_dropped_one(room_unit: OpenUnit) -> None:
    """What somebody else's broker sends under a name nobody knows waits for a person."""
    unknown = "n" + new_id("x")[-12:]
    stranger = Home(unknown, new_id("dwl"), new_id("mtr"), new_id("occ"), new_id("per"))
    await send(room_unit, unknown, [reading(stranger, MIDNIGHT, 1000)])
    (row,) = await rows(room_unit, "SELECT reason FROM metering.quarantine WHERE coop = :coop", coop=unknown)
    assert row.reason == Reason.UNKNOWN_METER
