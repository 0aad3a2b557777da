"""What an operator's pages ask about single meters: where they are, how they are heard, what to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from contracts.codes import Check, Quantity
from services.kit.unit import Unit
from services.metering import hearing
from services.metering.astray import found
from services.metering.days import CivilDay
from services.metering.touching import SETTLED_BY

MOST_READINGS = 400
_PLACE = """
LEFT JOIN registry.dwelling d ON d.id = m.dwelling
LEFT JOIN registry.building b ON b.id = m.building
"""
_WHERE_IT_IS = "coalesce(d.residence, b.residence, '') AS residence, coalesce(d.ref, b.ref, '') AS ref"
_METERS = f"""
SELECT m.id, m.coop, m.fluid, m.serial, m.zone, m.dwelling, {_WHERE_IT_IS}, s.watermark, s.silent_since,
       h.hearing
FROM registry.meter m {_PLACE} LEFT JOIN metering.meter_state s ON s.meter = m.id
CROSS JOIN LATERAL (SELECT {hearing.SQL} AS hearing) h
WHERE (CAST(:words AS text) IS NULL OR strpos(lower(concat_ws(' ', m.id, m.serial, d.residence, d.ref,
        b.residence, b.ref)), lower(:words)) > 0)
  AND (CAST(:state AS text) IS NULL
       OR (:state = 'silent' AND s.silent_since IS NOT NULL)
       OR (:state = 'unheard' AND h.hearing = 'never')
       OR (:state IN ('unreadable', 'files') AND h.hearing = :state)
       OR (:state = 'astray' AND EXISTS (SELECT 1 FROM metering.astray a
                                         WHERE a.device = m.id AND a.last_at > :astray_since))
       OR (:state = 'common' AND m.dwelling IS NULL))
  AND (CAST(:after_residence AS text) IS NULL
       OR (coalesce(d.residence, b.residence, ''), coalesce(d.ref, b.ref, ''), m.id)
          > (:after_residence, :after_ref, :after_id))
ORDER BY residence, ref, m.id LIMIT :limit
"""  # noqa: S608 - only constants are formatted in
_ONE = f"""
SELECT m.id, m.coop, m.fluid, m.serial, m.zone, m.dwelling, {_WHERE_IT_IS}, s.watermark, s.heard_at,
       s.habit_s, s.silent_since, s.received, s.stored, s.duplicate, s.late, s.discarded_no_consent,
       s.discarded_outside_occupancy, {hearing.SQL} AS hearing
FROM registry.meter m {_PLACE} LEFT JOIN metering.meter_state s ON s.meter = m.id WHERE m.id = :meter
"""  # noqa: S608 - only constants are formatted in
_QUANTITIES = """
SELECT quantity FROM metering.series WHERE meter = :meter
UNION SELECT quantity FROM metering.open_day WHERE meter = :meter
ORDER BY 1
"""
_HELD_DAYS = """
SELECT meter, quantity, day, coop, quality, findings, false AS is_open FROM metering.day d
WHERE has_suspect AND {where}
UNION ALL
SELECT meter, quantity, day, coop, quality, findings, true FROM metering.open_day d
WHERE quality ? 'suspect' AND {where}
"""
_HELD_WHERE = """(CAST(:coop AS text) IS NULL OR d.coop = :coop)
  AND (CAST(:check AS jsonb) IS NULL OR d.findings @> CAST(:check AS jsonb))
  AND (CAST(:after_day AS date) IS NULL
       OR (d.day, d.meter, d.quantity) < (:after_day, :after_meter, :after_quantity))"""
_HELD = f"""
SELECT h.meter, h.quantity, h.day, h.coop, (h.quality ->> 'suspect')::int AS held, h.findings, h.is_open,
       m.fluid, m.serial, m.zone, {_WHERE_IT_IS}
FROM ({_HELD_DAYS.format(where=_HELD_WHERE)}) h
JOIN registry.meter m ON m.id = h.meter {_PLACE}
WHERE CAST(:residence AS text) IS NULL OR coalesce(d.residence, b.residence) = :residence
ORDER BY h.day DESC, h.meter DESC, h.quantity DESC LIMIT :limit
"""  # noqa: S608 - only constants are formatted in
_HELD_COUNT = f"""
SELECT count(*) FROM ({_HELD_DAYS.format(where="(CAST(:coop AS text) IS NULL OR d.coop = :coop)")}) h
"""  # noqa: S608 - only constants are formatted in
_HELD_BESIDE = f"""
SELECT max(h.day) FILTER (WHERE h.day < :day) AS before, min(h.day) FILTER (WHERE h.day > :day) AS after
FROM ({_HELD_DAYS.format(where="d.meter = :meter AND d.quantity = :quantity")}) h
"""  # noqa: S608 - only constants are formatted in
_RESIDENCES = """
SELECT DISTINCT residence FROM registry.dwelling UNION SELECT DISTINCT residence FROM registry.building
ORDER BY 1 LIMIT 500
"""
_READINGS = """
SELECT instant, register, kind, step_s, quantity, value_milli, codec, received_at FROM metering.reading
WHERE meter = :meter AND quantity = ANY(:quantities) AND instant >= :start AND instant <= :end
  AND utc_day >= (CAST(:start AS timestamptz) AT TIME ZONE 'UTC')::date
  AND utc_day <= (CAST(:end AS timestamptz) AT TIME ZONE 'UTC')::date
ORDER BY instant, register LIMIT :limit
"""
_IS_SETTLING = """
SELECT EXISTS (SELECT 1 FROM metering.dirty_day
               WHERE meter = :meter AND quantity = :quantity AND day = :day)
"""
_EXCHANGES = """
SELECT exchanged_on, exchanged_at, quantity, old_milli, new_milli, old_serial, new_serial
FROM registry.exchange WHERE meter = :meter ORDER BY exchanged_on DESC, id DESC
"""


class Which(StrEnum):
    """Which meters a list shows; without one, all of them."""

    SILENT = "silent"
    UNHEARD = "unheard"
    UNREADABLE = "unreadable"
    FILES = "files"
    ASTRAY = "astray"
    COMMON = "common"


HeldPlace = tuple[date, str, str]
"""Day, meter, quantity: where a page of the days to look at ended."""


@dataclass(frozen=True, slots=True)
class HeldFilters:
    """Which of the days with held-back half-hours are shown; None: all."""

    check: Check | None = None
    residence: str | None = None


async def meters(
    unit: Unit, words: str, which: Which | None, limit: int, after: tuple[str, str, str] | None = None
) -> Sequence[Any]:
    """Meters by place; `words` is looked for in places, serial numbers and ids."""
    residence, ref, id = after or (None, None, None)
    rows = await unit.session.execute(
        text(_METERS),
        {
            "words": words or None, "state": which, "limit": limit, "after_residence": residence,
            "after_ref": ref, "after_id": id, "astray_since": found.since(unit.wall),
        },
    )  # fmt: skip
    return rows.all()


async def one(unit: Unit, meter: str) -> Any:
    """A meter that `queries.sight` has let the caller see: its place, and how it is heard."""
    return (await unit.session.execute(text(_ONE), {"meter": meter})).one()


async def quantities(unit: Unit, meter: str) -> list[Quantity]:
    """What the meter has days of."""
    found = await unit.session.execute(text(_QUANTITIES), {"meter": meter})
    return [Quantity(name) for name in found.scalars()]


async def held(unit: Unit, filters: HeldFilters, limit: int, after: HeldPlace | None = None) -> Sequence[Any]:
    """Days with half-hours that are held back, newest first."""
    day, meter, quantity = after or (None, None, None)
    check = f'[{{"check": "{filters.check.value}"}}]' if filters.check else None
    rows = await unit.session.execute(
        text(_HELD),
        {
            "coop": unit.coop, "check": check, "residence": filters.residence, "limit": limit,
            "after_day": day, "after_meter": meter, "after_quantity": quantity,
        },
    )  # fmt: skip
    return rows.all()


async def held_count(unit: Unit) -> int:
    """How many days wait to be looked at."""
    found: int = (await unit.session.execute(text(_HELD_COUNT), {"coop": unit.coop})).scalar_one()
    return found


async def held_beside(
    unit: Unit, meter: str, quantity: Quantity, day: date
) -> tuple[date | None, date | None]:
    """The nearest days before and after with something held back."""
    values = {"meter": meter, "quantity": quantity.value, "day": day}
    row = (await unit.session.execute(text(_HELD_BESIDE), values)).one()
    return row.before, row.after


async def residences(unit: Unit) -> list[str]:
    return list((await unit.session.execute(text(_RESIDENCES))).scalars())


async def readings(unit: Unit, meter: str, quantity: Quantity, civil: CivilDay) -> Sequence[Any]:
    """What the meter sent of that day, as it sent it; the first of the next day closes the last half-hour."""
    sources = [source.value for source, target in SETTLED_BY.items() if target is quantity]
    start, end = civil.starts_at, civil.ends_at
    values: dict[str, str | list[str] | datetime | int] = {
        "meter": meter, "quantities": sources, "start": start, "end": end, "limit": MOST_READINGS,
    }  # fmt: skip
    return (await unit.session.execute(text(_READINGS), values)).all()


async def is_settling(unit: Unit, meter: str, quantity: Quantity, day: date) -> bool:
    """Whether the day is about to be settled again."""
    values = {"meter": meter, "quantity": quantity.value, "day": day}
    return bool((await unit.session.execute(text(_IS_SETTLING), values)).scalar_one())


async def exchanges(unit: Unit, meter: str) -> Sequence[Any]:
    """The registers that were replaced at the meter's place, latest first."""
    return (await unit.session.execute(text(_EXCHANGES), {"meter": meter})).all()
