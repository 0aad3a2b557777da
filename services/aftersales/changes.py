"""What goes with an action: the corrections of staff, the facts a step keeps, and what may not be given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from contracts.codes import Priority, Regime, Responsible
from services.aftersales import registry
from services.aftersales.assess import dates_of, decide
from services.aftersales.guards import AGREED, MISSED
from services.aftersales.incidents.model import Incident
from services.aftersales.lifecycle import TABLE, Standing, Step
from services.aftersales.model import Ticket, WarrantyRow
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.parties.model import Party
from services.aftersales.past_days import check_declared, check_past
from services.aftersales.photos.keeping import shown_since
from services.aftersales.registry import Home
from services.aftersales.routing import PRESSING
from services.aftersales.telling import Actor
from services.aftersales.visits.following import window_end
from services.aftersales.words import codes
from services.kit.problems import invalid
from services.kit.unit import Unit

TEAM = ("staff", "caretaker")
CORRECTIONS = ("place", "element", "symptom", "cause", "installed_on", "declared_to_insurer_on")
"""Facts of the request that the cooperative's people may set right with any action."""
CODED = {
    "side": "sides", "outcome": "outcomes", "secured_by": "secured_by", "debtor": "parties",
    "agreed_how": "agreed_how", "no_photo": "no_photo",
}  # fmt: skip
"""Facts of a step that are codes, and their group of words."""
REASONS = {"refuse": "reason_codes", "set_formal_aside": "formal_reasons"}
"""Actions whose reason is a code, and its group."""
ALSO_KEPT = ("incident", "notice", "debtor", "party", "kind", "answer_by_at", "minutes")
"""Facts that a step keeps when they come with it."""
DECIDED = "decided_by_cooperative"
"""The basis of what a person decided without naming another: a code of the group `bases`."""
FARTHEST = timedelta(days=731)
"""How far ahead a visit can be arranged."""
BY_NAME = (
    "acknowledge", "refuse", "approve", "uphold", "overturn", "waive_notice", "set_formal_aside",
)  # fmt: skip
"""Actions that a named person answers for, also where a machine's token sends them."""


@dataclass(frozen=True)
class Changes:
    """What goes with an action; None leaves things as they are."""

    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = None
    assignee: str | None = None
    team: str | None = None
    party: str | None = None
    """The firm that is to do the work; an empty text takes it back to the cooperative's own team. With
    `notify_debtor` the firm that is written to."""
    priority: Priority | None = None
    responsible: Responsible | None = None
    basis: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Corrections of the request, and what the step keeps: see CORRECTIONS and `lifecycle.TABLE`."""
    notice: NoticeWanted | None = None
    version: int | None = None
    """The version the person saw; another one now is a conflict."""
    occurred_at: datetime | None = None
    """When it happened, if earlier than now: work done on a Sunday and told on Monday."""
    by: str | None = None
    """The person of the staff that a program speaks for."""
    is_inner: bool = False
    """Whether it follows from another thing in this room, such as an incident: see `Transition.is_inner`."""
    key: str | None = None
    """The caller's idempotency key: the same one is the same step."""


async def apply_changes(
    unit: Unit, ticket: Ticket, home: Home, action: str, actor: Actor, standing: Standing, changes: Changes
) -> None:
    """Staff's corrections, then the rules again; a reopened request is never less urgent than before."""
    if "incident" in TABLE.get(action, _NONE).records:
        ticket.incident = await _incident(unit, changes.facts.get("incident"))
    elif action in ("detach", "reopen", "half_fixed"):
        ticket.incident = None
    if actor.role not in TEAM:
        return
    by_person = set(ticket.set_by_person)
    corrections = {name: value for name, value in changes.facts.items() if name in CORRECTIONS}
    for name, value in corrections.items():
        if isinstance(value, date):
            await check_past(unit, f"/{name}", value)
            if name == "declared_to_insurer_on":
                dates = await dates_of(unit, ticket, home)
                check_declared(f"/{name}", value, ticket.noticed_on, dates.reception_on)
        setattr(ticket, name, value)
    if changes.priority is not None:
        ticket.priority = changes.priority.value
        by_person.add("priority")
    if changes.responsible is not None:
        ticket.responsible = changes.responsible.value
        ticket.basis = changes.basis or DECIDED
        ticket.reasons = [{"key": "decided_by_person", "params": {}}]
        by_person.add("responsible")
    if changes.team is not None:
        ticket.team = changes.team
        by_person.add("team")
    if changes.party is not None and action != "notify_debtor":
        if action != "assign":
            raise invalid("/party", "only_with_assign", "Work is given to a firm with assign.")
        ticket.party = await _party(unit, changes.party)
        by_person.add("party")
    if changes.assignee is not None:
        if changes.assignee not in await registry.staff(unit):
            raise invalid("/assignee", "unknown_person", "Name a person of the cooperative's staff.")
        ticket.assignee = changes.assignee
    if sorted(by_person) != sorted(ticket.set_by_person):
        ticket.set_by_person = sorted(by_person)
    if corrections or changes.priority or changes.responsible:
        await decide(unit, ticket, home)
    floor = standing.priority_floor
    if floor is not None and ticket.priority > floor:  # p0 sorts first
        if changes.priority is not None:
            raise invalid("/priority", "less_than_before", "Reopened work is never less urgent than before.")
        ticket.priority = floor


def check_calmer(was: str, ticket: Ticket, changes: Changes) -> None:
    """Whoever makes what endangers people or a home less urgent says why in words: 422 otherwise."""
    is_calmer = Priority(was) in PRESSING and ticket.priority > was  # p0 sorts first
    if is_calmer and not (changes.comment or "").strip():
        raise invalid("/comment", "missing", "Say why it is less urgent than it was.")


def check(unit: Unit, step: Step, changes: Changes) -> None:
    """Refuse codes that do not exist and hours that cannot be."""
    group = REASONS.get(step.action)
    if group is not None and step.reason not in codes(group):
        raise invalid("/reason", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(codes(group)))
    for name, group in CODED.items():
        if name in step.facts and step.facts[name] not in codes(group):
            raise invalid(f"/{name}", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(codes(group)))
    if step.action == "schedule" and changes.appointment_at is not None:
        check_near(unit, changes.appointment_at, "/appointment_at")


def check_near(unit: Unit, at: datetime, pointer: str) -> None:
    """Refuse an hour that is over, and one so far off that it can only be a slip: calendars choke on it."""
    if at < unit.now:
        raise invalid(pointer, "in_the_past", "A visit is arranged for later.")
    if at - unit.now > FARTHEST:
        raise invalid(pointer, "too_far", "A visit is arranged within the next two years.")


def happened_at(unit: Unit, last: datetime, actor: Actor, changes: Changes) -> datetime:
    """When the step took place: now, or earlier where the cooperative's people or a firm say so."""
    at = changes.occurred_at
    if at is None or actor.role == "resident":
        return max(unit.now, last)
    if at > unit.now or at < last:
        raise invalid(
            "/occurred_at", "out_of_order", "It cannot lie ahead, nor before the request's last step."
        )
    return at


async def facts_of(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, action: str, actor: Actor, changes: Changes
) -> dict[str, Any]:
    """What the step keeps: what its row in the table names, from the caller or from the request itself."""
    row = TABLE[action]
    named = (*row.needs, *row.needs_of.get(actor.role, ()), *row.records, *ALSO_KEPT)
    facts = {name: changes.facts[name] for name in named if changes.facts.get(name) is not None}
    match action:
        case "qualify":
            facts |= await _findings(unit, ticket, home)
        case "assign":
            facts |= {"to": "contractor" if ticket.party else "team", "team": ticket.team}
            facts |= {"party": ticket.party} if ticket.party else {}
        case "reopen" | "half_fixed":
            facts["priority"] = ticket.priority
        case "schedule" if changes.appointment_at is not None:
            check_near(unit, changes.appointment_at, "/appointment_at")
            facts["until_at"] = (await window_end(unit, ticket.id, changes.appointment_at)).isoformat()
        case "finish":
            told: dict[str, Any] = {name: changes.facts.get(name) for name in ("outcome", "no_photo")}
            since = standing.reopened_at or standing.opened_at
            told["photos"] = await shown_since(unit, ticket.id, since)
            facts |= {name: value for name, value in told.items() if value}
        case "wait_access" if actor.role != "resident" and standing.is_missed_by_member:
            facts.setdefault(AGREED, MISSED)
        case _ if action in BY_NAME:
            facts |= await _named(unit, ticket, actor, changes.by)
        case "sign_off" | "attach" if actor.role in TEAM:
            facts |= await _named(unit, ticket, actor, changes.by)
    if action == "acknowledge" and facts["named"] is not None:
        ticket.assignee = facts["named"]
    return facts


async def _incident(unit: Unit, incident: str | None) -> str | None:
    """One of the cooperative's own. That none was named is said by the life cycle."""
    if incident is None:
        return None
    found = await unit.session.get(Incident, incident)
    if found is None or found.coop != unit.coop:
        raise invalid("/incident", "unknown_incident", "Name an incident of the cooperative.")
    return found.id


async def _findings(unit: Unit, ticket: Ticket, home: Home) -> dict[str, Any]:
    """What was found out and on which dates it rests: later changes of the file do not rewrite it."""
    dates = await dates_of(unit, ticket, home)
    known: Sequence[str] = ("reception_on", "livraison_on", "moved_in_on", "installed_on")
    found = await unit.session.execute(
        select(col(WarrantyRow.regime), col(WarrantyRow.ends_on))
        .where(col(WarrantyRow.ticket) == ticket.id)
        .order_by(col(WarrantyRow.ends_on))
    )
    return {
        "element": ticket.element,
        "place": ticket.place,
        "tenure": home.tenure.value if home.tenure else None,
        "responsible": ticket.responsible,
        "priority": ticket.priority,
        "regimes": {
            regime: ends_on.isoformat() for regime, ends_on in found if regime != Regime.NONE and ends_on
        },
        "dates": {name: day.isoformat() for name in known if (day := getattr(dates, name)) is not None}
        | {"noticed_on": ticket.noticed_on.isoformat()},
    }


async def _named(unit: Unit, ticket: Ticket, actor: Actor, by: str | None) -> dict[str, Any]:
    """The person who answers for the step.

    A program's token may have no person behind it. It speaks for the person it names (`by`), else for the
    contact that the household was given; `on_behalf` says so in the history, on the pages and in the reports.
    None is named only where the cooperative has named nobody yet: the first answer then stays due.
    """
    people = await registry.staff(unit)
    if by is not None and (by not in people or (actor.id in people and by != actor.id)):
        raise invalid("/by", "unknown_person", "Name the person of the staff that the program speaks for.")
    if actor.id in people:
        return {"named": actor.id}
    if (named := by or ticket.assignee) in people:
        return {"named": named, "on_behalf": True}
    if people:
        raise invalid("/by", "missing", "Name the person who answers for it.")
    return {"named": None}


async def _party(unit: Unit, party: str) -> str | None:
    if party and await unit.session.get(Party, party) is None:
        raise invalid("/party", "unknown_party", "Name a firm that the cooperative knows.")
    return party or None


_NONE = TABLE["confirm"]
