"""Random lives of a request against a simple model: no illegal step, no notice skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.aftersales.lifecycle import (
    ENDED,
    PAUSING,
    STATES,
    TABLE,
    Claim,
    IllegalAction,
    Missing,
    Standing,
    Step,
    Terms,
    apply,
    legal_actions,
    take,
)

T0 = datetime(2026, 3, 27, 8, tzinfo=UTC)
ROLES = ("resident", "caretaker", "staff", "contractor", "system")
PEOPLE = ("per_1", "per_2")
DEBTORS = ("contractor", "vendor", "insurer")
FIRMS = (None, "pty_1", "pty_2")

USUAL: dict[str, tuple[tuple[str, ...], ...]] = {
    "submitted": (("staff", "acknowledge"),),
    "reopened": (("staff", "acknowledge"),),
    "acknowledged": (("staff", "qualify"),),
    "qualified": (("staff", "estimate", "notify_debtor", "assign"),),
    "assigned": (("contractor", "start"), ("staff", "start")),
    "in_progress": (("contractor", "finish"), ("staff", "finish")),
    "done": (("system", "remind", "lapse"), ("staff", "sign_off")),
    "not_eligible": (("resident", "contest"),),
    "contested": (("staff", "uphold"),),
}
"""What usually comes next, by state: who tries which actions."""

claims = st.none() | st.builds(
    Claim,
    debtors=st.frozensets(st.sampled_from(DEBTORS), min_size=1),
    party=st.sampled_from(FIRMS),
    is_first=st.booleans(),
)
all_terms = st.builds(
    Terms,
    has_household=st.booleans(),
    claim=claims,
    is_given_to_party=st.booleans(),
    is_signed=st.booleans(),
    settles_by_silence=st.booleans(),
    approve_above_cents=st.sampled_from([None, 0, 50_000]),
    others=st.booleans(),
)


class Life(RuleBasedStateMachine):
    """Tries anything at any time; keeps its own, cruder, account of what may never happen."""

    @initialize(terms=all_terms)
    def told(self, terms: Terms) -> None:
        self.at = T0
        self.steps = [Step("submit", "resident", T0)]
        self.ticket: Standing = apply(self.steps, terms=terms)
        self.letters: list[tuple[str, str | None]] = []
        self.signatures: set[str] = set()
        self.refuser: str | None = None
        self.estimate, self.approved = 0, 0
        self.firsts: list[datetime] = []

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(terms=all_terms)
    def the_case_turns_out_otherwise(self, terms: Terms) -> None:
        self.ticket = replace(self.ticket, terms=terms)

    @rule(
        action=st.sampled_from([*TABLE, "nonsense"]),
        role=st.sampled_from(ROLES),
        person=st.sampled_from(PEOPLE),
        debtor=st.sampled_from(DEBTORS),
        party=st.sampled_from(FIRMS),
        cost=st.integers(0, 100_000),
        bare=st.booleans(),
    )
    def somebody_acts(
        self, action: str, role: str, person: str, debtor: str, party: str | None, cost: int, bare: bool
    ) -> None:
        before = self.ticket
        facts: dict[str, Any] = {
            "named": person, "element": "tap", "place": "kitchen", "tenure": "tenant",
            "responsible": "vendor",
            "regimes": {}, "dates": {}, "notice": "ntc_1", "sha256": "0", "debtor": debtor, "party": party,
            "to": "contractor" if before.terms.is_given_to_party else "team", "incident": "inc_1",
            "cost_cents": cost, "slot": "slt_1", "side": "member", "outcome": "fixed",
            "secured_by": "commitment", "sides": sorted(before.signing_sides),
        }  # fmt: skip
        words = None if bare else "Dit."
        step = Step(
            action, role, self.at, words and "other", words, self.at, person, "desk", {} if bare else facts
        )
        legal = legal_actions(before, role, self.at, person)
        try:
            after = take(before, step)
        except IllegalAction:
            assert action not in legal
            return
        except Missing:
            assert action in legal
            assert bare
            return
        assert action in legal
        assert before.state in TABLE[action].froms
        self._account(step, before, after)
        self.steps.append(step)
        self.ticket = after

    @rule(
        role=st.sampled_from(ROLES),
        index=st.integers(0, 40),
        person=st.sampled_from(PEOPLE),
        debtor=st.sampled_from(DEBTORS),
        party=st.sampled_from(FIRMS),
    )
    def somebody_does_what_is_possible(
        self, role: str, index: int, person: str, debtor: str, party: str | None
    ) -> None:
        possible = legal_actions(self.ticket, role, self.at, person)
        if possible:
            action = possible[index % len(possible)]
            self.somebody_acts(action, role, person, debtor, party, 1000 * index, False)

    @rule(person=st.sampled_from(PEOPLE), cost=st.sampled_from([20_000, 70_000]))
    def it_goes_its_usual_way(self, person: str, cost: int) -> None:
        for role, *actions in USUAL.get(self.ticket.state, ()):
            for action in actions:
                self.somebody_acts(action, role, person, "contractor", "pty_1", cost, False)

    def _account(self, step: Step, before: Standing, after: Standing) -> None:
        terms, action = before.terms, step.action
        if action == "notify_debtor":
            self.letters.append((step.facts["debtor"], step.facts["party"]))
        outside = step.role == "contractor" or (
            action == "assign" and (terms.is_given_to_party or bool(terms.claim and terms.claim.is_first))
        )
        if outside and terms.claim is not None:
            claim = terms.claim
            fitting = [letter for letter in self.letters if letter[0] in claim.debtors]
            if claim.party is not None:
                fitting = [letter for letter in fitting if letter[1] == claim.party]
            assert fitting, "a firm was reached without its notice"
        if action == "estimate":
            self.estimate = step.facts["cost_cents"]
        if action == "approve":
            self.approved = self.estimate
        limit = terms.approve_above_cents
        if action in ("assign", "schedule", "start", "finish") and limit is not None:
            assert self.estimate <= max(limit, self.approved)
        if action in ("half_fixed", "reopen"):
            self.signatures.clear()
            assert step.comment
        if action == "sign_off":
            self.signatures.add("household" if step.role == "resident" else "cooperative")
        if action == "finish":
            self.firsts.append(step.at)
        if action == "refuse":
            self.refuser = step.actor
            assert (step.role, bool(step.reason), bool(step.comment)) == ("staff", True, True)
        if action == "uphold" and terms.others:
            assert step.actor != self.refuser
        if after.state in ENDED and before.state not in ENDED:
            assert step.role != "contractor"
            if after.state == "resolved" and terms.is_signed and action != "confirm":
                assert {"cooperative"} <= self.signatures
                assert "household" in self.signatures or not terms.has_household
            if action == "lapse":
                assert any(one.action == "remind" for one in self.steps)
                assert terms.settles_by_silence
        if before.priority_floor is not None:
            assert after.priority_floor is not None or action in ("half_fixed", "reopen")

    @invariant()
    def the_state_is_what_the_history_says(self) -> None:
        if not hasattr(self, "ticket"):
            return
        assert apply(self.steps, terms=self.ticket.terms) == self.ticket
        assert self.ticket.state in STATES
        assert (self.ticket.state in PAUSING) == bool(
            self.ticket.pauses and self.ticket.pauses[-1][1] is None
        )
        assert (self.ticket.ended_at is not None) == (self.ticket.state in ENDED)
        if self.firsts:
            assert self.ticket.first_done_at == min(
                self.firsts + [one.at for one in self.steps if one.action == "finish_together"]
            )


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
