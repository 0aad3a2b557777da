"""What this room knows of one person: handed out on request, and forgotten.

The technical record of a request stays (warranties run ten years); the words people wrote go.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from services.kit.unit import Unit


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """The requests the person opened and all they wrote, as plain values."""
    tickets = await unit.session.execute(
        text(
            "SELECT id, number, place, element, symptom, description, noticed_on, channel, state, opened_at"
            " FROM aftersales.ticket WHERE opened_by = :person OR reported_by = :person ORDER BY opened_at"
        ),
        {"person": person},
    )
    messages = await unit.session.execute(
        text(
            "SELECT ticket, body, written_at FROM aftersales.ticket_message"
            " WHERE author = :person ORDER BY written_at"
        ),
        {"person": person},
    )
    steps = await unit.session.execute(
        text(
            "SELECT ticket, action, comment, occurred_at FROM aftersales.ticket_event"
            " WHERE actor = :person ORDER BY occurred_at"
        ),
        {"person": person},
    )
    access = await unit.session.execute(
        text(
            "SELECT a.ticket, a.availability, a.access_note FROM aftersales.ticket_access a"
            " JOIN aftersales.ticket t ON t.id = a.ticket"
            " WHERE t.opened_by = :person OR t.reported_by = :person ORDER BY t.opened_at"
        ),
        {"person": person},
    )
    drafts = await unit.session.execute(
        text(
            "SELECT content, changed_at FROM aftersales.draft"
            " WHERE person = :person AND tickets IS NULL ORDER BY changed_at"
        ),
        {"person": person},
    )
    found = {"tickets": tickets, "messages": messages, "actions": steps, "access": access, "drafts": drafts}
    return {name: [dict(row) for row in rows.mappings()] for name, rows in found.items()}


async def erase(unit: Unit, person: str, occupancies: Sequence[str]) -> None:
    """Blank what the person wrote, and the descriptions of requests of households that are gone."""
    values = {"person": person, "occupancies": list(occupancies)}
    for statement in (
        # Before the requests forget who reported them.
        "DELETE FROM aftersales.ticket_access WHERE ticket IN (SELECT id FROM aftersales.ticket"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies))",
        "DELETE FROM aftersales.draft WHERE person = :person",
        "UPDATE aftersales.ticket SET description = NULL, reported_by = NULL"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies)",
        "UPDATE aftersales.ticket_message SET body = NULL WHERE author = :person",
        "UPDATE aftersales.ticket_event SET comment = NULL WHERE actor = :person",
        "UPDATE aftersales.ticket_message SET body = NULL"
        " WHERE ticket IN (SELECT id FROM aftersales.ticket WHERE occupancy = ANY(:occupancies))",
    ):
        await unit.session.execute(text(statement), values)
