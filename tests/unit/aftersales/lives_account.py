"""What may never happen in the life of a request, told apart from the code that is to prevent it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.aftersales.lifecycle import Step, Terms

DAY = timedelta(days=1)
WORKING = "acknowledged qualified assigned scheduled in_progress"
WAITING = "waiting_member waiting_access waiting_parts waiting_third_party"
KNOWN = f"qualified assigned scheduled in_progress {WAITING}"
ENDS = ("resolved", "closed", "not_eligible", "cancelled")
HANDS = "staff caretaker contractor"


@dataclass(frozen=True)
class Row:
    """Who may do it, from where, and what must be said or kept with it."""

    roles: tuple[str, ...]
    froms: tuple[str, ...]
    needs: tuple[str, ...]
    without_household: tuple[str, ...]


def _row(roles: str, froms: str, needs: str = "", without_household: str = "") -> Row:
    return Row(*(tuple(words.split()) for words in (roles, froms, needs, without_household)))


ROWS = {
    "acknowledge": _row("staff caretaker", "submitted reopened", "named"),
    "qualify": _row(
        "staff", f"acknowledged qualified {WAITING}", "element place tenure responsible regimes dates"
    ),
    "notify_debtor": _row("staff", f"{KNOWN} done resolved", "notice debtor sha256"),
    "return_notice": _row(
        "system",
        f"{WORKING} {WAITING} done resolved closed reopened attached not_eligible contested",
        "notice",
    ),
    "waive_notice": _row("staff", f"acknowledged {KNOWN} done resolved", "debtor comment named"),
    "set_formal_aside": _row("staff", f"acknowledged {KNOWN}", "reason comment named"),
    "estimate": _row("staff contractor", KNOWN, "cost_cents"),
    "approve": _row("staff", KNOWN, "named"),
    "assign": _row("staff", "qualified assigned", "to"),
    "schedule": _row(f"{HANDS} resident", "assigned scheduled", "appointment_at"),
    "on_the_way": _row(HANDS, "assigned scheduled"),
    "start": _row(HANDS, "assigned scheduled"),
    "missed": _row(f"{HANDS} resident", "scheduled", "side"),
    "unschedule": _row(f"{HANDS} resident", "scheduled"),
    "come_back": _row(HANDS, "in_progress", "comment"),
    "hand_back": _row(HANDS, "assigned scheduled in_progress", "comment"),
    "make_safe": _row(HANDS, f"{WORKING} {WAITING} submitted reopened attached"),
    "finish": _row(HANDS, "in_progress"),
    "confirm": _row("resident", "done attached", "", "staff caretaker"),
    "half_fixed": _row("resident", "done", "comment", "staff caretaker"),
    "sign_off": _row("resident staff", "done", "sides", "caretaker"),
    "remind": _row("system", "done"),
    "lapse": _row("system", "done"),
    "close": _row("resident system", "resolved", "", "staff caretaker"),
    "reopen": _row("resident staff caretaker", "done resolved closed not_eligible", "comment"),
    "wait_member": _row("staff caretaker", WORKING, "comment"),
    "wait_access": _row(f"{HANDS} resident", WORKING, "comment"),
    "wait_parts": _row(HANDS, WORKING),
    "wait_third_party": _row("staff", WORKING),
    "resume": _row(f"{HANDS} resident", WAITING),
    "refuse": _row("staff", f"acknowledged qualified assigned {WAITING}", "reason comment named"),
    "contest": _row("resident", "not_eligible", "comment", "staff caretaker"),
    "uphold": _row("staff", "contested", "comment named"),
    "overturn": _row("staff", "contested", "comment named"),
    "secure_claim": _row("staff", f"acknowledged {KNOWN} done reopened", "secured_by comment"),
    "attach": _row("staff system", f"submitted reopened {WORKING} {WAITING}", "incident"),
    "detach": _row("staff caretaker resident system", "attached"),
    "finish_together": _row("staff system", "attached"),
    "cancel": _row(
        "resident",
        f"submitted acknowledged qualified assigned scheduled {WAITING} attached contested",
        "",
        "staff caretaker",
    ),
}
"""Written by hand from what was agreed on, not read from the table under test."""
NEEDS_OF = {
    ("schedule", "resident"): ("slot",),
    ("finish", "contractor"): ("outcome",),
    **{("wait_access", role): ("agreed_how",) for role in HANDS.split()},
}


class Account:
    """Remembers what it was shown, in its own way, and refuses what may not be."""

    def __init__(self, opened_at: datetime) -> None:
        self.written: list[tuple[str, str, str | None]] = []
        self.formals: list[tuple[str, str, datetime]] = []
        self.waived: set[str] = set()
        self.is_set_aside = self.is_safe = self.has_begun = self.is_contested = False
        self.signatures: set[str] = set()
        self.refuser: str | None = None
        self.estimate = self.approved = 0
        self.visit_at: datetime | None = None
        self.visit_until: datetime | None = None
        self.found_nobody_home = False
        self.reminded_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.first_done_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.asked_again_at: datetime | None = None
        self.answered_again_at: datetime | None = None

    @property
    def letters(self) -> list[tuple[str, str | None]]:
        """Debtor and firm of each letter that has not come back."""
        return [(who, firm) for _, who, firm in self.written]

    def judge(self, step: Step, before: str, terms: Terms, after: str) -> None:
        """Fails where a step that was taken should not have been, and remembers it."""
        self.check(step, before, terms, after)
        self._remember(step, before, after)

    def check(self, step: Step, before: str, terms: Terms, after: str) -> None:
        """Fails where the step may not be taken."""
        self._was_allowed(step, before, terms)
        getattr(self, f"_{step.action}", lambda *_: None)(step, before, terms)
        if step.role == "contractor":
            self._begins_after_its_letter(terms)
            assert after not in ENDS, "a firm ended it"
        if step.action in ("assign", "start", "finish"):
            self._begins_after_its_letter(terms)
        if step.action in ("assign", "schedule", "start", "finish"):
            limit = terms.approve_above_cents
            assert limit is None or self.estimate <= max(limit, self.approved), "nobody approved"

    def _was_allowed(self, step: Step, before: str, terms: Terms) -> None:
        row = ROWS[step.action]
        roles = row.roles if terms.has_household else (*row.roles, *row.without_household)
        assert step.role in roles, "not theirs to do"
        assert before in row.froms, "not from there"
        for name in (*row.needs, *NEEDS_OF.get((step.action, step.role), ())):
            assert getattr(step, name, None) is not None or name in step.facts, f"without {name}"

    def _leading(self, terms: Terms) -> str:
        claim = terms.claim
        assert claim is not None
        order = [claim.lead, "contractor", "insurer", "vendor"]
        return next(who for who in order if who is not None and who in claim.debtors)

    def _begins_after_its_letter(self, terms: Terms) -> None:
        """Whoever comes, except where people cannot wait, or a person said why no letter goes."""
        claim = terms.claim
        if claim is None or terms.is_pressing:
            return
        if claim.party is not None:
            fits = [who for who, firm in self.letters if who in claim.debtors and firm == claim.party]
            open_to = claim.debtors - self.waived
        else:
            fits = [who for who, _ in self.letters if who == self._leading(terms)]
            open_to = claim.debtors - self.waived - {who for who, _ in self.letters}
        assert fits or not open_to, "work under warranty without its notice"

    def _is_in_first_year(self, terms: Terms, at: datetime) -> bool:
        claim = terms.claim
        return claim is not None and claim.formal_until is not None and at <= claim.formal_until

    def _waits_for_formal(self, terms: Terms, at: datetime) -> bool:
        fruitless = [by for _, who, by in self.formals if who == "contractor" and by < at]
        return self._is_in_first_year(terms, at) and not self.is_set_aside and not fruitless

    def _assign(self, step: Step, before: str, terms: Terms) -> None:
        claim = terms.claim
        if terms.is_given_to_party and claim is not None and claim.party is None and not terms.is_pressing:
            assert not self._waits_for_formal(terms, step.at), "another firm came before the mise en demeure"

    def _notify_debtor(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.claim is not None, "nobody owes it"
        if step.facts["kind"] == "insurer":
            assert not self._waits_for_formal(terms, step.at), "the insurer before the mise en demeure"

    def _secure_claim(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.claim is not None, "nobody owes it"

    def _waive_notice(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.claim is not None, "nobody owes it"
        owed = terms.claim.debtors | terms.claim.also
        assert step.facts["debtor"] in owed - {who for who, _ in self.letters} - self.waived, "nothing due"

    def _set_formal_aside(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.claim is not None, "nobody owes it"
        assert self._waits_for_formal(terms, step.at), "nothing waits for it"

    def _approve(self, step: Step, before: str, terms: Terms) -> None:
        limit = terms.approve_above_cents
        assert limit is not None, "no limit"
        assert self.estimate > max(limit, self.approved), "nothing to approve"

    def _finish(self, step: Step, before: str, terms: Terms) -> None:
        if step.role == "contractor" and step.facts.get("outcome") == "fixed":
            is_seen = (step.facts.get("photos") or 0) > 0
            assert is_seen or step.facts.get("no_photo"), "fixed, and nobody saw it"

    def _missed(self, step: Step, before: str, terms: Terms) -> None:
        assert self.visit_at is not None, "no visit"
        if step.role == "resident":
            assert step.at >= (self.visit_until or self.visit_at), "missed before its time was over"
        else:
            assert step.at >= self.visit_at, "missed before its hour"

    def _wait_access(self, step: Step, before: str, terms: Terms) -> None:
        if step.role == "contractor" or step.facts.get("agreed_how") == "missed_visit":
            assert self.found_nobody_home, "a pause on one side's word"

    def _make_safe(self, step: Step, before: str, terms: Terms) -> None:
        assert not self.is_safe, "made safe twice"

    def _confirm(self, step: Step, before: str, terms: Terms) -> None:
        assert not terms.is_signed, "a word for a signature"

    def _sign_off(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.is_signed, "a signature that nobody asked for"
        side = "household" if step.role == "resident" else "cooperative"
        awaited = {"cooperative", "household"} if terms.has_household else {"cooperative"}
        assert side not in self.signatures or awaited <= self.signatures, (
            "signed twice while another is awaited"
        )
        assert side == "cooperative" or terms.has_household

    def _remind(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.settles_by_silence, "silence means nothing here"
        assert self.reminded_at is None, "reminded twice"

    def _lapse(self, step: Step, before: str, terms: Terms) -> None:
        assert terms.settles_by_silence, "silence means nothing here"
        assert not terms.is_signed, "silence for a signature"
        assert self.reminded_at is not None, "never reminded"
        assert step.at >= self.reminded_at + DAY, "no time to answer"

    def _reopen(self, step: Step, before: str, terms: Terms) -> None:
        assert self.ended_at is None or step.at <= self.ended_at + 30 * DAY, "too late"
        assert before != "not_eligible" or step.role != "resident", "a refusal is contested"

    def _contest(self, step: Step, before: str, terms: Terms) -> None:
        assert self.ended_at is not None
        assert step.at <= self.ended_at + 30 * DAY, "too late"
        assert not self.is_contested, "contested twice"

    def _uphold(self, step: Step, before: str, terms: Terms) -> None:
        assert not terms.others or step.actor != self.refuser, "judged its own refusal"

    def _close(self, step: Step, before: str, terms: Terms) -> None:
        if step.role == "system":
            assert self.ended_at is not None
            assert step.at >= self.ended_at + 30 * DAY, "closed while it may be reopened"

    def _cancel(self, step: Step, before: str, terms: Terms) -> None:
        assert not self.has_begun, "cancelled under work"

    def _resume(self, step: Step, before: str, terms: Terms) -> None:
        if step.role == "resident":
            assert before in ("waiting_member", "waiting_access"), "not the household's wait"
        if step.role == "contractor":
            assert before in ("waiting_access", "waiting_parts"), "not the firm's wait"

    def _remember(self, step: Step, before: str, after: str) -> None:
        action, at, facts = step.action, step.at, step.facts
        self._remember_claim(action, facts, at)
        if action in ("acknowledge", "refuse", "attach") and step.role != "system" and facts["named"]:
            self.answered_at = self.answered_at or at
            if self.asked_again_at is not None:
                self.answered_again_at = self.answered_again_at or at
        if action == "estimate":
            self.estimate = facts["cost_cents"]
        if action == "approve":
            self.approved = self.estimate
        if action in ("schedule", "start") and step.appointment_at is not None:
            self.visit_at = step.appointment_at
            until = facts.get("until_at")
            self.visit_until = datetime.fromisoformat(until) if until else None
        if action in ("missed", "unschedule", "come_back", "hand_back", "half_fixed", "reopen"):
            self.visit_at = self.visit_until = None
        if action in ("missed", "schedule", "start"):
            self.found_nobody_home = action == "missed" and facts["side"] == "member"
        if action in ("finish", "finish_together"):
            self.first_done_at = self.first_done_at or at
        if action == "sign_off":
            self.signatures.add("household" if step.role == "resident" else "cooperative")
        if action == "remind":
            self.reminded_at = at
        if action in ("half_fixed", "reopen"):
            self.signatures.clear()
            self.reminded_at = None
        if action == "reopen":
            self.is_safe = self.is_set_aside = False
            self.asked_again_at, self.answered_again_at = at, None
        if action == "make_safe":
            self.is_safe = True
        if action == "refuse":
            self.refuser, self.is_contested = step.actor, False
        if action == "overturn":
            self.refuser = None
        if action == "contest":
            self.is_contested = True
        self.has_begun = self.has_begun or after == "in_progress"
        if after in ENDS and before not in ENDS:
            self.ended_at = at
        elif after not in ENDS:
            self.ended_at = None

    def _remember_claim(self, action: str, facts: Any, at: datetime) -> None:
        if action == "notify_debtor":
            self.written.append((facts["notice"], facts["debtor"], facts.get("party")))
            if facts["kind"] == "formal":
                until = datetime.fromisoformat(facts["answer_by_at"])
                self.formals.append((facts["notice"], facts["debtor"], until))
        if action == "return_notice":
            self.written = [one for one in self.written if one[0] != facts["notice"]]
            self.formals = [one for one in self.formals if one[0] != facts["notice"]]
        if action == "waive_notice":
            self.waived.add(facts["debtor"])
        if action == "set_formal_aside":
            self.is_set_aside = True
        if action == "secure_claim":
            self.formals = [one for one in self.formals if one[1] != facts.get("debtor")]
