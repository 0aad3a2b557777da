"""What a decision on an incident does to others: joining two, taking it back, one request in or out."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.incidents import children, gateways, history, places, reaching
from services.aftersales.incidents.clusters import thresholds
from services.aftersales.incidents.families import family_named
from services.aftersales.incidents.model import Incident, IncidentEvent
from services.aftersales.incidents.stages import CONFIRMED, OPEN
from services.aftersales.incidents.telling import told
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.problems import conflict, invalid
from services.kit.registry import local_today
from services.kit.unit import Unit

_MOVE = {
    "reports": "UPDATE aftersales.incident_report SET incident = :to WHERE incident = :from RETURNING ticket",
    "followers": "INSERT INTO aftersales.incident_follower (incident, occupancy, coop, person, followed_at)"
    " SELECT :to, occupancy, coop, person, followed_at FROM aftersales.incident_follower"
    " WHERE incident = :from"
    " ON CONFLICT (incident, occupancy) DO NOTHING RETURNING occupancy",
    "meters": "UPDATE aftersales.meter_proposal SET incident = :to WHERE incident = :from RETURNING id",
}
_MOVE_BACK = {
    "reports": "UPDATE aftersales.incident_report SET incident = :to"
    " WHERE incident = :from AND (ticket = ANY(:ids) OR via = ANY(:via)) RETURNING ticket",
    "followers": "DELETE FROM aftersales.incident_follower WHERE incident = :from AND occupancy = ANY(:ids)",
    "meters": "UPDATE aftersales.meter_proposal SET incident = :to"
    " WHERE incident = :from AND (id = ANY(:ids) OR via = ANY(:via))",
}
"""What was there goes back, and what came by its place since. A follower stays with the incident that ended,
so that parting the two again only takes it away here."""
_FOLLOWED_SINCE = """
INSERT INTO aftersales.incident_follower (incident, occupancy, coop, person, followed_at)
SELECT :to, occupancy, coop, person, followed_at FROM aftersales.incident_follower
WHERE incident = :from AND followed_at >= :since AND occupancy = ANY(:homes)
ON CONFLICT (incident, occupancy) DO NOTHING
"""
"""Who lives where the other one is and followed while the two were one follows both: no news is missed."""
_FREE = """
SELECT r.ticket, r.family, t.dwelling, t.building
FROM aftersales.incident_report r JOIN aftersales.ticket t ON t.id = r.ticket
WHERE r.coop = :coop AND r.family = ANY(:families) AND r.reported_at >= :since AND r.incident IS NULL
  AND t.incident IS NULL AND t.ended_at IS NULL
ORDER BY r.reported_at, r.ticket
"""


async def no_second(unit: Unit, incident: Incident) -> None:
    """409 when another open incident of that family has the place, or has taken in the one that had it: the
    two are to be joined instead."""
    other = await reaching.open_at(unit, incident.family, [incident.scope])
    if other is not None and other.id != incident.id:
        raise conflict(
            "incident_open_there",
            "%(incident)s is open there: join the two.",
            legal_actions=["merge"],
            figures={"incident": other.id},
        )


async def other_open(unit: Unit, incident: Incident, other_id: str) -> Incident:
    """The incident to be joined to this one, locked; 422 when it is not another open one."""
    if other_id != incident.id:
        found = await unit.session.execute(
            select(Incident)
            .where(col(Incident.id) == other_id, col(Incident.coop) == incident.coop)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        other = found.scalar_one_or_none()
        if other is not None and other.state in OPEN:
            return other
    raise invalid("/other", "not_open", "Name another incident that is open.")


def may_be_joined(incident: Incident, other: Incident, even_so: str | None) -> None:
    """409 where the reports are of different kinds, unless staff say why they have one cause even so (a power
    cut also silences the television); and where what is confirmed would become a mere proposal."""
    if other.family != incident.family and even_so is None:
        raise conflict(
            "different_kinds",
            "One is %(one)s, the other %(other)s: two kinds of trouble."
            " If one cause explains both, join them with even_so and a reason.",
            legal_actions=["merge"],
            figures={"one": _called(incident), "other": _called(other)},
        )
    if other.state in CONFIRMED and incident.state not in CONFIRMED:
        raise conflict(
            "other_is_confirmed",
            "%(incident)s is confirmed, its homes were told: confirm this one first, or join it to that one.",
            legal_actions=["confirm"],
            figures={"incident": other.id},
        )


async def move_all(unit: Unit, source: Incident, target: Incident) -> dict[str, list[str]]:
    """Requests, reports, followers and meters' proposals of one incident become the other's. Returns what
    moved, for taking it back."""
    tickets = await children.of_incident(unit, source.id)
    moved = {"moved": [ticket.id for ticket in tickets]}
    for name, statement in _MOVE.items():
        rows = await unit.session.execute(text(statement), {"from": source.id, "to": target.id})
        moved[name] = sorted(rows.scalars())
    for ticket in tickets:
        await children.link(unit, ticket, target.id)
    return moved


async def take_back(unit: Unit, incident: Incident, last: IncidentEvent, actor: Actor) -> None:
    """Put things as they were before that decision. What households were told is not untold: staff write."""
    detail: dict[str, Any] = last.detail
    if last.action == "confirm":
        tickets = await children.of_incident(unit, incident.id)
        await children.detach(unit, tickets, actor)
        for ticket in tickets:
            await children.link(unit, ticket, incident.id)
        incident.owner = incident.confirmed_at = None
        incident.state = "proposed"
    elif last.action == "dismiss":
        await no_second(unit, incident)
        incident.state = "proposed"
        for ticket in await _still_free(unit, detail["tickets"]):
            await children.link(unit, ticket, incident.id)
        await take_in(unit, incident, actor)
    elif last.action == "rescope":
        incident.scope = detail["scope"]
        incident.building = await places.building_of(unit, incident.scope)
        await no_second(unit, incident)
    elif last.action == "merge":
        await _part(unit, incident, last, actor)


async def _part(unit: Unit, incident: Incident, merging: IncidentEvent, actor: Actor) -> None:
    """The other one is open again, with what it brought and with what its place told since."""
    detail: dict[str, Any] = merging.detail
    other = await history.locked(unit, detail["other"])
    joining = await history.last(unit, other.id)
    other.state, other.merged_into = joining.detail["state"], None
    other.version += 1
    await history.record(
        unit, other, "undo", actor, detail={"undone": joining.action, "of": joining.place_in_history}
    )
    await no_second(unit, other)
    places_of = await reaching.joined_into(unit, other.id)
    values = {"from": incident.id, "to": other.id, "via": [one.id for one in places_of]}
    back = set(detail["moved"])
    for name, statement in _MOVE_BACK.items():
        moved = await unit.session.execute(text(statement), values | {"ids": detail.get(name, [])})
        back |= set(moved.scalars()) if name == "reports" else set()
    homes = [home for one in places_of for home in await places.households(unit, one.scope)]
    await unit.session.execute(text(_FOLLOWED_SINCE), values | {"since": merging.occurred_at, "homes": homes})
    for ticket in await children.of_incident(unit, incident.id):
        if ticket.id in back:
            if other.state not in CONFIRMED:
                await children.detach(unit, [ticket], actor)
            await children.link(unit, ticket, other.id)


async def take_in(unit: Unit, incident: Incident, actor: Actor) -> None:
    """What its places told while it was not open, within the window, belongs to it now that it is."""
    rules = thresholds(await local_today(unit))
    taken = []
    for report in await _free_reports(unit, incident, unit.now - rules.window):
        family = family_named(report.family)
        scopes = await gateways.scopes(unit, family, report.dwelling, report.building)
        found = await reaching.open_at(unit, family.code, scopes)
        if found is not None and found.id == incident.id:
            ticket = await unit.session.get_one(Ticket, report.ticket)
            await children.link(unit, ticket, incident.id, via=found.via)
            taken.append(ticket)
    if taken and incident.state in CONFIRMED:
        await children.attach(unit, taken, incident.id, actor)
        homes = [ticket.occupancy for ticket in taken if ticket.occupancy is not None]
        await told(unit, incident.id, "declared", homes)


async def _free_reports(unit: Unit, incident: Incident, since: datetime) -> list[Any]:
    families = sorted({one.family for one in await reaching.joined_into(unit, incident.id)})
    rows = await unit.session.execute(text(_FREE), {"coop": unit.coop, "families": families, "since": since})
    return list(rows)


def _called(incident: Incident) -> dict[str, str]:
    return {
        "en": f"“{word('incident_families', incident.family, 'en').lower()}”",
        "fr": f"« {word('incident_families', incident.family, 'fr').lower()} »",
    }


async def free_ticket(unit: Unit, ticket_id: str) -> Ticket:
    """A request that belongs to no incident; 422 otherwise."""
    ticket = await unit.session.get(Ticket, ticket_id)
    if ticket is None or ticket.coop != unit.coop:
        raise invalid("/ticket", "unknown_ticket", "Name a request of the cooperative.")
    if ticket.incident is not None:
        raise invalid("/ticket", "has_incident", "That request belongs to an incident already.")
    return ticket


async def own_ticket(unit: Unit, incident: Incident, ticket_id: str) -> Ticket:
    """A request of this incident; 422 otherwise."""
    ticket = await unit.session.get(Ticket, ticket_id)
    if ticket is None or ticket.incident != incident.id:
        raise invalid("/ticket", "not_of_incident", "Name a request of this incident.")
    return ticket


async def _still_free(unit: Unit, tickets: list[str]) -> list[Ticket]:
    rows = await unit.session.execute(
        select(Ticket).where(col(Ticket.id).in_(tickets), col(Ticket.incident).is_(None))
    )
    return list(rows.scalars())
