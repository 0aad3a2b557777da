"""What is shown of incidents: to whom they concern, with what evidence, how many homes and how urgent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Priority, Role
from services.aftersales import registry
from services.aftersales.incidents import places, reaching
from services.aftersales.incidents.clusters import thresholds, urgency
from services.aftersales.incidents.gateways import ALONE
from services.aftersales.incidents.model import Incident, IncidentFollower, IncidentNews
from services.aftersales.incidents.stages import OPEN
from services.aftersales.priority import priority_of
from services.kit.problems import not_found
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal

_COUNTS = """
SELECT t.incident, count(*) AS requests, count(DISTINCT coalesce(t.dwelling, t.building)) AS reported,
       min(t.priority) AS priority,
       count(DISTINCT coalesce(t.dwelling, t.building))
           FILTER (WHERE r.answer = 'back' OR t.state IN ('resolved', 'closed')) AS back
FROM aftersales.ticket t LEFT JOIN aftersales.incident_report r ON r.ticket = t.id
WHERE t.incident = ANY(:incidents) GROUP BY t.incident
"""
_OTHERS = """
SELECT r.incident, count(DISTINCT r.place) FILTER (WHERE r.answer = 'not_back') AS not_back
FROM aftersales.incident_report r WHERE r.incident = ANY(:incidents) GROUP BY r.incident
"""
_SENSED = """
SELECT incident, count(DISTINCT dwelling) AS sensed FROM aftersales.meter_proposal
WHERE incident = ANY(:incidents) GROUP BY incident
"""
_HOMES = """
SELECT incident, count(DISTINCT place) AS homes FROM (
    SELECT incident, coalesce(dwelling, building) AS place FROM aftersales.ticket
    WHERE incident = ANY(:incidents)
    UNION ALL SELECT incident, dwelling FROM aftersales.meter_proposal
    WHERE incident = ANY(:incidents)) AS touched
GROUP BY incident
"""
_WAITING = f"""
SELECT (SELECT count(*) FROM aftersales.incident WHERE coop = :coop AND state = 'proposed'),
       (SELECT count(*) FROM aftersales.meter_proposal WHERE coop = :coop AND state = 'proposed'
        AND {ALONE})
"""  # noqa: S608 - a condition of this room
_FOLLOWERS = """
SELECT incident, count(*) AS followers FROM aftersales.incident_follower
WHERE incident = ANY(:incidents) GROUP BY incident
"""
_SUGGESTED = """
SELECT family, scope, count(DISTINCT place) AS homes, min(reported_at) AS first, max(reported_at) AS last,
       min(ticket) AS ticket
FROM aftersales.incident_report r
WHERE coop = :coop AND reported_at >= :since AND incident IS NULL
GROUP BY family, scope HAVING count(DISTINCT place) >= :at_least
ORDER BY max(reported_at) DESC
"""
_CHILDREN = """
SELECT t.id, t.number, t.state, t.priority, t.dwelling, t.building, d.ref, d.staircase, d.floor, d.residence,
       coalesce(r.answer, CASE WHEN t.state IN ('resolved', 'closed') THEN 'back' END) AS answer
FROM aftersales.ticket t LEFT JOIN aftersales.incident_report r ON r.ticket = t.id
LEFT JOIN registry.dwelling d ON d.id = t.dwelling
WHERE t.incident = :incident OR (r.incident = :incident AND r.answer = 'not_back')
ORDER BY t.opened_at, t.id
"""
_OF_HOMES = """
WITH RECURSIVE here (id, next) AS (
    SELECT id, merged_into FROM aftersales.incident WHERE coop = :coop AND scope = ANY(:scopes)
    UNION SELECT i.id, i.merged_into FROM here JOIN aftersales.incident i ON i.id = here.next)
SELECT DISTINCT i.* FROM aftersales.incident i
WHERE i.coop = :coop AND i.state = ANY(:states) AND (
    EXISTS (SELECT 1 FROM aftersales.ticket t WHERE t.incident = i.id AND t.occupancy = ANY(:homes))
    OR EXISTS (SELECT 1 FROM aftersales.incident_follower f
               WHERE f.incident = i.id AND f.occupancy = ANY(:homes))
    OR i.id IN (SELECT id FROM here))
ORDER BY i.began_at DESC
"""


@dataclass(frozen=True)
class Counted:
    """How large an incident is now."""

    homes: int = 0
    """Dwellings that reported or whose meter shows it, each once; `reported` and `sensed` say which."""
    reported: int = 0
    requests: int = 0
    sensed: int = 0
    followers: int = 0
    back: int = 0
    """Homes that said it is well again, and `not_back` those that said it is not."""
    not_back: int = 0
    priority: Priority = Priority.P3


@dataclass(frozen=True)
class Suggested:
    """Like reports that may have one cause: for staff to look at."""

    family: str
    scope: str
    homes: int
    first: datetime
    last: datetime
    ticket: str


async def visible(unit: Unit, incident_id: str, who: Principal) -> Incident:
    """The incident, or 404 when it does not exist for that caller. A household sees those that concern it."""
    incident = await unit.session.get(Incident, incident_id)
    if incident is None:
        raise not_found()
    if who.role is Role.RESIDENT:
        incident = await reaching.end_of(unit, incident)  # a letter of before still leads to where it went on
        seen = await of_homes(unit, await registry.own_occupancies(unit, who.person), ended=True)
        if incident.id not in {one.id for one in seen}:
            raise not_found()
    return incident


async def of_homes(unit: Unit, occupancies: list[str], *, ended: bool = False) -> list[Incident]:
    """Confirmed incidents that a household reported, follows or lives in now; with `ended`, past ones too."""
    states = ["confirmed", "in_progress", "resolved", *(("closed",) if ended else ())]
    scopes: set[str] = set()
    for occupancy in occupancies:
        home = await registry.home_of_occupancy(unit, occupancy)
        if home is None or home.is_left(unit.now):
            continue
        place = await places.place_of(unit, home.dwelling, home.building)
        scopes |= set(place.all_scopes())
    rows = await unit.session.execute(
        select(Incident).from_statement(text(_OF_HOMES)),
        {"coop": unit.coop, "states": states, "homes": occupancies, "scopes": sorted(scopes)},
    )
    return list(rows.scalars())


async def listed(unit: Unit, states: tuple[str, ...]) -> list[Incident]:
    """Incidents of these states, the newest first."""
    rows = await unit.session.execute(
        select(Incident)
        .where(col(Incident.coop) == unit.coop, col(Incident.state).in_(states))
        .order_by(col(Incident.began_at).desc(), col(Incident.id))
        .limit(200)
    )
    return list(rows.scalars())


async def waiting(unit: Unit) -> tuple[int, int]:
    """How many incidents are to be confirmed, and how many signals of meters nobody has looked at."""
    found = await unit.session.execute(text(_WAITING), {"coop": unit.coop})
    incidents, signals = found.one()
    return int(incidents), int(signals)


async def counted(unit: Unit, incidents: list[Incident]) -> dict[str, Counted]:
    """Size and urgency of each, by id, in five questions whatever their number."""
    ids = [incident.id for incident in incidents]
    if not ids:
        return {}
    rules = thresholds(await local_today(unit))
    today = await local_today(unit)
    of_codes = {one.id: priority_of(one.element, one.symptom, today) for one in incidents}
    found: dict[str, dict[str, Any]] = {id: {} for id in ids}
    for query in (_COUNTS, _OTHERS, _SENSED, _HOMES, _FOLLOWERS):
        for row in await unit.session.execute(text(query), {"incidents": ids}):
            values = dict(row._mapping)
            found[values.pop("incident")] |= values
    counts = {}
    for id, values in found.items():
        most = Priority(values.get("priority") or of_codes[id])
        for name in ("homes", "reported"):  # who said no goes on alone, and was there all the same
            values[name] = values.get(name, 0) + values.get("not_back", 0)
        counts[id] = Counted(**(values | {"priority": urgency(most, values.get("homes", 0), rules)}))
    return counts


async def suggested(unit: Unit) -> list[Suggested]:
    """Places from which at least two homes said the like within the window, without an incident yet."""
    rules = thresholds(await local_today(unit))
    rows = await unit.session.execute(
        text(_SUGGESTED),
        {"coop": unit.coop, "since": unit.now - rules.window, "at_least": rules.suggest_dwellings},
    )
    return [Suggested(**row._mapping) for row in rows]


async def children_of(unit: Unit, incident: Incident) -> list[Any]:
    """The requests as staff see them in the incident: where, how far, what they answered; not their words."""
    rows = await unit.session.execute(text(_CHILDREN), {"incident": incident.id})
    return list(rows)


async def news(unit: Unit, incident: Incident) -> list[IncidentNews]:
    """What was written to all, the newest first."""
    rows = await unit.session.execute(
        select(IncidentNews)
        .where(col(IncidentNews.incident) == incident.id)
        .order_by(col(IncidentNews.written_at).desc(), col(IncidentNews.id).desc())
    )
    return list(rows.scalars())


async def concerned(unit: Unit, incident: Incident) -> list[str]:
    """Whom to write to: households with requests, that follow, or whose meter shows it; with `tells_all`, all
    that are served."""
    rows = await unit.session.execute(
        text(
            "SELECT occupancy FROM aftersales.ticket WHERE incident = :id AND occupancy IS NOT NULL"
            " UNION SELECT occupancy FROM aftersales.incident_follower WHERE incident = :id"
            " UNION SELECT occupancy FROM aftersales.meter_proposal WHERE incident = :id"
            " AND occupancy IS NOT NULL AND fault <> 'meter_silent'"  # that it is silent, nobody feels
        ),
        {"id": incident.id},
    )
    found = set(rows.scalars())
    if incident.tells_all:
        found |= set(await places.households(unit, *await reaching.scopes_of(unit, incident)))
    return sorted(found)


async def other_scopes(unit: Unit, incident: Incident) -> list[str]:
    """Where it could be widened or narrowed to: the places its homes lie in."""
    rows = await unit.session.execute(
        text(
            "SELECT DISTINCT dwelling FROM aftersales.ticket WHERE incident = :id AND dwelling IS NOT NULL"
            " UNION SELECT dwelling FROM aftersales.meter_proposal"
            " WHERE incident = :id AND dwelling IS NOT NULL"
        ),
        {"id": incident.id},
    )
    found: dict[str, None] = {}
    for dwelling in list(rows.scalars())[:50]:
        for scope in (await places.place_of(unit, dwelling, None)).all_scopes():
            found[scope] = None
    return [scope for scope in found if scope != incident.scope]


async def mergeable(unit: Unit, incident: Incident) -> list[Incident]:
    """Other open incidents, those of the same family first."""
    rows = await listed(unit, OPEN)
    others = [one for one in rows if one.id != incident.id]
    return sorted(others, key=lambda one: one.family != incident.family)


async def follows(unit: Unit, incident: Incident, occupancies: list[str]) -> IncidentFollower | None:
    """The follower's row of one of these households."""
    rows = await unit.session.execute(
        select(IncidentFollower).where(
            col(IncidentFollower.incident) == incident.id, col(IncidentFollower.occupancy).in_(occupancies)
        )
    )
    return rows.scalars().first()
