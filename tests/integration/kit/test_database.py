"""Connections of a pool: none that the server has closed is handed out, and one statement stands alone."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text

from deploy.engines import Engines
from services.kit import database as kit
from services.kit.clock import system
from services.kit.database import Database
from services.kit.unit import Unit

pytestmark = pytest.mark.engines


@pytest.fixture
async def pool(engines: Engines) -> AsyncIterator[Database]:
    url = engines.settings.database_url
    assert url
    database = Database(url, engines.secrets, "members_work", pool_size=1)
    yield database
    await database.close()


async def _process(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())


@pytest.mark.parametrize("trusted_seconds", [0.0, 5.0])
async def test_a_connection_that_the_server_closed_is_replaced_unnoticed(
    engines: Engines, pool: Database, monkeypatch: pytest.MonkeyPatch, trusted_seconds: float
) -> None:
    monkeypatch.setattr(kit, "_TRUSTED_SECONDS", trusted_seconds)
    first = await _process(pool)
    assert await _process(pool) == first
    assert engines.settings.database_url
    with psycopg.connect(engines.settings.database_url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    assert await _process(pool) != first


async def test_a_single_statement_is_its_own_transaction(pool: Database) -> None:
    async with pool.singly() as connection:
        first = (await connection.execute(text("SELECT txid_current()"))).scalar_one()
        second = (await connection.execute(text("SELECT txid_current()"))).scalar_one()
    assert first != second
    async with pool.transaction() as session:  # the same connection, which is as it was
        first = (await session.execute(text("SELECT txid_current()"))).scalar_one()
        second = (await session.execute(text("SELECT txid_current()"))).scalar_one()
    assert first == second


async def test_what_a_part_that_failed_wrote_in_the_drivers_own_form_is_undone(
    pool: Database, coop: str
) -> None:
    name = "UPDATE members.coop SET name = %(name)s WHERE coop = %(coop)s RETURNING name"
    async with pool.transaction() as session:
        unit = Unit(session, "members", system, None)
        await unit.enter(coop)
        await unit.ask(name, {"name": "kept", "coop": coop})
        with pytest.raises(RuntimeError):
            async with unit.part():
                await unit.ask(name, {"name": "undone", "coop": coop})
                raise RuntimeError
        found = await unit.ask("SELECT name FROM members.coop WHERE coop = %(coop)s", {"coop": coop})
        assert [row.name for row in found] == ["kept"]


async def _read(database: Database) -> None:
    async with database.singly() as connection:
        await connection.execute(text("SELECT 1"))


@pytest.mark.parametrize("at_once", [1, 3, 6])
@pytest.mark.parametrize("pause_seconds", [0, 0.0001])
async def test_who_is_cancelled_at_any_moment_leaves_no_connection_behind(
    pool: Database, caplog: pytest.LogCaptureFixture, at_once: int, pause_seconds: float
) -> None:
    with caplog.at_level(logging.ERROR):
        for pauses in [*range(12)] * 5:
            readers = [asyncio.create_task(_read(pool)) for _ in range(at_once)]
            for _ in range(pauses):
                await asyncio.sleep(pause_seconds)
            for one in readers:
                one.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            gc.collect()
            assert [one.getMessage() for one in caplog.records] == [], f"after {pauses} pauses"
        await _read(pool)
