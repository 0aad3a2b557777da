"""What a person may do with an incident: confirm, widen, join, split, write to all, resolve, take back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.aftersales.incidents import children, decisions, history, places, queries, reaching
from services.aftersales.incidents.model import Incident, IncidentNews
from services.aftersales.incidents.stages import CONFIRMED, TABLE, NotPossible, next_stage
from services.aftersales.incidents.telling import told
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid
from services.kit.said import named
from services.kit.unit import Unit


@dataclass(frozen=True)
class Given:
    """What goes with an action; None leaves things as they are."""

    reason: str | None = None
    text_fr: str | None = None
    text_en: str | None = None
    expected_at: datetime | None = None
    next_news_at: datetime | None = None
    """By when households are written to again, at the latest."""
    tells_all: bool | None = None
    scope: str | None = None
    other: str | None = None
    """The incident that is joined to this one."""
    even_so: bool = False
    """It is joined although its reports are of another kind; `reason` says why."""
    ticket: str | None = None
    version: int | None = None
    """The version the person saw; another one now is a conflict."""


async def act(unit: Unit, incident_id: str, action: str, actor: Actor, given: Given) -> Incident:
    """One step. 409 with what is legal instead, 422 for what is missing. The caller has checked the role."""
    incident = await history.locked(unit, incident_id, given.other)
    last = await history.last_decision(unit, incident.id)
    try:
        stage = next_stage(incident.state, action, actor.role, last.action if last else None)
    except NotPossible as refusal:
        raise conflict(
            "illegal_action",
            "%(action)s is not possible while %(state)s. %(why)s",
            legal_actions=refusal.legal,
            figures={
                "action": named("incident_actions", action),
                "state": named("incident_states", refusal.stage),
                "why": "",
            },
        ) from refusal
    if given.version is not None and given.version != incident.version:
        raise conflict("changed_meanwhile", "Somebody changed this incident meanwhile; look again.")
    for name in (*TABLE[action].needs, *(["reason"] if given.even_so else [])):
        value = getattr(given, name)
        if value is None or not str(value).strip():
            raise invalid(
                f"/{name}",
                "missing",
                "%(action)s needs %(field)s.",
                action=named("incident_actions", action),
                field=name,
            )
    for name in ("expected_at", "next_news_at"):
        if (at := getattr(given, name)) is not None and at < unit.now:
            raise invalid(f"/{name}", "in_the_past", "It cannot be expected for earlier.")
    if given.expected_at is not None:
        incident.expected_at = given.expected_at
    if given.tells_all is not None:
        incident.tells_all = given.tells_all
    before = incident.state
    incident.state = stage
    detail = {"state": before} | await _DO[action](unit, incident, actor, given)
    incident.version += 1
    await history.record(unit, incident, action, actor, given.reason, detail)
    await _tell(unit, incident, action, actor, given)
    return incident


_NEWS = {
    "confirm": "declared", "tell": "progress", "resolve": "resolved", "reopen": "progress",
    "undo": "withdrawn",
}  # fmt: skip
"""Which steps are told to households, as what."""


async def _tell(unit: Unit, incident: Incident, action: str, actor: Actor, given: Given) -> None:
    """One message per household concerned; a step of the desk alone goes to nobody at home."""
    kind = _NEWS.get(action)
    news, text_fr, text_en = None, (given.text_fr or "").strip(), (given.text_en or "").strip()
    if action == "reopen" and not text_fr:  # they were told that it is over
        text_fr, text_en = (word("incident_words", "not_restored", one) for one in ("fr", "en"))
    if kind is not None and text_fr:
        news = IncidentNews(
            id=new_id("inn"),
            coop=incident.coop,
            incident=incident.id,
            kind=kind,
            text_fr=text_fr,
            text_en=text_en or None,
            expected_at=incident.expected_at,
            written_by=actor.id,
            written_at=unit.now,
        )
        unit.session.add(news)
        await unit.session.flush()
    if news is not None or given.next_news_at is not None:
        incident.next_news_at = None if kind == "resolved" else given.next_news_at
    silent = kind is None or (kind == "withdrawn" and news is None)
    to = [] if silent else await queries.concerned(unit, incident)
    await told(unit, incident.id, kind if kind in ("declared", "resolved") else "progress", to, news)


async def _confirm(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    incident.owner, incident.confirmed_at = actor.id, unit.now
    await children.attach(unit, await children.of_incident(unit, incident.id), incident.id, actor)
    return {}


async def _dismiss(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    """Their reports keep the dismissed incident, so that they do not propose the same again."""
    tickets = await children.of_incident(unit, incident.id)
    for ticket in tickets:
        await children.unlink(unit, ticket)
    return {"tickets": [ticket.id for ticket in tickets]}


async def _start(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    return {}


async def _rescope(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    assert given.scope is not None
    if given.scope not in await queries.other_scopes(unit, incident):
        raise invalid("/scope", "unknown_place", "Choose one of the places that its homes lie in.")
    before, incident.scope = incident.scope, given.scope
    incident.building = await places.building_of(unit, given.scope)
    await decisions.no_second(unit, incident)
    served = await places.count_served(unit, *await reaching.scopes_of(unit, incident))
    incident.evidence = {**incident.evidence, "served": served}
    await decisions.take_in(unit, incident, actor)
    return {"scope": before, "to": given.scope}


async def _merge(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    """The other one's requests and followers come to this one; the other ends and says where it went."""
    assert given.other is not None
    other = await decisions.other_open(unit, incident, given.other)
    decisions.may_be_joined(incident, other, given.reason if given.even_so else None)
    moved = await decisions.move_all(unit, other, incident)
    before = other.state
    other.state, other.merged_into, other.version = "merged", incident.id, other.version + 1
    await history.record(unit, other, "merge", actor, given.reason, {"state": before, "into": incident.id})
    if incident.state in CONFIRMED:
        await children.attach(unit, await children.of_incident(unit, incident.id), incident.id, actor)
    return {"other": other.id} | moved


async def _add(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    ticket = await decisions.free_ticket(unit, given.ticket or "")
    await children.link(unit, ticket, incident.id)
    if incident.state in CONFIRMED:
        await children.attach(unit, [ticket], incident.id, actor)
        if ticket.occupancy is not None:
            await told(unit, incident.id, "declared", [ticket.occupancy])
    return {"ticket": ticket.id}


async def _split(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    ticket = await decisions.own_ticket(unit, incident, given.ticket or "")
    await children.detach(unit, [ticket], actor)
    await children.unlink(unit, ticket)
    return {"ticket": ticket.id}


async def _resolve(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    incident.resolved_at = unit.now
    await children.finish(unit, await children.of_incident(unit, incident.id), incident.id, actor)
    return {}


async def _reopen(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    """Staff saw that it is not over: who has not answered yet waits with the others again, and who told it
    anew meanwhile with them."""
    await decisions.no_second(unit, incident)
    incident.resolved_at = None
    await children.wait_again(unit, await children.of_incident(unit, incident.id), incident.id, actor)
    await decisions.take_in(unit, incident, actor)
    return {}


async def _undo(unit: Unit, incident: Incident, actor: Actor, given: Given) -> dict[str, Any]:
    last = await history.last_decision(unit, incident.id)
    assert last is not None
    await decisions.take_back(unit, incident, last, actor)
    return {"undone": last.action, "of": last.place_in_history}


_DO = {
    "confirm": _confirm, "dismiss": _dismiss, "start": _start, "tell": _start, "rescope": _rescope,
    "merge": _merge, "add": _add, "split": _split, "resolve": _resolve, "reopen": _reopen,
    "close": _start, "undo": _undo,
}  # fmt: skip
