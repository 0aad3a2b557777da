"""The life of a request: which action leads from which state to which, by whom, and what it needs.

The state is never stored knowledge: it is what the history of actions leads to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

REOPEN_DAYS: Final = 30
"""How long, in days of 24 h after it was settled or refused, a request may be reopened."""
PAUSING: Final = frozenset({"waiting_member", "waiting_access"})
"""Only the household's own answer and an agreed access stop the cooperative's clocks."""
ENDED: Final = frozenset({"resolved", "closed", "not_eligible", "cancelled"})

_WAITING = ("waiting_member", "waiting_access", "waiting_parts", "waiting_third_party")
_WORKING = ("acknowledged", "qualified", "assigned", "scheduled", "in_progress")
_HANDS = ("staff", "caretaker", "contractor")
_SAME = "as before"
_RESUMED = "as before waiting"


@dataclass(frozen=True)
class Transition:
    """One action. `without_household`: who may act for a building's request, which has no household."""

    froms: tuple[str, ...]
    to: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()
    without_household: tuple[str, ...] = ()


TABLE: Final[dict[str, Transition]] = {
    "acknowledge": Transition(("submitted", "reopened"), "acknowledged", ("staff", "caretaker")),
    "qualify": Transition(("acknowledged", "qualified"), "qualified", ("staff",)),
    "assign": Transition(("qualified", "assigned"), "assigned", ("staff",)),
    "schedule": Transition(("assigned", "scheduled"), "scheduled", _HANDS, ("appointment_at",)),
    "start": Transition(("assigned", "scheduled"), "in_progress", _HANDS),
    "make_safe": Transition((*_WORKING, *_WAITING, "submitted", "reopened"), _SAME, _HANDS),
    "finish": Transition(("in_progress",), "done", _HANDS),
    "confirm": Transition(("done",), "resolved", ("resident",), (), ("staff", "caretaker")),
    "lapse": Transition(("done",), "resolved", ("system",)),
    "close": Transition(("resolved",), "closed", ("resident", "system"), (), ("staff", "caretaker")),
    "reopen": Transition(
        ("done", "resolved", "closed", "not_eligible"),
        "reopened",
        ("resident", "staff", "caretaker"),
        ("comment",),
    ),
    "wait_member": Transition(_WORKING, "waiting_member", ("staff", "caretaker"), ("comment",)),
    "wait_access": Transition(_WORKING, "waiting_access", _HANDS),
    "wait_parts": Transition(_WORKING, "waiting_parts", _HANDS),
    "wait_third_party": Transition(_WORKING, "waiting_third_party", ("staff",)),
    "resume": Transition(_WAITING, _RESUMED, ("staff", "caretaker", "contractor", "resident")),
    "refuse": Transition(
        ("acknowledged", "qualified", "assigned", *_WAITING),
        "not_eligible",
        ("staff",),
        ("reason", "comment"),
    ),
    "cancel": Transition(
        ("submitted", "acknowledged", "qualified", "assigned", "scheduled", *_WAITING),
        "cancelled",
        ("resident",),
        (),
        ("staff", "caretaker"),
    ),
}
STATES: Final = (
    "submitted",
    *_WORKING,
    "done",
    "resolved",
    "closed",
    *_WAITING,
    "not_eligible",
    "cancelled",
    "reopened",
)


@dataclass(frozen=True)
class Step:
    """One action of the history. `at` is UTC and never goes back within a history."""

    action: str
    role: str
    at: datetime
    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """Where a request stands, as its history tells."""

    state: str
    since: datetime
    opened_at: datetime
    as_of: datetime
    """Up to when an unfinished pause is counted."""
    has_household: bool = True
    resume_to: str | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    has_started: bool = False
    first_answer_at: datetime | None = None
    made_safe_at: datetime | None = None
    done_at: datetime | None = None
    """When the present repair was finished; None again after a reopening."""
    ended_at: datetime | None = None
    reopened_at: datetime | None = None
    times_reopened: int = 0
    appointment_at: datetime | None = None


class IllegalAction(Exception):
    """The action may not be done now by that role; `legal` are those that may."""

    def __init__(self, action: str, state: str, legal: tuple[str, ...]) -> None:
        super().__init__(f"{action} is not possible while {state}")
        self.legal = legal


class Missing(Exception):
    """The action is legal but needs `field`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is needed")
        self.field = field


def legal_actions(ticket: Standing, actor_role: str, at: datetime) -> tuple[str, ...]:
    """What that role may do now, in the order people should see it."""
    return tuple(action for action in TABLE if _is_legal(ticket, action, actor_role, at))


def take(ticket: Standing, step: Step) -> Standing:
    """The standing after one more step. Raises IllegalAction or Missing."""
    if not _is_legal(ticket, step.action, step.role, step.at):
        raise IllegalAction(step.action, ticket.state, legal_actions(ticket, step.role, step.at))
    for field in TABLE[step.action].needs:
        value = getattr(step, field)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise Missing(field)
    return _advance(ticket, step)


def apply(events: Sequence[Step], *, has_household: bool = True, as_of: datetime | None = None) -> Standing:
    """The standing that a recorded history leads to. History is believed: its steps were legal when taken.

    `as_of` is the present instant, for a pause that still lasts; else the last step's.
    """
    first, *rest = events
    ticket = Standing("submitted", first.at, first.at, first.at, has_household)
    for step in rest:
        ticket = _advance(ticket, step)
    return replace(ticket, as_of=max(as_of or ticket.as_of, ticket.as_of))


def _is_legal(ticket: Standing, action: str, role: str, at: datetime) -> bool:
    transition = TABLE.get(action)
    if transition is None or ticket.state not in transition.froms:
        return False
    roles = transition.roles if ticket.has_household else (*transition.roles, *transition.without_household)
    if role not in roles:
        return False
    if action == "reopen" and ticket.ended_at is not None:
        return at <= ticket.ended_at + timedelta(days=REOPEN_DAYS)
    if action == "close" and role == "system":
        return ticket.ended_at is not None and at >= ticket.ended_at + timedelta(days=REOPEN_DAYS)
    if action == "cancel":
        return not ticket.has_started
    if action == "make_safe":
        return ticket.made_safe_at is None
    if action == "resume" and role == "resident":
        return ticket.state == "waiting_member"
    if action == "resume" and role == "contractor":
        return ticket.state in ("waiting_access", "waiting_parts")
    return True


def _advance(ticket: Standing, step: Step) -> Standing:
    to = TABLE[step.action].to
    if to == _SAME:
        return replace(ticket, made_safe_at=step.at, as_of=step.at)
    if to == _RESUMED:
        to = ticket.resume_to or "acknowledged"
    pauses = ticket.pauses
    if ticket.state in PAUSING and to != ticket.state:
        pauses = (*pauses[:-1], (pauses[-1][0], step.at))
    if to in PAUSING:
        pauses = (*pauses, (step.at, None))
    after = replace(
        ticket,
        state=to,
        since=step.at,
        as_of=step.at,
        pauses=pauses,
        resume_to=ticket.state if to in _WAITING else None,
        has_started=ticket.has_started or to == "in_progress",
        appointment_at=step.appointment_at or ticket.appointment_at,
    )
    if step.action == "acknowledge" or step.action == "refuse":
        after = replace(after, first_answer_at=ticket.first_answer_at or step.at)
    elif step.action == "finish":
        after = replace(after, done_at=step.at)
    elif step.action == "reopen":
        after = replace(
            after,
            done_at=None,
            made_safe_at=None,
            ended_at=None,
            reopened_at=step.at,
            times_reopened=ticket.times_reopened + 1,
            appointment_at=None,
        )
    if to in ENDED and ticket.ended_at is None:
        after = replace(after, ended_at=step.at)
    return after
