"""Meters that stopped talking: their days are closed by the clock, and operators hear of it once."""

from datetime import timedelta

from sqlalchemy import text

from contracts.metering import MeterSilent
from services.kit.unit import Unit
from services.metering.watermark import GRACE, QUIET, SILENT_AT_LEAST, is_silent

_QUIET_DAYS = """
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT o.coop, o.meter, o.quantity, o.day
FROM metering.open_day o
JOIN metering.meter_state s ON s.meter = o.meter
JOIN registry.coop c ON c.slug = o.coop
WHERE o.ends_at + CAST(:grace AS interval) <= coalesce(c.business_now, :wall)
  AND s.heard_at + CAST(:quiet AS interval) <= :wall
"""
_CANDIDATES = """
SELECT s.meter, s.coop, s.watermark, s.habit_s, coalesce(c.business_now, :wall) AS now
FROM metering.meter_state s
JOIN registry.meter m ON m.id = s.meter
JOIN registry.coop c ON c.slug = s.coop
WHERE s.silent_since IS NULL AND s.heard_at + CAST(:quiet AS interval) <= :wall
  AND s.watermark + CAST(:least AS interval) < coalesce(c.business_now, :wall)
ORDER BY s.meter FOR UPDATE OF s SKIP LOCKED
"""


async def close_quiet_days(unit: Unit) -> None:
    """Mark open days whose grace is over by the clock and whose meter says nothing more."""
    await unit.session.execute(text(_QUIET_DAYS), {"grace": GRACE, "quiet": QUIET, "wall": unit.wall})


async def find_silent(unit: Unit) -> None:
    """Say once of each meter that it is unheard for longer than its own habit."""
    found = await unit.session.execute(
        text(_CANDIDATES), {"least": SILENT_AT_LEAST, "quiet": QUIET, "wall": unit.wall}
    )
    for row in found.all():
        if not is_silent(watermark=row.watermark, now=row.now, habit=timedelta(seconds=row.habit_s)):
            continue
        await unit.session.execute(
            text("UPDATE metering.meter_state SET silent_since = :now WHERE meter = :meter"),
            {"now": row.now, "meter": row.meter},
        )
        unit.emit(MeterSilent(coop=row.coop, meter=row.meter, last_heard_at=row.watermark), about=row.meter)
