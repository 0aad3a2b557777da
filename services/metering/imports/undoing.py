"""An import taken back: every value that it brought goes, and the days are settled again without them.

What other imports said of the same times takes their place, in the order in which they came: in the end
everything is as if only those that stand had ever been brought.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering import gas_factors, touching
from services.metering.days import day_sql, microseconds
from services.metering.fluids import first_hour_sql
from services.metering.imports import inheriting, jobs, reach, storing
from services.metering.imports.inheriting import Reading
from services.metering.imports.jobs import Job
from services.metering.imports.states import ImportState, Message

_LAST_MOMENT = "g.instant + g.step_s * interval '1 second' - interval '1 microsecond'"
_FIRST_HOUR = first_hour_sql("m")
_GO = f"""
WITH gone AS (
    DELETE FROM metering.reading
    WHERE meter = :meter AND received_at = :stamp AND codec = :codec
      AND instant >= CAST(:first AS date) AND instant < CAST(:last AS date)
    RETURNING register, instant, quantity, step_s, value_milli
), of_days AS (
    SELECT DISTINCT g.quantity, d.day::date AS day
    FROM gone g
    JOIN registry.meter m ON m.id = :meter
    CROSS JOIN LATERAL generate_series(
        {day_sql("g.instant", "m.zone", _FIRST_HOUR)},
        {day_sql(_LAST_MOMENT, "m.zone", _FIRST_HOUR)},
        interval '1 day') d(day)
), marked AS (
    INSERT INTO metering.dirty_day (coop, meter, quantity, day)
    SELECT :coop, :meter, quantity, day FROM of_days
), shut AS (
    DELETE FROM metering.open_day o USING of_days d
    WHERE o.meter = :meter AND o.quantity = d.quantity AND o.day = d.day
)
SELECT register, instant, value_milli FROM gone
"""  # noqa: S608 - only constants are formatted in
# What contradicted a value that is gone contradicts nothing any more, nor does what this import contradicted.
_NO_MORE_DISPUTED = """
DELETE FROM metering.disagreement d
WHERE d.meter = :meter AND d.instant >= CAST(:first AS date) AND d.instant < CAST(:last AS date)
  AND (d.received_at = :stamp OR NOT EXISTS (SELECT 1 FROM metering.reading r
      WHERE r.meter = d.meter AND r.register = d.register AND r.instant = d.instant))
"""
_NO_ECHO = 'DELETE FROM metering.import_echo WHERE meter = :meter AND "import" = :id'
_RANGE = "SELECT meter, accepted, first_day, last_day, touched FROM metering.file_import WHERE id = :id"


async def undo(unit: Unit, job: Job) -> None:
    """Take back what `job` stored. What has become final since, on days whose readings are gone, stays."""
    await storing.take_turns(unit, job.meter)
    if not await jobs.hold(unit, job):
        return
    found: Any = (await unit.session.execute(text(_RANGE), {"id": job.id})).one()
    kept = await reach.stays(unit, found)
    gone: list[Reading] = []
    if found.first_day is not None:
        values = {
            "coop": job.coop, "meter": job.meter, "stamp": job.stamp, "codec": job.codec,
            "first": found.first_day - timedelta(days=1), "last": found.last_day + timedelta(days=2),
        }  # fmt: skip
        rows = await unit.session.execute(text(_GO), values)
        gone = [Reading(row.register, microseconds(row.instant), row.value_milli, job.stamp) for row in rows]
        await unit.session.execute(text(_NO_ECHO), {"meter": job.meter, "id": job.id})
        await unit.session.execute(text(_NO_MORE_DISPUTED), values)
        if gone and (meter := await storing.meter_of(unit, job.meter)) is not None:
            await inheriting.hand_over(unit, meter, gone)
    await gas_factors.take_back(unit, job.meter, job.coop, job.stamp)
    is_whole = len(gone) >= found.accepted and not kept
    await jobs.end(unit, job, ImportState.UNDONE, Message.UNDONE if is_whole else Message.UNDONE_PARTLY)
    await unit.session.execute(text(f"NOTIFY {touching.CHANNEL}"))
