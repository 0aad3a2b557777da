"""Reads the histories that the figures are made of, one residence or all, for a range of days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from services.aftersales.reports.figures import Act, Clock, Figures, Story, figures
from services.kit.registry import zone_of
from services.kit.unit import Unit

MOST_DAYS = 800
"""The longest range of one report."""
_TICKETS = """
SELECT t.id, t.opened_at, coalesce(d.residence, b.residence, '') AS residence
FROM aftersales.ticket t
LEFT JOIN registry.dwelling d ON d.id = t.dwelling
LEFT JOIN registry.building b ON b.id = t.building AND t.dwelling IS NULL
WHERE t.coop = :coop AND t.opened_at >= :since AND t.opened_at < :until
  AND (CAST(:residence AS text) IS NULL OR coalesce(d.residence, b.residence) = :residence)
"""
_ACTS = """
SELECT e.ticket, e.action, e.role, e.occurred_at AS at, e.reason, e.channel,
  CASE e.action WHEN 'assign' THEN p.kind ELSE e.facts->>'debtor' END AS debtor,
  e.facts->>'notice' AS notice, coalesce(CAST(e.facts->>'on_behalf' AS boolean), false)
    OR coalesce(jsonb_typeof(e.facts->'named') = 'null', false) AS on_behalf,
  coalesce(e.facts->'sides', CASE WHEN t.occupancy IS NULL THEN jsonb '["cooperative"]' END) AS sides
FROM aftersales.ticket_event e
JOIN aftersales.ticket t ON t.id = e.ticket
LEFT JOIN aftersales.party p ON e.action = 'assign' AND p.id = e.facts->>'party'
WHERE t.coop = :coop AND t.opened_at >= :since AND t.opened_at < :until
UNION ALL
SELECT m.ticket, 'message', m.role, m.written_at, NULL, NULL, NULL, NULL, false, NULL
FROM aftersales.ticket_message m
JOIN aftersales.ticket t ON t.id = m.ticket
WHERE t.coop = :coop AND t.opened_at >= :since AND t.opened_at < :until
ORDER BY 4
"""
_CLOCKS = """
SELECT c.ticket, c.kind, c.clock, c.due_at, c.met_at, w.debtor, w.also FROM aftersales.ticket_deadline c
JOIN aftersales.ticket t ON t.id = c.ticket
LEFT JOIN aftersales.ticket_warranty w ON w.ticket = c.ticket AND w.regime = c.kind
WHERE t.coop = :coop AND t.opened_at >= :since AND t.opened_at < :until
"""
_VISITS = """
SELECT v.ticket, v.state, v.missed_side FROM aftersales.visit v
JOIN aftersales.ticket t ON t.id = v.ticket
WHERE t.coop = :coop AND t.opened_at >= :since AND t.opened_at < :until
"""


async def report(unit: Unit, first: date, last: date, residence: str | None = None) -> list[Figures]:
    """Of requests opened on the civil days `first` to `last`, both included."""
    zone = await zone_of(unit)
    values = {
        "coop": unit.coop,
        "since": datetime.combine(first, time(), zone),
        "until": datetime.combine(last + timedelta(days=1), time(), zone),
        "residence": residence,
    }
    tickets = (await unit.session.execute(text(_TICKETS), values)).all()
    acts = await _by_ticket(unit, _ACTS, values)
    clocks = await _by_ticket(unit, _CLOCKS, values)
    visits = await _by_ticket(unit, _VISITS, values)
    stories = [
        Story(
            residence=row.residence,
            opened_at=row.opened_at,
            acts=[
                Act(
                    one.action,
                    one.role,
                    one.at,
                    one.reason,
                    one.debtor,
                    one.notice,
                    one.on_behalf,
                    frozenset(one.sides) if one.sides else None,
                )
                for one in acts.get(row.id, ())
            ],
            clocks=[
                Clock(one.kind, one.clock, one.due_at, one.met_at, one.debtor, tuple(one.also or ()))
                for one in clocks.get(row.id, ())
            ],
            visits=[(one.state, one.missed_side) for one in visits.get(row.id, ())],
            is_listed=any(
                one.action == "submit" and one.channel == "inspection" for one in acts.get(row.id, ())
            ),
        )
        for row in tickets
    ]
    return figures(stories, unit.now, zone)


async def _by_ticket(unit: Unit, statement: str, values: dict[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in await unit.session.execute(text(statement), values):
        found.setdefault(row.ticket, []).append(row)
    return found
