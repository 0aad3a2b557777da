"""Meters that stopped talking: their days are closed by the clock, and operators hear of it once.

A meter's habit is the gap it usually leaves, kept with its state by `store`: between the instants it reports
or between its words, whichever is longer, so that a file a day is no silence however many readings it brings.
A longer gap raises the habit fourfold at most: one outage does not deafen us, a new rhythm is learnt in days.
A meter that was installed and never heard has no habit: operators see it as never heard.
"""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from contracts.metering import MeterSilent
from services.kit.alone import alone
from services.kit.room import Room
from services.kit.unit import Unit
from services.metering.watermark import GRACE, QUIET, SILENT_AT_LEAST, is_silent

LOOK_SECONDS = 60.0
TALKING = timedelta(seconds=30)
"""Wall time after a word in which a sandbox's meter is taken to be still talking."""

_QUIET = """
FROM metering.open_day o
JOIN metering.meter_state s ON s.meter = o.meter
JOIN registry.coop c ON c.slug = o.coop
WHERE o.ends_at + CAST(:grace AS interval) <= coalesce(c.business_now, :wall)
  AND s.heard_at + CAST(:quiet AS interval) <= :wall
  AND (CAST(:coop AS text) IS NULL OR o.coop = :coop)
"""
_QUIET_DAYS = f"""
INSERT INTO metering.dirty_day (coop, meter, quantity, day) SELECT o.coop, o.meter, o.quantity, o.day {_QUIET}
"""
# On the wall's time a meter is heard whenever it says anything, be it old or not to be kept; where a
# sandbox's own clock runs, only what it says of its own time counts. While it is talking there it is not
# silent: where days pass in seconds, its words may be a day of that clock behind.
_QUIET_METERS = """
FROM metering.meter_state s
JOIN registry.meter m ON m.id = s.meter
JOIN registry.coop c ON c.slug = s.coop
CROSS JOIN LATERAL (
    SELECT coalesce(c.business_now, CAST(:wall AS timestamptz)) AS now,
           CASE WHEN c.business_now IS NULL THEN greatest(s.watermark, s.heard_at)
                ELSE s.watermark END AS last) heard
WHERE s.silent_since IS NULL AND (s.habit_s > 0 OR s.received > 0)
  AND (c.business_now IS NULL OR s.heard_at + CAST(:talking AS interval) <= :wall)
  AND heard.last + CAST(:least AS interval) < heard.now
  AND (CAST(:coop AS text) IS NULL OR s.coop = :coop)
"""
_CANDIDATES = f"""
SELECT s.meter, s.coop, s.habit_s, heard.now, heard.last {_QUIET_METERS}
ORDER BY s.meter FOR UPDATE OF s SKIP LOCKED
"""
_CONCERNED = f"SELECT o.coop {_QUIET} UNION SELECT s.coop {_QUIET_METERS} ORDER BY 1"


async def look(unit: Unit) -> None:
    """All that is due by now, for whoever has said nothing; of the unit's cooperative, or of all."""
    await close_quiet_days(unit)
    await find_silent(unit)


async def close_quiet_days(unit: Unit) -> None:
    """Mark open days whose grace is over by the clock and whose meter says nothing more."""
    await unit.session.execute(text(_QUIET_DAYS), _values(unit))


async def find_silent(unit: Unit) -> None:
    """Say once of each meter that it is unheard for longer than its own habit."""
    found = await unit.session.execute(text(_CANDIDATES), _values(unit))
    for row in found.all():
        if not is_silent(last=row.last, now=row.now, habit=timedelta(seconds=row.habit_s)):
            continue
        await unit.session.execute(
            text("UPDATE metering.meter_state SET silent_since = :now WHERE meter = :meter"),
            {"now": row.now, "meter": row.meter},
        )
        unit.emit(MeterSilent(coop=row.coop, meter=row.meter, last_heard_at=row.last), about=row.meter)


async def watch(room: Room) -> None:
    """Look every minute, for ever: a sandbox's clock may pass days between two hours of the wall's. Each
    cooperative in a transaction of its own: one that fails does not hold the others."""
    while not room.stopping.is_set():
        async with room.unit() as unit:
            coops = (await unit.session.execute(text(_CONCERNED), _values(unit))).scalars().all()
        for coop in coops:
            await alone(room, coop, look)
        await asyncio.sleep(LOOK_SECONDS)


def _values(unit: Unit) -> dict[str, Any]:
    return {
        "grace": GRACE, "quiet": QUIET, "least": SILENT_AT_LEAST, "talking": TALKING, "wall": unit.wall,
        "coop": unit.coop,
    }  # fmt: skip
