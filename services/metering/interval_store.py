"""Days of intervals into their rows: a new day is one plain insert, all else is merged under its row's lock.

Rows are inserted and locked in key order, so that two workers cannot wait for each other in a circle.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from services.kit.unit import Unit
from services.metering.days import instant_of
from services.metering.interval_rows import DAY_US, DayRow, Key, Other, day_of, number_of, quantity_of

_INSERT = """
INSERT INTO metering.interval_row (meter, register, day, coop, amounts, codecs, received_at)
SELECT w.meter, w.register, w.day, w.coop, CAST(w.amounts AS bigint[]), ARRAY[w.codec], ARRAY[w.received_at]
FROM unnest(%(meters)b::text[], %(registers)b::text[], %(days)b::date[], %(coops)b::text[],
    %(amounts)b::text[], %(codecs)b::text[], %(received)b::timestamptz[])
    w(meter, register, day, coop, amounts, codec, received_at)
ON CONFLICT DO NOTHING
RETURNING meter, register, day
"""
_LOCK = """
SELECT r.meter, r.register, r.day, r.coop, r.amounts, r.codecs, r.received_at
FROM metering.interval_row r
JOIN unnest(%(meters)b::text[], %(registers)b::text[], %(days)b::date[]) w(meter, register, day)
    ON r.meter = w.meter AND r.register = w.register AND r.day = w.day
WHERE {bounds}
ORDER BY 1, 2, 3 FOR UPDATE OF r
"""
_CHANGE = """
UPDATE metering.interval_row r SET amounts = CAST(w.amounts AS bigint[]), codecs = CAST(w.codecs AS text[]),
    received_at = CAST(w.received AS timestamptz[])
FROM unnest(%(meters)b::text[], %(registers)b::text[], %(days)b::date[], %(amounts)b::text[],
    %(codecs)b::text[], %(received)b::text[]) w(meter, register, day, amounts, codecs, received)
WHERE r.meter = w.meter AND r.register = w.register AND r.day = w.day AND {bounds}
"""
_OF_METERS = """
SELECT r.meter, r.register, r.day, r.coop, r.amounts, r.codecs, r.received_at FROM metering.interval_row r
WHERE r.meter = ANY(%(meters)s) AND {bounds} ORDER BY 1, 2, 3 FOR UPDATE
"""
_DELETE = """
DELETE FROM metering.interval_row r
USING unnest(%(meters)b::text[], %(registers)b::text[], %(days)b::date[]) w(meter, register, day)
WHERE r.meter = w.meter AND r.register = w.register AND r.day = w.day AND {bounds}
"""
_DISAGREE = """
INSERT INTO metering.disagreement (meter, register, instant, value_milli, coop, received_at)
SELECT * FROM unnest(%(meters)b::text[], %(registers)b::text[], %(instants)b::timestamptz[],
    %(values)b::bigint[], %(coops)b::text[], %(received)b::timestamptz[])
ORDER BY 1, 2, 3, 4
ON CONFLICT DO NOTHING
"""


async def keep(
    connection: AsyncConnection[Any], days: Mapping[Key, DayRow], others: Iterable[Other]
) -> dict[Key, DayRow]:
    """Store what is new of these days and note what contradicts what is there. Returns what was new."""
    fresh: dict[Key, DayRow] = {}
    contrary = list(others)
    waiting = sorted(days)
    while waiting:
        inserted = await _insert(connection, [(key, days[key]) for key in waiting])
        fresh |= {key: days[key] for key in waiting if key in inserted}
        waiting = [key for key in waiting if key not in inserted]
        if waiting:
            merged = await _merge(connection, {key: days[key] for key in waiting}, fresh, contrary)
            waiting = [key for key in waiting if key not in merged]  # deleted meanwhile: again
    if contrary:
        await _disagree(connection, contrary)
    return fresh


async def remove(
    unit: Unit,
    meters: Iterable[str],
    goes: Callable[[str, str, datetime], bool],
    first: date = date.min,
    last: date = date.max - timedelta(days=1),
) -> None:
    """Delete the intervals of which `goes` says so by meter, quantity and start; a row goes with its last
    one. Only UTC days from `first` to `last` are looked at."""
    connection = await unit.driver()
    changed: list[tuple[Key, DayRow]] = []
    emptied: list[Key] = []
    statement = _OF_METERS.format(bounds=days_between("r", first, last))
    cursor = await connection.execute(statement, {"meters": sorted(set(meters))})
    for meter, register, day, coop, amounts, codecs, received in await cursor.fetchall():
        key, quantity = (meter, register, number_of(day)), quantity_of(register)
        row = DayRow(coop, quantity, "interval", amounts, codecs, received)
        gone = [us for us, _ in row.points(key) if goes(meter, quantity, instant_of(us))]
        for us in gone:
            amounts[us % DAY_US // row.step_us] = None
        if amounts.count(None) == len(amounts):
            emptied.append(key)
        elif gone:
            changed.append((key, row))
    if changed:
        await _change(connection, changed)
    if emptied:
        await connection.execute(_DELETE.format(bounds=_bounds(emptied)), _keys(emptied))


async def _insert(connection: AsyncConnection[Any], days: Sequence[tuple[Key, DayRow]]) -> set[Key]:
    """Days that nobody has stored anything of, whole; those with more than one origin are marked after."""
    cursor = await connection.execute(
        _INSERT,
        _keys(key for key, _ in days)
        | {
            "coops": [row.coop for _, row in days],
            "amounts": [_array(row.amounts) for _, row in days],
            "codecs": [row.codecs[0] for _, row in days],
            "received": [row.received_at[0] for _, row in days],
        },
    )
    inserted = {(meter, register, number_of(day)) for meter, register, day in await cursor.fetchall()}
    if mixed := [(k, r) for k, r in days if k in inserted and max(len(r.codecs), len(r.received_at)) > 1]:
        await _change(connection, mixed)
    return inserted


async def _merge(
    connection: AsyncConnection[Any],
    days: Mapping[Key, DayRow],
    fresh: dict[Key, DayRow],
    others: list[Other],
) -> set[Key]:
    """Into rows that are there; returns which were. Adds to `fresh` and `others`."""
    cursor = await connection.execute(_LOCK.format(bounds=_bounds(days)), _keys(days))
    found: set[Key] = set()
    changed: list[tuple[Key, DayRow]] = []
    for meter, register, day, coop, amounts, codecs, received in await cursor.fetchall():
        key = (meter, register, number_of(day))
        found.add(key)
        said = days[key]
        known = DayRow(coop, said.quantity, said.kind, amounts, codecs, received)
        new, contrary = known.take(0, said.amounts, said.codecs, said.received_at)
        if new:
            changed.append((key, known))
            wanted = set(new)
            only = [value if n in wanted else None for n, value in enumerate(said.amounts)]
            fresh[key] = DayRow(said.coop, said.quantity, said.kind, only, said.codecs, said.received_at)
        for n in contrary:
            value = said.amounts[n]
            assert value is not None
            at = said.received_at[n] if len(said.received_at) > 1 else said.received_at[0]
            others.append(Other(meter, register, key[2] * DAY_US + n * said.step_us, value, said.coop, at))
    if changed:
        await _change(connection, changed)
    return found


async def _change(connection: AsyncConnection[Any], days: Sequence[tuple[Key, DayRow]]) -> None:
    keys = [key for key, _ in days]
    await connection.execute(
        _CHANGE.format(bounds=_bounds(keys)),
        _keys(keys)
        | {
            "amounts": [_array(row.amounts) for _, row in days],
            "codecs": [_words(row.codecs) for _, row in days],
            "received": [_words(at.isoformat() for at in row.received_at) for _, row in days],
        },
    )


async def _disagree(connection: AsyncConnection[Any], others: Sequence[Other]) -> None:
    await connection.execute(
        _DISAGREE,
        {
            "meters": [one.meter for one in others], "registers": [one.register for one in others],
            "instants": [instant_of(one.us) for one in others],
            "values": [one.value_milli for one in others], "coops": [one.coop for one in others],
            "received": [one.received_at for one in others],
        },
    )  # fmt: skip


def _keys(keys: Iterable[Key]) -> dict[str, list[Any]]:
    keys = list(keys)
    return {
        "meters": [meter for meter, _, _ in keys],
        "registers": [register for _, register, _ in keys],
        "days": [day_of(number) for _, _, number in keys],
    }


def _bounds(keys: Iterable[Key]) -> str:
    """SQL: literal, so that other partitions are left out when the statement is planned."""
    numbers = [number for _, _, number in keys]
    return days_between("r", day_of(min(numbers)), day_of(max(numbers)))


def days_between(alias: str, first: date, last: date) -> str:
    """SQL bounds on `day` of `metering.interval_row`, both included; literal, as in `bounds`."""
    return f"{alias}.day >= DATE '{first}' AND {alias}.day < DATE '{last + timedelta(days=1)}'"


def _array(amounts: Sequence[int | None]) -> str:
    """As PostgreSQL writes an array."""
    text = ",".join(map(str, amounts))
    return "{" + (text.replace("None", "NULL") if None in amounts else text) + "}"


def _words(words: Iterable[str]) -> str:
    return "{" + ",".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words) + "}"
