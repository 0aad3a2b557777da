"""Incidents in the reader's language: what the API and the pages show, and what is kept from neighbours."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.incidents import following, history, places, queries
from services.aftersales.incidents.bodies import (
    ChildOut,
    IncidentOut,
    IncidentSummary,
    KnownOut,
    NewsOut,
    RequestOut,
    StepOut,
)
from services.aftersales.incidents.known import Known
from services.aftersales.incidents.model import Incident
from services.aftersales.incidents.queries import Counted
from services.aftersales.incidents.stages import legal_moves
from services.aftersales.words import render_text, word
from services.kit.i18n import Formats
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Principal


async def summaries(
    unit: Unit, incidents: list[Incident], who: Principal, language: str
) -> list[IncidentSummary]:
    """Lines of a list."""
    counts = {} if who.role is Role.RESIDENT else await queries.counted(unit, incidents)
    zone = await zone_of(unit)
    states = "incident_states_at_home" if who.role is Role.RESIDENT else "incident_states"
    return [
        summary(one, counts.get(one.id), await places.name_of(unit, one.scope), zone, language, states)
        for one in incidents
    ]


def summary(
    incident: Incident,
    counted: Counted | None,
    place: str,
    zone: ZoneInfo,
    language: str,
    states: str,
) -> IncidentSummary:
    return IncidentSummary(
        id=incident.id,
        family=incident.family,
        label=label_of(incident, language),
        state=incident.state,
        state_label=word(states, incident.state, language),
        place=place,
        building=incident.building,
        symptom=incident.symptom,
        began_at=incident.began_at.astimezone(zone),
        expected_at=incident.expected_at.astimezone(zone) if incident.expected_at else None,
        next_news_at=incident.next_news_at.astimezone(zone) if incident.next_news_at else None,
        resolved_at=incident.resolved_at.astimezone(zone) if incident.resolved_at else None,
        priority=counted.priority if counted else None,
        homes=counted.homes if counted else None,
        requests=counted.requests if counted else None,
    )


def label_of(incident: Incident, language: str) -> str:
    """What it is in words: where the meters of a gateway are silent, it is the gateway."""
    is_gateway = incident.scope.startswith("gateway:")
    return word("gateway_incidents" if is_gateway else "incident_families", incident.family, language)


async def whole(unit: Unit, incident: Incident, who: Principal, language: str) -> IncidentOut:
    """One incident. A household sees its words for all and its own answer; the cooperative all the rest."""
    [short] = await summaries(unit, [incident], who, language)
    zone = await zone_of(unit)
    is_household = who.role is Role.RESIDENT
    homes = await registry.own_occupancies(unit, who.person) if is_household else []
    last = await history.last_decision(unit, incident.id)
    return IncidentOut(
        **short.model_dump(),
        news=[
            NewsOut(
                kind=row.kind,
                text=row.text_en or row.text_fr if language == "en" else row.text_fr,
                expected_at=row.expected_at.astimezone(zone) if row.expected_at else None,
                written_at=row.written_at.astimezone(zone),
            )
            for row in await queries.news(unit, incident)
        ],
        follows=await queries.follows(unit, incident, homes) is not None,
        answer=await following.answer_of(unit, incident, homes) if homes else None,
        evidence={} if is_household else {name: int(value) for name, value in incident.evidence.items()},
        after=None if is_household else incident.after,
        merged_into=None if is_household else incident.merged_into,
        children=[] if is_household else await _children(unit, incident),
        history=[] if is_household else await _history(unit, incident, zone, language),
        legal_actions=list(legal_moves(incident.state, who.role.value, last.action if last else None)),
        version=incident.version,
    )


def known_out(known: Known, formats: Formats, language: str) -> KnownOut:
    """One thing known, as a sentence that names nobody."""
    return KnownOut(
        kind=known.kind,
        text=sentence(known, formats, language),
        first_at=known.first_at.astimezone(formats.zone),
        homes=known.homes,
        ticket=known.ticket,
        number=known.number,
        incident=known.incident,
        news=known.text_in(language),
        expected_at=known.expected_at.astimezone(formats.zone) if known.expected_at else None,
        follows=known.follows,
    )


def sentence(known: Known, formats: Formats, language: str) -> str:
    """For example: 2 neighbours reported this, the first at 08:10."""
    at = formats.instant(known.first_at)
    if known.kind == "own":
        return render_text("known", "own", language, number=known.number, at=at)
    if known.kind == "incident":
        assert known.family is not None
        label = word("incident_families", known.family, language)
        return render_text("known", "incident", language, label=label, at=at)
    key = "neighbour" if known.homes == 1 else "neighbours"
    return render_text("known", key, language, homes=known.homes, at=at)


async def _children(unit: Unit, incident: Incident) -> list[ChildOut]:
    """One line a home, in the order of their first requests."""
    of_home: dict[str, list[Any]] = {}
    for row in await queries.children_of(unit, incident):
        of_home.setdefault(row.dwelling or row.building or row.id, []).append(row)
    return [_child(first, rest) for first, *rest in of_home.values()]


def _child(first: Any, rest: Sequence[Any]) -> ChildOut:
    answers = {row.answer for row in (first, *rest)}
    return ChildOut(
        ticket=first.id,
        number=first.number,
        state=first.state,
        priority=min(row.priority for row in (first, *rest)),
        home=_home(first),
        answer="not_back" if "not_back" in answers else "back" if answers == {"back"} else None,
        also=[RequestOut(ticket=row.id, number=row.number, state=row.state) for row in rest],
    )


def _home(row: Any) -> str | None:
    return " · ".join(part for part in (row.residence, row.staircase, row.floor, row.ref) if part) or None


async def _history(unit: Unit, incident: Incident, zone: ZoneInfo, language: str) -> list[StepOut]:
    people = await registry.staff(unit)
    return [
        StepOut(
            action=row.action,
            label=word("incident_actions", row.action, language),
            actor=people[row.actor].name if row.actor in people else None,
            role=row.role,
            reason=row.reason,
            state=row.state,
            occurred_at=row.occurred_at.astimezone(zone),
        )
        for row in await history.steps(unit, incident)
    ]
