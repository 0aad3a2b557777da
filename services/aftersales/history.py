"""What a request's history is made of, and what each step of it makes of where the request stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

WAITING: Final = ("waiting_member", "waiting_access", "waiting_parts", "waiting_third_party")
PAUSING: Final = frozenset({"waiting_member", "waiting_access"})
"""Only the household's own answer and an agreed access stop the cooperative's clocks."""
ENDED: Final = frozenset({"resolved", "closed", "not_eligible", "cancelled"})
SAME: Final = "as before"
RESUMED: Final = "as before waiting"
HOUSEHOLD: Final = "household"
COOPERATIVE: Final = "cooperative"


@dataclass(frozen=True)
class Claim:
    """Who owes the repair under a warranty: whoever does must be written to before a contractor comes."""

    debtors: frozenset[str]
    """Codes of the group `parties`; a notice to any of them keeps the claim."""
    party: str | None = None
    """The firm itself, where the request is given to the very one that owes it."""
    is_first: bool = False
    """Whether the debtor is also the one that acts first: no team of the cooperative then stands between."""


@dataclass(frozen=True)
class Terms:
    """What the guards depend on beside the history: as the request, its home and its cooperative are now."""

    has_household: bool = True
    claim: Claim | None = None
    is_given_to_party: bool = False
    """Whether a firm outside the cooperative is to do the work."""
    is_signed: bool = False
    """Réserves and warranty work are ended by two signatures."""
    settles_by_silence: bool = True
    approve_above_cents: int | None = None
    """From which estimate on a named person approves before anybody is sent."""
    others: bool = False
    """Whether the cooperative has somebody else to answer a contested refusal."""


@dataclass(frozen=True)
class Step:
    """One action of the history. `at` is UTC and never goes back within a history."""

    action: str
    role: str
    at: datetime
    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = None
    actor: str = ""
    channel: str | None = None
    """How it came: a code of the group `channels`, or `desk`, `link`, `api`."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the step must keep, as JSON: see `needs` and `records` of its row in the table."""

    def given(self, name: str) -> Any:
        """A field or fact of that name; None when there is none or only white space."""
        value = getattr(self, name, None) if name in _FIELDS else self.facts.get(name)
        return None if isinstance(value, str) and not value.strip() else value


_FIELDS = frozenset({"reason", "comment", "appointment_at"})


@dataclass(frozen=True)
class Standing:
    """Where a request stands, as its history tells."""

    state: str
    since: datetime
    opened_at: datetime
    as_of: datetime
    """Up to when an unfinished pause is counted."""
    terms: Terms = Terms()
    resume_to: str | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    has_started: bool = False
    first_answer_at: datetime | None = None
    """When a named person first took it in hand."""
    made_safe_at: datetime | None = None
    first_done_at: datetime | None = None
    """The first result, which reports keep whatever comes after."""
    done_at: datetime | None = None
    """When the present repair was finished; None again after a reopening."""
    ended_at: datetime | None = None
    reopened_at: datetime | None = None
    """The last reopening, half-fixed answer or overturned refusal: the repair is promised anew from there."""
    is_short: bool = False
    """Whether that promise is the short one of work that was not finished."""
    asked_again_at: datetime | None = None
    """The last reopening; a named person answers it as at first."""
    answered_again_at: datetime | None = None
    times_reopened: int = 0
    times_half_fixed: int = 0
    appointment_at: datetime | None = None
    handed_at: datetime | None = None
    """When it was last given to a firm, and `taken_up_at` when that firm fixed a visit or began."""
    taken_up_at: datetime | None = None
    parts_since: datetime | None = None
    parts_until: datetime | None = None
    cost_cents: int = 0
    approved_cents: int = 0
    notified: frozenset[tuple[str, str | None]] = frozenset()
    """To whom notices are stored: debtor and, where known, firm."""
    listed_at: datetime | None = None
    """When the defect was listed in writing for the vendor: in a signed inspection, or in a letter to it."""
    secured_at: datetime | None = None
    """When a debtor first committed itself in writing or a court was asked: only that stops a period."""
    secured: tuple[tuple[str | None, datetime], ...] = ()
    """Which debtor did so when; None where the step names none, and so means whoever owes it."""
    signed: frozenset[str] = frozenset()
    reminded_at: datetime | None = None
    refused_by: str | None = None
    contested_at: datetime | None = None
    contest_answered_at: datetime | None = None
    priority_floor: str | None = None
    """The urgency it had when it was reopened: never less since."""

    @property
    def has_household(self) -> bool:
        return self.terms.has_household

    @property
    def needs_notice(self) -> bool:
        """Whether a warranty runs whose debtor has not been written to."""
        claim = self.terms.claim
        return claim is not None and not any(
            debtor in claim.debtors and claim.party in (None, party) for debtor, party in self.notified
        )

    @property
    def awaits_approval(self) -> bool:
        limit = self.terms.approve_above_cents
        return limit is not None and self.cost_cents > max(limit, self.approved_cents)

    @property
    def awaits_signature_of(self) -> frozenset[str]:
        """Whose signatures are still needed, where it is ended by signatures."""
        return self.signing_sides - self.signed

    @property
    def signing_sides(self) -> frozenset[str]:
        """Who signs in all; a household that has left signs no more."""
        return frozenset({COOPERATIVE} | ({HOUSEHOLD} if self.terms.has_household else set()))


def begin(step: Step, terms: Terms) -> Standing:
    """Where a request stands that was just told."""
    listed_at = step.at if step.channel == "inspection" else None
    return Standing("submitted", step.at, step.at, step.at, terms, listed_at=listed_at)


def advance(ticket: Standing, step: Step, to: str) -> Standing:
    """The standing after a step that was legal. `to` is as its row of the table says."""
    if to == RESUMED:
        to = ticket.resume_to or "acknowledged"
    if to == SAME:
        to = ticket.state
    if step.action == "sign_off" and _is_last(ticket, step):
        to = "resolved"
    after = replace(ticket, as_of=step.at, **_of_action(ticket, step))
    if to == ticket.state and step.action not in ("qualify", "assign", "schedule"):
        return after
    pauses = ticket.pauses
    if ticket.state in PAUSING:
        pauses = (*pauses[:-1], (pauses[-1][0], step.at))
    if to in PAUSING:
        pauses = (*pauses, (step.at, None))
    after = replace(
        after,
        state=to,
        since=step.at,
        pauses=pauses,
        resume_to=_resume_to(ticket) if to in (*WAITING, "attached") else None,
        has_started=ticket.has_started or to == "in_progress",
    )
    if ticket.state == "waiting_parts":
        after = replace(after, parts_until=step.at)
    if to in ENDED and after.ended_at is None:
        after = replace(after, ended_at=step.at)
    return after


def side_of(role: str) -> str:
    """Which of the two signatures a role gives."""
    return HOUSEHOLD if role == "resident" else COOPERATIVE


def _is_last(ticket: Standing, step: Step) -> bool:
    """Whether this signature ends it, by the sides that had to sign on that day."""
    sides = frozenset(step.facts.get("sides", ticket.signing_sides))
    return sides <= ticket.signed | {side_of(step.role)}


def _resume_to(ticket: Standing) -> str | None:
    """What is attached while it waits goes back to its work, not to the wait."""
    return ticket.resume_to if ticket.state in WAITING else ticket.state


def _of_action(ticket: Standing, step: Step) -> dict[str, Any]:
    """What an action changes beside the state."""
    at, facts = step.at, step.facts
    match step.action:
        case "acknowledge" | "refuse" | "attach":
            return _answered(ticket, step)
        case "assign":
            given = {"handed_at": at, "taken_up_at": None} if facts.get("to") == "contractor" else {}
            return given
        case "schedule" | "start":
            visit = step.appointment_at or ticket.appointment_at
            return {"appointment_at": visit, "taken_up_at": ticket.taken_up_at or at}
        case "missed" | "unschedule" | "come_back" | "hand_back":
            return {"appointment_at": None}
        case "make_safe":
            return {"made_safe_at": at}
        case "finish" | "finish_together":
            return {"done_at": at, "first_done_at": ticket.first_done_at or at}
        case "wait_parts":
            return {"parts_since": at, "parts_until": None}
        case "estimate":
            return {"cost_cents": int(facts.get("cost_cents") or 0)}
        case "approve":
            return {"approved_cents": ticket.cost_cents}
        case "notify_debtor":
            written_to = (str(facts.get("debtor")), facts.get("party"))
            listed_at = ticket.listed_at or (at if written_to[0] == "vendor" else None)
            return {"notified": ticket.notified | {written_to}, "listed_at": listed_at}
        case "secure_claim":
            named = facts.get("debtor")
            return {
                "secured_at": ticket.secured_at or at,
                "secured": (*ticket.secured, (str(named) if named else None, at)),
            }
        case "sign_off":
            return {"signed": ticket.signed | {side_of(step.role)}}
        case "remind":
            return {"reminded_at": at}
        case "half_fixed" | "reopen":
            return _again(ticket, step)
        case "contest":
            return {"contested_at": at, "contest_answered_at": None, "ended_at": None}
        case "uphold":
            return {"contest_answered_at": at}
        case "overturn":
            return {"contest_answered_at": at, "reopened_at": at, "is_short": False, "refused_by": None}
    return {}


def _answered(ticket: Standing, step: Step) -> dict[str, Any]:
    """An answer counts when a person stands behind it; what is attached without one still waits for it."""
    changes: dict[str, Any] = {}
    is_named = step.facts.get("named", step.role != "system") is not None and step.role != "system"
    if is_named:
        changes["first_answer_at"] = ticket.first_answer_at or step.at
        if ticket.asked_again_at is not None:
            changes["answered_again_at"] = ticket.answered_again_at or step.at
    if step.action == "refuse":
        changes |= {"refused_by": step.actor or None, "contested_at": None, "contest_answered_at": None}
    return changes


def _again(ticket: Standing, step: Step) -> dict[str, Any]:
    """Work goes on: results so far stay in the history, promises start anew."""
    is_half = step.action == "half_fixed"
    changes: dict[str, Any] = {
        "done_at": None,
        "reopened_at": step.at,
        "is_short": True,
        "signed": frozenset(),
        "reminded_at": None,
        "appointment_at": None,
        "ended_at": None,
        "priority_floor": step.facts.get("priority", ticket.priority_floor),
    }
    if is_half:
        return changes | {"times_half_fixed": ticket.times_half_fixed + 1}
    return changes | {
        "made_safe_at": None,
        "times_reopened": ticket.times_reopened + 1,
        "asked_again_at": step.at,
        "answered_again_at": None,
    }
