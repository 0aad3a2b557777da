"""Imports that have lost their ground: of a household that withdrew, left the service or was erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering import retention
from services.metering.fluids import came_sql, left_sql
from services.metering.imports.echoes import SPAN
from services.metering.imports.states import Message

# What waits for a home's meter goes with it, whoever brought it: nobody there allows it any more.
_OF_HOUSEHOLD = """
DELETE FROM metering.file_import i
WHERE i.bounds ? :occupancy OR i.touched ? :occupancy
   OR (i.ended_at IS NULL AND i.bounds IS NULL AND i.meter IN (
       SELECT m.id FROM registry.meter m JOIN registry.occupancy o ON o.dwelling = m.dwelling
       WHERE o.id = :occupancy))
"""
_PERIOD = f"""
DELETE FROM metering.import_echo e
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND e.meter = m.id
  AND {SPAN} > {came_sql()} AND (o.moved_out_on IS NULL OR e.instant < {left_sql()})
"""  # noqa: S608 - only constants are formatted in
_AFTER = f"""
DELETE FROM metering.import_echo e
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND o.ends_at IS NOT NULL AND m.dwelling = o.dwelling AND e.meter = m.id
  AND {SPAN} > {left_sql()} AND NOT EXISTS (
      SELECT 1 FROM registry.occupancy n WHERE n.dwelling = o.dwelling AND n.id <> o.id
        AND e.instant >= {came_sql("n")} AND (n.moved_out_on IS NULL OR e.instant < {left_sql("n")}))
"""  # noqa: S608 - only constants are formatted in
_BETWEEN = f"""
DELETE FROM metering.import_echo e
USING unnest(CAST(:meters AS text[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS w(meter, begins, ends)
WHERE e.meter = w.meter AND e.instant < w.ends AND {SPAN} > w.begins
"""  # noqa: S608 - only constants are formatted in
_ORPHANS = """
DELETE FROM metering.import_echo e WHERE NOT EXISTS (
    SELECT 1 FROM metering.file_import i WHERE i.id = e."import" AND i.created_at >= :before)
"""
_UNANSWERED = """
UPDATE metering.file_import SET question = NULL, message = :message, ended_at = :now
WHERE question IS NOT NULL AND created_at < :before
RETURNING id
"""
ANSWER_WITHIN = timedelta(days=1)
"""So long a file waits for the answer to what it left open."""
_FILES = """
DELETE FROM metering.file_chunk c WHERE NOT EXISTS (
    SELECT 1 FROM metering.file_import i WHERE i.id = c."import" AND i.ended_at IS NULL)
"""


async def of_household(unit: Unit, occupancy: str) -> None:
    """Delete a household's imports and their files; one under way ends."""
    await unit.session.execute(text(_OF_HOUSEHOLD), {"occupancy": occupancy})
    await unit.session.execute(text(_FILES))
    await what_files_said_of(unit, occupancy)


async def what_files_said_of(unit: Unit, occupancy: str) -> None:
    """Delete what files said of known times of a household: its half-hours may not be kept any more."""
    await unit.session.execute(text(_PERIOD), {"occupancy": occupancy})


async def what_files_said_after(unit: Unit, occupancy: str) -> None:
    """The same of the time after a household left, before the next one came."""
    await unit.session.execute(text(_AFTER), {"occupancy": occupancy})


async def what_files_said_between(unit: Unit, periods: Sequence[tuple[str, datetime, datetime]]) -> None:
    """The same of periods of meters of which only totals are kept from now on."""
    meters, begins, ends = (list(column) for column in zip(*periods, strict=True))
    await unit.session.execute(text(_BETWEEN), {"meters": meters, "begins": begins, "ends": ends})


async def what_is_due(unit: Unit) -> None:
    """Delete files whose question nobody answered, and what files said of times whose readings are gone by
    now: it could take nobody's place any more."""
    values = {"now": unit.wall, "before": unit.wall - ANSWER_WITHIN, "message": Message.UNANSWERED}
    if (await unit.session.execute(text(_UNANSWERED), values)).first() is not None:
        await unit.session.execute(text(_FILES))
    oldest = unit.wall - timedelta(days=retention.rules(unit.wall.date()).readings_days)
    await unit.session.execute(text(_ORPHANS), {"before": oldest})
