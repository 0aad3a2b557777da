"""What this room tells the others of a request: codes, dates and opaque ids, never a person's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.aftersales import TicketChanged, TicketOpened
from contracts.codes import Priority, Responsible
from services.aftersales.history import Step
from services.aftersales.model import DeadlineRow, Ticket
from services.aftersales.routing import PRESSING

SILENT = frozenset(
    {
        "qualify",
        "estimate",
        "approve",
        "secure_claim",
        "return_notice",
        "waive_notice",
        "set_formal_aside",
        "attach",
        "detach",
        "finish_together",
        "party_message",
        "photo",
    }
)
"""What the household is not written to about: actions inside the cooperative, photos beside words."""

CONFIRMED = frozenset({"schedule", "unschedule"})
"""What the household did itself and is still written to about: it then has the hour in writing."""


@dataclass(frozen=True)
class Actor:
    """Who acts: an opaque id and a role of `lifecycle`."""

    id: str
    role: str
    channel: str | None = None
    """How the act comes; see `history.Step.channel`."""


def opened(ticket: Ticket, clocks: Iterable[DeadlineRow]) -> TicketOpened:
    """That a request exists, with when its first answer is due."""
    return TicketOpened(
        coop=ticket.coop,
        ticket=ticket.id,
        number=ticket.number,
        occupancy=ticket.occupancy,
        dwelling=ticket.dwelling,
        building=ticket.building,
        place=ticket.place,
        element=ticket.element,
        symptom=ticket.symptom,
        state=ticket.state,
        priority=Priority(ticket.priority),
        responsible=Responsible(ticket.responsible),
        team=ticket.team,
        first_answer_due_at=_first_answer(clocks),
        channel=ticket.channel,
    )


def changed(
    ticket: Ticket,
    action: str,
    actor: Actor,
    step: Step | None = None,
    more: Mapping[str, Any] | None = None,
    clocks: Iterable[DeadlineRow] = (),
) -> TicketChanged:
    """That a request moved on or was written about, and whether the household should hear of it; `more` is
    what its message says besides, see `visits.news`. `clocks`: its promises, as they run now."""
    facts = step.facts if step else {}
    minutes = facts.get("minutes")
    hears = action in CONFIRMED or (actor.role != "resident" and action not in SILENT)
    hears = hears and "incident" not in facts  # what is written once to all says it
    return TicketChanged(
        coop=ticket.coop,
        ticket=ticket.id,
        number=ticket.number,
        occupancy=ticket.occupancy,
        building=ticket.building,
        element=ticket.element,
        action=action,
        state=ticket.state,
        actor_role=actor.role,
        appointment_at=ticket.appointment_at,
        expected_at=step.at + timedelta(minutes=int(minutes)) if step and minutes else None,
        side=facts.get("side"),
        tells_household=ticket.occupancy is not None and hears,
        **_raised(ticket, facts, clocks),
        **(more or {}),
    )


def _raised(ticket: Ticket, facts: Mapping[str, Any], clocks: Iterable[DeadlineRow]) -> dict[str, Any]:
    was, now = facts.get("priority_was"), facts.get("priority")
    if was is None or now not in PRESSING or now > was:  # p0 sorts first
        return {}
    return {
        "raised_to": now,
        "symptom": ticket.symptom,
        "team": ticket.team,
        "first_answer_due_at": _first_answer(clocks),
    }


def _first_answer(clocks: Iterable[DeadlineRow]) -> datetime | None:
    """Until when a person has to call back; null where one did."""
    due = (one.due_at for one in clocks if one.kind in ("first_answer", "call_back") and one.met_at is None)
    return min(due, default=None)
