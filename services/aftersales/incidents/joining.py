"""A new report finds its incident, or makes one be proposed with those before it.

Any number of reports may come at once. Where an incident is open, joining it only reads its row under a
shared lock: reports do not wait for each other. Where none is, reports of one place take turns by an
advisory lock, so that of any three one sees the other two; the unique key of open incidents is the last word.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.aftersales.incidents import gateways, places, shown
from services.aftersales.incidents.clusters import Seen, Verdict, may_be_enough, thresholds, verdict
from services.aftersales.incidents.families import Family, family_of
from services.aftersales.incidents.reaching import REACHED, ended_before, open_at
from services.aftersales.incidents.stages import CONFIRMED
from services.aftersales.incidents.telling import declared, told
from services.aftersales.model import Ticket
from services.aftersales.registry import Home
from services.kit.ids import new_id
from services.kit.registry import local_today
from services.kit.unit import Unit

_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"
_REPORTED = """
SELECT count(*), min(at) FROM (
    SELECT place, min(reported_at) AS at FROM aftersales.incident_report
    WHERE coop = :coop AND family = :family AND scope = :scope AND reported_at >= :since AND incident IS NULL
    GROUP BY place) AS of_place
"""
_KEEP = """
INSERT INTO aftersales.incident_report
    (ticket, coop, family, scope, place, occupancy, reported_at, incident, via)
SELECT %(ticket)s, %(coop)s, %(family)s, %(scope)s, %(place)s, %(occupancy)s, %(at)s, open.id, open.via
"""
_AGAIN = """
ON CONFLICT (ticket) DO UPDATE SET incident = excluded.incident, via = excluded.via RETURNING incident
"""
_JOIN = f"""{REACHED}, kept AS ({_KEEP} FROM open {_AGAIN})
SELECT open.* FROM open JOIN kept ON kept.incident = open.id
"""  # noqa: S608
_REPORT = f"""{REACHED}, kept AS ({_KEEP} FROM (SELECT 1) AS one LEFT JOIN open ON true {_AGAIN})
SELECT open.*, told.homes, told.first, seen.homes AS sensed, seen.first AS sensed_first
FROM kept LEFT JOIN open ON open.id = kept.incident
CROSS JOIN (
    SELECT count(DISTINCT place) FILTER (WHERE place <> %(place)s) + 1 AS homes,
           least(min(reported_at), %(at)s) AS first
    FROM aftersales.incident_report
    WHERE coop = %(coop)s AND family = %(family)s AND scope = %(scope)s AND reported_at >= %(since)s
      AND incident IS NULL) AS told
CROSS JOIN (
    SELECT count(DISTINCT coalesce(dwelling, meter)) AS homes, min(since) AS first
    FROM aftersales.meter_proposal
    WHERE coop = %(coop)s AND family = %(family)s AND scope = %(scope)s AND state = 'proposed'
      AND raised_at >= %(sensed_since)s AND incident IS NULL) AS seen
"""  # noqa: S608
"""Kept, with the open incident if there is one by now, else with how many said and show the like. What the
statement itself writes it does not see: this home is counted beside the others."""
_SENSED = """
SELECT count(DISTINCT coalesce(dwelling, meter)), min(since) FROM aftersales.meter_proposal
WHERE coop = :coop AND family = :family AND scope = :scope AND state = 'proposed' AND raised_at >= :since
  AND incident IS NULL
"""
_PROPOSE = """
INSERT INTO aftersales.incident (id, coop, family, scope, building, element, symptom, state, evidence,
    tells_all, began_at, after, version)
VALUES (:id, :coop, :family, :scope, :building, :element, :symptom, 'proposed', CAST(:evidence AS jsonb),
    false, :began_at, :after, 1)
ON CONFLICT (coop, family, scope) WHERE state IN ('proposed', 'confirmed', 'in_progress') DO NOTHING
RETURNING id
"""
_GATHER = """
WITH gathered AS (
    UPDATE aftersales.incident_report SET incident = :incident
    WHERE coop = :coop AND family = :family AND scope = :scope AND reported_at >= :since AND incident IS NULL
    RETURNING ticket)
UPDATE aftersales.ticket SET incident = :incident WHERE id IN (SELECT ticket FROM gathered)
"""
_GATHER_SENSED = """
UPDATE aftersales.meter_proposal SET incident = :incident, via = :via
WHERE coop = :coop AND family = :family AND scope = :scope AND state = 'proposed' AND incident IS NULL
"""
_STEP = """
INSERT INTO aftersales.incident_event (incident, place_in_history, coop, action, actor, role, detail, state,
    occurred_at, recorded_at)
VALUES (:incident, 1, :coop, 'propose', 'system', 'system', CAST(:detail AS jsonb), 'proposed', :now, :wall)
"""


async def join(unit: Unit, ticket: Ticket) -> bool:
    """Record the report and give the request its incident, if there is one or now is. True when a person
    has confirmed that incident: the household is told, and its request is to be attached.

    The request's row is written; the caller's transaction holds what is locked here until it ends.
    """
    family = family_of(ticket.element, ticket.symptom)
    if family is None:
        return False
    scopes = await gateways.scopes(unit, family, ticket.dwelling, ticket.building)
    if not scopes:
        return False
    await unit.session.flush()
    report = _report(ticket, family, scopes)
    joined = await unit.ask(_JOIN, report)
    if joined:
        return _joined(unit, ticket, joined[0])
    await _take_turn(unit, family.code, scopes[0])
    rules = thresholds(await local_today(unit))
    since = {"since": unit.now - rules.window, "sensed_since": unit.now - rules.sensed_window}
    [row] = await unit.ask(_REPORT, report | since)
    if row.id is not None:
        return _joined(unit, ticket, row)
    told_of, seen_of = _Counted(row.homes, row.first), _Counted(row.sensed, row.sensed_first)
    ticket.incident = await _perhaps_propose(
        unit, family, scopes[0], ticket.element, ticket.symptom, told_of, seen_of
    )
    if ticket.incident is not None:
        shown.learn(unit, ticket.incident, "proposed")
    return False


async def take_turns(unit: Unit, home: Home, several: Iterable[tuple[str, str]]) -> None:
    """Of several reports (element and symptom each) in one transaction, before the first of them: whoever
    tells of one of these things at the same moment waits here, not each for what the other one holds."""
    turns = set()
    for family in {found for one in several if (found := family_of(*one)) is not None}:
        scopes = await gateways.scopes(unit, family, home.dwelling, home.building)
        turns |= {(family.code, scope) for scope in scopes[:1]}
    for code, scope in sorted(turns):
        await _take_turn(unit, code, scope)


def _joined(unit: Unit, ticket: Ticket, incident: Any) -> bool:
    ticket.incident = incident.id
    shown.learn(unit, incident.id, incident.state)
    is_confirmed = incident.state in CONFIRMED
    if is_confirmed and ticket.occupancy is not None:
        declared(unit, ticket.coop, incident, [ticket.occupancy], incident.news)
    return is_confirmed


async def sensed(
    unit: Unit, family: Family, scopes: list[str], element: str, symptom: str, fluid: str | None
) -> str | None:
    """As `join`, when a meter's fault was recorded: the incident it now belongs to. `fluid`: what the meters
    count that could show the same; None: any."""
    scope = scopes[0]
    found = await open_at(unit, family.code, scopes)
    if found is None:
        await _take_turn(unit, family.code, scope)
        found = await open_at(unit, family.code, scopes)
    if found is not None:
        await _gather_sensed(unit, family.code, scope, found.id, found.via)
        return str(found.id)
    rules = thresholds(await local_today(unit))
    reported = await _counted(unit, _REPORTED, family, scope, rules.window)
    seen = await _counted(unit, _SENSED, family, scope, rules.sensed_window)
    return await _perhaps_propose(unit, family, scope, element, symptom, reported, seen, fluid)


async def propose(
    unit: Unit, family: Family, scope: str, element: str, symptom: str, seen: Seen, began_at: datetime
) -> str | None:
    """Make the incident with what was gathered within the window; None when somebody was faster."""
    rules = thresholds(await local_today(unit))
    evidence = {
        "reported": seen.reported, "sensed": seen.sensed, "served": seen.served, "metered": seen.metered
    }  # fmt: skip
    incident = (
        await unit.session.execute(
            text(_PROPOSE),
            {
                "id": new_id("inc"), "coop": unit.coop, "family": family.code, "scope": scope,
                "building": await places.building_of(unit, scope), "element": element, "symptom": symptom,
                "evidence": _json(evidence), "began_at": began_at,
                "after": await ended_before(unit, family.code, scope, unit.now - rules.after),
            },
        )
    ).scalar_one_or_none()  # fmt: skip
    if incident is None:
        return None
    place = {"incident": incident, "coop": unit.coop, "family": family.code, "scope": scope}
    await unit.session.flush()
    await unit.session.execute(text(_GATHER), place | {"since": unit.now - rules.window})
    await _gather_sensed(unit, family.code, scope, incident)
    await unit.session.execute(
        text(_STEP),
        {
            "incident": incident, "coop": unit.coop, "detail": _json(evidence), "now": unit.now,
            "wall": unit.wall,
        },
    )  # fmt: skip
    await told(unit, incident, "proposed", [])
    return str(incident)


async def _gather_sensed(unit: Unit, family: str, scope: str, incident: str, via: str | None = None) -> None:
    values = {"coop": unit.coop, "family": family, "scope": scope, "incident": incident, "via": via}
    await unit.session.execute(text(_GATHER_SENSED), values)


@dataclass(frozen=True)
class _Counted:
    """Different homes, and when the first of them was."""

    homes: int
    first_at: datetime | None


async def _perhaps_propose(
    unit: Unit,
    family: Family,
    scope: str,
    element: str,
    symptom: str,
    reported: _Counted,
    seen: _Counted,
    fluid: str | None = None,
) -> str | None:
    rules = thresholds(await local_today(unit))
    if not may_be_enough(reported.homes, seen.homes, rules):
        return None
    served = await places.count_served(unit, scope)
    metered = await gateways.count_metered(unit, scope, fluid) if seen.homes else 0
    whole = Seen(reported.homes, seen.homes, served, metered, is_gateway=scope.startswith("gateway:"))
    if verdict(whole, rules) is not Verdict.PROPOSED:
        return None
    began_at = min(at for at in (reported.first_at, seen.first_at) if at is not None)
    return await propose(unit, family, scope, element, symptom, whole, began_at)


async def _take_turn(unit: Unit, family: str, scope: str) -> None:
    await unit.session.execute(text(_TURN), {"key": f"incident {unit.coop} {family} {scope}"})


async def _counted(unit: Unit, query: str, family: Family, scope: str, window: timedelta) -> _Counted:
    row = (
        await unit.session.execute(
            text(query),
            {"coop": unit.coop, "family": family.code, "scope": scope, "since": unit.now - window},
        )
    ).one()
    return _Counted(int(row[0]), row[1])


def _report(ticket: Ticket, family: Family, scopes: list[str]) -> dict[str, Any]:
    return {
        "ticket": ticket.id, "coop": ticket.coop, "family": family.code, "scope": scopes[0],
        "scopes": scopes, "place": ticket.dwelling or ticket.building, "occupancy": ticket.occupancy,
        "at": ticket.opened_at,
    }  # fmt: skip


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value)
