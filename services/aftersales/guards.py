"""What must hold besides state and role before a step of a request may be taken, one named row each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.aftersales.history import Standing, Step, answering, side_of
from services.aftersales.life_terms import life_terms
from services.kit.i18n import mark as _

AGREED: Final = "agreed_how"
"""The fact that says how a wait for access was agreed: a code of that group."""
MISSED: Final = "missed_visit"


@dataclass(frozen=True)
class Guard:
    """`holds` is asked for these actions and roles; empty means any. `why` is said when it does not."""

    holds: Callable[[Standing, Step], bool]
    why: str
    actions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def concerns(self, step: Step) -> bool:
        return (not self.actions or step.action in self.actions) and (
            not self.roles or step.role in self.roles
        )


def broken(ticket: Standing, step: Step) -> Guard | None:
    """The first guard that the step does not pass."""
    return next(
        (guard for guard in GUARDS.values() if guard.concerns(step) and not guard.holds(ticket, step)), None
    )


def _is_by_the_debtor(ticket: Standing) -> bool:
    claim = ticket.terms.claim
    return claim is not None and claim.party is not None


def _is_recent(ticket: Standing, step: Step) -> bool:
    ended_at = ticket.ended_at
    return ended_at is None or step.at <= ended_at + life_terms(ended_at).reopen


def _is_long_over(ticket: Standing, step: Step) -> bool:
    ended_at = ticket.ended_at
    return ended_at is not None and step.at >= ended_at + life_terms(ended_at).reopen


def _may_still_sign(ticket: Standing, step: Step) -> bool:
    """When the other left without signing, all who still may have signed, and one of them says so again."""
    awaited = ticket.awaits_signature_of or ticket.signing_sides
    return side_of(step.role) in awaited


def _is_reminded(ticket: Standing, step: Step) -> bool:
    reminded_at = ticket.reminded_at
    return reminded_at is not None and step.at >= reminded_at + life_terms(reminded_at).after_reminder


def _waits_for_formal(ticket: Standing, step: Step) -> bool:
    """Only a firm that is not the debtor itself waits: a third party in its place. What presses does not."""
    is_third = ticket.terms.is_given_to_party and not _is_by_the_debtor(ticket)
    return is_third and not ticket.terms.is_pressing and ticket.awaits_formal(step.at)


def _window_is_over(ticket: Standing, step: Step) -> bool:
    """A household waits for the whole window that it was told before it can say that nobody came."""
    until = ticket.appointment_until or ticket.appointment_at
    return until is not None and step.at >= until


def _window_has_begun(ticket: Standing, step: Step) -> bool:
    return ticket.appointment_at is not None and step.at >= ticket.appointment_at


def _access_is_agreed(ticket: Standing, step: Step) -> bool:
    """The promise is paused by the household's own word, by one that the staff record, or by a visit at which
    nobody opened: never by the word of whoever promised alone."""
    how = step.facts.get(AGREED)
    if step.role == "contractor" or how == MISSED:
        return ticket.is_missed_by_member
    return True


GUARDS: Final[dict[str, Guard]] = {
    "a firm works after the notice": Guard(
        lambda ticket, step: not ticket.is_held,
        _("A warranty runs: its debtor is written to first."),
        roles=("contractor",),
    ),
    "work begins after the notice": Guard(
        lambda ticket, step: not ticket.is_held,
        _(
            "A warranty runs: its debtor is written to first (notify_debtor), or a named person says why no"
            " letter goes (waive_notice)."
        ),
        ("assign", "start", "finish"),
    ),
    "another firm comes after the mise en demeure": Guard(
        lambda ticket, step: not _waits_for_formal(ticket, step),
        _(
            "In the first year another firm repairs in the debtor's place only after a mise en demeure"
            " without effect (notify_debtor, formal), or where a person sets it aside with a reason"
            " (set_formal_aside)."
        ),
        ("assign",),
    ),
    "the insurer is asked after the mise en demeure": Guard(
        lambda ticket, step: step.facts.get("kind") != "insurer" or not ticket.awaits_formal(step.at),
        _(
            "In the first year the dommages-ouvrage insurer is asked only after a mise en demeure"
            " without effect (notify_debtor, formal), or where a person sets it aside with a reason"
            " (set_formal_aside)."
        ),
        ("notify_debtor",),
    ),
    "dear work is approved": Guard(
        lambda ticket, step: not ticket.awaits_approval,
        _("The estimate is above the limit: a person approves it first (approve)."),
        ("assign", "schedule", "start", "finish"),
    ),
    "a warranty runs": Guard(
        lambda ticket, step: ticket.terms.claim is not None,
        _("There is nobody to write to: no warranty runs, or the household or the syndic holds the claim."),
        ("notify_debtor", "secure_claim", "waive_notice", "set_formal_aside"),
    ),
    "a letter is still due": Guard(
        lambda ticket, step: step.facts.get("debtor", next(iter(ticket.unwritten), None)) in ticket.unwritten,
        _("Every debtor was written to, or a person decided that no letter goes."),
        ("waive_notice",),
    ),
    "a mise en demeure is awaited": Guard(
        lambda ticket, step: ticket.awaits_formal(step.at),
        _("Nothing waits for a mise en demeure."),
        ("set_formal_aside",),
    ),
    "an approval is awaited": Guard(
        lambda ticket, step: ticket.awaits_approval, _("Nothing waits for an approval."), ("approve",)
    ),
    "the window of the visit is over": Guard(
        _window_is_over, _("The time told for the visit is not over."), ("missed",), ("resident",)
    ),
    "the window of the visit has begun": Guard(
        _window_has_begun,
        _("The hour of the visit has not come."),
        ("missed",),
        ("staff", "caretaker", "contractor"),
    ),
    "access is agreed": Guard(
        _access_is_agreed,
        _("Waiting for access is agreed with the household, or follows a visit at which nobody opened."),
        ("wait_access",),
    ),
    "made safe once": Guard(
        lambda ticket, step: ticket.made_safe_at is None, _("It is made safe already."), ("make_safe",)
    ),
    "signatures, not a word": Guard(
        lambda ticket, step: not ticket.terms.is_signed, _("It is ended by signatures."), ("confirm", "lapse")
    ),
    "signed once by each side": Guard(
        _may_still_sign,
        _("That side has signed."),
        ("sign_off",),
    ),
    "signatures where they count": Guard(
        lambda ticket, step: ticket.terms.is_signed, _("No signature is needed."), ("sign_off",)
    ),
    "silence may settle it": Guard(
        lambda ticket, step: ticket.terms.settles_by_silence,
        _("Silence does not settle it."),
        ("remind", "lapse"),
    ),
    "reminded once": Guard(
        lambda ticket, step: ticket.reminded_at is None, _("The household is reminded already."), ("remind",)
    ),
    "silence after the reminder": Guard(_is_reminded, _("The household was not reminded yet."), ("lapse",)),
    "while it may be reopened": Guard(
        _is_recent, _("The time to come back to it is over."), ("reopen", "contest")
    ),
    "a refusal is contested": Guard(
        lambda ticket, step: ticket.state != "not_eligible",
        _("A refusal is contested, not reopened (contest)."),
        ("reopen",),
        ("resident",),
    ),
    "contested once": Guard(
        lambda ticket, step: ticket.contested_at is None, _("It was contested and answered."), ("contest",)
    ),
    "somebody else upholds": Guard(
        lambda ticket, step: (
            not (ticket.terms.others and answering(step) and answering(step) == ticket.refused_by)
        ),
        _("Somebody else than who refused answers."),
        ("uphold",),
    ),
    "time closes what is long over": Guard(
        _is_long_over, _("It may still be reopened."), ("close",), ("system",)
    ),
    "cancelled before work begins": Guard(
        lambda ticket, step: not ticket.has_started, _("Work has begun."), ("cancel",)
    ),
    "the household ends its own wait": Guard(
        lambda ticket, step: ticket.state in ("waiting_member", "waiting_access"),
        _("Nothing waits for the household."),
        ("resume",),
        ("resident",),
    ),
    "a firm ends its own wait": Guard(
        lambda ticket, step: ticket.state in ("waiting_access", "waiting_parts"),
        _("Nothing waits for the firm."),
        ("resume",),
        ("contractor",),
    ),
}
