"""Where readings lie: a partition a UTC day, made ahead and dropped whole; months for history behind it.

Single readings (`reading_row`) and days of intervals (`interval_row`) have the same partitions, made and
dropped together.

- The hot window (`retention.yaml`) has one partition a day, made at start and every ten minutes for a week
  ahead. Storing touches one or two of them, settling a few: their time bounds are written into the
  statements, so that the others are neither planned nor locked.
- History that comes by import or replay finds a partition made when its first reading arrives: its whole
  month where that lies behind the hot window, else its day.
- What has no partition goes to the default one: nothing is lost or refused. In the hot window that is an
  alarm (`missing`, counted and logged, shown to operators); the readings are moved as soon as possible. Older
  ones may stay there: a register's last words, see `retention`, and stragglers of days already dropped.
- A partition is dropped once its days are old enough and nothing came into it lately, all its days are
  settled and none is open. Making one waits only for who uses the default one; dropping needs all of
  both tables for a moment. Both stand in line for moments only, a dozen times, and are tried again later.

The work role owns no table: two functions of the schema's owner do this within narrow bounds.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit.room import Room
from services.kit.unit import Unit
from services.metering import metrics, retention

_LOG = logging.getLogger(__name__)

EVERY_SECONDS = 600.0
RETENTION_EVERY_SECONDS = 3_600.0
_KNOWN_FOR_SECONDS = 300.0
_DAY = timedelta(days=1)
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('metering/partitions', 0))"
_ALL = "SELECT first, until FROM metering.reading_partitions() ORDER BY first"
_MISSING = """
SELECT (SELECT count(*) FROM metering.reading__pdefault WHERE instant >= :since)
    + (SELECT coalesce(sum(cardinality(array_remove(amounts, NULL))), 0)
       FROM metering.interval__pdefault WHERE day >= :day)
"""
_MISSING_DAYS = """
SELECT DISTINCT (instant AT TIME ZONE 'UTC')::date FROM metering.reading__pdefault WHERE instant >= :since
UNION SELECT DISTINCT day FROM metering.interval__pdefault WHERE day >= :day
"""
_LATEST_ARRIVAL = """
SELECT greatest(
    (SELECT max(received_at) FROM metering.reading_row WHERE instant >= :low AND instant < :high),
    (SELECT max(a.at) FROM metering.interval_row p CROSS JOIN LATERAL unnest(p.received_at) a(at)
     WHERE p.day >= :first AND p.day < :until))
"""
_UNFINISHED = """
SELECT EXISTS (SELECT 1 FROM metering.dirty_day d WHERE d.day >= :first AND d.day <= :until)
    OR EXISTS (SELECT 1 FROM metering.open_day o JOIN registry.coop c ON c.slug = o.coop
               WHERE NOT c.sandbox AND o.day >= :first AND o.day <= :until)
"""
_STRAGGLING_DAYS = """
DELETE FROM metering.interval__pdefault p
WHERE p.day < CAST(:old AS timestamptz)::date
  AND NOT EXISTS (SELECT 1 FROM unnest(p.received_at) a(at) WHERE a.at >= :old)
  AND (p.day < CAST(:oldest AS timestamptz)::date OR EXISTS (
    SELECT 1 FROM metering.meter_state s
    WHERE s.meter = p.meter AND s.watermark >= p.day + CAST(:hot AS interval)))
"""
# Last words stay until their meter has spoken for long enough, whatever else is here until it is old.
_STRAGGLERS = """
DELETE FROM metering.reading__pdefault r
WHERE r.instant < :old AND r.received_at < :old AND (r.instant < :oldest OR EXISTS (
    SELECT 1 FROM metering.meter_state s
    WHERE s.meter = r.meter AND s.watermark >= r.instant + CAST(:hot AS interval)))
"""


class Meanwhile(Exception):
    """Readings came into a partition while it was dropped, which is undone."""


Span = tuple[date, date]
"""UTC days of one partition, the last excluded."""


@dataclass(slots=True)
class _Known:
    """Days that have a partition, as far as this process knows."""

    days: set[date]
    until: float


_known = _Known(set(), 0.0)


async def keeper(room: Room) -> None:
    """Make partitions ahead, bring home what has none, drop what is old: one worker at a time, for ever."""
    retained_at = -RETENTION_EVERY_SECONDS
    while not room.stopping.is_set():
        async with room.unit() as unit:
            await make_ahead(unit)
        async with room.unit() as unit:
            if missing := await count_missing(unit):
                _LOG.error("readings of the hot window lack a partition", extra={"readings": missing})
            metrics.WITHOUT_PARTITION.set(missing)
        if time.monotonic() - retained_at >= RETENTION_EVERY_SECONDS:
            retained_at = time.monotonic()
            await _retain(room)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room.stopping.wait(), EVERY_SECONDS)


async def make_ahead(unit: Unit) -> int:
    """The hot window, some days ahead, and days whose readings had to go without; how many were made."""
    if not await _is_ours(unit):
        return 0
    today = unit.wall.date()
    now = retention.rules(today)
    wanted = {today + n * _DAY for n in range(-now.readings_days, now.ahead_days + 1)}
    rows = await unit.session.execute(
        text(_MISSING_DAYS), {"since": _midnight(min(wanted)), "day": min(wanted)}
    )
    return await _make(unit, wanted | set(rows.scalars()), today)


async def find_homes(unit: Unit, days: Collection[date]) -> None:
    """See to it, before readings of these UTC days are stored, that they have a partition where they can.

    Quick when nothing is missing. A missing day of the hot window is an alarm: somebody should have made it.
    """
    if _known.until < time.monotonic():
        _known.days, _known.until = set(), time.monotonic() + _KNOWN_FOR_SECONDS
    unknown = set(days) - _known.days
    if not unknown:
        return
    homeless = unknown - await _covered(unit, unknown)
    if homeless:
        today = unit.wall.date()
        hot = today - timedelta(days=retention.rules(today).readings_days)
        if late := [day for day in homeless if day >= hot]:
            metrics.PARTITIONS_MISSED.inc(len(late))
            _LOG.error("no partition was made ahead", extra={"days": sorted(map(str, late))[:5]})
        try:
            async with unit.session.begin_nested():
                await _make(unit, homeless, today)
        except DBAPIError as error:
            if not _is_busy(error):
                raise
            _LOG.warning("a partition could not be made now", exc_info=True)
            return
    _known.days |= unknown


async def count_missing(unit: Unit) -> int:
    """Readings of the hot window that lie in the default partition: should be none."""
    today = unit.wall.date()
    day = today - timedelta(days=retention.rules(today).readings_days)
    found = await unit.session.execute(text(_MISSING), {"since": _midnight(day), "day": day})
    return int(found.scalar_one())


async def old(unit: Unit) -> list[Span]:
    """Partitions behind the hot window, the oldest first."""
    hot = unit.wall.date() - timedelta(days=retention.rules(unit.wall.date()).readings_days)
    spans = (await unit.session.execute(text(_ALL))).all()
    return [(first, until) for first, until in spans if until <= hot]


async def is_past(unit: Unit, span: Span) -> bool:
    """Whether an old partition's time is over: nothing came into it lately, and all its days are settled."""
    first, until = span
    latest = await unit.session.execute(
        text(_LATEST_ARRIVAL),
        {"low": _midnight(first), "high": _midnight(until), "first": first, "until": until},
    )
    came = latest.scalar_one()
    if came is not None and came > unit.wall - timedelta(
        days=retention.rules(unit.wall.date()).readings_days
    ):
        return False
    if await _has_unfinished(unit, span):
        _LOG.warning("old readings are kept: days of theirs are not settled", extra={"since": str(first)})
        return False
    return True


async def drop(unit: Unit, span: Span) -> None:
    """Drop one partition, all but the last words of registers that are silent since. Raises `Meanwhile` when
    something came into it since somebody looked."""
    await unit.session.execute(
        text("SELECT metering.drop_reading_partition(:first, :until)"), {"first": span[0], "until": span[1]}
    )
    _known.until = 0.0
    if await _has_unfinished(unit, span):
        raise Meanwhile


async def drop_stragglers(unit: Unit) -> None:
    """Of readings without a partition, delete what is old and no longer needed."""
    today = unit.wall.date()
    now = retention.rules(today)
    values = {
        "old": _midnight(today) - timedelta(days=now.readings_days),
        "oldest": _midnight(retention.months_before(today, now.household_curve_months)),
        "hot": timedelta(days=now.readings_days),
    }
    for statement in (_STRAGGLERS, _STRAGGLING_DAYS):
        await unit.session.execute(text(statement), values)


async def _retain(room: Room) -> None:
    """What cannot be had within the patience of the locks is left for the next time."""
    try:
        async with room.unit() as unit:
            spans = await old(unit)
        for span in spans:
            async with room.unit() as unit:
                if await _is_ours(unit) and await is_past(unit, span):
                    await drop(unit, span)
        async with room.unit() as unit:
            await drop_stragglers(unit)
        async with room.unit() as unit:
            await retention.apply(unit)
    except DBAPIError as error:
        if not _is_busy(error):
            raise
        _LOG.warning("retention goes on in an hour", exc_info=True)
    except Meanwhile:
        _LOG.warning("retention goes on in an hour: old readings came in")


async def _has_unfinished(unit: Unit, span: Span) -> bool:
    """Whether days of the partition wait to be settled: what comes in marks its days in the same moment."""
    first, until = span
    found = await unit.session.execute(text(_UNFINISHED), {"first": first - _DAY, "until": until})
    return bool(found.scalar_one())


async def _is_ours(unit: Unit) -> bool:
    return bool((await unit.session.execute(text(_LOCK))).scalar_one())


async def _covered(unit: Unit, days: Iterable[date]) -> set[date]:
    spans = (await unit.session.execute(text(_ALL))).all()
    return {day for day in days if any(first <= day < until for first, until in spans)}


async def _make(unit: Unit, days: Collection[date], today: date) -> int:
    hot = today - timedelta(days=retention.rules(today).readings_days)
    spans = [(first, until) for first, until in (await unit.session.execute(text(_ALL))).all()]
    made = 0
    for day in sorted(days):
        if any(first <= day < until for first, until in spans):
            continue
        month = day.replace(day=1)
        after = (month + timedelta(days=31)).replace(day=1)
        is_free = after <= hot and not any(first < after and until > month for first, until in spans)
        span = (month, after) if is_free else (day, day + _DAY)
        values = dict(zip(("first", "until"), span, strict=True))
        made += bool(
            (
                await unit.session.execute(
                    text("SELECT metering.add_reading_partition(:first, :until)"), values
                )
            ).scalar_one()
        )
        spans.append(span)
    return made


def _is_busy(error: DBAPIError) -> bool:
    """Somebody else held the table for longer than these functions wait."""
    return isinstance(error.orig, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
