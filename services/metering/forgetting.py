"""What has lost its legal ground is deleted: withdrawn consent, departure, erasure, finished daily totals."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from contracts.codes import Purpose
from services.kit import dropping
from services.kit.unit import Unit
from services.metering import day_rows, gas_factors, model
from services.metering.days import begin_sql
from services.metering.fluids import came_sql, first_hour_sql, left_sql
from services.metering.imports import forgetting as imports
from services.metering.meter_locks import key_of, wait_for_meters_of
from services.metering.replays import forgetting as feeds
from services.metering.watermark import GRACE

_BEGINS, _ENDS = (begin_sql(day, "m.zone", first_hour_sql("m")) for day in ("d.day", "d.day + 1"))
# A register read at the very moment a household arrives or leaves belongs to both neighbours' days.
_READINGS_OF = f"""
DELETE FROM metering.reading r
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND r.meter = m.id
  AND r.instant >= {came_sql()} AND (o.moved_out_on IS NULL OR r.instant < {left_sql()})
"""  # noqa: S608 - only constants are formatted in
# Whole days of intervals go at once; what is left of them goes with the other readings.
_INTERVALS_OF = f"""
DELETE FROM metering.interval_row r
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND r.meter = m.id
  AND r.day::timestamp AT TIME ZONE 'UTC' >= {came_sql()}
  AND (o.moved_out_on IS NULL OR (r.day + 1)::timestamp AT TIME ZONE 'UTC' <= {left_sql()})
"""  # noqa: S608 - only constants are formatted in
_DISAGREEMENTS_OF = _READINGS_OF.replace("metering.reading", "metering.disagreement")
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
  AND x.occurred_at >= o.starts_at
"""
_DIRTY_OF = """
DELETE FROM metering.dirty_day d
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND d.meter = m.id
  AND d.day >= o.moved_in_on AND (o.moved_out_on IS NULL OR d.day <= o.moved_out_on)
"""
_AFTER = f"""
DELETE FROM {{table}} t
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND o.ends_at IS NOT NULL AND m.dwelling = o.dwelling AND t.meter = m.id
  AND t.instant > {left_sql()} AND NOT EXISTS (
      SELECT 1 FROM registry.occupancy n WHERE n.dwelling = o.dwelling AND n.id <> o.id
        AND t.instant >= {came_sql("n")} AND (n.moved_out_on IS NULL OR t.instant < {left_sql("n")}))
"""  # noqa: S608 - only constants are formatted in
# Inside a frozen day only the first and last value of each register are kept: the next and the previous
# day begin and end with them.
_THIN = f"""
DELETE FROM metering.reading r
USING {{days}} d, registry.meter m
WHERE {{which}} AND m.id = d.meter AND r.meter = d.meter
  AND r.quantity = ANY(CASE WHEN d.quantity = 'energy_import'
      THEN ARRAY['energy_import', 'power', 'apparent_power'] ELSE ARRAY[d.quantity] END)
  AND r.instant >= {_BEGINS}
  AND r.instant < {_ENDS}
  AND r.utc_day >= ({_BEGINS} AT TIME ZONE 'UTC')::date AND r.utc_day <= ({_ENDS} AT TIME ZONE 'UTC')::date
  AND (r.kind <> 'register' OR EXISTS (
      SELECT 1 FROM metering.reading_row b WHERE b.meter = r.meter AND b.register = r.register
        AND b.instant >= {_BEGINS} AND b.instant < r.instant)
    AND EXISTS (
      SELECT 1 FROM metering.reading_row a WHERE a.meter = r.meter AND a.register = r.register
        AND a.instant > r.instant AND a.instant <= {_ENDS}))
"""  # noqa: S608 - only constants are formatted in
# One statement, so that exactly the days that are frozen lose their readings.
_FREEZE = f"""
WITH frozen AS (
    UPDATE metering.day_row r {day_rows.FREEZE} FROM metering.day d
    WHERE d.series = r.series AND d.day = r.day AND {{which}}
    RETURNING d.meter, d.quantity, d.day)
{_THIN.format(days="frozen", which="true")}
"""
_FROZEN_ONES = "d.meter = :meter AND d.quantity = :quantity AND d.day = ANY(:days) AND d.is_frozen"
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
WITH due AS MATERIALIZED (SELECT DISTINCT d.meter FROM metering.day d WHERE {_DAILY_ONLY} LIMIT 2000)
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
        await _run(unit, _TOLD_OF, occupancy)
        await _run(unit, _FREEZE.format(which=_OF_OCCUPANCY), occupancy)
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
    for statement in (_TOLD_OF, _INTERVALS_OF, _READINGS_OF, _DISAGREEMENTS_OF, _QUARANTINE_OF, _DIRTY_OF):
        await _run(unit, statement, occupancy)
    await _run(unit, _DAYS_OF, occupancy)
    await gas_factors.forget(unit, occupancy)
    for table in ("series", "open_day", "edit", *(() if keep_ledger else ("data_use",))):
        await _run(unit, f"DELETE FROM metering.{table} d WHERE d.occupancy = :occupancy", occupancy)  # noqa: S608


async def all_of_sandbox(unit: Unit, coop: str) -> None:
    """Delete everything of a dropped sandbox; large tables by meter, which is what they are found by."""
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
    for table in ("metering.reading", "metering.disagreement"):
        await _run(unit, _AFTER.format(table=table), occupancy)
    await _run(unit, _DAYS_AFTER, occupancy)
    for table in ("open_day", "edit"):
        await _run(
            unit,
            f"DELETE FROM metering.{table} d USING registry.occupancy o WHERE o.id = :occupancy"  # noqa: S608
            " AND d.occupancy = o.id AND d.day > o.moved_out_on",
            occupancy,
        )


async def freeze_daily_only(unit: Unit) -> None:
    """Of households that allow day totals only, drop the readings of days past their grace."""
    free = list((await unit.session.execute(text(_FREE_METERS), {"grace": GRACE})).scalars())
    await unit.session.execute(
        text(_FREEZE.format(which=_DAILY_ONLY_OF_THEM)), {"grace": GRACE, "meters": free}
    )


async def thin_again(unit: Unit, meter: str, quantity: str, days: Sequence[date]) -> None:
    """Of frozen days, drop what came after they were frozen: their totals stand."""
    statement = _THIN.format(days="metering.day", which=_FROZEN_ONES)
    await unit.session.execute(text(statement), {"meter": meter, "quantity": quantity, "days": list(days)})


async def _purposes(unit: Unit, occupancy: str) -> set[str]:
    rows = await unit.session.execute(
        text("SELECT purpose FROM registry.consent WHERE occupancy = :occupancy"), {"occupancy": occupancy}
    )
    return set(rows.scalars())


async def _run(unit: Unit, statement: str, occupancy: str) -> Any:
    return await unit.session.execute(text(statement), {"occupancy": occupancy})
