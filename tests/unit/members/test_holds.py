"""What an erasure keeps, and until when."""

from datetime import date

from contracts.codes import Right
from services.members.holds import Tie, has_left, kept

TODAY = date(2026, 6, 1)


def test_who_lives_there_keeps_a_place_in_the_register() -> None:
    assert [hold.code for hold in kept([Tie(Right.HOLDER, None)], TODAY)] == ["current_household"]
    assert not has_left([Tie(Right.HOLDER, None)], TODAY)


def test_a_former_holder_is_kept_three_years_for_claims_under_the_lease() -> None:
    (hold,) = kept([Tie(Right.HOLDER, date(2024, 2, 29))], TODAY)
    assert (hold.code, hold.until) == ("lease_claims", date(2027, 2, 28))
    assert kept([Tie(Right.HOLDER, date(2023, 5, 31))], TODAY) == []


def test_a_carer_who_left_is_forgotten_at_once() -> None:
    assert kept([Tie(Right.CARER, date(2026, 5, 31))], TODAY) == []
    assert has_left([Tie(Right.CARER, date(2026, 5, 31))], TODAY)


def test_of_several_leases_the_latest_end_counts() -> None:
    (hold,) = kept([Tie(Right.HOLDER, date(2024, 1, 1)), Tie(Right.HOLDER, date(2025, 1, 1))], TODAY)
    assert hold.until == date(2028, 1, 1)


def test_each_hold_says_what_and_why_in_both_languages_with_its_source() -> None:
    for hold in kept([Tie(Right.HOLDER, None), Tie(Right.HOLDER, date(2025, 1, 1))], TODAY):
        assert set(hold.what) == set(hold.why) == {"fr", "en"}
        assert hold.source
