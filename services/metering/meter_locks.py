"""One at a time on a meter: settling takes meters that are free, forgetting waits until they are.

Else a day that was being settled while its household withdrew would be written after all was deleted.
Locks end with their transaction.
"""

from sqlalchemy import text

from services.kit.unit import Unit


def key_of(meter: str) -> str:
    """SQL of the advisory lock's key; `meter` is SQL too."""
    return f"hashtextextended('metering/settle/' || {meter}, 0)"


_WAIT = f"""
WITH held AS MATERIALIZED (
    SELECT m.id FROM registry.meter m JOIN registry.occupancy o ON o.dwelling = m.dwelling
    WHERE o.id = :occupancy ORDER BY m.id)
SELECT pg_advisory_xact_lock({key_of("held.id")}) FROM held
"""  # noqa: S608 - only constants are formatted in


async def wait_for_meters_of(unit: Unit, occupancy: str) -> None:
    """Return once nobody settles a meter of the household's dwelling, nor will until this unit ends."""
    await unit.session.execute(text(_WAIT), {"occupancy": occupancy})


async def wait_for_meter(unit: Unit, meter: str) -> None:
    """Return once nobody settles or forgets what is of this meter, nor will until this unit ends."""
    await unit.session.execute(
        text(f"SELECT pg_advisory_xact_lock({key_of('CAST(:meter AS text)')})"), {"meter": meter}
    )
