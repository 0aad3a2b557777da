"""From an event to who should hear of it, about what, and in which words: the decision, not the sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.advice import TipRaised
from contracts.aftersales import (
    CheckInDue,
    IncidentDeclared,
    IncidentResolved,
    IncidentUpdated,
    InspectionSigned,
    TicketChanged,
    TicketOpened,
)
from contracts.codes import Category, Priority
from contracts.members import MovedIn

MANDATORY = frozenset({Category.SAFETY, Category.LEGAL, Category.ACCOUNT})
"""What a person cannot switch off: danger, rights that lapse, their own account."""


@dataclass(frozen=True)
class Intent:
    """One person should hear one thing. `dedup_key` is the same however often the event is handled."""

    person: str
    category: Category
    template: str
    dedup_key: str
    about: str
    """Opaque id of what it concerns, for the link."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Codes, numbers and dates only: the words and the names come when it is read or sent."""
    is_urgent: bool = False
    """Sent at once; others wait a few seconds so that what comes together is told together."""


def moved_in(event: MovedIn) -> list[Intent]:
    """Welcome each member of a household; a household recorded quietly is not welcomed."""
    if event.quiet:
        return []
    facts = {"occupancy": event.occupancy, "moved_in_on": event.moved_in_on.isoformat()}
    return [
        Intent(
            person, Category.ACCOUNT, "welcome", f"welcome:{event.occupancy}:{person}", event.occupancy, facts
        )
        for person in event.persons
    ]


def tip_raised(event: TipRaised, persons: Iterable[str]) -> list[Intent]:
    facts = {
        "rule": event.rule.value,
        "variant": event.variant,
        "eur_year": event.eur_year,
        "kwh_year": event.kwh_year,
        "expires_on": event.expires_on.isoformat(),
        **event.evidence,
    }
    return [
        Intent(person, Category.TIPS, "tip", f"tip:{event.tip}:{person}", event.tip, facts)
        for person in persons
    ]


def ticket_opened(event: TicketOpened, persons: Iterable[str]) -> list[Intent]:
    facts = {
        "number": event.number,
        "place": event.place,
        "element": event.element,
        "symptom": event.symptom,
        "priority": event.priority.value,
        "responsible": event.responsible.value,
        "team": event.team,
        "first_answer_due_at": iso(event.first_answer_due_at),
        "channel": event.channel,
    }
    danger = event.priority == Priority.P0
    return [
        Intent(
            person,
            Category.SAFETY if danger else Category.TICKETS,
            "ticket_opened",
            f"ticket_opened:{event.ticket}:{person}",
            event.ticket,
            facts,
            is_urgent=event.priority in (Priority.P0, Priority.P1),
        )
        for person in persons
    ]


def ticket_changed(
    event: TicketChanged,
    persons: Iterable[str],
    at: datetime,
    firm: str | None = None,
    remark: str | None = None,
) -> list[Intent]:
    """`at` tells two like changes of one ticket apart (reopened twice, two visits arranged). `firm`: who was
    given the work; `remark`: what whoever did it says remains."""
    if not event.tells_household:
        return []
    facts = {
        "number": event.number,
        "element": event.element,
        "action": event.action,
        "state": event.state,
        "appointment_at": iso(event.appointment_at),
        "expected_at": iso(event.expected_at),
        "side": event.side,
        "appointment_until": iso(event.appointment_until),
        "change_until": iso(event.change_until),
        "slots": event.slots,
        "outcome": event.outcome,
        "debtor": event.debtor,
        "is_signed": event.is_signed,
        "at_home": event.at_home,
        "firm": firm,
        "remark": remark,
    }
    return [
        Intent(
            person,
            Category.TICKETS,
            "ticket_changed",
            f"ticket_changed:{event.ticket}:{event.action}:{at.isoformat()}:{person}",
            event.ticket,
            facts,
            is_urgent=event.appointment_at is not None,
        )
        for person in persons
    ]


def incident_declared(
    event: IncidentDeclared, persons: Iterable[str], news: Mapping[str, Any] | None = None
) -> list[Intent]:
    """Once per incident, however many of its homes reported and whenever they joined."""
    return [
        Intent(
            person,
            Category.SAFETY,
            "incident",
            f"incident:{event.incident}:{person}",
            event.incident,
            of_incident(event, news),
            is_urgent=True,
        )
        for person in persons
    ]


def incident_updated(
    event: IncidentUpdated, persons: Iterable[str], news: Mapping[str, Any] | None
) -> list[Intent]:
    """Words that staff wrote once for all; a step without words is no message."""
    if event.news is None or news is None:
        return []
    return [
        Intent(
            person,
            Category.TICKETS,
            "incident_news",
            f"incident_news:{event.news}:{person}",
            event.incident,
            of_incident(event, news),
        )
        for person in persons
    ]


def incident_resolved(
    event: IncidentResolved, persons: Iterable[str], at: datetime, news: Mapping[str, Any] | None = None
) -> list[Intent]:
    """Each home is asked for itself; `at` tells two ends of one incident apart."""
    return [
        Intent(
            person,
            Category.TICKETS,
            "incident_resolved",
            f"incident_resolved:{event.incident}:{at.isoformat()}:{person}",
            event.incident,
            of_incident(event, news),
            is_urgent=True,
        )
        for person in persons
    ]


def check_in_due(event: CheckInDue, persons: Iterable[str]) -> list[Intent]:
    """A right is about to lapse, so it cannot be switched off; each check-in is sent once."""
    facts = {
        "kind": event.kind,
        "windows": list(event.windows),
        "ends_on": None if event.ends_on is None else event.ends_on.isoformat(),
    }
    return [
        Intent(
            person, Category.LEGAL, "check_in", f"check_in:{event.check_in}:{person}", event.check_in, facts
        )
        for person in persons
    ]


def inspection_signed(event: InspectionSigned, persons: Iterable[str]) -> list[Intent]:
    """The signed document is handed over at once, by law: it cannot be switched off."""
    facts = {
        "kind": event.kind,
        "held_on": event.held_on.isoformat(),
        "findings": event.findings,
        "is_amendment": event.amendment is not None,
    }
    key = f"inspection_signed:{event.inspection}:{event.amendment or ''}"
    return [
        Intent(person, Category.LEGAL, "inspection_signed", f"{key}:{person}", event.inspection, facts)
        for person in persons
    ]


def of_incident(
    event: IncidentDeclared | IncidentUpdated | IncidentResolved, news: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is said of an incident, with staff's own words where they are known."""
    expected_at = None if isinstance(event, IncidentResolved) else event.expected_at
    texts = {name: news.get(name) for name in ("text_fr", "text_en")} if news else {}
    return {
        "symptom": event.symptom,
        "family": event.family,
        "expected_at": iso(expected_at),
        **texts,
    }


def iso(instant: datetime | None) -> str | None:
    """As facts carry it."""
    return None if instant is None else instant.isoformat()
