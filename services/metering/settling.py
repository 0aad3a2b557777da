"""Settles dirty days for ever: readings to half-hours, open days to closed ones, told once per revision.

Any number of workers may run: each takes whole meters by an advisory lock and sees every reading stored
before it began, so results do not depend on who works or in which order.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import psycopg
from sqlalchemy import text

from contracts.codes import Quality, Quantity
from services.kit.outage import is_collision, is_outage
from services.kit.room import Room
from services.kit.standing import dropped
from services.kit.unit import Unit
from services.metering import (
    closing,
    forgetting,
    gas_factors,
    handlers,
    history,
    loading,
    registry,
    retention,
)
from services.metering.closing import Key, Told, Work
from services.metering.days import CivilDay, microseconds
from services.metering.drafts import Draft, draft, draft_of_curve, tell
from services.metering.edits import Edit
from services.metering.fluids import is_converted
from services.metering.meter_locks import key_of
from services.metering.registry import Meter
from services.metering.settle import Settled
from services.metering.touching import CHANNEL
from services.metering.watermark import GRACE

_LOG = logging.getLogger(__name__)

METERS_AT_ONCE = 64
DAYS_AT_ONCE = 400
CAREFUL_ROUNDS = 200
"""After a failure so many rounds settle one meter each, in random order."""
_SWEEP_SECONDS = 2.0
_REST = 19.0
"""While readings pour in, a round is followed by this many times its length, as far as the days it settled
stay open: they are dirty again by then, and those readings have to be stored first."""
_GATHER = 3.0
"""The least of it: a round of many days costs little more than one of a few."""
_LONGEST_REST_SECONDS = 5.0
_LOOK_SECONDS = 0.25

# Materialized, so that no more meters are locked than are taken: else the lock is tried before the sort, on
# every dirty meter, and the other workers find none.
_CLAIM = f"""
WITH shuffled AS MATERIALIZED (
    SELECT m.meter, m.coop FROM (SELECT DISTINCT meter, coop FROM metering.dirty_day) m ORDER BY random())
SELECT d.meter, d.coop FROM shuffled d WHERE pg_try_advisory_xact_lock({key_of("d.meter")}) LIMIT :meters
"""  # noqa: S608 - only constants are formatted in
_POURING = """
SELECT EXISTS (SELECT 1 FROM metering.dirty_day WHERE marked_at > clock_timestamp() - interval '500 ms')
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
SELECT meter, quantity, day, revision, digest, is_frozen, value, quality, cost_eur, peak_va, findings,
    closed_at
FROM metering.day
WHERE meter = ANY(:meters) AND day = ANY(:days)
"""


async def settler(room: Room) -> None:
    """Work through dirty days and asked-for retries; wait for a NOTIFY when there are none."""
    connection = await psycopg.AsyncConnection.connect(room.database.conninfo, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        careful_rounds = 0
        while not room.stopping.is_set():
            started = time.monotonic()
            worked = await _retry(room)
            try:
                async with room.unit() as unit:
                    done = await settle_round(unit, 1 if careful_rounds else METERS_AT_ONCE)
                careful_rounds = max(0, careful_rounds - 1)
            except Exception as error:
                if is_collision(error):
                    _LOG.info("settling met somebody else's work, and goes on")
                    continue
                # One meter's trouble must not hold the others: for a while each alone. Its days stay dirty.
                _LOG.warning("settling failed", exc_info=True, extra={"alone": careful_rounds > 0})
                await asyncio.sleep(1.0 if careful_rounds else 0.0)
                careful_rounds = CAREFUL_ROUNDS
                continue
            if worked or done.days:
                await asyncio.sleep(0)
                rest = max(_GATHER, done.share_open * _REST)
                await _let_readings_pass(room, rest * (time.monotonic() - started))
                continue
            async for _ in connection.notifies(timeout=_SWEEP_SECONDS, stop_after=1):
                pass


async def _retry(room: Room) -> int:
    """Retries have nothing to do with the days of others: what fails here does not stop settling."""
    try:
        async with room.unit() as unit:
            return await handlers.retry(unit)
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.error("what waits in quarantine could not be retried", exc_info=True)
        return 0


async def _let_readings_pass(room: Room, longest_seconds: float) -> None:
    until = time.monotonic() + min(longest_seconds, _LONGEST_REST_SECONDS)
    while time.monotonic() < until and not room.stopping.is_set():
        async with room.unit() as unit:
            is_pouring = (await unit.session.execute(text(_POURING))).scalar()
        if not is_pouring:
            return
        await asyncio.sleep(_LOOK_SECONDS)


class Round(NamedTuple):
    """What became of the days of one round."""

    days: int = 0
    opened: int = 0
    """How many of them are still under way."""

    @property
    def share_open(self) -> float:
        return self.opened / self.days if self.days else 1.0


async def settle_round(unit: Unit, meters_at_once: int = METERS_AT_ONCE) -> Round:
    """Settle up to `DAYS_AT_ONCE` dirty days of meters nobody else is settling; says how many."""
    free = (await unit.session.execute(text(_CLAIM), {"meters": meters_at_once})).all()
    gone = await dropped(await unit.driver(), {coop for _, coop in free}) if free else set()
    claimed = [meter for meter, coop in free if coop not in gone]
    return await settle_these(unit, claimed) if claimed else Round()


async def settle_these(unit: Unit, claimed: list[str]) -> Round:
    """The same, of meters whose locks the caller holds, of cooperatives that stand."""
    run = unit.session.execute
    taken = (await run(text(_TAKE), {"meters": claimed, "days": DAYS_AT_ONCE})).all()
    overdue = (await run(text(_PAST_GRACE), {"meters": claimed, "grace": GRACE})).all()
    keys: set[Key] = {(meter, Quantity(quantity), day) for meter, quantity, day in [*taken, *overdue]}
    if not keys:
        return Round()
    meters = await registry.meters(unit, claimed, contracts=True)
    states = await run(text(_STATES), {"meters": claimed})
    told = await run(text(_TOLD), {"meters": claimed, "days": sorted({day for _, _, day in keys})})
    work = Work(
        unit,
        {row.meter: (row.watermark, row.heard_at) for row in states},
        {(meter, Quantity(quantity), day): Told(*rest) for meter, quantity, day, *rest in told},
        await gas_factors.of(
            unit,
            (
                (id, day)
                for id, quantity, day in keys
                if id in meters and is_converted(meters[id].fluid, quantity)
            ),
        ),
    )
    by_series: dict[tuple[str, Quantity], list[date]] = defaultdict(list)
    for meter, quantity, day in sorted(keys):
        by_series[meter, quantity].append(day)
    decided = await history.edits(unit, keys)
    together: dict[_Period, list[tuple[Meter, list[CivilDay]]]] = defaultdict(list)
    for (id, quantity), days in by_series.items():
        if (known := meters.get(id)) is not None:
            lived_in = await _lived_in(work, known, quantity, days)
            for stretch in loading.runs(lived_in, known.calendar):
                # Which reading was the new meter's first, all of them tell.
                period = _Period(quantity, stretch[0], stretch[-1], is_whole=bool(known.exchanges))
                together[period].append((known, stretch))
    drafts: list[Draft] = []
    for period, of_meters in together.items():
        drafts += await _drafted(work, period, of_meters, decided)
    await tell(work, drafts)
    return Round(len(keys), len(work.opened))


class _Period(NamedTuple):
    """What of several meters is loaded at once."""

    quantity: Quantity
    first: CivilDay
    last: CivilDay
    is_whole: bool


async def _lived_in(work: Work, meter: Meter, quantity: Quantity, days: list[date]) -> list[date]:
    """The days to settle from readings. The others belong to nobody, may not be kept, or are frozen."""
    lived_in = []
    frozen = []
    swept = set()
    for day in days:
        occupancy = meter.occupancy_on(day)
        if meter.dwelling is not None and occupancy is None:
            continue
        if occupancy is not None and not occupancy.may_keep_days:
            # A reading that was being stored while consent was withdrawn.
            if occupancy.id not in swept:
                await forgetting.all_of(work.unit, occupancy.id, keep_ledger=True)
                swept.add(occupancy.id)
            continue
        before = work.told.get((meter.id, quantity, day))
        if before is not None and before.is_frozen:
            closing.recost(work, meter, quantity, meter.calendar.day(day), occupancy)
            frozen.append(day)
        else:
            lived_in.append(day)
    if frozen:
        await forgetting.thin_again(work.unit, meter.id, quantity.value, frozen)
    return lived_in


async def _drafted(
    work: Work,
    period: _Period,
    of_meters: Sequence[tuple[Meter, list[CivilDay]]],
    decided: Mapping[Key, tuple[Edit, ...]],
) -> list[Draft]:
    quantity, first, last, is_whole = period
    ids = [meter.id for meter, _ in of_meters]
    loaded = await loading.load(work.unit, ids, quantity, first, last, is_whole=is_whole)
    days = {civil.day: civil for _, run in of_meters for civil in run}
    records = await retention.records(work.unit, ids, quantity.value, list(days.values()))
    drafts = []
    for meter, run in of_meters:
        for civil in run:
            occupancy = meter.occupancy_on(civil.day)
            since = microseconds(occupancy.starts_at) if occupancy else None
            until = microseconds(occupancy.ends_at) if occupancy and occupancy.ends_at else None
            key = (meter.id, quantity, civil.day)
            record = records.get((meter.id, civil.day))
            if record is None and key not in decided:
                curve = loaded[meter.id].curve(civil, since, until)
                whole = curve and draft_of_curve(meter, quantity, civil, occupancy, curve)
                if whole:
                    drafts.append(whole)
                    continue
            points = list(loaded[meter.id].around(civil, since, until))
            one = draft(meter, quantity, civil, occupancy, points, decided.get(key, ()), record)
            if one.settled.has_data or _lost_its_ground(work.told.get(key), one.record):
                drafts.append(one)
            else:
                work.emptied.append({"meter": meter.id, "quantity": quantity.value, "day": civil.day})
    return drafts


def _lost_its_ground(before: Told | None, record: Settled | None) -> bool:
    """A day that was told and of which nothing is left is told again: an import was taken back, or what a
    person alone said of it. Where readings were only dropped for their age, its record stands."""
    return before is not None and (record is None or Quality.EDITED.value in before.quality)
