"""What a year of a meter's days costs on disk, and how fast it is read, with many of them stored.

Rows are made as days close: day after day over all meters, each by the statement that settling uses, and a
tenth of each day's rows is told again two days later. Reading is what the portal and the API ask, under
row-level security, each time in a transaction of its own.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from contracts.codes import Quality, Quantity
from deploy.bench.scene import Say
from deploy.engines.testing import temporary_engines
from deploy.migrate import migrate
from services.kit.clock import system
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.metering import day_rows, queries
from services.metering.packing import pack, quality_counts, unpack
from services.metering.queries import Sight
from services.metering.slots import Slot, Source

METER_YEARS = 10_000
DAYS = 365
BOUND_BYTES = 75_000
BOUND_YEAR_MS = 20.0
BOUND_DAY_MS = 5.0
_COOP = "banc-de-mesure"
_FIRST = date(2025, 1, 1)
_REISSUED_AFTER_DAYS = 2
_SHAPES = 4_000
_READS = 400
_QUANTITY = Quantity.ENERGY_IMPORT

_TARGETS = "(series, day, value, closed_s, revision, cost_eur, body, extra)"
_CLOSE = f"""
INSERT INTO metering.day_row {_TARGETS} SELECT * FROM closing
ON CONFLICT (series, day) DO UPDATE SET value = excluded.value, closed_s = excluded.closed_s,
    revision = day_row.revision + 1, cost_eur = excluded.cost_eur, body = excluded.body,
    extra = excluded.extra
"""  # noqa: S608 - only a constant is formatted in
_SIZES = """
SELECT c.relname, pg_total_relation_size(c.oid), pg_relation_size(c.oid), pg_indexes_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'metering' AND c.relname IN ('day_row', 'series')
"""

_Row = tuple[int, str | None, bytes, str | None]
"""Value, cost, body, extra."""


def run(folder: Path, say: Say, meter_years: int = METER_YEARS) -> dict[str, Any]:
    """Bytes a meter-year after a plain VACUUM, indexes included, and 95th percentiles of two reads."""
    with temporary_engines(folder / "data", only=("postgres",)) as engines:
        url = engines.settings.database_url
        assert url
        migrate(url, engines.secrets)
        started = time.monotonic()
        with psycopg.connect(url, autocommit=True) as owner:
            meters = _fill(owner, meter_years, say)
            seconds = time.monotonic() - started
            owner.execute("VACUUM metering.day_row")
            owner.execute("VACUUM metering.series")
            sizes = {name: (total, heap, indexes) for name, total, heap, indexes in owner.execute(_SIZES)}
            rows, again = owner.execute(
                "SELECT count(*), count(*) FILTER (WHERE revision > 1) FROM metering.day_row"
            ).fetchone() or (0, 0)
        say(f"storage: {rows:,} days in {seconds:.0f} s; reading")
        database = Database(url, engines.secrets, "metering_web", pool_size=1)
        year, one_day = asyncio.run(_read(database, meters))
    total = sum(size[0] for size in sizes.values())
    per_year = total / meter_years
    return {
        "bytes_per_meter_year": round(per_year),
        "bound_bytes": BOUND_BYTES,
        "of_which_rows": round(sizes["day_row"][1] / meter_years),
        "of_which_indexes": round(sizes["day_row"][2] / meter_years),
        "year_of_days_ms": year,
        "bound_year_ms": BOUND_YEAR_MS,
        "curve_of_a_day_ms": one_day,
        "bound_day_ms": BOUND_DAY_MS,
        "meter_years": meter_years,
        "days": rows,
        "told_again_share": round(again / rows, 3) if rows else 0.0,
        "filled_in_seconds": round(seconds, 1),
        "holds": per_year <= BOUND_BYTES
        and year["p95"] <= BOUND_YEAR_MS
        and one_day["p95"] <= BOUND_DAY_MS
        and rows == meter_years * DAYS,
    }


def _fill(owner: "psycopg.Connection[tuple[Any, ...]]", meter_years: int, say: Say) -> list[str]:
    choose = random.Random(11)  # noqa: S311 - a repeatable bench
    shapes = [_shape(choose) for _ in range(_SHAPES)]
    meters = [new_id("mtr") for _ in range(meter_years)]
    owner.execute(
        "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
        " VALUES (%s, 'Banc de mesure', 'Europe/Paris', true, now())",
        (_COOP,),
    )
    with owner.cursor().copy(
        "COPY metering.series (coop, meter, quantity, occupancy, last_closed_at) FROM STDIN"
    ) as copy:
        for meter in meters:
            copy.write_row((_COOP, meter, _QUANTITY.value, new_id("occ"), datetime.now(UTC)))
    series = [id for (id,) in owner.execute("SELECT id FROM metering.series ORDER BY id")]
    owner.execute(f"CREATE TEMP TABLE closing AS SELECT {_TARGETS[1:-1]} FROM metering.day_row")  # noqa: S608
    closed_s = day_rows.seconds(datetime.now(UTC))
    for number in range(DAYS + _REISSUED_AFTER_DAYS):
        due = [(id, number) for id in series] if number < DAYS else []
        if number >= _REISSUED_AFTER_DAYS:
            again = choose.sample(series, len(series) // 10)
            due += [(id, number - _REISSUED_AFTER_DAYS) for id in sorted(again)]
        with owner.transaction():
            with owner.cursor().copy("COPY closing FROM STDIN") as copy:
                for id, day in due:
                    value, cost, body, extra = choose.choice(shapes)
                    copy.write_row((id, _FIRST + timedelta(day), value, closed_s, 1, cost, body, extra))
            owner.execute(_CLOSE)
            owner.execute("TRUNCATE closing")
        if number % 73 == 0:
            say(f"storage: {number} of {DAYS} days of {meter_years:,} meters")
    return meters


def _shape(choose: random.Random) -> _Row:
    """A day of an ordinary home: a floor, spells of use, an evening; one in ten has a gap that was filled."""
    floor = choose.randrange(30, 160)
    heating = choose.choice((0, 0, 150, 500))
    values = [
        int(
            floor + choose.expovariate(1 / 90) + heating * choose.random()
            + (900 * choose.random() if 36 <= slot <= 43 else 0)
        )
        for slot in range(48)
    ]  # fmt: skip
    gap = range(first := choose.randrange(40), first + 5) if choose.random() < 0.1 else range(0)
    slots = [
        Slot(value, Quality.RECOVERED if at in gap else Quality.MEASURED, Source.REGISTER)
        for at, value in enumerate(values)
    ]
    extra = json.dumps({"quality": quality_counts(slots)}) if gap else None
    cost = sum(values) * 2001
    body = day_rows.body(
        slots=48, peak_va=choose.randrange(600, 9000), digest=choose.randbytes(day_rows.DIGEST_BYTES),
        packed=pack(slots), cost_reason=None,
    )  # fmt: skip
    return sum(values), f"{cost // 10_000_000}.{cost // 1000 % 10_000:04d}", body, extra


async def _read(database: Database, meters: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    choose = random.Random(12)  # noqa: S311 - a repeatable bench
    last = _FIRST + timedelta(days=DAYS - 1)

    async def year(unit: Unit, seen: Sight) -> None:
        assert len(await queries.days(unit, seen, _FIRST, last)) == DAYS

    async def one_day(unit: Unit, seen: Sight) -> None:
        day = _FIRST + timedelta(days=choose.randrange(DAYS))
        (row,) = await queries.days(unit, seen, day, day)
        assert len(unpack(row.packed)) == 48

    async def timed(ask: Callable[[Unit, Sight], Awaitable[None]]) -> dict[str, float]:
        taken = []
        for _ in range(_READS):
            seen = Sight(choose.choice(meters), _COOP, "Europe/Paris", _QUANTITY, last, None)
            started = time.perf_counter()
            async with database.transaction() as session:
                unit = Unit(session, "metering", system, _COOP)
                await unit.enter(_COOP)
                await ask(unit, seen)
            taken.append(1000 * (time.perf_counter() - started))
        taken.sort()
        return {
            "p50": round(statistics.median(taken), 2),
            "p95": round(taken[int(0.95 * len(taken))], 2),
            "worst": round(taken[-1], 2),
        }

    try:
        return await timed(year), await timed(one_day)
    finally:
        await database.close()
