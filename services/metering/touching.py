"""Which days have to be settled again: those that new readings touch, and known ones whose ground changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import text

from contracts.codes import Kind, Quantity
from services.kit.unit import Unit
from services.metering import fresh
from services.metering.bounds import NEAR, between, midnight
from services.metering.days import Calendar, day_sql
from services.metering.fresh import Group
from services.metering.registers import CONTEXT, REACH_MINUTES

CHANNEL = "metering_dirty"
"""NOTIFY channel: days wait to be settled."""

SETTLED_BY = {
    Quantity.ENERGY_IMPORT: Quantity.ENERGY_IMPORT,
    Quantity.POWER: Quantity.ENERGY_IMPORT,
    Quantity.APPARENT_POWER: Quantity.ENERGY_IMPORT,
    Quantity.ENERGY_EXPORT: Quantity.ENERGY_EXPORT,
    Quantity.VOLUME: Quantity.VOLUME,
    Quantity.HEAT: Quantity.HEAT,
}
"""Which settled quantity a reading bears on; voltage and temperature are kept and not settled."""


async def mark_around(connection: AsyncConnection[Any], first: datetime, last: datetime) -> None:
    """Mark what the single readings in `stage_fresh` touch; `first` and `last` are the outermost of them.

    Nearly always the days around hold all the context that counts. Of a register that speaks seldom,
    or was silent, everything is looked at.
    """
    low, high = first - NEAR, last + NEAR
    bounds = {f"bounds_{alias}": between(alias, low, high) for alias in "bar"}
    bounds |= {"low": midnight(low), "high": midnight(high, 1)}
    cursor = await connection.execute(_MARK.format(which="true", **bounds))
    if seldom := [row[0] for row in await cursor.fetchall()]:
        await connection.execute(_MARK_SELDOM, {"seldom": seldom})


async def mark_intervals(
    connection: AsyncConnection[Any], groups: Mapping[fresh.Key, Group], calendars: Mapping[str, Calendar]
) -> None:
    """Mark the days of new intervals. They say something of those beside them only where a register was
    silent over midnight, see `tellers`."""
    days = set()
    for (meter, _, day), one in groups.items():
        target = SETTLED_BY.get(Quantity(one.quantity))
        if target is None:
            continue
        days.add((one.coop, meter, target.value, day))
        calendar, end_us = calendars[meter], one.last_us + one.step_s * 1_000_000
        while (civil := calendar.day(day)).end_us < end_us:  # the last one reaches into the next day
            day = civil.day + timedelta(days=1)
            days.add((one.coop, meter, target.value, day))
    coops, meters, quantities, dates = (list(column) for column in zip(*sorted(days), strict=True))
    await connection.execute(
        _MARK_DAYS, {"coops": coops, "meters": meters, "quantities": quantities, "days": dates}
    )


async def mark(unit: Unit, where: str, values: Mapping[str, Any]) -> None:
    """Mark known days of `metering.day` dirty, e.g. for new prices; `where` is SQL on alias `d`."""
    await unit.session.execute(
        text(
            "INSERT INTO metering.dirty_day (coop, meter, quantity, day)"  # noqa: S608
            f" SELECT d.coop, d.meter, d.quantity, d.day FROM metering.day d WHERE {where}"
        ),
        values,
    )
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))


_MARK_DAYS = f"""
WITH new AS (
    SELECT * FROM unnest(%(coops)b::text[], %(meters)b::text[], %(quantities)b::text[], %(days)b::date[])
        w(coop, meter, quantity, day))
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT * FROM new
UNION SELECT n.coop, n.meter, n.quantity, n.day + beside
FROM new n
JOIN metering.meter_register g ON g.meter = n.meter AND g.register = n.quantity
    AND g.kind = '{Kind.REGISTER}' AND g.first_instant IS NOT NULL
CROSS JOIN (VALUES (-1), (1)) b(beside)
"""  # noqa: S608 - only a constant is formatted in

# A register reading changes what lies between its neighbours, and what is believed within its reach; near a
# value that drops the whole context counts. A momentary power reaches ten minutes each way.
# Answers with the registers whose context does not lie within the bounds.
_MARK = f"""
WITH near AS MATERIALIZED (
    SELECT f.*, n.low AS near_low, n.high AS near_high,
        f.kind = '{Kind.REGISTER}' AND (
            (before.readings < {CONTEXT} AND g.first_instant < {{low}})
            OR (after.readings < {CONTEXT} AND s.watermark >= {{high}})) AS is_seldom
    FROM stage_fresh f
    JOIN metering.meter_register g ON g.meter = f.meter AND g.register = f.register
    LEFT JOIN metering.meter_state s ON s.meter = f.meter
    CROSS JOIN LATERAL (
        SELECT min(p.instant) AS until, count(*) AS readings FROM (
            SELECT b.instant FROM metering.reading_row b
            WHERE f.kind = '{Kind.REGISTER}' AND b.meter = f.meter AND b.register = f.register
              AND b.instant < f.first AND {{bounds_b}}
            ORDER BY b.instant DESC LIMIT {CONTEXT}) p
    ) before
    CROSS JOIN LATERAL (
        SELECT max(p.instant) AS until, count(*) AS readings FROM (
            SELECT a.instant FROM metering.reading_row a
            WHERE f.kind = '{Kind.REGISTER}' AND a.meter = f.meter AND a.register = f.register
              AND a.instant > f.last AND {{bounds_a}}
            ORDER BY a.instant LIMIT {CONTEXT}) p
    ) after
    CROSS JOIN LATERAL (
        SELECT CASE WHEN bool_or(n.drops) THEN min(n.instant)
                    ELSE max(n.instant) FILTER (WHERE n.instant < f.first) END AS low,
               CASE WHEN bool_or(n.drops) THEN max(n.instant)
                    ELSE min(n.instant) FILTER (WHERE n.instant > f.last) END AS high
        FROM (
            SELECT r.instant, r.value_milli < lag(r.value_milli) OVER (ORDER BY r.instant) AS drops
            FROM metering.reading_row r
            WHERE f.kind = '{Kind.REGISTER}' AND r.meter = f.meter AND r.register = f.register
              AND r.instant >= coalesce(before.until, f.first) AND r.instant <= coalesce(after.until, f.last)
              AND {{bounds_r}}
        ) n
    ) n
    WHERE f.is_single AND {{which}}
), marked AS (
    INSERT INTO metering.dirty_day (coop, meter, quantity, day)
    SELECT DISTINCT f.coop, f.meter, q.target, d.day::date
    FROM near f
    JOIN (VALUES {", ".join(f"('{quantity}', '{target}')" for quantity, target in SETTLED_BY.items())})
        AS q(quantity, target) ON q.quantity = f.quantity
    CROSS JOIN LATERAL (
        SELECT CASE f.kind WHEN '{Kind.REGISTER}'
                           THEN least(f.near_low, f.first - interval '{REACH_MINUTES} minutes')
                               - interval '1 microsecond'
                           WHEN '{Kind.SAMPLE}' THEN f.first - interval '10 minutes' ELSE f.first END AS low,
               CASE f.kind WHEN '{Kind.REGISTER}'
                           THEN greatest(f.near_high, f.last + interval '{REACH_MINUTES} minutes')
                           WHEN '{Kind.SAMPLE}' THEN f.last + interval '10 minutes'
                           ELSE f.last + f.step_s * interval '1 second' END
                   - interval '1 microsecond' AS high
    ) reach
    CROSS JOIN LATERAL generate_series({day_sql("reach.low", "f.zone", "f.first_hour")},
        {day_sql("reach.high", "f.zone", "f.first_hour")}, interval '1 day') d(day)
    WHERE NOT f.is_seldom
)
SELECT DISTINCT meter || '/' || register FROM near WHERE is_seldom
"""  # noqa: S608 - only constants are formatted in

_MARK_SELDOM = _MARK.format(
    which="f.meter || '/' || f.register = ANY(%(seldom)s)", low="'-infinity'", high="'infinity'",
    bounds_b="true", bounds_a="true", bounds_r="true",
)  # fmt: skip

# In a feed of history only its own time counts; where it is about today, so does the time between words.
