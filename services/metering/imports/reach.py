"""The days on which taking an import back changes nothing any more, and why: told before anybody confirms."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering.imports.states import StaysBecause
from services.metering.packing import unpack
from services.metering.retention import readings_are_gone
from services.metering.slots import Source

_FINAL = f"""
SELECT d.day, d.packed, d.is_frozen FROM metering.day d
WHERE d.meter = :meter AND d.day BETWEEN :first AND :last
  AND (d.occupancy IS NULL OR d.occupancy = ANY(:touched))
  AND (d.is_frozen OR {readings_are_gone("d")})
ORDER BY d.day
"""  # noqa: S608 - only a constant is formatted in
_OF_FILES = (Source.FILE, Source.TOLD_ESTIMATE)


class Stay(NamedTuple):
    """Days in a row, both included, that stay as they are."""

    first_day: date
    last_day: date
    reason: StaysBecause


async def stays(unit: Unit, row: Any) -> list[Stay]:
    """Of an import's days those that an undo cannot reach: their readings are gone, and what files said is
    part of what is on record. Days that no file had a part in are left out where that can be told."""
    if row.first_day is None or not row.accepted:
        return []
    values = {"meter": row.meter, "first": row.first_day, "last": row.last_day, "touched": row.touched}
    found = await unit.session.execute(text(_FINAL), values)
    return list(in_rows((day.day, why) for day in found if (why := _why(day.packed, day.is_frozen))))


def in_rows(
    days: Iterable[tuple[date, StaysBecause]],
) -> Iterator[Stay]:
    """Sorted days as stretches with one reason each."""
    run: Stay | None = None
    for day, why in days:
        if run is not None and run.reason is why and day <= run.last_day + timedelta(days=1):
            run = run._replace(last_day=day)
            continue
        if run is not None:
            yield run
        run = Stay(day, day, why)
    if run is not None:
        yield run


def _why(packed: bytes | None, is_frozen: bool) -> StaysBecause | None:
    if packed is None or is_frozen:
        return StaysBecause.TOTALS_ONLY
    is_of_file = any(slot.source in _OF_FILES for slot in unpack(packed))
    return StaysBecause.READINGS_GONE if is_of_file else None
