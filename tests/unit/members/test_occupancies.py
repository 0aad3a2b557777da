"""Households in dwellings: one at a time, reachable, and who leaves stops seeing."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Right
from services.members.occupancies import Period, Reach, end_fault, first_overlap, may_decide, missing_in, sees

DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
PERIODS = st.builds(
    lambda first, length: Period(first, None if length is None else first + timedelta(days=length)),
    DAYS,
    st.none() | st.integers(0, 2000),
)


@given(PERIODS, PERIODS)
def test_two_periods_overlap_exactly_when_a_day_belongs_to_both(one: Period, other: Period) -> None:
    candidate = max(one.first, other.first)  # if any day is shared, the later first day is
    assert (
        one.overlaps(other) == other.overlaps(one) == (one.includes(candidate) and other.includes(candidate))
    )


def test_a_household_may_come_the_day_after_another_left_but_not_the_same_day() -> None:
    gone = Period(date(2024, 1, 1), date(2025, 6, 30))
    assert first_overlap(Period(date(2025, 7, 1)), [gone]) is None
    assert first_overlap(Period(date(2025, 6, 30)), [gone]) == gone


def test_a_household_that_has_not_left_blocks_every_later_one() -> None:
    there = Period(date(2024, 1, 1))
    assert first_overlap(Period(date(2030, 1, 1)), [there]) == there


def test_each_holder_is_reachable_by_mail_mobile_or_post() -> None:
    for way in ({"email": "a@b.fr"}, {"mobile": "0600000000"}, {"postal": "1 rue X"}):
        assert missing_in([Reach(Right.HOLDER, **way)]) is None
    carer_without_contact = [Reach(Right.HOLDER, email="a@b.fr"), Reach(Right.CARER)]
    assert missing_in(carer_without_contact) is None
    co_holder_without = [Reach(Right.HOLDER, email="a@b.fr"), Reach(Right.CO_HOLDER)]
    assert missing_in(co_holder_without) == ("/household/1", "unreachable")
    assert missing_in([Reach(Right.CARER, email="a@b.fr")]) == ("/household", "no_holder")


def test_who_leaves_before_the_others_stops_seeing_the_day_after() -> None:
    assert sees(None, date(2026, 1, 1))
    assert sees(date(2026, 1, 1), date(2026, 1, 1))
    assert not sees(date(2026, 1, 1), date(2026, 1, 2))


def test_a_household_ends_once_and_not_before_it_came() -> None:
    came = date(2026, 1, 10)
    assert end_fault(came, None, came) is None
    assert end_fault(came, None, date(2026, 1, 9)) == "before_move_in"
    assert end_fault(came, date(2026, 2, 1), date(2026, 3, 1)) == "already_ended"


def test_a_carer_helps_but_does_not_decide() -> None:
    assert [right for right in Right if not may_decide(right)] == [Right.CARER]
