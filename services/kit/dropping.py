"""A sandbox cooperative is dropped: what a room keeps of it goes."""

from collections.abc import Container

from sqlmodel import SQLModel

from services.kit.unit import Unit


async def drop(unit: Unit, coop: str, keep: Container[str] = ()) -> None:
    """Delete the cooperative's rows from every table of the unit's room but those named in `keep`.

    Events that the room has told stay in its outbox for as long as any other: they name opaque ids only.
    """
    for table in reversed(SQLModel.metadata.sorted_tables):  # who refers to others goes first
        if table.schema == unit.room and table.name not in keep:
            await unit.session.execute(table.delete().where(table.c.coop == coop))
