"""Readings into the store, by the set: COPY to a staging table, insert what is new, count it, have its days
marked (see `touching`).

Staging is needed because PostgreSQL refuses COPY into a table under row-level security. Rows are always
written in key order, so that two workers cannot wait for each other in a circle. Counting comes before
marking, for it takes each meter's state: of two workers with readings of one meter, the one that marks last
sees what the other stored, and the days between their readings are marked.

Intervals of a regular step go to rows of whole days, see `interval_rows`; all else is a row each, in
`metering.reading_row`. It has a partition a day: what is asked of it carries literal bounds in whole days
around the batch, so that PostgreSQL plans and locks these partitions only, and keeps the plan for the next.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from services.kit.unit import Unit
from services.metering import copying, fresh, interval_rows, interval_store, partitions, touching
from services.metering.admission import Verdict
from services.metering.bounds import between
from services.metering.copying import Series
from services.metering.days import Calendar, day_sql, instant_of
from services.metering.fresh import Group
from services.metering.interval_rows import DAY_US, DayRow, day_of


@dataclass(slots=True)
class Tally:
    """What became of one meter's readings in a batch."""

    coop: str
    calendar: Calendar
    received_at: datetime
    verdicts: Counter[Verdict] = field(default_factory=Counter)


async def store(unit: Unit, series: Sequence[Series], tallies: Mapping[str, Tally]) -> list[str]:
    """Store what was admitted, count, mark dirty days. Returns the meters that were silent and spoke."""
    found = interval_rows.split(series)
    days = {us // DAY_US for one in found.singles for us, _ in one.points} | {key[2] for key in found.days}
    await partitions.find_homes(unit, {day_of(day) for day in days})
    connection = await unit.driver()
    await _stage(connection, found.singles, tallies)
    span = await _insert(connection, found.singles, tallies) if found.singles else None
    of_days: dict[fresh.Key, Group] = {}
    if found.days:
        new = await interval_store.keep(connection, found.days, found.others)
        of_days = fresh.groups(_as_series(new), _calendars(tallies))
        await _stage_fresh(connection, of_days, tallies, is_single=False)
    await connection.execute(_COUNT)
    if span is not None or of_days:
        await connection.execute(_REGISTERS)
    if span is not None:
        await touching.mark_around(connection, *span)
    if of_days:
        await touching.mark_intervals(connection, of_days, _calendars(tallies))
    cursor = await connection.execute(_HEARD, {"meters": sorted(tallies)})
    heard = [row[0] for row in await cursor.fetchall()]
    if span is not None or of_days:
        await connection.execute(f"NOTIFY {touching.CHANNEL}")
    return heard


def _as_series(days: Mapping[interval_rows.Key, DayRow]) -> Iterable[Series]:
    for key, row in days.items():
        meter, register, _ = key
        step_s = row.step_us // 1_000_000
        yield Series(
            meter, register, row.coop, row.quantity, row.kind, step_s, "", row.received_at[0], row.points(key)
        )


def _calendars(tallies: Mapping[str, Tally]) -> dict[str, Calendar]:
    return {meter: tally.calendar for meter, tally in tallies.items()}


async def _insert(
    connection: AsyncConnection[Any], series: Sequence[Series], tallies: Mapping[str, Tally]
) -> tuple[datetime, datetime] | None:
    """Insert what is new and stage it by day; returns its first and last instant, None when nothing is new.

    Nearly always all of it is, and its days are known here: the database is asked to tell the new from the
    old only when some is not, for that costs twice as much.
    """
    await connection.execute("SAVEPOINT before")
    try:
        await connection.execute(_INSERT_ALL)
    except UniqueViolation:
        await connection.execute("ROLLBACK TO SAVEPOINT before")
    else:
        groups = fresh.groups(series, _calendars(tallies))
        await _stage_fresh(connection, groups, tallies, is_single=True)
        return (
            instant_of(min(one.first_us for one in groups.values())),
            instant_of(max(one.last_us for one in groups.values())),
        )
    cursor = await connection.execute(_INSERT)
    stored, first, last = await cursor.fetchone() or (0, None, None)
    await _disagree(connection)
    return (first, last) if stored and first and last else None


async def _stage_fresh(
    connection: AsyncConnection[Any],
    groups: Mapping[fresh.Key, Group],
    tallies: Mapping[str, Tally],
    *,
    is_single: bool,
) -> None:
    lines = (
        (
            meter, one.coop, tallies[meter].calendar.zone, tallies[meter].calendar.first_hour, register,
            one.quantity, one.kind, one.step_s, day, instant_of(one.first_us), instant_of(one.last_us),
            one.count, is_single,
        )
        for (meter, register, day), one in groups.items()
    )  # fmt: skip
    async with connection.cursor().copy("COPY stage_fresh FROM STDIN") as copy:
        await copy.write(_lines(lines))


async def _disagree(connection: AsyncConnection[Any]) -> None:
    cursor = await connection.execute("SELECT min(instant), max(instant) FROM stage_reading")
    if bounds := await cursor.fetchone():
        await connection.execute(_DISAGREE.format(bounds=between("r", *bounds)))


async def _stage(
    connection: AsyncConnection[Any], series: Sequence[Series], tallies: Mapping[str, Tally]
) -> None:
    await connection.execute(_STAGING, prepare=False)  # several statements in one round trip
    cursor = connection.cursor()
    counted = (
        (
            meter, tally.coop, tally.calendar.zone, tally.calendar.first_hour,
            tally.received_at.isoformat(), tally.verdicts.total(),
            tally.verdicts[Verdict.ADMITTED], tally.verdicts[Verdict.NO_CONSENT],
            tally.verdicts[Verdict.OUTSIDE_OCCUPANCY],
        )
        for meter, tally in tallies.items()
    )  # fmt: skip
    async with cursor.copy("COPY stage_meter FROM STDIN") as copy:
        await copy.write(_lines(counted))
    if series:
        async with cursor.copy("COPY stage_reading FROM STDIN (FORMAT binary)") as copy:
            await copy.write(copying.rows(series))


def _lines(rows: Iterable[tuple[Any, ...]]) -> str:
    """COPY text format. Fields come from closed patterns without tab, newline or backslash."""
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


_STAGING = f"""
CREATE TEMP TABLE IF NOT EXISTS stage_reading ({copying.COLUMNS}) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS stage_meter (
    meter text, coop text, zone text, first_hour int, received_at timestamptz, received bigint,
    admitted bigint, no_consent bigint, outside bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS stage_fresh (
    meter text, coop text, zone text, first_hour int, register text, quantity text, kind text,
    step_s int, day date, first timestamptz, last timestamptz, rows bigint, is_single boolean
) ON COMMIT DELETE ROWS
"""

# A temporary table is scanned as written, so in key order: sorting here would cost a sixth of the whole.
_INSERT_ALL = """
INSERT INTO metering.reading_row
    (meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at)
SELECT meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at
FROM stage_reading
"""
_INSERT = f"""
WITH fresh AS ({_INSERT_ALL}
    ON CONFLICT DO NOTHING
    RETURNING meter, register, instant, quantity, kind, step_s
), grouped AS (
    INSERT INTO stage_fresh
    SELECT f.meter, m.coop, m.zone, m.first_hour, f.register, f.quantity, f.kind, f.step_s,
           {day_sql("f.instant", "m.zone", "m.first_hour")}, min(f.instant), max(f.instant), count(*), true
    FROM fresh f JOIN stage_meter m ON m.meter = f.meter
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    RETURNING rows, first, last
)
SELECT coalesce(sum(rows), 0)::bigint, min(first), max(last) FROM grouped
"""  # noqa: S608 - only constants are formatted in

_DISAGREE = """
INSERT INTO metering.disagreement (meter, register, instant, value_milli, coop, received_at)
SELECT s.meter, s.register, s.instant, s.value_milli, s.coop, s.received_at
FROM stage_reading s JOIN metering.reading_row r
    ON r.meter = s.meter AND r.register = s.register AND r.instant = s.instant AND {bounds}
WHERE r.value_milli <> s.value_milli
ORDER BY 1, 2, 3, 4
ON CONFLICT DO NOTHING
"""

# Single rows are looked for from `first_instant` on; a register that has none says so by having none.
_REGISTERS = """
INSERT INTO metering.meter_register AS k (meter, register, coop, quantity, kind, step_s, first_instant)
SELECT f.meter, f.register, f.coop, f.quantity, f.kind, f.step_s, min(f.first) FILTER (WHERE f.is_single)
FROM stage_fresh f LEFT JOIN metering.meter_register g ON g.meter = f.meter AND g.register = f.register
WHERE g.meter IS NULL OR f.is_single AND (g.first_instant IS NULL OR f.first < g.first_instant)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2
ON CONFLICT (meter, register) DO UPDATE SET first_instant = least(k.first_instant, excluded.first_instant)
"""

# What one batch brings may be hours of a device's own words, or days of them after an outage: registers and
# powers are spoken one by one, so between them counts the longest of their spacing and the pause before them
# (in `excluded.habit_s`; 0 where the batch does not tell). A curve of intervals is one word.
_GAP = """ceil(extract(epoch FROM greatest(
            least(excluded.watermark - s.watermark, nullif(excluded.habit_s, 0) * interval '1 second'),
            CASE WHEN excluded.heard_at - excluded.watermark < interval '3 days'
                 THEN excluded.heard_at - s.heard_at END)))::bigint"""
_FORGETS_S = 10 * 86_400
"""A habit that is no longer kept fades by as much as the time that passes is of this."""

# With its offset the question is asked of each day by index; without, all closed days might be read at once.
_COUNT = f"""
INSERT INTO metering.meter_state AS s
    (meter, coop, watermark, heard_at, habit_s, received, stored, duplicate, late, discarded_no_consent,
     discarded_outside_occupancy)
SELECT m.meter, m.coop, f.watermark, m.received_at,
       CASE WHEN r.spacing IS NULL THEN 0
            ELSE ceil(extract(epoch FROM greatest(r.spacing, r.first - k.watermark))) END,
       m.received, coalesce(f.stored, 0),
       m.admitted - coalesce(f.stored, 0), coalesce(f.late, 0), m.no_consent, m.outside
FROM stage_meter m LEFT JOIN (
    SELECT f.meter, max(f.last) AS watermark, sum(f.rows) AS stored,
           sum(f.rows) FILTER (WHERE EXISTS (
               SELECT 1 FROM metering.series d JOIN metering.day_row e ON e.series = d.id
               WHERE d.meter = f.meter AND e.day = f.day OFFSET 0)) AS late
    FROM stage_fresh f GROUP BY f.meter
) f ON f.meter = m.meter LEFT JOIN (
    SELECT g.meter, min(g.first) AS first,
           min((g.last - g.first) / (g.rows - 1)) FILTER (WHERE g.rows > 1) AS spacing
    FROM (SELECT meter, register, min(first) AS first, max(last) AS last, sum(rows) AS rows
          FROM stage_fresh WHERE kind <> 'interval' GROUP BY meter, register) g
    GROUP BY g.meter
) r ON r.meter = m.meter LEFT JOIN metering.meter_state k ON k.meter = m.meter
ORDER BY m.meter
ON CONFLICT (meter) DO UPDATE SET
    watermark = greatest(s.watermark, excluded.watermark),
    heard_at = greatest(s.heard_at, excluded.heard_at),
    habit_s = CASE
        WHEN s.watermark IS NULL OR excluded.watermark IS NULL OR excluded.watermark <= s.watermark
            THEN s.habit_s
        WHEN s.habit_s = 0 THEN {_GAP}
        ELSE greatest(least({_GAP}, s.habit_s * 4),
             s.habit_s - ceil(s.habit_s::numeric * least({_GAP}, {_FORGETS_S}) / {_FORGETS_S})::bigint)
    END,
    received = s.received + excluded.received,
    stored = s.stored + excluded.stored,
    duplicate = s.duplicate + excluded.duplicate,
    late = s.late + excluded.late,
    discarded_no_consent = s.discarded_no_consent + excluded.discarded_no_consent,
    discarded_outside_occupancy = s.discarded_outside_occupancy + excluded.discarded_outside_occupancy
"""  # noqa: S608 - only constants are formatted in

_HEARD = """
UPDATE metering.meter_state SET silent_since = NULL
WHERE meter = ANY(%(meters)s) AND silent_since IS NOT NULL RETURNING meter
"""
