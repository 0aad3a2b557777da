"""The life of a request: no sequence of actions reaches an illegal step."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.lifecycle import (
    PAUSING,
    STATES,
    TABLE,
    IllegalAction,
    Missing,
    Standing,
    Step,
    apply,
    legal_actions,
    take,
)

T0 = datetime(2026, 11, 16, 9, tzinfo=UTC)
ROLES = ("resident", "caretaker", "staff", "contractor", "system")
HANDLED = ("acknowledge", "qualify", "assign", "start", "finish")


def step(action: str, role: str = "staff", hours: float = 1, **more: object) -> Step:
    return Step(action, role, T0 + timedelta(hours=hours), **more)  # type: ignore[arg-type]


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
        attempt = Step(action, role, at, reason="other", comment="Dit.", appointment_at=at)
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


def test_every_state_can_be_left_or_is_an_end() -> None:
    left = {state for transition in TABLE.values() for state in transition.froms}
    assert set(STATES) - left == {"cancelled"}
