"""Random lives of a request, judged by an account of its own that knows nothing of the guards' code."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.codes import Priority, Responsible
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.deadlines import TicketFacts, deadlines, next_alarm
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
from tests.unit.aftersales.lives_account import ROWS, Account

T0 = datetime(2026, 3, 27, 8, tzinfo=UTC)
ROLES = ("resident", "caretaker", "staff", "contractor", "system")
PEOPLE = ("per_1", "per_2")
ACTORS = (("staff", "per_1"), *((role, "per_2") for role in ROLES))
DEBTORS = ("contractor", "vendor", "insurer")
FIRMS = (None, "pty_1", "pty_2")
HOURS = ((time(9), time(12, 30)), (time(13, 30), time(17, 30)))
CALENDAR = BusinessCalendar(ZoneInfo("Europe/Paris"), dict.fromkeys(range(5), HOURS), None, frozenset())

KNOWN = (("staff", "acknowledge"), ("staff", "qualify"))
GIVEN = (*KNOWN, ("staff", "notify_debtor"), ("staff", "assign"))
DONE = (*GIVEN, ("staff", "start"), ("staff", "finish"))
SETTLED = (*DONE, ("staff", "sign_off"), ("resident", "sign_off"), ("resident", "confirm"))
REFUSED = (("staff", "acknowledge"), ("staff", "refuse"))
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "submitted": (),
    "acknowledged": KNOWN[:1],
    "qualified": KNOWN,
    "written": (*KNOWN, ("staff", "notify_debtor")),
    "dear": (*KNOWN, ("staff", "estimate")),
    "dear_work": (*GIVEN, ("staff", "estimate"), ("staff", "start")),
    "given": GIVEN,
    "scheduled": (*GIVEN, ("staff", "schedule")),
    "nobody_opened": (*GIVEN, ("staff", "schedule"), ("later", "missed")),
    "in_progress": (*GIVEN, ("staff", "start")),
    "done": DONE,
    "reminded": (*DONE, ("system", "remind")),
    "dear_and_done": (*DONE[:-1], ("staff", "estimate"), ("staff", "finish")),
    "reminded_and_settled": (*DONE, ("system", "remind"), ("resident", "confirm")),
    "signed": (*DONE, ("staff", "sign_off")),
    "settled": SETTLED,
    "closed": (*SETTLED, ("resident", "close")),
    "reopened": (*SETTLED, ("resident", "reopen")),
    "refused": REFUSED,
    "contested": (*REFUSED, ("resident", "contest")),
    "upheld": (*REFUSED, ("resident", "contest"), ("staff", "uphold")),
    "attached": (("staff", "acknowledge"), ("staff", "attach")),
    "waits_for_member": (*KNOWN, ("staff", "wait_member")),
    "waits_for_access": (*KNOWN, ("staff", "wait_access")),
    "waits_for_parts": (*DONE[:-1], ("staff", "wait_parts")),
    "waits_for_third_party": (*KNOWN, ("staff", "wait_third_party")),
    "safe": (("staff", "acknowledge"), ("staff", "make_safe")),
}
"""How a request usually gets somewhere: who does what."""

some_claim = st.builds(
    Claim,
    debtors=st.sampled_from(
        [frozenset({"contractor"}), frozenset({"contractor", "vendor"}), frozenset(DEBTORS)]
    ),
    party=st.sampled_from([None, None, "pty_1"]),
    is_first=st.booleans(),
    lead=st.sampled_from([None, *DEBTORS]),
    formal_until=st.sampled_from([None, T0 + timedelta(days=20), T0 + timedelta(days=330)]),
    also=st.sampled_from([frozenset[str](), frozenset({"insurer"})]),
)
claims = st.one_of(some_claim, some_claim, st.none())
all_terms = st.builds(
    Terms,
    has_household=st.booleans(),
    claim=claims,
    is_given_to_party=st.booleans(),
    is_signed=st.booleans(),
    settles_by_silence=st.booleans(),
    approve_above_cents=st.sampled_from([None, 0, 50_000]),
    others=st.booleans(),
    is_pressing=st.booleans(),
)

OWED = Claim(frozenset({"contractor"}), formal_until=T0 + timedelta(days=330))
PLAIN = (
    Terms(),
    Terms(is_signed=True, settles_by_silence=False),
    Terms(others=True, approve_above_cents=50_000),
    Terms(claim=OWED),
)
"""Under these a request gets far; others are tried on it there."""
CONTRASTS = tuple(
    Terms(has_household, claim, is_given, is_signed, not is_signed, limit, others, is_pressing)
    for has_household, claim, is_given, is_signed, limit, others, is_pressing in random.Random(1).sample(
        list(
            itertools.product(
                (True, True, False),
                (
                    None,
                    OWED,
                    replace(OWED, is_first=True, formal_until=None),
                    replace(OWED, debtors=frozenset({"contractor", "vendor"}), is_first=True, lead="vendor"),
                    replace(OWED, party="pty_1", also=frozenset({"insurer"})),
                ),
                (True, False),
                (True, False),
                (None, 50_000),
                (True, False),
                (False, False, True),
            )
        ),
        14,
    )
)
"""Cases as unlike each other as the guards tell them apart."""


def walk_everywhere(doors: tuple[str, ...] = tuple(ROWS)) -> None:
    """Every way, and every door at its end, at once and a month later, in every case; no chance in it."""
    for way, terms in itertools.product(WAYS, PLAIN):
        life = Life()
        life.told(terms, way)
        for hours in (0, 31 * 24):
            life.look(doors, "contractor", "insurer", list(CONTRASTS), hours)


class Life(RuleBasedStateMachine):
    """Tries anything at any time; every step that is taken is put before the account."""

    @initialize(terms=st.one_of(st.sampled_from(PLAIN), all_terms), way=st.sampled_from(list(WAYS)))
    def told(self, terms: Terms, way: str) -> None:
        self.at = T0
        self.steps = [Step("submit", "resident", T0)]
        self.ticket: Standing = apply(self.steps, terms=terms)
        self.account = Account(T0)
        self.it_goes_its_way(way)

    @rule(hours=st.sampled_from([1, 5, 23, 24, 25, 7 * 24, 15 * 24, 29 * 24, 31 * 24]))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(terms=all_terms)
    def the_case_turns_out_otherwise(self, terms: Terms) -> None:
        self.ticket = replace(self.ticket, terms=terms)

    @rule(
        action=st.sampled_from([*ROWS, "nonsense"]),
        role=st.sampled_from(ROLES),
        person=st.sampled_from(PEOPLE),
        debtor=st.sampled_from(DEBTORS),
        party=st.sampled_from(FIRMS),
        kind=st.sampled_from(["notice", "formal", "insurer"]),
        cost=st.sampled_from([0, 20_000, 70_000, 90_000]),
        left_out=st.sampled_from([(), (), ("words",), ("facts",), ("hour",), ("name",), ("photo",)]),
    )
    def somebody_acts(
        self,
        action: str,
        role: str,
        person: str,
        debtor: str,
        party: str | None,
        kind: str,
        cost: int,
        left_out: tuple[str, ...] = (),
    ) -> None:
        before = self.ticket
        step = self._step(action, role, person, debtor, party, kind, cost, left_out)
        legal = legal_actions(before, role, self.at, person)
        try:
            after = take(before, step)
        except IllegalAction:
            # Only what the letter itself says can make a possible action illegal.
            assert action not in legal or action in ("notify_debtor", "waive_notice")
            return
        except Missing:
            assert action in legal
            assert left_out
            return
        assert action in legal
        self.account.judge(step, before.state, before.terms, after.state)
        self.steps.append(step)
        self.ticket = after

    @rule(
        debtor=st.sampled_from(DEBTORS),
        kind=st.sampled_from(["notice", "formal", "insurer"]),
        others=st.lists(all_terms, max_size=2),
        hours=st.sampled_from([0, 4, 6, 25, 9 * 24, 29 * 24, 31 * 24]),
    )
    def every_door_is_tried(self, debtor: str, kind: str, others: list[Terms], hours: int) -> None:
        self.look(tuple(ROWS), debtor, kind, others, hours)

    def look(self, doors: tuple[str, ...], debtor: str, kind: str, others: list[Terms], hours: int) -> None:
        """Whatever is offered to anybody, some time later or under other terms, passes the account: with all
        that belongs to it and bare."""
        at = self.at + timedelta(hours=hours)
        for before in (self.ticket, *(replace(self.ticket, terms=terms) for terms in others)):
            for role, person in ACTORS:
                for action in doors:
                    if before.state not in TABLE[action].froms:
                        continue
                    without_photo: tuple[tuple[str, ...], ...] = (("photo",),) if action == "finish" else ()
                    for left_out in ((), *without_photo, ("words", "facts", "hour")):
                        step = self._step(action, role, person, debtor, None, kind, 70_000, left_out)
                        self._check(before, replace(step, at=at))

    def _check(self, before: Standing, step: Step) -> None:
        try:
            after = take(before, step)
        except (IllegalAction, Missing):
            return
        self.account.check(step, before.state, before.terms, after.state)

    def _step(
        self,
        action: str,
        role: str,
        person: str,
        debtor: str,
        party: str | None,
        kind: str,
        cost: int,
        left_out: tuple[str, ...],
    ) -> Step:
        # Letters are numbered; the one that comes back is the first.
        notice = "ntc_0" if action == "return_notice" else f"ntc_{len(self.account.written)}"
        by = (self.at + timedelta(days=8)).isoformat()
        facts: dict[str, Any] = {
            "named": None if "name" in left_out else person, "element": "tap", "place": "kitchen",
            "tenure": "tenant", "responsible": "vendor", "regimes": {}, "dates": {}, "notice": notice,
            "sha256": "0", "debtor": debtor, "party": party, "kind": kind, "answer_by_at": by,
            "to": "contractor" if self.ticket.terms.is_given_to_party else "team", "incident": "inc_1",
            "cost_cents": cost, "slot": "slt_1", "side": "member", "outcome": "fixed",
            **({} if "photo" in left_out else {"no_photo": "not_visible"}), "secured_by": "commitment",
            "sides": sorted(self.ticket.signing_sides), "agreed_how": "phone",
            "until_at": (self.at + timedelta(hours=7)).isoformat(),
        }  # fmt: skip
        words = None if "words" in left_out else "Dit."
        hour = None if "hour" in left_out else self.at + timedelta(hours=5)
        given = {} if "facts" in left_out else facts
        return Step(action, role, self.at, words and "other", words, hour, person, "desk", given)

    @rule(
        role=st.sampled_from(ROLES),
        index=st.integers(0, 40),
        person=st.sampled_from(PEOPLE),
        debtor=st.sampled_from(DEBTORS),
        party=st.sampled_from(FIRMS),
        kind=st.sampled_from(["notice", "formal", "insurer"]),
    )
    def somebody_tries_what_nearly_fits(
        self, role: str, index: int, person: str, debtor: str, party: str | None, kind: str
    ) -> None:
        fitting = [
            action
            for action, row in ROWS.items()
            if self.ticket.state in row.froms and (role in row.roles or role in row.without_household)
        ]
        if fitting:
            action = fitting[index % len(fitting)]
            self.somebody_acts(action, role, person, debtor, party, kind, 10_000 * (index % 10))

    @rule(way=st.sampled_from(list(WAYS)))
    def it_goes_its_way(self, way: str) -> None:
        for role, action in WAYS[way]:
            if role == "later":
                self.at += timedelta(hours=8)
                role = "staff"
            claim = self.ticket.terms.claim
            debtor, party = ("contractor", None) if claim is None else (claim.leading, claim.party)
            cost = 70_000 if way.startswith("dear") else 20_000
            self.somebody_acts(action, role, PEOPLE[0], debtor, party, "notice", cost)

    @rule(priority=st.sampled_from(list(Priority)))
    def somebody_asks_whether_it_was_answered(self, priority: Priority) -> None:
        """A named person took it up, or its alarm rings until one does."""
        facts = TicketFacts("tap", "broken", priority, Responsible.COOPERATIVE, self.ticket)
        found = {one.kind: one for one in deadlines(facts, CALENDAR)}
        for kinds, is_answered in (
            (("first_answer", "call_back"), self.account.answered_at is not None),
            (("answer_again",), self.account.answered_again_at is not None),
        ):
            clock = next((found[kind] for kind in kinds if kind in found), None)
            assert (clock is None) == (kinds == ("answer_again",) and self.account.asked_again_at is None)
            if clock is not None and not is_answered and self.ticket.ended_at is None:
                assert clock.met_at is None
                assert next_alarm(clock, 0) is not None

    @invariant()
    def the_state_is_what_the_history_says(self) -> None:
        if not hasattr(self, "ticket"):
            return
        assert apply(self.steps, terms=self.ticket.terms) == self.ticket
        assert self.ticket.state in STATES
        assert set(ROWS) == set(TABLE)
        assert (self.ticket.state in PAUSING) == bool(
            self.ticket.pauses and self.ticket.pauses[-1][1] is None
        )
        assert (self.ticket.ended_at is not None) == (self.ticket.state in ENDED)
        assert self.ticket.first_done_at == self.account.first_done_at
