"""A sandbox cooperative was dropped: what a room keeps of it goes."""

from collections.abc import Container

from sqlmodel import SQLModel

from services.kit import standing
from services.kit.unit import Unit


async def drop(unit: Unit, coop: str, keep: Container[str] = ()) -> None:
    """Delete the cooperative's rows from every table of the unit's room but those named in `keep`.

    Waits for who is still at work there. Events that the room has told stay in its outbox for as long as any
    other: they name opaque ids only.
    """
    await standing.deserted(unit.session, coop)
    tables = [table for table in SQLModel.metadata.sorted_tables if table.schema == unit.room]
    if not tables:
        raise RuntimeError(f"the tables of {unit.room} are not known here: import its model")
    for table in reversed(tables):  # who refers to others goes first
        if table.name not in keep:
            await unit.session.execute(table.delete().where(table.c.coop == coop))
