"""What a household does about an incident: follow it without a request of its own, answer "is it back?"."""

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales import actions, registry
from services.aftersales.incidents import children
from services.aftersales.incidents.model import Incident, IncidentFollower
from services.aftersales.incidents.stages import CONFIRMED
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor
from services.kit.problems import conflict, invalid, not_found
from services.kit.unit import Unit
from services.kit.web import Principal

NOT_BACK = {"fr": "Ce n’est pas réglé chez nous.", "en": "It is not all right in our home."}
"""What is noted when a household says no and writes nothing."""


async def own_home(unit: Unit, who: Principal, occupancy: str | None) -> str:
    """The home that is meant: the one named, or the only or present one. 404 when it is not the caller's."""
    homes = await registry.own_occupancies(unit, who.person)
    if occupancy is None and homes:
        return homes[0]
    if occupancy not in homes:
        raise not_found()
    return occupancy


async def follow(unit: Unit, incident: Incident, occupancy: str, person: str) -> None:
    """From here on the household gets the incident's news and its question. Twice is once."""
    if incident.state not in CONFIRMED:
        raise conflict("not_open", "That incident is over; report what is wrong.", legal_actions=[])
    await unit.session.execute(
        text(
            "INSERT INTO aftersales.incident_follower (incident, occupancy, coop, person, followed_at)"
            " VALUES (:incident, :occupancy, :coop, :person, :now)"
            " ON CONFLICT (incident, occupancy) DO NOTHING"
        ),
        {
            "incident": incident.id, "occupancy": occupancy, "coop": incident.coop, "person": person,
            "now": unit.now,
        },
    )  # fmt: skip


async def answer(
    unit: Unit,
    incident: Incident,
    occupancy: str,
    is_back: bool,
    comment: str | None,
    who: Actor,
    language: str,
) -> None:
    """The household's word: yes settles its own requests, no takes them out; others' are untouched. Who only
    followed and says no has a request from here on: what is wrong there is somebody's to repair. Said again,
    or told anew meanwhile, it stays that one.

    Hundreds may answer at once: nothing of the incident itself is written."""
    if incident.state not in ("resolved", "closed"):
        raise conflict("not_resolved", "It is still being worked on.", legal_actions=[])
    tickets = await own_requests(unit, incident, [occupancy])
    follower = await unit.session.get(IncidentFollower, (incident.id, occupancy), with_for_update=True)
    if not tickets and follower is None and await _meter_shows(unit, incident, [occupancy]):
        follower = IncidentFollower(
            incident=incident.id, occupancy=occupancy, coop=incident.coop, person=who.id, followed_at=unit.now
        )
        unit.session.add(follower)
    if not tickets and follower is None:
        raise invalid("/occupancy", "not_concerned", "Report what is wrong in your home instead.")
    said = comment or (None if is_back else NOT_BACK[language if language in NOT_BACK else "fr"])
    for ticket in tickets:
        await children.answer(unit, ticket, is_back, said, who)
    if not tickets and not is_back:
        assert said is not None
        known = await _told_since(unit, incident, occupancy)
        if known is None:
            await children.not_back_here(unit, incident, occupancy, said, who)
        elif comment:
            await actions.write_message(unit, known, who, comment)
    if follower is not None:
        follower.answer, follower.answered_at = ("back" if is_back else "not_back"), unit.now


async def answer_of(unit: Unit, incident: Incident, occupancies: list[str]) -> str | None:
    """What the household answered since it was last resolved: if it failed again, it is asked anew."""
    if incident.resolved_at is None:
        return None
    rows = await unit.session.execute(
        text(
            "SELECT answer FROM aftersales.incident_report WHERE incident = :id AND occupancy = ANY(:homes)"
            " AND answered_at >= :since UNION ALL SELECT answer FROM aftersales.incident_follower"
            " WHERE incident = :id AND occupancy = ANY(:homes) AND answered_at >= :since"
        ),
        {"id": incident.id, "homes": occupancies, "since": incident.resolved_at},
    )
    return next((answer for answer in rows.scalars() if answer), None)


async def is_asked(unit: Unit, incident: Incident, occupancies: list[str]) -> bool:
    """Whether the household has something to answer."""
    if incident.state != "resolved" or await answer_of(unit, incident, occupancies):
        return False
    rows = await unit.session.execute(
        text(
            "SELECT 1 FROM aftersales.ticket WHERE incident = :id AND occupancy = ANY(:homes)"
            " UNION ALL SELECT 1 FROM aftersales.incident_follower"
            " WHERE incident = :id AND occupancy = ANY(:homes) LIMIT 1"
        ),
        {"id": incident.id, "homes": occupancies},
    )
    return rows.first() is not None or await _meter_shows(unit, incident, occupancies)


async def own_requests(unit: Unit, incident: Incident, occupancies: list[str]) -> list[Ticket]:
    """The household's own requests of the incident."""
    rows = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.incident) == incident.id, col(Ticket.occupancy).in_(occupancies))
        .order_by(col(Ticket.id))
    )
    return list(rows.scalars())


async def _told_since(unit: Unit, incident: Incident, occupancy: str) -> str | None:
    """The open request by which the home said, since it was resolved, that it is not over there."""
    rows = await unit.session.execute(
        text(
            "SELECT t.id FROM aftersales.ticket t JOIN aftersales.incident_report r ON r.ticket = t.id"
            " WHERE t.occupancy = :home AND t.ended_at IS NULL AND r.family = :family"
            " AND (t.opened_at >= :since OR (r.incident = :id AND r.answer = 'not_back'))"
            " ORDER BY t.opened_at DESC, t.id LIMIT 1"
        ),
        {"home": occupancy, "family": incident.family, "since": incident.resolved_at, "id": incident.id},
    )
    return rows.scalar_one_or_none()


async def _meter_shows(unit: Unit, incident: Incident, occupancies: list[str]) -> bool:
    rows = await unit.session.execute(
        text(
            "SELECT 1 FROM aftersales.meter_proposal"
            " WHERE incident = :id AND occupancy = ANY(:homes) AND fault <> 'meter_silent' LIMIT 1"
        ),
        {"id": incident.id, "homes": occupancies},
    )
    return rows.first() is not None
