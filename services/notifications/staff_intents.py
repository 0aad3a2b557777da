"""What the cooperative's own people hear: dangers, promises about to be missed, what asks for a decision."""

from collections.abc import Iterable
from typing import Any

from contracts.aftersales import DeadlineNear, IncidentUpdated, TicketChanged, TicketOpened
from contracts.codes import Category, ClockFamily, Priority
from services.notifications.intents import Intent, iso, of_incident

CATEGORY_OF_CLOCK = {
    ClockFamily.SAFETY: Category.SAFETY,
    ClockFamily.LEGAL: Category.LEGAL,
    ClockFamily.SERVICE: Category.TICKETS,
}


def staff_danger(event: TicketOpened | TicketChanged, staff: Iterable[str]) -> list[Intent]:
    """To the cooperative's people, at any hour: somebody is in danger, or a home cannot be lived in. Of a
    request that came so, or that was made so later."""
    if isinstance(event, TicketOpened):
        priority, key = event.priority, event.ticket
    else:
        assert event.raised_to is not None
        priority, key = event.raised_to, f"{event.ticket}:{event.raised_to}"
    facts = {
        "ticket": event.ticket,
        "number": event.number,
        "element": event.element,
        "symptom": event.symptom,
        "priority": priority.value,
        "first_answer_due_at": iso(event.first_answer_due_at),
    }
    return [
        Intent(
            person,
            Category.SAFETY,
            "staff_danger",
            f"staff_danger:{key}:{person}",
            event.ticket,
            facts,
            is_urgent=priority is Priority.P0,
        )
        for person in staff
    ]


def incident_proposed(event: IncidentUpdated, staff: Iterable[str]) -> list[Intent]:
    """To staff: a person has to look whether it is one cause."""
    return [
        Intent(
            person,
            Category.TICKETS,
            "incident_proposed",
            f"incident_proposed:{event.incident}:{person}",
            event.incident,
            of_incident(event, None),
            is_urgent=True,
        )
        for person in staff
    ]


def deadline_near(event: DeadlineNear, staff: Iterable[str]) -> list[Intent]:
    """Once a threshold, to each member of staff. What can wait carries when it is mailed, and is gathered by
    `alarms`."""
    waits = None if event.digest_at is None else event.digest_at.isoformat()
    facts = alarm_of(event) | ({} if waits is None else {"digest_at": waits})
    return [
        Intent(
            person,
            CATEGORY_OF_CLOCK[event.clock],
            "deadline_near",
            f"deadline_near:{event.ticket}:{event.kind}:{event.due_at.isoformat()}:{event.percent}:{person}",
            event.ticket,
            facts,
            is_urgent=True,
        )
        for person in staff
    ]


def alarm_of(event: DeadlineNear) -> dict[str, Any]:
    """What is said of one threshold."""
    return {
        "ticket": event.ticket,
        "number": event.number,
        "kind": event.kind,
        "clock": event.clock.value,
        "due_at": event.due_at.isoformat(),
        "percent": event.percent,
    }
