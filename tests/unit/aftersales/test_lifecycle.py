"""The life of a request: no sequence of actions reaches an illegal step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.lifecycle import (
    PAUSING,
    STATES,
    TABLE,
    Claim,
    IllegalAction,
    Missing,
    Standing,
    Step,
    apply,
    legal_actions,
    offered,
    take,
)

T0 = datetime(2026, 11, 16, 9, tzinfo=UTC)
ROLES = ("resident", "caretaker", "staff", "contractor", "system")
HANDLED = ("acknowledge", "qualify", "assign", "start", "finish")


GIVEN = {
    "named": "per_1", "element": "tap", "place": "kitchen", "tenure": "tenant", "responsible": "cooperative",
    "regimes": {}, "dates": {}, "notice": "ntc_1", "debtor": "contractor", "sha256": "0", "to": "team",
    "incident": "inc_1", "cost_cents": 70000, "slot": "slt_1", "side": "contractor", "outcome": "fixed",
    "secured_by": "commitment", "sides": ["cooperative", "household"],
    "agreed_how": "phone", "no_photo": "not_visible",
}  # fmt: skip
"""All that a step may have to keep."""


def step(action: str, role: str = "staff", hours: float = 1, **more: object) -> Step:
    more = {"facts": GIVEN} | more
    return Step(action, role, T0 + timedelta(hours=hours), **more)  # type: ignore[arg-type]


def under(ticket: Standing, **terms: object) -> Standing:
    """The same request under other terms."""
    return replace(ticket, terms=replace(ticket.terms, **terms))  # type: ignore[arg-type]


OWED = Claim(frozenset({"contractor"}), is_first=True)
BEHIND = Claim(frozenset({"contractor"}))
"""A claim behind what the cooperative owes its tenant now."""


def opened(has_household: bool = True) -> Standing:
    return apply([Step("submit", "resident", T0)], has_household=has_household)


def after(*actions: str, has_household: bool = True) -> Standing:
    ticket = opened(has_household)
    for hours, action in enumerate(actions, 1):
        ticket = take(ticket, step(action, hours=hours, comment="Parce que.", reason="other"))
    return ticket


def test_the_usual_life_ends_with_the_households_yes() -> None:
    ticket = after(*HANDLED)
    assert ticket.state == "done"
    ticket = take(ticket, step("confirm", "resident", 24))
    assert ticket.state == "resolved"
    assert take(ticket, step("close", "resident", 25)).state == "closed"


@pytest.mark.parametrize("role", ["staff", "caretaker", "contractor"])
def test_nobody_closes_for_the_household(role: str) -> None:
    for action in ("confirm", "close", "lapse"):
        assert action not in legal_actions(after(*HANDLED), role, T0 + timedelta(days=2))
    settled = take(after(*HANDLED), step("confirm", "resident", 24))
    assert "close" not in legal_actions(settled, role, T0 + timedelta(days=2))


def test_a_buildings_request_has_no_household_so_staff_confirm_it() -> None:
    assert "confirm" in legal_actions(after(*HANDLED, has_household=False), "staff", T0 + timedelta(days=1))


def test_only_a_person_of_the_cooperative_acknowledges() -> None:
    assert [role for role in ROLES if "acknowledge" in legal_actions(opened(), role, T0)] == [
        "caretaker",
        "staff",
    ]


def test_a_refusal_needs_a_reason_and_an_explanation() -> None:
    with pytest.raises(Missing, match="reason"):
        take(after("acknowledge"), step("refuse", hours=2, comment="Voir le bail."))
    with pytest.raises(Missing, match="comment"):
        take(after("acknowledge"), step("refuse", hours=2, reason="other", comment="  "))
    refused = take(after("acknowledge"), step("refuse", hours=2, reason="other", comment="Voir le bail."))
    assert refused.state == "not_eligible"


def test_a_request_reopens_with_a_comment_within_thirty_days() -> None:
    settled = take(after(*HANDLED), step("confirm", "resident", 10))
    with pytest.raises(Missing, match="comment"):
        take(settled, step("reopen", "resident", 11))
    again = take(settled, step("reopen", "resident", 10 + 30 * 24, comment="Ça fuit encore."))
    assert (again.state, again.times_reopened) == ("reopened", 1)
    with pytest.raises(IllegalAction):
        take(settled, step("reopen", "resident", 10 + 30 * 24 + 1, comment="Trop tard."))


def test_closing_does_not_lengthen_the_thirty_days() -> None:
    closed = take(take(after(*HANDLED), step("confirm", "resident", 10)), step("close", "resident", 500))
    assert "reopen" not in legal_actions(closed, "resident", T0 + timedelta(hours=10 + 30 * 24 + 1))


def test_the_household_may_cancel_until_work_begins() -> None:
    assert "cancel" in legal_actions(after("acknowledge", "qualify", "assign"), "resident", T0)
    assert "cancel" not in legal_actions(after(*HANDLED[:4]), "resident", T0)
    assert "cancel" not in legal_actions(after(*HANDLED[:4], "wait_parts"), "resident", T0)
    assert "cancel" not in legal_actions(after("acknowledge"), "staff", T0)


def test_waiting_returns_to_where_it_was() -> None:
    waiting = after("acknowledge", "qualify", "wait_member")
    assert take(waiting, step("resume", "resident", 9)).state == "qualified"
    with pytest.raises(IllegalAction) as refusal:
        take(after("acknowledge", "wait_parts"), step("resume", "resident", 9))
    assert "cancel" in refusal.value.legal


def test_only_waiting_for_the_household_pauses_and_the_pause_ends_with_it() -> None:
    waiting = after("acknowledge", "wait_member")
    assert waiting.pauses == ((T0 + timedelta(hours=2), None),)
    assert take(waiting, step("resume", hours=5)).pauses == (
        (T0 + timedelta(hours=2), T0 + timedelta(hours=5)),
    )
    assert after("acknowledge", "wait_parts").pauses == ()
    ended = take(waiting, step("cancel", "resident", 6))
    assert ended.pauses[-1][1] == T0 + timedelta(hours=6)


def test_a_visit_needs_its_hour() -> None:
    assigned = after("acknowledge", "qualify", "assign")
    with pytest.raises(Missing, match="appointment_at"):
        take(assigned, step("schedule", hours=4))
    visit = T0 + timedelta(days=2)
    assert take(assigned, step("schedule", hours=4, appointment_at=visit)).appointment_at == visit


@given(
    st.booleans(),
    st.lists(
        st.tuples(st.sampled_from([*TABLE, "nonsense"]), st.sampled_from(ROLES), st.integers(0, 400)),
        max_size=40,
    ),
)
def test_no_sequence_of_actions_reaches_an_illegal_step(
    has_household: bool, tries: list[tuple[str, str, int]]
) -> None:
    history = [Step("submit", "resident", T0)]
    ticket = apply(history, has_household=has_household)
    at = T0
    for action, role, hours in tries:
        at += timedelta(hours=hours)
        attempt = Step(action, role, at, reason="other", comment="Dit.", appointment_at=at, facts=GIVEN)
        legal = legal_actions(ticket, role, at)
        if action not in legal:
            with pytest.raises(IllegalAction) as refusal:
                take(ticket, attempt)
            assert refusal.value.legal == legal
            continue
        following = take(ticket, attempt)
        assert ticket.state in TABLE[action].froms
        if has_household and following.state in ("resolved", "closed") and following.state != ticket.state:
            assert role in ("resident", "system")
        if action == "refuse":
            assert role == "staff"
        history.append(attempt)
        ticket = following
        assert ticket.state in STATES
        assert (ticket.state in PAUSING) == bool(ticket.pauses and ticket.pauses[-1][1] is None)
        assert apply(history, has_household=has_household) == ticket


def test_under_warranty_nothing_is_assigned_before_the_debtor_was_written_to() -> None:
    owed = under(after("acknowledge", "qualify"), claim=OWED)
    assert "assign" not in legal_actions(owed, "staff", T0)
    with pytest.raises(IllegalAction) as refusal:
        take(owed, step("assign", hours=3))
    assert "notify_debtor" in refusal.value.legal
    written = take(owed, step("notify_debtor", hours=3))
    assert written.state == "qualified"
    assert take(written, step("assign", hours=4)).state == "assigned"


def test_a_notice_without_its_stored_letter_is_none() -> None:
    owed = under(after("acknowledge", "qualify"), claim=OWED)
    with pytest.raises(Missing, match="notice"):
        take(owed, step("notify_debtor", hours=3, facts={"debtor": "contractor"}))


def test_a_notice_to_another_than_the_present_debtor_does_not_count() -> None:
    owed = under(after("acknowledge", "qualify"), claim=OWED)
    to_vendor = take(owed, step("notify_debtor", hours=3, facts=GIVEN | {"debtor": "vendor"}))
    assert to_vendor.needs_notice
    to_first = take(owed, step("notify_debtor", hours=3, facts=GIVEN | {"party": "pty_1"}))
    assert not to_first.needs_notice
    changed = under(to_first, claim=replace(OWED, party="pty_2"))
    assert "assign" not in legal_actions(changed, "staff", T0)


@pytest.mark.parametrize("is_given_to_party", [False, True])
def test_nobody_is_given_work_under_warranty_before_the_letter_is_stored(is_given_to_party: bool) -> None:
    rented = under(after("acknowledge", "qualify"), claim=BEHIND, is_given_to_party=is_given_to_party)
    with pytest.raises(IllegalAction) as refused:
        take(rented, step("assign", hours=3))
    assert {"notify_debtor", "waive_notice"} <= set(refused.value.legal)
    written = take(rented, step("notify_debtor", hours=3))
    # Both clocks: the repair begins at once, the claim on the builder goes on.
    assert take(written, step("assign", hours=3)).state == "assigned"


def test_where_a_named_person_says_why_no_letter_goes_the_work_does_not_wait_for_one() -> None:
    rented = under(after("acknowledge", "qualify"), claim=BEHIND)
    with pytest.raises(Missing, match="comment"):
        take(rented, step("waive_notice", hours=3))
    waived = take(rented, step("waive_notice", hours=3, comment="Le joint est d'usure."))
    assert take(waived, step("assign", hours=4)).state == "assigned"


def test_where_one_debtors_letter_is_waived_anothers_is_waited_for() -> None:
    both = Claim(frozenset({"contractor", "vendor"}))
    rented = under(after("acknowledge", "qualify"), claim=both)
    waived = take(rented, step("waive_notice", hours=3, comment="Entreprise radiée."))
    assert "assign" not in legal_actions(waived, "staff", T0)
    written = take(waived, step("notify_debtor", hours=4, facts=GIVEN | {"debtor": "vendor"}))
    assert "assign" in legal_actions(written, "staff", T0)


def test_what_presses_is_given_at_once_and_its_letter_stays_due() -> None:
    owed = replace(BEHIND, formal_until=T0 + timedelta(days=200))
    flood = under(after("acknowledge", "qualify"), claim=owed, is_given_to_party=True, is_pressing=True)
    given = take(flood, step("assign", hours=3))
    assert given.unwritten == ("contractor",)
    assert "start" in legal_actions(given, "contractor", T0)
    assert {"notify_debtor", "waive_notice"} <= set(legal_actions(given, "staff", T0))
    calmed = under(given, is_pressing=False)
    assert "start" not in legal_actions(calmed, "staff", T0)


def test_a_reception_recorded_after_the_work_was_given_out_stops_it_until_the_letter_is_stored() -> None:
    """Also for the cooperative's own people, who would begin or finish it unwritten."""
    for at_work in (
        after("acknowledge", "qualify", "assign"),
        after("acknowledge", "qualify", "assign", "start"),
    ):
        due = under(at_work, claim=BEHIND)
        for role in ("staff", "caretaker", "contractor"):
            assert not {"start", "finish"} & set(legal_actions(due, role, T0))
        assert "notify_debtor" in legal_actions(due, "staff", T0)
        written = take(due, step("notify_debtor", hours=8))
        assert {"start", "finish"} & set(legal_actions(written, "caretaker", T0))


def test_urgency_is_set_right_while_it_waits_and_the_pause_goes_on() -> None:
    asked = take(after("acknowledge"), step("wait_member", hours=2, comment="Quel robinet ?"))
    corrected = take(asked, step("qualify", hours=3))
    assert (corrected.state, corrected.pauses) == ("waiting_member", asked.pauses)
    resumed = take(corrected, step("resume", "resident", 5))
    assert resumed.state == "qualified"
    assert resumed.pauses == ((T0 + timedelta(hours=2), T0 + timedelta(hours=5)),)
    given = take(after("acknowledge", "qualify", "assign"), step("wait_parts", hours=4))
    assert take(take(given, step("qualify", hours=5)), step("resume", hours=6)).state == "assigned"


def test_access_is_waited_for_only_when_both_sides_say_so() -> None:
    given = after("acknowledge", "qualify", "assign")
    assert "wait_access" not in legal_actions(given, "contractor", T0)
    with pytest.raises(Missing, match="agreed_how"):
        take(given, step("wait_access", hours=5, comment="Absente jusqu'à lundi.", facts={}))
    with pytest.raises(Missing, match="comment"):
        take(given, step("wait_access", "resident", 5))
    alone = {"agreed_how": "missed_visit"}
    with pytest.raises(IllegalAction):
        take(given, step("wait_access", hours=5, comment="Personne.", facts=alone))
    by_phone = {"agreed_how": "phone"}
    waiting = take(given, step("wait_access", hours=5, comment="Vu avec elle : lundi.", facts=by_phone))
    assert take(waiting, step("resume", "resident", 6)).state == "assigned"
    own = take(given, step("wait_access", "resident", 5, comment="Je rentre lundi."))
    assert own.state == "waiting_access"


@pytest.mark.parametrize(("side", "may_wait"), [("member", True), ("contractor", False)])
def test_a_visit_at_which_nobody_opened_is_enough_to_wait_for_access(side: str, may_wait: bool) -> None:
    hour = T0 + timedelta(hours=5)
    expected = take(after("acknowledge", "qualify", "assign"), step("schedule", hours=4, appointment_at=hour))
    missed = take(expected, step("missed", hours=6, facts={"side": side}))
    assert ("wait_access" in legal_actions(missed, "contractor", hour)) is may_wait
    again = take(missed, step("schedule", hours=7, appointment_at=hour))
    assert "wait_access" not in legal_actions(again, "contractor", hour)


def test_a_visit_is_missed_for_the_household_after_its_window_and_for_us_after_its_beginning() -> None:
    begins, ends = T0 + timedelta(hours=5), T0 + timedelta(hours=7)
    expected = take(
        after("acknowledge", "qualify", "assign"),
        step("schedule", hours=4, appointment_at=begins, facts={"until_at": ends.isoformat()}),
    )
    minute = timedelta(minutes=1)
    for role, first in (("resident", ends), ("staff", begins), ("caretaker", begins), ("contractor", begins)):
        assert "missed" not in legal_actions(expected, role, first - minute)
        assert "missed" in legal_actions(expected, role, first)


def test_a_firm_never_confirms_nor_closes() -> None:
    for transition in TABLE.values():
        if "contractor" in transition.roles:
            assert transition.to not in ("resolved", "closed", "cancelled", "not_eligible")


def test_a_firm_says_what_its_visit_ended_with() -> None:
    at_work = after("acknowledge", "qualify", "assign", "start")
    with pytest.raises(Missing, match="outcome"):
        take(at_work, step("finish", "contractor", 9, facts={}))
    assert take(at_work, step("finish", "contractor", 9)).state == "done"


def test_what_a_firm_calls_fixed_is_shown_by_a_photo_or_it_is_said_why_none() -> None:
    at_work = after("acknowledge", "qualify", "assign", "start")
    for shown in ({}, {"photos": 0}, {"no_photo": " "}):
        with pytest.raises(Missing, match="no_photo"):
            take(at_work, step("finish", "contractor", 9, facts={"outcome": "fixed"} | shown))
    for shown in ({"photos": 1}, {"no_photo": "not_visible"}):
        assert (
            take(at_work, step("finish", "contractor", 9, facts={"outcome": "fixed"} | shown)).state == "done"
        )
    assert take(at_work, step("finish", "contractor", 9, facts={"outcome": "nothing_found"})).state == "done"
    for role in ("staff", "caretaker"):  # the cooperative's own word
        assert take(at_work, step("finish", role, 9, facts={"outcome": "fixed"})).state == "done"


def test_what_costs_more_than_the_threshold_waits_for_approval_even_when_it_turns_out_later() -> None:
    known = under(after("acknowledge", "qualify"), approve_above_cents=50_000)
    dear = take(known, step("estimate", hours=3))
    assert {"assign"} & set(legal_actions(dear, "staff", T0)) == set()
    approved = take(dear, step("approve", hours=4))
    assert "approve" not in legal_actions(approved, "staff", T0)
    at_work = take(take(approved, step("assign", hours=5)), step("start", hours=6))
    dearer = take(at_work, step("estimate", "contractor", 7, facts={"cost_cents": 90_000}))
    assert "finish" not in legal_actions(dearer, "contractor", T0)
    assert "finish" in legal_actions(take(dearer, step("approve", hours=8)), "contractor", T0)


def test_half_fixed_goes_back_to_the_same_hands_and_is_counted_without_losing_the_first_result() -> None:
    done = after(*HANDLED)
    with pytest.raises(Missing, match="comment"):
        take(done, step("half_fixed", "resident", 9))
    half = take(done, step("half_fixed", "resident", 9, comment="L'eau chaude manque encore."))
    assert (half.state, half.times_half_fixed, half.times_reopened) == ("assigned", 1, 0)
    assert half.done_at is None
    assert half.first_done_at == done.done_at
    assert half.is_short


def test_warranty_work_is_ended_by_two_signatures_and_never_by_silence_or_one_word() -> None:
    done = under(after(*HANDLED), is_signed=True, settles_by_silence=False)
    for role in ROLES:
        assert not {"confirm", "lapse", "remind"} & set(legal_actions(done, role, T0 + timedelta(days=60)))
    ours = take(done, step("sign_off", "staff", 20))
    assert (ours.state, ours.signed) == ("done", {"cooperative"})
    assert "sign_off" not in legal_actions(ours, "staff", T0)
    both = take(ours, step("sign_off", "resident", 30))
    assert both.state == "resolved"
    assert both.ended_at == T0 + timedelta(hours=30)
    again = take(ours, step("half_fixed", "resident", 30, comment="Le joint manque."))
    assert again.signed == frozenset()


def test_where_nobody_lives_the_cooperative_signs_alone() -> None:
    done = under(after(*HANDLED, has_household=False), is_signed=True)
    alone = GIVEN | {"sides": ["cooperative"]}
    assert take(done, step("sign_off", "staff", 20, facts=alone)).state == "resolved"


def test_silence_is_a_yes_only_after_a_reminder() -> None:
    done = after(*HANDLED)
    late = T0 + timedelta(days=20)
    assert "lapse" not in legal_actions(done, "system", late)
    reminded = take(done, step("remind", "system", 100))
    assert "remind" not in legal_actions(reminded, "system", late)
    assert "lapse" not in legal_actions(reminded, "system", T0 + timedelta(hours=101))
    assert take(reminded, step("lapse", "system", 200)).state == "resolved"


def test_a_contested_refusal_is_answered_by_somebody_else_and_once() -> None:
    refused = take(
        after("acknowledge"), step("refuse", hours=2, reason="other", comment="Non.", actor="per_1")
    )
    refused = under(refused, others=True)
    assert "reopen" not in legal_actions(refused, "resident", T0)
    contested = take(refused, step("contest", "resident", 3, comment="La fuite vient du mur."))
    assert contested.state == "contested"
    assert contested.ended_at is None
    assert "uphold" not in legal_actions(contested, "staff", T0, "per_1")
    with pytest.raises(IllegalAction):
        take(contested, step("uphold", hours=4, comment="Non.", actor="per_1"))
    assert "overturn" in legal_actions(contested, "staff", T0, "per_1")
    upheld = take(contested, step("uphold", hours=4, comment="Vu sur place.", actor="per_2"))
    assert upheld.state == "not_eligible"
    assert "contest" not in legal_actions(upheld, "resident", T0)
    taken_up = take(contested, step("overturn", hours=4, comment="Vous avez raison.", actor="per_2"))
    assert (taken_up.state, taken_up.ended_at) == ("acknowledged", None)


def test_one_person_alone_may_answer_where_there_is_nobody_else() -> None:
    refused = take(
        after("acknowledge"), step("refuse", hours=2, reason="other", comment="Non.", actor="per_1")
    )
    contested = take(refused, step("contest", "resident", 3, comment="Si."))
    assert "uphold" in legal_actions(contested, "staff", T0, "per_1")


def test_attached_to_an_incident_a_request_keeps_its_own_end() -> None:
    waiting = after("acknowledge", "qualify", "wait_member")
    attached = take(waiting, step("attach", hours=9))
    assert attached.state == "attached"
    assert attached.pauses[-1][1] is not None
    assert take(attached, step("detach", "resident", 10)).state == "qualified"
    assert take(attached, step("confirm", "resident", 10)).state == "resolved"
    done = take(attached, step("finish_together", "system", 10))
    assert done.state == "done"
    assert take(done, step("half_fixed", "resident", 11, comment="Froid chez moi.")).state == "assigned"


def test_a_report_without_a_name_behind_its_answer_is_not_answered() -> None:
    assert after("acknowledge").first_answer_at == T0 + timedelta(hours=1)
    nameless = take(opened(), step("acknowledge", facts={"named": None}))
    assert nameless.first_answer_at is None
    assert take(opened(), step("attach", "system")).first_answer_at is None


def test_a_reopening_is_answered_anew_by_a_person() -> None:
    again = take(after(*HANDLED), step("reopen", "resident", 30, comment="Ça fuit encore."))
    assert (again.asked_again_at, again.answered_again_at) == (T0 + timedelta(hours=30), None)
    answered = take(again, step("acknowledge", hours=31))
    assert answered.answered_again_at == T0 + timedelta(hours=31)
    assert answered.first_answer_at == T0 + timedelta(hours=1)


def test_a_missed_visit_says_on_whose_side_and_the_household_may_say_it_too() -> None:
    visit = T0 + timedelta(hours=10)
    arranged = take(
        after("acknowledge", "qualify", "assign"), step("schedule", hours=4, appointment_at=visit)
    )
    assert "missed" not in legal_actions(arranged, "resident", T0 + timedelta(hours=9))
    with pytest.raises(Missing, match="side"):
        take(arranged, step("missed", "resident", 11, facts={}))
    missed = take(arranged, step("missed", "resident", 11))
    assert (missed.state, missed.appointment_at) == ("assigned", None)


def test_a_household_takes_only_a_visit_that_was_offered() -> None:
    assigned = after("acknowledge", "qualify", "assign")
    with pytest.raises(Missing, match="slot"):
        take(assigned, step("schedule", "resident", 4, appointment_at=T0, facts={}))
    assert take(assigned, step("schedule", "resident", 4, appointment_at=T0)).state == "scheduled"
    assert "schedule" not in offered(assigned, "resident", T0)
    assert "schedule" in offered(assigned, "staff", T0)


def test_every_state_can_be_left_or_is_an_end() -> None:
    left = {state for transition in TABLE.values() for state in transition.froms}
    assert set(STATES) - left == {"cancelled"}
