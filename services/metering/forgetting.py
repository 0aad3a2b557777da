"""What has lost its legal ground is deleted: withdrawn consent, departure, erasure, finished daily totals."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Kind, Purpose
from services.kit import dropping, standing
from services.kit.unit import Unit
from services.metering import day_rows, gas_factors, interval_store, model
from services.metering.days import begin_sql
from services.metering.fluids import came_sql, first_hour_sql, left_sql
from services.metering.handover import is_its_own
from services.metering.imports import forgetting as imports
from services.metering.meter_locks import key_of, wait_for_meters_of
from services.metering.replays import forgetting as feeds
from services.metering.watermark import GRACE

_BEGINS, _ENDS = (begin_sql(day, "m.zone", first_hour_sql("m")) for day in ("d.day", "d.day + 1"))
_IS_REGISTER = {
    "metering.reading_row": f"r.kind = '{Kind.REGISTER}'",
    "metering.disagreement": f"""EXISTS (SELECT 1 FROM metering.meter_register g
        WHERE g.meter = r.meter AND g.register = r.register AND g.kind = '{Kind.REGISTER}')""",  # noqa: S608
}
"""SQL by table of single readings."""
_READINGS_OF = [
    f"""
DELETE FROM {table} r
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND r.meter = m.id
  AND {is_its_own(is_register, (Purpose.DAILY, Purpose.HALF_HOURLY))}
"""  # noqa: S608 - only constants are formatted in
    for table, is_register in _IS_REGISTER.items()
]
_PERIODS_OF = f"""
SELECT m.id AS meter, {came_sql()} AS came, {left_sql()} AS "left"
FROM registry.occupancy o JOIN registry.meter m ON m.dwelling = o.dwelling WHERE o.id = :occupancy
"""  # noqa: S608 - only constants are formatted in
_QUARANTINE_OF = """
DELETE FROM metering.quarantine q
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND q.meter = m.id
  AND q.received_at >= o.starts_at AND (o.ends_at IS NULL OR q.received_at < o.ends_at)
"""
# What was told stays in the outbox for a while, so that a stream could be rebuilt: not what is taken back.
_TOLD_OF = """
DELETE FROM metering.outbox x
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND x.published_at IS NOT NULL
  AND (x.about = m.id OR x.about IN (SELECT q.id FROM metering.quarantine q WHERE q.meter = m.id))
  AND coalesce(x.body::jsonb ->> 'occupancy' = o.id,
               x.occurred_at >= o.starts_at AND (o.ends_at IS NULL OR x.occurred_at < o.ends_at))
"""
_DIRTY_OF = """
DELETE FROM metering.dirty_day d
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND d.meter = m.id
  AND d.day >= o.moved_in_on AND (o.moved_out_on IS NULL OR d.day <= o.moved_out_on)
"""
_AFTER = f"""
DELETE FROM {{table}} r
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND o.ends_at IS NOT NULL AND m.dwelling = o.dwelling AND r.meter = m.id
  AND r.instant >= {left_sql()} AND NOT (r.instant = {left_sql()} AND {{is_register}}) AND NOT EXISTS (
      SELECT 1 FROM registry.occupancy n WHERE n.dwelling = o.dwelling AND n.id <> o.id
        AND r.instant >= {came_sql("n")} AND (n.moved_out_on IS NULL OR r.instant < {left_sql("n")}))
"""  # noqa: S608 - only constants are formatted in
_SINCE = f"""
SELECT m.id AS meter, {left_sql()} AS "left", {came_sql("n")} AS next_came, {left_sql("n")} AS next_left
FROM registry.occupancy o JOIN registry.meter m ON m.dwelling = o.dwelling
LEFT JOIN registry.occupancy n ON n.dwelling = o.dwelling AND n.id <> o.id
WHERE o.id = :occupancy AND o.ends_at IS NOT NULL
"""  # noqa: S608 - only constants are formatted in
# Inside a frozen day only the first and last value of each register are kept: the next and the previous
# day begin and end with them.
_DAYS = """unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:days AS date[]))
    AS d(meter, quantity, day)"""
_THIN = f"""
DELETE FROM metering.reading_row r
USING {_DAYS}, registry.meter m
WHERE m.id = d.meter AND r.meter = d.meter
  AND r.quantity = ANY(CASE WHEN d.quantity = 'energy_import'
      THEN ARRAY['energy_import', 'power', 'apparent_power'] ELSE ARRAY[d.quantity] END)
  AND r.instant >= {_BEGINS}
  AND r.instant < {_ENDS}
  AND (r.kind <> 'register' OR EXISTS (
      SELECT 1 FROM metering.reading_row b WHERE b.meter = r.meter AND b.register = r.register
        AND b.instant >= {_BEGINS} AND b.instant < r.instant)
    AND EXISTS (
      SELECT 1 FROM metering.reading_row a WHERE a.meter = r.meter AND a.register = r.register
        AND a.instant > r.instant AND a.instant <= {_ENDS}))
"""  # noqa: S608 - only constants are formatted in
_PERIODS = f"""
SELECT d.meter, d.quantity, {_BEGINS} AS begins, {_ENDS} AS ends
FROM {_DAYS} JOIN registry.meter m ON m.id = d.meter
"""  # noqa: S608 - only constants are formatted in
_FREEZE = f"""
UPDATE metering.day_row r {day_rows.FREEZE} FROM metering.day d
WHERE d.series = r.series AND d.day = r.day AND {{which}}
RETURNING d.meter, d.quantity, d.day
"""
_OF_OCCUPANCY = "d.occupancy = :occupancy"
_DAILY_ONLY = f"""
NOT d.is_frozen
  AND d.occupancy = ANY (ARRAY(
      SELECT o.id FROM registry.occupancy o WHERE NOT EXISTS (
          SELECT 1 FROM registry.consent c WHERE c.occupancy = o.id AND c.purpose = 'half_hourly')))
  AND EXISTS (
      SELECT 1 FROM metering.meter_state s JOIN registry.meter m ON m.id = s.meter
      WHERE s.meter = d.meter
        AND coalesce(s.watermark, 'infinity')
            >= {_ENDS} + CAST(:grace AS interval))
  AND NOT EXISTS (
      SELECT 1 FROM metering.dirty_day y
      WHERE y.meter = d.meter AND y.quantity = d.quantity AND y.day = d.day)
"""  # noqa: S608 - only constants are formatted in
# A meter that is being settled waits for the next time, and so does what is beyond a good hour's work.
_FREE_METERS = f"""
WITH due AS MATERIALIZED (SELECT DISTINCT d.meter FROM metering.day d
    WHERE d.coop = :coop AND {_DAILY_ONLY} LIMIT 2000)
SELECT due.meter FROM due WHERE pg_try_advisory_xact_lock({key_of("due.meter")})
"""  # noqa: S608 - only constants are formatted in
_DAILY_ONLY_OF_THEM = f"d.meter = ANY(:meters) AND {_DAILY_ONLY}"

_DAYS_OF = """
DELETE FROM metering.day_row r USING metering.series s WHERE s.occupancy = :occupancy AND r.series = s.id
"""
_DAYS_AFTER = """
DELETE FROM metering.day_row r USING metering.series s, registry.occupancy o
WHERE o.id = :occupancy AND s.occupancy = o.id AND r.series = s.id AND r.day > o.moved_out_on
"""
_DAYS_OF_SANDBOX = """
DELETE FROM metering.day_row r USING metering.series s WHERE s.coop = :coop AND r.series = s.id
"""
_LARGE = (model.READING_ROW, model.INTERVAL_ROW, model.DISAGREEMENT, model.OPEN_DAY)


async def after_withdrawal(unit: Unit, occupancy: str) -> None:
    """Delete what the purposes that still hold do not cover, at once."""
    await wait_for_meters_of(unit, occupancy)
    holds = await _purposes(unit, occupancy)
    if Purpose.HALF_HOURLY in holds:
        return
    await feeds.of_household(unit, occupancy)
    if Purpose.DAILY in holds:
        await imports.what_files_said_of(unit, occupancy)
        await _run(unit, _TOLD_OF, occupancy)
        await _freeze(unit, _OF_OCCUPANCY, {"occupancy": occupancy})
        await _run(unit, "DELETE FROM metering.edit d WHERE d.occupancy = :occupancy", occupancy)
        await _run(
            unit,
            "UPDATE metering.open_day d SET packed = NULL, findings = NULL WHERE d.occupancy = :occupancy",
            occupancy,
        )
        return
    await all_of(unit, occupancy, keep_ledger=True)


async def all_of(unit: Unit, occupancy: str, *, keep_ledger: bool = False) -> None:
    """Delete an occupancy's readings, days, files and quarantined messages, and unless it asked who used its
    data and may still want to know, the ledger."""
    await feeds.of_household(unit, occupancy)
    await imports.of_household(unit, occupancy)
    for statement in (_TOLD_OF, *_READINGS_OF, _QUARANTINE_OF, _DIRTY_OF):
        await _run(unit, statement, occupancy)
    periods = {row.meter: (row.came, row.left) for row in await _run(unit, _PERIODS_OF, occupancy)}
    await interval_store.remove(unit, periods, lambda meter, _, at: _is_between(at, *periods[meter]))
    await _run(unit, _DAYS_OF, occupancy)
    await gas_factors.forget(unit, occupancy)
    for table in ("series", "open_day", "edit", *(() if keep_ledger else ("data_use",))):
        await _run(unit, f"DELETE FROM metering.{table} d WHERE d.occupancy = :occupancy", occupancy)  # noqa: S608


async def all_of_sandbox(unit: Unit, coop: str) -> None:
    """Delete everything of a dropped sandbox; large tables by meter, which is what they are found by."""
    await standing.deserted(unit.session, coop)
    for table in _LARGE:
        await unit.session.execute(
            text(
                f"DELETE FROM {table.fullname} WHERE meter IN"  # noqa: S608
                " (SELECT meter FROM metering.meter_state WHERE coop = :coop)"
            ),
            {"coop": coop},
        )
    await unit.session.execute(text(_DAYS_OF_SANDBOX), {"coop": coop})
    await dropping.drop(unit, coop, keep=[model.DAY_ROW.name, *(table.name for table in _LARGE)])


async def after_departure(unit: Unit, occupancy: str) -> None:
    """Delete what was measured after the household left, before the next one came."""
    await wait_for_meters_of(unit, occupancy)
    for table, is_register in _IS_REGISTER.items():
        await _run(unit, _AFTER.format(table=table, is_register=is_register), occupancy)
    await _intervals_after(unit, occupancy)
    await imports.what_files_said_after(unit, occupancy)
    await _run(unit, _DAYS_AFTER, occupancy)
    for table in ("open_day", "edit"):
        await _run(
            unit,
            f"DELETE FROM metering.{table} d USING registry.occupancy o WHERE o.id = :occupancy"  # noqa: S608
            " AND d.occupancy = o.id AND d.day > o.moved_out_on",
            occupancy,
        )


async def freeze_daily_only(unit: Unit) -> None:
    """Of the cooperative's households that allow day totals only, drop readings of days past their grace."""
    values = {"grace": GRACE, "coop": unit.coop}
    free = list((await unit.session.execute(text(_FREE_METERS), values)).scalars())
    if not free:
        return
    await _freeze(unit, _DAILY_ONLY_OF_THEM, {"grace": GRACE, "meters": free})


async def thin_again(unit: Unit, meter: str, quantity: str, days: Sequence[date]) -> None:
    """Of frozen days, drop what came after they were frozen: their totals stand."""
    await _thin(unit, [(meter, quantity, day) for day in days])


async def _freeze(unit: Unit, which: str, values: dict[str, Any]) -> None:
    """Of these days only the total is kept, and exactly they lose their readings."""
    frozen = (await unit.session.execute(text(_FREEZE.format(which=which)), values)).all()
    await _thin(unit, [(row.meter, row.quantity, row.day) for row in frozen])


async def _thin(unit: Unit, days: Sequence[tuple[str, str, date]]) -> None:
    if not days:
        return
    meters, quantities, dates = (list(column) for column in zip(*days, strict=True))
    values = {"meters": meters, "quantities": quantities, "days": dates}
    await unit.session.execute(text(_THIN), values)
    periods: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in await unit.session.execute(text(_PERIODS), values):
        periods[row.meter, row.quantity].append((row.begins, row.ends))

    def goes(meter: str, quantity: str, at: datetime) -> bool:
        return any(_is_between(at, *period) for period in periods.get((meter, quantity), ()))

    if periods:
        spans = [(meter, *period) for (meter, _), of_series in periods.items() for period in of_series]
        await imports.what_files_said_between(unit, spans)
    bounds = [bound for of_series in periods.values() for period in of_series for bound in period]
    if bounds:
        await interval_store.remove(unit, meters, goes, min(bounds).date(), max(bounds).date())


async def _intervals_after(unit: Unit, occupancy: str) -> None:
    """As `_AFTER`, of intervals: one that begins as the household leaves is not its own."""
    left: dict[str, datetime] = {}
    others: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for row in await _run(unit, _SINCE, occupancy):
        left[row.meter] = row.left
        if row.next_came is not None:
            others[row.meter].append((row.next_came, row.next_left))

    def goes(meter: str, _: str, at: datetime) -> bool:
        return at >= left[meter] and not any(_is_between(at, *stay) for stay in others[meter])

    await interval_store.remove(unit, left, goes)


def _is_between(at: datetime, first: datetime, last: datetime | None) -> bool:
    return first <= at and (last is None or at < last)


async def _purposes(unit: Unit, occupancy: str) -> set[str]:
    rows = await unit.session.execute(
        text("SELECT purpose FROM registry.consent WHERE occupancy = :occupancy"), {"occupancy": occupancy}
    )
    return set(rows.scalars())


async def _run(unit: Unit, statement: str, occupancy: str) -> Any:
    return await unit.session.execute(text(statement), {"occupancy": occupancy})
