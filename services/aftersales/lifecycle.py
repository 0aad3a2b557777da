"""The life of a request: which action leads from which state to which, by whom, and what it needs.

The state is never stored knowledge: it is what the history of actions leads to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.aftersales.guards import broken
from services.aftersales.history import (
    ENDED,
    PAUSING,
    RESUMED,
    SAME,
    WAITING,
    Claim,
    Standing,
    Step,
    Terms,
    advance,
    begin,
)

__all__ = [
    "ENDED", "PAUSING", "STATES", "TABLE", "Claim", "IllegalAction", "Missing", "Standing",
    "Step", "Terms", "Transition", "apply", "legal_actions", "offered", "refusal", "take",
]  # fmt: skip

_WORKING = ("acknowledged", "qualified", "assigned", "scheduled", "in_progress")
_KNOWN = ("qualified", "assigned", "scheduled", "in_progress", *WAITING)
_HANDS = ("staff", "caretaker", "contractor")
_TEAM = ("staff", "caretaker")


@dataclass(frozen=True)
class Transition:
    """One action. `without_household`: who may act for a building's request, which has no household."""

    froms: tuple[str, ...]
    to: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """What whoever acts must give: fields of the action's form."""
    without_household: tuple[str, ...] = ()
    needs_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What one role must give besides."""
    shown_by: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    """With which value of a fact one of some others must come: the last of them is asked for."""
    records: tuple[str, ...] = ()
    """Facts that the room writes down with the step; without them it may not be taken."""
    is_inner: bool = False
    """Whether the step only follows from another thing, such as an incident: nobody asks for it by name."""


TABLE: Final[dict[str, Transition]] = {
    "acknowledge": Transition(("submitted", "reopened"), "acknowledged", _TEAM, records=("named",)),
    "qualify": Transition(
        ("acknowledged", "qualified", *WAITING),
        "qualified",
        ("staff",),
        records=("element", "place", "tenure", "responsible", "regimes", "dates"),
    ),
    "notify_debtor": Transition(
        (*_KNOWN, "done", "resolved"), SAME, ("staff",), records=("notice", "debtor", "sha256")
    ),
    "return_notice": Transition(
        (
            *_WORKING, *WAITING, "done", "resolved", "closed", "reopened", "attached", "not_eligible",
            "contested",
        ),
        SAME,
        ("system",),
        records=("notice",),
        is_inner=True,
    ),
    "waive_notice": Transition(
        ("acknowledged", *_KNOWN, "done", "resolved"),
        SAME,
        ("staff",),
        ("debtor", "comment"),
        records=("named",),
    ),
    "set_formal_aside": Transition(
        ("acknowledged", *_KNOWN), SAME, ("staff",), ("reason", "comment"), records=("named",)
    ),
    "estimate": Transition(_KNOWN, SAME, ("staff", "contractor"), ("cost_cents",)),
    "approve": Transition(_KNOWN, SAME, ("staff",), records=("named",)),
    "assign": Transition(("qualified", "assigned"), "assigned", ("staff",), records=("to",)),
    "schedule": Transition(
        ("assigned", "scheduled"),
        "scheduled",
        (*_HANDS, "resident"),
        ("appointment_at",),
        needs_of={"resident": ("slot",)},
    ),
    "on_the_way": Transition(("assigned", "scheduled"), SAME, _HANDS),
    "start": Transition(("assigned", "scheduled"), "in_progress", _HANDS),
    "missed": Transition(("scheduled",), "assigned", (*_HANDS, "resident"), ("side",)),
    "unschedule": Transition(("scheduled",), "assigned", (*_HANDS, "resident")),
    "come_back": Transition(("in_progress",), "assigned", _HANDS, ("comment",)),
    "hand_back": Transition(("assigned", "scheduled", "in_progress"), "qualified", _HANDS, ("comment",)),
    "make_safe": Transition((*_WORKING, *WAITING, "submitted", "reopened", "attached"), SAME, _HANDS),
    "finish": Transition(
        ("in_progress",),
        "done",
        _HANDS,
        needs_of={"contractor": ("outcome",)},
        shown_by={("contractor", "outcome", "fixed"): ("photos", "no_photo")},
    ),
    "confirm": Transition(("done", "attached"), "resolved", ("resident",), (), _TEAM),
    "half_fixed": Transition(("done",), "assigned", ("resident",), ("comment",), _TEAM),
    "sign_off": Transition(
        ("done",), SAME, ("resident", "staff"), (), ("caretaker",), records=("sides",)
    ),
    "remind": Transition(("done",), SAME, ("system",)),
    "lapse": Transition(("done",), "resolved", ("system",)),
    "close": Transition(("resolved",), "closed", ("resident", "system"), (), _TEAM),
    "reopen": Transition(
        ("done", "resolved", "closed", "not_eligible"),
        "reopened",
        ("resident", "staff", "caretaker"),
        ("comment",),
    ),
    "wait_member": Transition(_WORKING, "waiting_member", _TEAM, ("comment",)),
    "wait_access": Transition(
        _WORKING,
        "waiting_access",
        (*_HANDS, "resident"),
        ("comment",),
        needs_of=dict.fromkeys(_HANDS, ("agreed_how",)),
    ),
    "wait_parts": Transition(_WORKING, "waiting_parts", _HANDS),
    "wait_third_party": Transition(_WORKING, "waiting_third_party", ("staff",)),
    "resume": Transition(WAITING, RESUMED, ("staff", "caretaker", "contractor", "resident")),
    "refuse": Transition(
        ("acknowledged", "qualified", "assigned", *WAITING),
        "not_eligible",
        ("staff",),
        ("reason", "comment"),
        records=("named",),
    ),
    "contest": Transition(("not_eligible",), "contested", ("resident",), ("comment",), _TEAM),
    "uphold": Transition(("contested",), "not_eligible", ("staff",), ("comment",), records=("named",)),
    "overturn": Transition(("contested",), "acknowledged", ("staff",), ("comment",), records=("named",)),
    "secure_claim": Transition(
        ("acknowledged", *_KNOWN, "done", "reopened"), SAME, ("staff",), ("secured_by", "comment")
    ),
    "attach": Transition(
        ("submitted", "reopened", *_WORKING, *WAITING),
        "attached",
        ("staff", "system"),
        records=("incident",),
        is_inner=True,
    ),
    "detach": Transition(("attached",), RESUMED, ("staff", "caretaker", "resident", "system")),
    "finish_together": Transition(("attached",), "done", ("staff", "system"), is_inner=True),
    "cancel": Transition(
        ("submitted", *_WORKING[:4], *WAITING, "attached", "contested"),
        "cancelled",
        ("resident",),
        (),
        _TEAM,
    ),
}  # fmt: skip
STATES: Final = (
    "submitted",
    *_WORKING,
    "done",
    "resolved",
    "closed",
    *WAITING,
    "not_eligible",
    "cancelled",
    "reopened",
    "contested",
    "attached",
)


class IllegalAction(Exception):
    """The action may not be done now by that role; `legal` are those that may. It says why."""

    def __init__(self, action: str, state: str, legal: tuple[str, ...], why: str = "") -> None:
        super().__init__(f"{action} is not possible while {state}. {why}".strip())
        self.legal, self.state, self.why = legal, state, why


class Missing(Exception):
    """The action is legal but needs `field`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is needed")
        self.field = field


def legal_actions(ticket: Standing, actor_role: str, at: datetime, actor: str = "") -> tuple[str, ...]:
    """What that role, and where it matters that person, may do now, in the order people should see it."""
    return tuple(action for action in TABLE if _is_legal(ticket, Step(action, actor_role, at, actor=actor)))


def offered(ticket: Standing, actor_role: str, at: datetime, actor: str = "") -> tuple[str, ...]:
    """The legal actions that a person can ask for by name; others come with an incident or a free visit."""
    return tuple(
        action
        for action in legal_actions(ticket, actor_role, at, actor)
        if not TABLE[action].is_inner and "slot" not in TABLE[action].needs_of.get(actor_role, ())
    )


def take(ticket: Standing, step: Step) -> Standing:
    """The standing after one more step. Raises IllegalAction or Missing."""
    if not _is_legal(ticket, step):
        raise refusal(ticket, step)
    row = TABLE[step.action]
    for name in (*row.needs, *row.needs_of.get(step.role, ())):
        if step.given(name) is None:
            raise Missing(name)
    for (role, name, value), any_of in row.shown_by.items():
        if step.role == role and step.given(name) == value and not any(step.given(one) for one in any_of):
            raise Missing(any_of[-1])
    for name in row.records:
        if name not in step.facts:
            raise Missing(name)
    return advance(ticket, step, row.to)


def apply(
    events: Sequence[Step],
    *,
    has_household: bool = True,
    terms: Terms | None = None,
    as_of: datetime | None = None,
) -> Standing:
    """The standing that a recorded history leads to. History is believed: its steps were legal when taken.

    `as_of` is the present instant, for a pause that still lasts; else the last step's.
    """
    first, *rest = events
    ticket = begin(first, terms or Terms(has_household=has_household))
    for step in rest:
        ticket = advance(ticket, step, TABLE[step.action].to)
    return replace(ticket, as_of=max(as_of or ticket.as_of, ticket.as_of))


def refusal(ticket: Standing, step: Step) -> IllegalAction:
    """That the step may not be taken: why, and what may be done instead."""
    legal = legal_actions(ticket, step.role, step.at, step.actor)
    guard = broken(ticket, step) if _is_in_table(ticket, step) else None
    others = tuple(one for one in legal if one != step.action)
    return IllegalAction(step.action, ticket.state, others, guard.why if guard else "")


def _is_legal(ticket: Standing, step: Step) -> bool:
    return _is_in_table(ticket, step) and broken(ticket, step) is None


def _is_in_table(ticket: Standing, step: Step) -> bool:
    transition = TABLE.get(step.action)
    if transition is None or ticket.state not in transition.froms:
        return False
    roles = transition.roles if ticket.has_household else (*transition.roles, *transition.without_household)
    return step.role in roles
