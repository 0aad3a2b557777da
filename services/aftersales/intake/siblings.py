"""The other requests of one report: told together, each with its own repairer."""

from sqlalchemy import text

from services.aftersales.model import Ticket
from services.kit.unit import Unit
from services.kit.web import Principal

_OTHERS = """
SELECT t.id, t.number, t.element, t.symptom
FROM aftersales.draft d CROSS JOIN LATERAL jsonb_array_elements_text(d.tickets) AS other (id)
JOIN aftersales.ticket t ON t.id = other.id
WHERE d.person = :person AND d.tickets @> jsonb_build_array(CAST(:ticket AS text)) AND t.id <> :ticket
ORDER BY t.number
"""


async def on_page(unit: Unit, ticket: Ticket, who: Principal) -> dict[str, list[object]] | None:
    """For its household's page, for as long as the report is kept."""
    if ticket.opened_by != who.id:
        return None
    rows = (await unit.session.execute(text(_OTHERS), {"person": who.id, "ticket": ticket.id})).all()
    return {"others": list(rows)} if rows else None
