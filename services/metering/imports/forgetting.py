"""Imports that have lost their ground: of a household that withdrew, left the service or was erased."""

from sqlalchemy import text

from services.kit.unit import Unit

# What waits for a home's meter goes with it, whoever brought it: nobody there allows it any more.
_OF_HOUSEHOLD = """
DELETE FROM metering.file_import i
WHERE i.bounds ? :occupancy OR i.touched ? :occupancy
   OR (i.ended_at IS NULL AND i.bounds IS NULL AND i.meter IN (
       SELECT m.id FROM registry.meter m JOIN registry.occupancy o ON o.dwelling = m.dwelling
       WHERE o.id = :occupancy))
"""
_FILES = """
DELETE FROM metering.file_chunk c WHERE NOT EXISTS (
    SELECT 1 FROM metering.file_import i WHERE i.id = c."import" AND i.ended_at IS NULL)
"""


async def of_household(unit: Unit, occupancy: str) -> None:
    """Delete a household's imports and their files; one under way ends."""
    await unit.session.execute(text(_OF_HOUSEHOLD), {"occupancy": occupancy})
    await unit.session.execute(text(_FILES))
