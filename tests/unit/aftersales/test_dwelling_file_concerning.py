"""Which windows without a date a household is shown: none that cannot concern it."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.codes import Tenure
from services.aftersales.dwelling_file.concerning import concerns_household
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.windows import windows

TODAY = date(2026, 11, 16)


def undated(file: File, tenure: Tenure) -> set[str]:
    """Codes of the windows without a date that the household is shown."""
    return {
        one.code
        for one in windows(file, tenure, TODAY)
        if one.missing and concerns_household(one, file, TODAY)
    }


def test_a_tenant_is_not_alarmed_by_works_nobody_knows_of() -> None:
    file = File(moved_in_on=date(2020, 3, 1))
    assert any(one.missing for one in windows(file, Tenure.TENANT, TODAY))
    assert undated(file, Tenure.TENANT) == set()


def test_who_bought_new_hears_that_a_date_is_missing() -> None:
    file = File(moved_in_on=date(2026, 10, 1), livraison_on=date(2026, 10, 1))
    assert {"parfait_achevement", "biennale", "decennale"} <= undated(file, Tenure.BUYER_VEFA)


def test_what_is_over_by_any_possible_date_is_not_shown() -> None:
    file = File(moved_in_on=date(2020, 3, 1))
    assert "parfait_achevement" not in undated(file, Tenure.CO_OWNER)
    assert "decennale" in undated(file, Tenure.CO_OWNER)
    assert undated(replace(file, built_on=date(1974, 1, 1)), Tenure.CO_OWNER) == set()


@pytest.mark.parametrize("tenure", [Tenure.TENANT, Tenure.CO_OWNER])
def test_a_building_of_long_ago_has_no_date_missing_for_staff_and_nothing_for_its_households(
    tenure: Tenure,
) -> None:
    file = File(moved_in_on=date(2026, 10, 1), built_on=date(1990, 1, 1))
    works = [
        one
        for one in windows(file, tenure, TODAY)
        if one.code in ("parfait_achevement", "biennale", "decennale")
    ]
    assert {(one.state, one.missing) for one in works} == {("over", None)}
    assert {note.key for one in works for note in one.notes} == {"built_long_ago"}
    assert not any(concerns_household(one, file, TODAY) for one in works)


@pytest.mark.parametrize("tenure", list(Tenure))
def test_a_window_with_a_date_is_always_shown(tenure: Tenure) -> None:
    file = File(
        date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 1), date(2026, 7, 1), built_on=date(1950, 1, 1)
    )
    found = [one for one in windows(file, tenure, TODAY) if not one.missing]
    assert found
    assert all(concerns_household(one, file, TODAY) for one in found)
