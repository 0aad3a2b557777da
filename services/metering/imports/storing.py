"""One stretch of a file into the store, in the caller's transaction: judged, compared, counted, kept."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from contracts.codes import Fluid, Kind, Quantity
from services.kit.unit import Unit
from services.metering import gas_factors, metrics, queries, registry, store
from services.metering.admission import Ground, Stay, Verdict, judge
from services.metering.copying import Point, Series
from services.metering.days import CivilDay, instant_of, microseconds
from services.metering.files import Row
from services.metering.imports import echoes
from services.metering.imports.comparing import FinalDay, Key, Outcome, Value, compare
from services.metering.imports.jobs import Job
from services.metering.packing import unpack
from services.metering.registry import Meter
from services.metering.retention import readings_are_gone
from services.metering.slots import Slot, Source

_KNOWN = """
SELECT register, instant, value_milli FROM metering.reading
WHERE meter = :meter AND register = ANY(:registers) AND instant >= :first AND instant <= :last
"""
_FINAL = f"""
SELECT d.quantity, d.day, d.value, d.packed, d.is_frozen FROM metering.day d
WHERE d.meter = :meter AND d.quantity = ANY(:quantities) AND d.day BETWEEN :first AND :last
  AND (d.is_frozen OR {readings_are_gone("d")})
"""  # noqa: S608 - only a constant is formatted in
_STATE = "SELECT * FROM metering.meter_state WHERE meter = :meter FOR UPDATE"
_AS_BEFORE = """
UPDATE metering.meter_state SET watermark = :watermark, heard_at = :heard_at, habit_s = :habit_s,
    silent_since = :silent_since, received = :received, stored = :stored, duplicate = :duplicate, late = :late
WHERE meter = :meter
"""
NEVER = timedelta(days=365)
"""A meter of which only files are known counts as quiet, so that its days close by the clock."""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('metering/import/' || :meter, 0))"


@dataclass(slots=True)
class Kept:
    """What became of a stretch."""

    counts: Counter[str] = field(default_factory=Counter)
    """`accepted`, `duplicate`, `conflict`, `no_consent`, `outside_occupancy`."""
    sums: Counter[Quantity] = field(default_factory=Counter)
    """Thousandths of what was accepted."""
    touched: set[str] = field(default_factory=set)
    """Occupancies that own accepted values."""
    seen: set[str] = field(default_factory=set)
    """Occupancies whose values the file was compared with: what agrees with them tells what they are."""
    days: set[date] = field(default_factory=set)
    """Civil days of all values within the household's period, new or not."""


class Said(NamedTuple):
    """Values of one import, and what they are recognised by."""

    codec: str
    stamp: datetime
    values: Sequence[Value]


def quantities_of(fluid: Fluid) -> frozenset[Quantity]:
    """What a file for such a meter may be about."""
    more = {Quantity.ENERGY_EXPORT} if fluid is Fluid.ELECTRICITY else set()
    return frozenset({*queries.QUANTITIES[fluid], *more})


async def meter_of(unit: Unit, meter: str) -> Meter | None:
    """The meter, its households and what they allow now."""
    return (await registry.meters(unit, [meter])).get(meter)


def ground_of(meter: Meter, bounds: Sequence[str] | None) -> Ground:
    """Where values may be kept: within `bounds`, where they are given."""
    if meter.dwelling is None:
        return meter.ground
    within = [o for o in meter.occupancies if bounds is None or o.id in bounds]
    return Ground(meter.coop, meter.calendar, [Stay(o.starts_at, o.ends_at, o.may_keep_days) for o in within])


async def take_turns(unit: Unit, meter: str) -> None:
    """Imports into one meter, and what takes one back, come one after the other: each waits here for the
    transaction of the one before, and holds nothing yet that the other may want."""
    await unit.session.execute(text(_ONE_AT_A_TIME), {"meter": meter})


async def keep(unit: Unit, job: Job, meter: Meter, rows: Sequence[Row]) -> Kept:
    """Store what may be stored, once; a dry run only counts. Imports into one meter take turns here, so
    that what is counted as new is new."""
    await take_turns(unit, meter.id)
    kept = Kept()
    values, parts = _admitted(job, meter, rows, kept)
    outcomes, stored = await _compared(unit, meter, values)
    for at, (value, outcome) in enumerate(zip(values, outcomes, strict=True)):
        kept.counts[outcome] += at not in parts
        day = _day(value, meter)
        kept.days.add(day)
        occupancy = meter.occupancy_on(day)
        if occupancy is not None:
            kept.seen.add(occupancy.id)
        if outcome is Outcome.ACCEPTED:
            kept.sums[value.quantity] += value.value_milli
            if occupancy is not None:
                kept.touched.add(occupancy.id)
    if not job.dry_run:
        new = [
            value
            for value, outcome in zip(values, outcomes, strict=True)
            if outcome is Outcome.ACCEPTED or (outcome is Outcome.CONFLICT and value.key in stored)
        ]
        await store_values(unit, meter, [Said(job.codec, job.stamp, new)])
        await echoes.keep(unit, job.id, meter, _known(values, outcomes, stored))
        if meter.fluid is Fluid.GAS:
            await gas_factors.keep(unit, meter, job.stamp, _factors(meter, rows, kept.days))
        for result, count in kept.counts.items():
            metrics.FILE_VALUES.labels(result).inc(count)
    return kept


def _known(
    values: Sequence[Value], outcomes: Sequence[Outcome], stored: Mapping[Key, int]
) -> list[echoes.Echo]:
    """What the file says of times that were known before: it stands when the other is taken back. Days that
    are final have no readings that could be."""
    known = []
    new = {value.key for value, outcome in zip(values, outcomes, strict=True) if outcome is Outcome.ACCEPTED}
    for value, outcome in zip(values, outcomes, strict=True):
        is_known = value.key in stored or value.measured_key in stored
        if outcome is not Outcome.ACCEPTED and is_known and value.key not in new:
            is_same = stored.get(value.key) == value.value_milli
            known.append(
                echoes.Echo(value.key[0], value.step_s, value.us, None if is_same else value.value_milli)
            )
    return known


def _admitted(job: Job, meter: Meter, rows: Sequence[Row], kept: Kept) -> tuple[list[Value], Set[int]]:
    """The values that may be kept, and which of them are further parts of a line."""
    ground = ground_of(meter, job.bounds)
    values: list[Value] = []
    parts: set[int] = set()
    for row in rows:
        verdict = judge(ground, meter.coop, Kind.INTERVAL, row.start)
        if verdict is Verdict.ADMITTED:
            us = microseconds(row.start)
            if row.is_continued:
                parts.add(len(values))
            values.append(Value(row.quantity, row.step_s, us, row.value_milli, row.is_estimated))
        else:
            kept.counts[verdict] += not row.is_continued
    return values, parts


async def _compared(
    unit: Unit, meter: Meter, values: Sequence[Value]
) -> tuple[list[Outcome], dict[Key, int]]:
    """What becomes of each value, and what is stored of their keys."""
    if not values:
        return [], {}
    first, last = min(value.us for value in values), max(value.us for value in values)
    registers = {register for value in values for register, _ in (value.key, value.measured_key)}
    known = await unit.session.execute(
        text(_KNOWN),
        {
            "meter": meter.id, "registers": sorted(registers),
            "first": instant_of(first), "last": instant_of(last),
        },
    )  # fmt: skip
    stored: dict[Key, int] = {
        (register, microseconds(instant)): value_milli for register, instant, value_milli in known
    }
    days = await unit.session.execute(
        text(_FINAL),
        {
            "meter": meter.id, "quantities": sorted({value.quantity.value for value in values}),
            "first": meter.calendar.day_of(instant_of(first)) - timedelta(days=1),
            "last": meter.calendar.day_of(instant_of(last)) + timedelta(days=1),
        },
    )  # fmt: skip
    final = {(Quantity(row.quantity), row.day): _final(row, meter.calendar.day(row.day)) for row in days}
    return compare(values, stored, final, meter.calendar), stored


def _final(row: Any, civil: CivilDay) -> FinalDay:
    if row.packed is None:
        return FinalDay(civil, row.value, None)
    slots = unpack(row.packed)
    values = tuple(slot.value for slot in slots)
    if row.is_frozen:
        return FinalDay(civil, row.value, values)
    return FinalDay(
        civil, row.value, values, _outranked(slots, Source.FILE), _outranked(slots, Source.TOLD_ESTIMATE)
    )


def _outranked(slots: Sequence[Slot], source: Source) -> frozenset[int]:
    """Half-hours that `source` may still change."""
    return frozenset(
        n for n, slot in enumerate(slots) if slot.value is None or slot.source.rank > source.rank
    )


async def store_values(unit: Unit, meter: Meter, said: Sequence[Said]) -> None:
    """New values of imports, and those that contradict a stored one, so that both can be shown; at most once
    in a transaction. A file is not the meter's voice: when it was last heard, its habits and its silence stay
    as they were."""
    series = []
    for one in said:
        by_register: dict[tuple[str, Quantity, int], list[Point]] = defaultdict(list)
        for value in one.values:
            by_register[value.key[0], value.quantity, value.step_s].append((value.us, value.value_milli))
        series += [
            Series(
                meter.id, register, meter.coop, quantity.value, Kind.INTERVAL.value, step_s, one.codec,
                one.stamp, points,
            )
            for (register, quantity, step_s), points in by_register.items()
        ]  # fmt: skip
    if not series:
        return
    stamp = said[0].stamp
    count = sum(len(one.values) for one in said)
    before: Any = (await unit.session.execute(text(_STATE), {"meter": meter.id})).one_or_none()
    tally = store.Tally(meter.coop, meter.calendar, stamp, Counter({Verdict.ADMITTED: count}))
    await store.store(unit, series, {meter.id: tally})
    state = dict.fromkeys(("habit_s", "received", "stored", "duplicate", "late"), 0) | {
        "meter": meter.id, "watermark": None, "heard_at": stamp - NEVER, "silent_since": None,
    }  # fmt: skip
    await unit.session.execute(text(_AS_BEFORE), dict(before._mapping) if before else state)


def _factors(meter: Meter, rows: Sequence[Row], days: Set[date]) -> dict[date, int]:
    """The network's own conversion of each day that may be kept, where the file gives one."""
    return {
        day: row.factor_milli
        for row in rows
        if row.factor_milli and (day := meter.calendar.day_of(row.start)) in days
    }


def _day(value: Value, meter: Meter) -> date:
    return meter.calendar.day_of(instant_of(value.us))
