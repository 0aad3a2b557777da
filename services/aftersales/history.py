"""What each step of a request's history makes of where the request stands."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from services.aftersales.steps import COOPERATIVE, HOUSEHOLD, Claim, Standing, Step, Terms
from services.aftersales.tables import load

__all__ = [
    "ENDED", "PAUSING", "RESUMED", "SAME", "WAITING", "Claim", "Standing", "Step", "Terms", "advance",
    "answering", "begin", "is_last_signature", "side_of",
]  # fmt: skip

WAITING: Final = ("waiting_member", "waiting_access", "waiting_parts", "waiting_third_party")
PAUSING: Final = frozenset({"waiting_member", "waiting_access"})
"""Only the household's own answer and an agreed access stop the cooperative's clocks."""
ENDED: Final = frozenset({"resolved", "closed", "not_eligible", "cancelled"})
SAME: Final = "as before"
RESUMED: Final = "as before waiting"


def begin(step: Step, terms: Terms) -> Standing:
    """Where a request stands that was just told."""
    listed_at = step.at if step.channel == "inspection" else None
    return Standing(
        "submitted", step.at, step.at, step.at, terms, listed_at=listed_at, listed_first_at=listed_at
    )


def advance(ticket: Standing, step: Step, to: str) -> Standing:
    """The standing after a step that was legal. `to` is as its row of the table says."""
    if to == RESUMED:
        to = ticket.resume_to or "acknowledged"
    if to == SAME:
        to = ticket.state
    if step.action == "qualify" and ticket.state in WAITING:
        # Looked into again while it waits: the wait, and with it a pause, goes on.
        resume_to = to if ticket.resume_to in (None, "acknowledged") else ticket.resume_to
        return replace(ticket, as_of=step.at, resume_to=resume_to)
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


def answering(step: Step) -> str:
    """The person who answers for a step: whom a program spoke for, else whoever acted."""
    return str(step.facts["named"]) if step.facts.get("on_behalf") else step.actor


def is_last_signature(sides: Iterable[str], signed: frozenset[str], role: str) -> bool:
    """Whether a signature of that role ends it. `sides`: those that had to sign on that day; `signed`: those
    that have since the work was last told to be wrong."""
    return frozenset(sides) <= signed | {side_of(role)}


def _is_last(ticket: Standing, step: Step) -> bool:
    return is_last_signature(step.facts.get("sides", ticket.signing_sides), ticket.signed, step.role)


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
            return _visit(ticket, step)
        case "missed":
            is_theirs = facts.get("side") == "member"
            return {"appointment_at": None, "appointment_until": None, "is_missed_by_member": is_theirs}
        case "unschedule" | "come_back" | "hand_back":
            return {"appointment_at": None, "appointment_until": None}
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
            return _written(ticket, step)
        case "return_notice":
            return _returned(ticket, step)
        case "waive_notice":
            return {"waived": (*ticket.waived, (str(facts.get("debtor")), at))}
        case "set_formal_aside":
            return {"set_aside_at": at}
        case "secure_claim":
            return _secured(ticket, step)
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


def _visit(ticket: Standing, step: Step) -> dict[str, Any]:
    changes: dict[str, Any] = {"taken_up_at": ticket.taken_up_at or step.at, "is_missed_by_member": False}
    if step.appointment_at is None:
        return changes
    until = step.facts.get("until_at")
    changes["appointment_until"] = datetime.fromisoformat(until) if until else None
    return changes | {"appointment_at": step.appointment_at}


def _returned(ticket: Standing, step: Step) -> dict[str, Any]:
    """A letter that came back was not served: what rested on it alone is as if it had not been written."""
    kept = [one for one in ticket.letters if one.facts.get("notice") != step.facts.get("notice")]
    bare: dict[str, Any] = {
        "notified": frozenset(), "written": (), "formals": (), "letters": (),
        "listed_at": ticket.listed_first_at,
    }  # fmt: skip
    again = replace(ticket, **bare)
    for letter in kept:
        again = replace(again, **_written(again, letter))
    unanswered = tuple(one for one in again.formals if one in ticket.formals)
    return {name: getattr(again, name) for name in bare} | {"formals": unanswered}


def _written(ticket: Standing, step: Step) -> dict[str, Any]:
    at, debtor = step.at, str(step.facts.get("debtor"))
    changes: dict[str, Any] = {
        "letters": (*ticket.letters, step),
        "notified": ticket.notified | {(debtor, step.facts.get("party"))},
        "listed_at": ticket.listed_at or (at if debtor == "vendor" else None),
    }
    if debtor not in {who for who, _ in ticket.written}:
        changes["written"] = (*ticket.written, (debtor, at))
    if step.facts.get("kind") == "formal":
        changes["formals"] = (*ticket.formals, (debtor, _answer_by(step)))
    return changes


def _answer_by(step: Step) -> datetime:
    """The last instant of the day that the letter names; steps of old histories do not keep it."""
    if (named := step.facts.get("answer_by_at")) is not None:
        return datetime.fromisoformat(named)
    return step.at + timedelta(days=load("notices/letters")["answer_days"]["formal"]["days"])


def _secured(ticket: Standing, step: Step) -> dict[str, Any]:
    """A written commitment also answers the debtor's mise en demeure: it was not without effect."""
    named = step.facts.get("debtor")
    debtor = str(named) if named else None
    changes: dict[str, Any] = {
        "secured_at": ticket.secured_at or step.at,
        "secured": (*ticket.secured, (debtor, step.at)),
    }
    if step.facts.get("secured_by") == "commitment":
        changes["formals"] = tuple(one for one in ticket.formals if debtor not in (None, one[0]))
    return changes


def _answered(ticket: Standing, step: Step) -> dict[str, Any]:
    """An answer counts when a person stands behind it; what is attached without one still waits for it."""
    changes: dict[str, Any] = {}
    is_named = step.facts.get("named", step.role != "system") is not None and step.role != "system"
    if is_named:
        changes["first_answer_at"] = ticket.first_answer_at or step.at
        if ticket.asked_again_at is not None:
            changes["answered_again_at"] = ticket.answered_again_at or step.at
    if step.action == "refuse":
        changes |= {"refused_by": answering(step) or None, "contested_at": None, "contest_answered_at": None}
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
        "appointment_until": None,
        "ended_at": None,
        "priority_floor": step.facts.get("priority", ticket.priority_floor),
    }
    if is_half:
        return changes | {"times_half_fixed": ticket.times_half_fixed + 1}
    return changes | {
        "made_safe_at": None,
        "set_aside_at": None,
        "times_reopened": ticket.times_reopened + 1,
        "asked_again_at": step.at,
        "answered_again_at": None,
    }
