"""Settles dirty days for ever: readings to half-hours, open days to closed ones, told once per revision.

Any number of workers may run: each takes whole meters by an advisory lock and sees every reading stored
before it began, so results do not depend on who works or in which order.
"""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import text

from contracts.codes import UNIT_OF, Fluid, Purpose, Quality, Quantity
from contracts.metering import DayClosed
from services.kit.room import Room
from services.kit.unit import Unit
from services.metering import forgetting, handlers, ledger, loading, registry, tariffs
from services.metering.days import CivilDay, microseconds
from services.metering.packing import pack, quality_counts
from services.metering.registry import Meter, Occupancy
from services.metering.settle import Settled, settle
from services.metering.store import CHANNEL
from services.metering.watermark import GRACE, is_due

METERS_AT_ONCE = 16
DAYS_AT_ONCE = 400
_SWEEP_SECONDS = 2.0

_CLAIM = """
SELECT d.meter FROM (SELECT DISTINCT meter FROM metering.dirty_day) d
WHERE pg_try_advisory_xact_lock(hashtextextended('metering/settle/' || d.meter, 0)) LIMIT :meters
"""
_TAKE = """
DELETE FROM metering.dirty_day WHERE (meter, quantity, day) IN (
    SELECT DISTINCT meter, quantity, day FROM metering.dirty_day WHERE meter = ANY(:meters)
    ORDER BY meter, quantity, day LIMIT :days)
RETURNING meter, quantity, day
"""
_PAST_GRACE = """
SELECT o.meter, o.quantity, o.day FROM metering.open_day o
JOIN metering.meter_state s ON s.meter = o.meter
WHERE o.meter = ANY(:meters) AND o.ends_at + CAST(:grace AS interval) <= s.watermark
"""
_STATES = "SELECT meter, watermark, heard_at FROM metering.meter_state WHERE meter = ANY(:meters)"
_TOLD = """
SELECT meter, quantity, day, revision, digest, is_frozen FROM metering.day
WHERE meter = ANY(:meters) AND day = ANY(:days)
"""
_KEEP_OPEN = """
INSERT INTO metering.open_day (meter, quantity, day, coop, occupancy, ends_at, packed, slots, value, quality)
VALUES (:meter, :quantity, :day, :coop, :occupancy, :ends_at, :packed, :slots, :value,
    CAST(:quality AS jsonb))
ON CONFLICT (meter, quantity, day) DO UPDATE SET occupancy = excluded.occupancy, packed = excluded.packed,
    value = excluded.value, quality = excluded.quality
"""
_CLOSE_OPEN = "DELETE FROM metering.open_day WHERE meter = :meter AND quantity = :quantity AND day = :day"
_KEEP_CLOSED = """
INSERT INTO metering.day (meter, quantity, day, coop, occupancy, packed, digest, slots, value, quality,
    cost_eur, cost_reason, peak_va, revision, closed_at)
VALUES (:meter, :quantity, :day, :coop, :occupancy, :packed, :digest, :slots, :value, CAST(:quality AS jsonb),
    :cost_eur, :cost_reason, :peak_va, :revision, :closed_at)
ON CONFLICT (meter, quantity, day) DO UPDATE SET occupancy = excluded.occupancy, packed = excluded.packed,
    digest = excluded.digest, value = excluded.value, quality = excluded.quality,
    cost_eur = excluded.cost_eur, cost_reason = excluded.cost_reason, peak_va = excluded.peak_va,
    revision = excluded.revision, closed_at = excluded.closed_at
"""

_Key = tuple[str, Quantity, date]


async def settler(room: Room) -> None:
    """Work through dirty days and asked-for retries; wait for a NOTIFY when there are none."""
    connection = await psycopg.AsyncConnection.connect(room.database.conninfo, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        while not room.stopping.is_set():
            async with room.unit() as unit:
                worked = await handlers.retry(unit)
            async with room.unit() as unit:
                worked += await settle_some(unit)
            if worked:
                await asyncio.sleep(0)
                continue
            async for _ in connection.notifies(timeout=_SWEEP_SECONDS, stop_after=1):
                pass


@dataclass(slots=True)
class _Work:
    """What one transaction will write."""

    unit: Unit
    states: Mapping[str, tuple[datetime | None, datetime]]
    told: Mapping[_Key, tuple[int, bytes, bool]]
    opened: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    uses: Counter[ledger.Use] = field(default_factory=Counter)


async def settle_some(unit: Unit) -> int:
    """Settle up to `DAYS_AT_ONCE` dirty days of meters nobody else is settling; returns how many."""
    run = unit.session.execute
    claimed = list((await run(text(_CLAIM), {"meters": METERS_AT_ONCE})).scalars())
    if not claimed:
        return 0
    taken = (await run(text(_TAKE), {"meters": claimed, "days": DAYS_AT_ONCE})).all()
    overdue = (await run(text(_PAST_GRACE), {"meters": claimed, "grace": GRACE})).all()
    keys: set[_Key] = {(meter, Quantity(quantity), day) for meter, quantity, day in [*taken, *overdue]}
    if not keys:
        return 0
    meters = await registry.meters(unit, claimed, contracts=True)
    states = await run(text(_STATES), {"meters": claimed})
    told = await run(text(_TOLD), {"meters": claimed, "days": sorted({day for _, _, day in keys})})
    work = _Work(
        unit,
        {row.meter: (row.watermark, row.heard_at) for row in states},
        {(r.meter, Quantity(r.quantity), r.day): (r.revision, r.digest, r.is_frozen) for r in told},
    )
    by_series: dict[tuple[str, Quantity], list[date]] = defaultdict(list)
    for meter, quantity, day in sorted(keys):
        by_series[meter, quantity].append(day)
    for (meter, quantity), days in by_series.items():
        if meter in meters:
            await _settle_series(work, meters[meter], quantity, days)
    await _write(work)
    return len(keys)


async def _settle_series(work: _Work, meter: Meter, quantity: Quantity, days: list[date]) -> None:
    lived_in = []
    for day in days:
        occupancy = meter.occupancy_on(day)
        if meter.dwelling is not None and occupancy is None:
            continue
        if occupancy is not None and not occupancy.may_keep_days:
            # A reading that was being stored while consent was withdrawn.
            await forgetting.all_of(work.unit, occupancy.id, keep_ledger=True)
            continue
        if not work.told.get((meter.id, quantity, day), (0, b"", False))[2]:
            lived_in.append(day)
    for run in loading.runs(lived_in, meter.zone):
        readings = await loading.load(work.unit, meter.id, quantity, run[0], run[-1])
        for civil in run:
            occupancy = meter.occupancy_on(civil.day)
            since = microseconds(occupancy.starts_at) if occupancy else None
            until = microseconds(occupancy.ends_at) if occupancy and occupancy.ends_at else None
            settled = settle(readings.around(civil, since, until), civil, quantity)
            if settled.has_data:
                _decide(work, meter, quantity, civil, occupancy, settled)


def _decide(
    work: _Work,
    meter: Meter,
    quantity: Quantity,
    civil: CivilDay,
    occupancy: Occupancy | None,
    settled: Settled,
) -> None:
    """Keep the day open, close it, tell it again, or find that nothing changed."""
    key = (meter.id, quantity, civil.day)
    row = {
        "meter": meter.id, "quantity": quantity.value, "day": civil.day, "coop": meter.coop,
        "occupancy": occupancy.id if occupancy else None, "slots": civil.slots, "value": settled.value,
        "quality": _json(quality_counts(settled.slots)),
        "packed": pack(settled.slots) if occupancy is None or occupancy.may_keep_slots else None,
    }  # fmt: skip
    before = work.told.get(key)
    watermark, heard_at = work.states.get(meter.id, (None, work.unit.wall))
    if before is None and not is_due(
        is_complete=settled.is_complete,
        ends_at=civil.ends_at,
        watermark=watermark,
        now=meter.business_now or work.unit.wall,
        quiet_for=work.unit.wall - heard_at,
    ):
        work.opened.append(row | {"ends_at": civil.ends_at})
        return
    cost = _cost(meter, quantity, civil, settled)
    digest = _digest(settled, cost)
    if before is not None and before[1] == digest:
        return
    revision = before[0] + 1 if before else 1
    work.closed.append(
        row
        | {
            "digest": digest, "cost_eur": cost.eur, "cost_reason": cost.reason, "peak_va": settled.peak_va,
            "revision": revision, "closed_at": work.unit.wall,
        }
    )  # fmt: skip
    work.done.append({"meter": meter.id, "quantity": quantity.value, "day": civil.day})
    _tell(work, meter, quantity, civil, occupancy, settled, cost, revision)


def _tell(
    work: _Work,
    meter: Meter,
    quantity: Quantity,
    civil: CivilDay,
    occupancy: Occupancy | None,
    settled: Settled,
    cost: tariffs.Cost,
    revision: int,
) -> None:
    keeps_slots = occupancy is None or occupancy.may_keep_slots
    work.unit.emit(
        DayClosed(
            coop=meter.coop,
            meter=meter.id,
            dwelling=meter.dwelling,
            occupancy=occupancy.id if occupancy else None,
            fluid=meter.fluid,
            quantity=quantity,
            unit=UNIT_OF[quantity],
            day=civil.day,
            zone=civil.zone,
            starts_at=civil.starts_at,
            revision=revision,
            slots=civil.slots,
            value=settled.value,
            values=tuple(slot.value for slot in settled.slots) if keeps_slots else None,
            quality={Quality(name): count for name, count in quality_counts(settled.slots).items()},
            cost_eur=cost.text,
            peak_va=settled.peak_va,
        ),
        about=meter.id,
    )
    if occupancy is not None:
        used_on = (meter.business_now or work.unit.wall).astimezone(ZoneInfo(meter.zone)).date()
        purpose = Purpose.HALF_HOURLY if keeps_slots else Purpose.DAILY
        work.uses[ledger.Use(occupancy.id, used_on, purpose, ledger.SYSTEM, meter.coop, ledger.SETTLED)] += 1


def _cost(meter: Meter, quantity: Quantity, civil: CivilDay, settled: Settled) -> tariffs.Cost:
    if meter.fluid is not Fluid.ELECTRICITY or quantity is not Quantity.ENERGY_IMPORT:
        return tariffs.Cost(None, reason="no_tariff_for_fluid")
    contract = tariffs.in_force(meter.contracts, civil.day)
    return tariffs.cost(civil, [slot.value for slot in settled.slots], contract, tariffs.load())


def _digest(settled: Settled, cost: tariffs.Cost) -> bytes:
    told = f"{cost.text}|{cost.reason}|{settled.peak_va}".encode()
    return hashlib.sha256(pack(settled.slots) + told).digest()[:16]


def _json(counts: Mapping[str, int]) -> str:
    return "{" + ",".join(f'"{name}":{count}' for name, count in counts.items()) + "}"


async def _write(work: _Work) -> None:
    for statement, rows in (
        (_KEEP_OPEN, work.opened),
        (_CLOSE_OPEN, work.done),
        (_KEEP_CLOSED, work.closed),
    ):
        if rows:
            await work.unit.session.execute(text(statement), rows)
    await ledger.note(work.unit, work.uses)
