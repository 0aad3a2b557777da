"""Consent is the household's own act; staff may only record a signed paper with its witness."""

import pytest

from contracts.codes import Right, Role
from services.members.consents import ConsentChannel, Standing, Step, Wish, fault, step

RIGHTS = {"per_a": Right.HOLDER, "per_b": Right.CO_HOLDER, "per_c": Right.CARER, "per_g": Right.GUARDIAN}


def wish(by: str = "per_a", channel: str = "self", witness: str | None = None, granted: bool = True) -> Wish:
    return Wish(granted, by, "2026-01", ConsentChannel(channel), witness)


@pytest.mark.parametrize("person", ["per_a", "per_b", "per_g"])
def test_a_person_who_decides_for_the_household_consents_for_themselves(person: str) -> None:
    assert fault(wish(by=person), Role.RESIDENT, person, RIGHTS) is None


def test_nobody_consents_in_another_s_name() -> None:
    assert fault(wish(by="per_b"), Role.RESIDENT, "per_a", RIGHTS) == ("/by", "not_yourself")


def test_a_stranger_or_a_carer_does_not_consent() -> None:
    assert fault(wish(by="per_x"), Role.RESIDENT, "per_x", RIGHTS) == ("/by", "not_in_household")
    assert fault(wish(by="per_c"), Role.RESIDENT, "per_c", RIGHTS) == ("/by", "may_not_decide")


def test_staff_record_a_signed_paper_with_a_witness_and_nothing_else() -> None:
    assert fault(wish(), Role.STAFF, "per_s", RIGHTS) == ("/channel", "household_only")
    assert fault(wish(channel="paper"), Role.STAFF, "per_s", RIGHTS) == ("/witness", "witness_missing")
    assert fault(wish(channel="paper", witness=" "), Role.STAFF, "per_s", RIGHTS) is not None
    assert fault(wish(channel="paper", witness="Accueil 3"), Role.STAFF, "per_s", RIGHTS) is None


def test_a_resident_cannot_pretend_that_a_paper_was_signed() -> None:
    assert fault(wish(channel="paper", witness="x"), Role.RESIDENT, "per_a", RIGHTS) == (
        "/channel",
        "paper_is_recorded_by_staff",
    )


def test_repeating_a_wish_changes_nothing_and_a_new_text_renews_it() -> None:
    assert step(wish(), None) is Step.GIVE
    assert step(wish(), Standing("2026-01")) is Step.NOTHING
    assert step(wish(), Standing("2025-01")) is Step.RENEW
    assert step(wish(granted=False), Standing("2025-01")) is Step.WITHDRAW
    assert step(wish(granted=False), None) is Step.NOTHING
