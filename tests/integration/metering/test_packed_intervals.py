"""Load curves lie as a row per register and UTC day; who reads or deletes readings sees them one by one."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.codes import Kind
from contracts.readings import Reading
from deploy.engines import Engines
from services.kit.database import conninfo
from services.metering import forgetting, handlers, partitions
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    Home,
    a_home,
    batch,
    days,
    reading,
    rows,
    send,
    settle_all,
    state,
)

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)
DAY = date(2026, 9, 2)
HALF_HOUR = timedelta(minutes=30)
_ROWS = (
    "SELECT day, cardinality(array_remove(amounts, NULL)) AS n FROM metering.interval_row WHERE meter = :m"
)
_SEEN = "SELECT instant, value_milli FROM metering.reading WHERE meter = :m ORDER BY instant"


def curve(home: Home, amounts: list[int], start: datetime = MIDNIGHT, **more: Any) -> list[Reading]:
    fields = {"kind": Kind.INTERVAL, "step_s": 1800, "codec": "load-curve"} | more
    return [
        reading(home, start + n * HALF_HOUR, wh, "energy_import@1800", **fields)
        for n, wh in enumerate(amounts)
    ]


async def seen(room_unit: OpenUnit, home: Home) -> list[tuple[datetime, int]]:
    return [tuple(row) for row in await rows(room_unit, _SEEN, m=home.meter)]


async def test_a_curve_is_two_rows_and_is_seen_reading_by_reading(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, curve(home, [100 + n for n in range(48)]))
    found = {row.day: row.n for row in await rows(room_unit, _ROWS, m=home.meter)}
    assert found == {DAY - timedelta(days=1): 4, DAY: 44}
    assert not await rows(room_unit, "SELECT 1 FROM metering.reading_row WHERE meter = :m", m=home.meter)
    assert await seen(room_unit, home) == [(MIDNIGHT + n * HALF_HOUR, 1000 * (100 + n)) for n in range(48)]
    (first, *_) = await rows(
        room_unit, "SELECT * FROM metering.reading WHERE meter = :m ORDER BY instant", m=home.meter
    )
    assert (first.register, first.quantity, first.kind, first.step_s, first.codec, first.coop) == (
        "energy_import@1800", "energy_import", "interval", 1800, "load-curve", coop,
    )  # fmt: skip
    await settle_all(room_unit)
    assert (await days(room_unit, home))[DAY].value == sum(range(100, 148))


async def test_order_repetition_and_cuts_change_nothing(room_unit: OpenUnit, coop: str) -> None:
    random = Random(11)
    straight, shuffled = [await a_home(room_unit, coop) for _ in range(2)]
    amounts = [random.randrange(900) for _ in range(48 * 5)]
    await send(room_unit, coop, curve(straight, amounts))
    await settle_all(room_unit)
    mixed = curve(shuffled, amounts) * 2
    random.shuffle(mixed)
    at = 0
    while at < len(mixed):
        size = random.choice([1, 7, 60])
        await send(room_unit, coop, mixed[at : at + size])
        at += size
        if random.random() < 0.2:
            await settle_all(room_unit)
    await settle_all(room_unit)
    assert await seen(room_unit, shuffled) == await seen(room_unit, straight)
    one, other = await days(room_unit, straight), await days(room_unit, shuffled)
    assert [(day, row.value, row.packed, row.digest) for day, row in one.items()] == [
        (day, row.value, row.packed, row.digest) for day, row in other.items()
    ]
    counts = await state(room_unit, shuffled)
    assert (counts.received, counts.stored, counts.duplicate) == (480, 240, 240)


async def test_the_first_word_stands_and_the_other_is_told(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, curve(home, [100] * 20))
    await send(room_unit, coop, curve(home, [100, 250, *[100] * 46], codec="late"))
    assert (await seen(room_unit, home))[1][1] == 100_000
    (other,) = await rows(
        room_unit, "SELECT instant, value_milli FROM metering.disagreement WHERE meter = :m", m=home.meter
    )
    assert tuple(other) == (MIDNIGHT + HALF_HOUR, 250_000)
    codecs = await rows(
        room_unit, "SELECT codec, count(*) AS n FROM metering.reading WHERE meter = :m GROUP BY 1 ORDER BY 1",
        m=home.meter,
    )  # fmt: skip
    assert [tuple(row) for row in codecs] == [("late", 28), ("load-curve", 20)]


async def test_two_at_once_store_each_reading_once(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    async with room_unit("metering") as first, room_unit("metering") as second:
        await handlers.readings([batch(coop, curve(home, [100] * 30))], first)
        other = asyncio.create_task(handlers.readings([batch(coop, curve(home, [100] * 48))], second))
        await asyncio.wait({other}, timeout=0.3)
        assert not other.done(), "it waits for what the first makes of the day"
        await first.session.commit()
        await other
    assert len(await seen(room_unit, home)) == 48
    assert (await state(room_unit, home)).stored == 48


async def test_readings_go_one_by_one_and_with_the_last_their_row(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, [*curve(home, [100] * 48), reading(home, MIDNIGHT, 5000)])
    statement = "DELETE FROM metering.reading WHERE meter = :m AND instant >= :since RETURNING instant"
    async with room_unit("metering") as unit:
        values = {"m": home.meter, "since": MIDNIGHT + 10 * HALF_HOUR}
        assert len((await unit.session.execute(text(statement), values)).all()) == 38
    assert [at for at, _ in await seen(room_unit, home)] == sorted(
        [MIDNIGHT, *(MIDNIGHT + n * HALF_HOUR for n in range(10))]
    )
    async with room_unit("metering") as unit:
        await unit.session.execute(text(statement), {"m": home.meter, "since": MIDNIGHT})
    assert not await rows(room_unit, _ROWS, m=home.meter)


async def test_a_household_that_is_forgotten_leaves_no_interval(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, moved_in_on=DAY)
    await send(room_unit, coop, curve(home, [100] * 96))
    assert len(await rows(room_unit, _ROWS, m=home.meter)) == 3
    async with room_unit("metering") as unit:
        await forgetting.all_of(unit, home.occupancy)
    assert not await rows(room_unit, _ROWS, m=home.meter)


async def test_no_instant_can_stand_in_both_places(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    statement = (
        "INSERT INTO metering.reading_row SELECT :m, 'energy_import@1800', :at, :coop, 'energy_import',"
        " 'interval', 1800, 5, 'x', now()"
    )
    with pytest.raises(DBAPIError, match="reading_row_not_packed"):
        async with room_unit("metering") as unit:
            await unit.session.execute(text(statement), {"m": home.meter, "at": MIDNIGHT, "coop": coop})
    async with room_unit("metering") as unit:
        at = MIDNIGHT + timedelta(minutes=10)
        await unit.session.execute(text(statement), {"m": home.meter, "at": at, "coop": coop})
    assert len(await seen(room_unit, home)) == 1


async def test_a_cooperative_sees_its_own_intervals_only(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, [*curve(home, [100] * 48), reading(home, MIDNIGHT, 5000)])
    web = conninfo(str(engines.settings.database_url), engines.secrets, "metering_web")
    with psycopg.connect(web, autocommit=True) as connection:
        for scope, count in ((coop, 49), ("", 0), ("nobody", 0)):
            connection.execute("SELECT set_config('palier.coop', %s, false)", (scope,))
            found = connection.execute(
                "SELECT count(*) FROM metering.reading WHERE meter = %s", (home.meter,)
            ).fetchone()
            assert found == (count,), scope
        connection.execute("DELETE FROM metering.reading WHERE meter = %s", (home.meter,))
    assert len(await seen(room_unit, home)) == 49


async def test_an_interval_without_a_partition_is_counted_and_moved(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    far = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=25)
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO metering.interval_row SELECT :m, 'energy_import@43200', CAST(:day AS date), :c,"
                " ARRAY[1, NULL]::bigint[], ARRAY['x'], ARRAY[now()]"
            ),
            {"m": home.meter, "day": far.date(), "c": coop},
        )
    place = "SELECT tableoid::regclass::text AS place FROM metering.interval_row WHERE meter = :m"
    assert (await rows(room_unit, place, m=home.meter))[0].place == "metering.interval__pdefault"
    async with room_unit("metering") as unit:
        assert await partitions.count_missing(unit) >= 1
        await partitions.make_ahead(unit)
    assert (await rows(room_unit, place, m=home.meter))[0].place == f"metering.interval__p{far:%Y%m%d}"


async def test_what_was_measured_after_a_household_left_goes_until_the_next_one_comes(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, curve(home, [100] * 96))
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.occupancy SET moved_out_on = :day WHERE id = :id"),
            {"day": DAY, "id": home.occupancy},
        )
    async with room_unit("metering") as unit:
        await forgetting.after_departure(unit, home.occupancy)
    left = [at for at, _ in await seen(room_unit, home)]
    assert left == [MIDNIGHT + n * HALF_HOUR for n in range(48)], (
        "one that begins as they leave is the next one's"
    )


async def test_where_totals_alone_are_kept_their_intervals_go(room_unit: OpenUnit, coop: str) -> None:
    home, other = await a_home(room_unit, coop, consents=["daily"]), await a_home(room_unit, coop)
    for one in (home, other):
        await send(room_unit, coop, curve(one, [100] * 48 * 4))
    await settle_all(room_unit)
    async with room_unit("metering", coop) as unit:
        await forgetting.freeze_daily_only(unit)
    assert {row.is_frozen for day, row in (await days(room_unit, home)).items() if day == DAY} == {True}
    gone = MIDNIGHT + timedelta(days=1)
    assert all(at >= gone for at, _ in await seen(room_unit, home))
    assert len(await seen(room_unit, home)) % 48 == 0
    assert len(await seen(room_unit, other)) == 48 * 4
