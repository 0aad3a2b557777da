"""What this room knows of one person: handed out on request, and forgotten.

The technical record of a request stays (warranties run ten years); the words people wrote go.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from services.aftersales.inspections import locking
from services.kit.unit import Unit

_TICKETS = """
SELECT t.id,
  t.opened_by = :person OR t.reported_by = :person
  OR ((t.reported_by IS NULL OR t.reported_by NOT LIKE 'per\\_%') AND NOT EXISTS (
    SELECT 1 FROM registry.resident o WHERE o.occupancy = t.occupancy AND o.person = t.opened_by)) AS is_own
FROM aftersales.ticket t
WHERE t.opened_by = :person OR EXISTS (
  SELECT 1 FROM registry.resident r WHERE r.person = :person AND r.occupancy = t.occupancy
    AND t.opened_at >= r.since_on AND (r.until_on IS NULL OR t.opened_at < r.until_on + 1))
"""
"""What the person told and what came up in their home while they lived there; their own is what they told or
what the cooperative took down for the home, not what others of it told."""


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """The requests that are theirs, the notices about their home and all they wrote, as plain values."""
    rows = (await unit.session.execute(text(_TICKETS), {"person": person})).all()
    of_the_home, own = [row.id for row in rows], [row.id for row in rows if row.is_own]
    tickets = await unit.session.execute(
        text(
            "SELECT id, number, place, element, symptom, description, noticed_on, channel, state, priority,"
            " opened_at, opened_by = :person AS told_by_oneself, (SELECT e.facts -> 'urgency'"
            " FROM aftersales.ticket_event e WHERE e.ticket = t.id AND e.place_in_history = 1) AS urgency"
            " FROM aftersales.ticket t WHERE id = ANY(:own) ORDER BY opened_at"
        ),
        {"person": person, "own": own},
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
            " JOIN aftersales.ticket t ON t.id = a.ticket WHERE t.id = ANY(:own) ORDER BY t.opened_at"
        ),
        {"own": own},
    )
    drafts = await unit.session.execute(
        text(
            "SELECT content, changed_at FROM aftersales.draft"
            " WHERE person = :person AND tickets IS NULL ORDER BY changed_at"
        ),
        {"person": person},
    )
    pictures = await unit.session.execute(
        text(
            "SELECT p.id, p.ticket, p.inspection, p.put_at, p.width, p.height,"
            " replace(encode(f.content, 'base64'), chr(10), '') AS jpeg_base64"
            " FROM aftersales.photo p JOIN aftersales.photo_file f ON f.photo = p.id AND f.size = 'full'"
            " WHERE p.put_by = :person OR p.ticket = ANY(:own) ORDER BY p.put_at"
        ),
        {"person": person, "own": own},
    )
    added = await unit.session.execute(
        text(
            "SELECT inspection, ticket, note, asked_at FROM aftersales.inspection_amendment"
            " WHERE asked_by = :person ORDER BY asked_at"
        ),
        {"person": person},
    )
    own_papers = await unit.session.execute(
        text(
            "SELECT d.inspection, d.made_at, d.sha256, replace(encode(d.content, 'base64'), chr(10), '')"
            " AS pdf_base64 FROM aftersales.inspection_document d"
            " JOIN aftersales.guided_inspection g ON g.id = d.inspection"
            " JOIN registry.resident r ON r.occupancy = g.occupancy"
            " WHERE r.person = :person AND d.content IS NOT NULL ORDER BY d.made_at"
        ),
        {"person": person},
    )
    visits = await unit.session.execute(
        text(
            "SELECT v.ticket, v.starts_at, v.ends_at, v.state, v.missed_side, v.booked_by, v.outcome, v.note"
            " FROM aftersales.visit v WHERE v.ticket = ANY(:own) ORDER BY v.starts_at"
        ),
        {"own": own},
    )
    notices = await unit.session.execute(
        text(
            "SELECT n.id, t.ticket, n.kind, n.debtor, n.regimes, n.subject, n.paragraphs, n.written_at,"
            " n.answer_by_on, n.sent_by FROM aftersales.notice n"
            " JOIN aftersales.notice_ticket t ON t.notice = n.id"
            " WHERE t.ticket = ANY(:of_the_home) ORDER BY n.written_at, t.ticket"
        ),
        {"of_the_home": of_the_home},
    )
    annexes = await unit.session.execute(
        text(
            "SELECT a.notice, a.number, a.kind, a.dated_on, a.sha256, a.size_bytes, a.way, CASE WHEN"
            " a.kind = 'photo' AND (EXISTS (SELECT 1 FROM aftersales.photo p WHERE p.id = a.source"
            " AND p.put_by = :person) OR EXISTS (SELECT 1 FROM aftersales.ticket o WHERE o.id = ANY(:own)"
            " AND o.coop = a.coop AND o.number::text = a.says ->> 'number'))"
            " THEN replace(encode(a.content, 'base64'), chr(10), '') END AS jpeg_base64"
            " FROM aftersales.notice_annex a WHERE a.notice IN (SELECT t.notice"
            " FROM aftersales.notice_ticket t WHERE t.ticket = ANY(:of_the_home)) ORDER BY a.notice, a.number"
        ),
        {"person": person, "own": own, "of_the_home": of_the_home},
    )
    calendars = await unit.session.execute(
        text(
            "SELECT made_at, revoked_at FROM aftersales.calendar_link WHERE person = :person ORDER BY made_at"
        ),
        {"person": person},
    )
    followed = await unit.session.execute(
        text(
            "SELECT incident, followed_at, answer FROM aftersales.incident_follower"
            " WHERE person = :person ORDER BY followed_at"
        ),
        {"person": person},
    )
    shown_by_meters = await unit.session.execute(
        text(
            "SELECT m.fault, m.since, m.evidence, m.state FROM aftersales.meter_proposal m"
            " JOIN registry.resident r ON r.occupancy = m.occupancy"
            " WHERE r.person = :person ORDER BY m.since"
        ),
        {"person": person},
    )
    opinions = await unit.session.execute(
        text(
            "SELECT ticket, verdict, qualities, comment, given_at FROM aftersales.opinion"
            " WHERE given_by = :person ORDER BY given_at"
        ),
        {"person": person},
    )
    check_ins = await unit.session.execute(
        text(
            "SELECT kind, due_on, answer, answered_at FROM aftersales.check_in"
            " WHERE answered_by = :person ORDER BY due_on"
        ),
        {"person": person},
    )
    signatures = await unit.session.execute(
        text(
            "SELECT s.inspection, s.side, s.name, s.signed_at,"
            " replace(encode(s.drawing, 'base64'), chr(10), '') AS drawing_jpeg_base64"
            " FROM aftersales.inspection_signature s"
            " JOIN aftersales.guided_inspection g ON g.id = s.inspection"
            " JOIN registry.resident r ON r.occupancy = g.occupancy"
            " WHERE r.person = :person AND s.side = 'household' ORDER BY s.signed_at"
        ),
        {"person": person},
    )
    found = {"opinions": opinions, "check_ins": check_ins, "photos": pictures, "signatures": signatures}
    found |= {"inspection_additions": added, "inspection_documents": own_papers}
    found |= {"incidents_followed": followed, "faults_shown_by_meters": shown_by_meters}
    found |= {"notices": notices, "notice_annexes": annexes}
    found |= {"visits": visits, "calendar_addresses": calendars}
    found |= {"tickets": tickets, "messages": messages, "actions": steps, "access": access, "drafts": drafts}
    return {name: [dict(row) for row in rows.mappings()] for name, rows in found.items()}


async def erase(unit: Unit, person: str, occupancies: Sequence[str]) -> None:
    """Blank what the person wrote, and the descriptions of requests of households that are gone.

    What such a household signed with the cooperative stays, locked, while either may have to prove it.
    """
    await locking.lock(unit, occupancies)
    values = {"person": person, "occupancies": list(occupancies)}
    for statement in (
        # Before the requests forget who reported them.
        # Photos that were signed belong to the record of both sides: see `locking`.
        "DELETE FROM aftersales.photo WHERE (put_by = :person OR ticket IN (SELECT id FROM aftersales.ticket"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies))"
        " OR inspection IN (SELECT id FROM aftersales.guided_inspection WHERE occupancy = ANY(:occupancies)))"
        " AND NOT EXISTS (SELECT 1 FROM aftersales.guided_inspection g"
        " WHERE g.id = photo.inspection AND g.signed_at IS NOT NULL)",
        "DELETE FROM aftersales.inspection_signature WHERE inspection IN (SELECT id"
        " FROM aftersales.guided_inspection WHERE occupancy = ANY(:occupancies) AND signed_at IS NULL)",
        "UPDATE aftersales.guided_inspection SET record = '{}'"
        " WHERE occupancy = ANY(:occupancies) AND signed_at IS NULL",
        # Digests of what was found, words of the note included.
        "UPDATE aftersales.inspection SET opened = '{}' WHERE occupancy = ANY(:occupancies)",
        # What the cooperative took note of is signed as well; what it has not yet is only the person's word.
        "UPDATE aftersales.inspection_amendment SET note = NULL WHERE acknowledged_at IS NULL AND"
        " (asked_by = :person OR inspection IN"
        " (SELECT id FROM aftersales.guided_inspection WHERE occupancy = ANY(:occupancies)))",
        "DELETE FROM aftersales.ticket_access WHERE ticket IN (SELECT id FROM aftersales.ticket"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies))",
        "UPDATE aftersales.visit SET note = NULL WHERE ticket IN (SELECT id FROM aftersales.ticket"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies))",
        "UPDATE aftersales.party_message SET body = NULL WHERE author = :person OR ticket IN (SELECT id"
        " FROM aftersales.ticket WHERE occupancy = ANY(:occupancies))",
        "DELETE FROM aftersales.calendar_link WHERE person = :person",
        "DELETE FROM aftersales.draft WHERE person = :person",
        "DELETE FROM aftersales.household_tally WHERE who = :person OR who = ANY(:occupancies)",
        "UPDATE aftersales.opinion SET comment = NULL WHERE given_by = :person OR (side = 'household'"
        " AND ticket IN (SELECT id FROM aftersales.ticket WHERE occupancy = ANY(:occupancies)))",
        "DELETE FROM aftersales.check_in WHERE occupancy = ANY(:occupancies)",
        "UPDATE aftersales.check_in SET answered_by = NULL WHERE answered_by = :person",
        "DELETE FROM aftersales.incident_follower WHERE person = :person OR occupancy = ANY(:occupancies)",
        "UPDATE aftersales.meter_proposal SET evidence = '{}' WHERE occupancy = ANY(:occupancies)",
        # What made it pressing may tell of somebody's health: the priority that followed stays.
        "UPDATE aftersales.ticket SET reasons = COALESCE((SELECT jsonb_agg(r) FROM"
        " jsonb_array_elements(reasons) AS r WHERE NOT starts_with(r ->> 'key', 'urgent_')), '[]')"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies)",
        "UPDATE aftersales.ticket_event SET facts = NULLIF(facts - 'urgency', '{}'::jsonb)"
        " WHERE facts ? 'urgency' AND place_in_history = 1 AND ticket IN (SELECT id FROM aftersales.ticket"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies))",
        "UPDATE aftersales.ticket SET description = NULL, reported_by = NULL"
        " WHERE opened_by = :person OR reported_by = :person OR occupancy = ANY(:occupancies)",
        "UPDATE aftersales.ticket_message SET body = NULL WHERE author = :person",
        "UPDATE aftersales.ticket_event SET comment = NULL WHERE actor = :person OR ticket IN (SELECT id"
        " FROM aftersales.ticket WHERE occupancy = ANY(:occupancies))",
        "UPDATE aftersales.ticket_message SET body = NULL"
        " WHERE ticket IN (SELECT id FROM aftersales.ticket WHERE occupancy = ANY(:occupancies))",
    ):
        await unit.session.execute(text(statement), values)
