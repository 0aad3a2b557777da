"""A refusal cannot give as its reason what the request's own facts contradict."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.codes import Priority, Tenure
from contracts.words import labels
from services.aftersales.refusing import Facts, contradiction
from services.aftersales.warranty import Dates, warranties

KEYS = Dates(date(2026, 1, 15), date(2026, 3, 1), date(2026, 3, 1))
ON = date(2026, 11, 16)


def told(
    element: str, symptom: str, tenure: Tenure, on: date = ON, dates: Dates = KEYS, **more: object
) -> Facts:
    found = tuple(warranties(element, tenure, dates, on, symptom=symptom))
    return Facts(element, symptom, on, tenure, Priority.P3, warranties=found, **more)  # type: ignore[arg-type]


def code_and_words(reason: str, facts: Facts) -> tuple[str, str] | None:
    problem = contradiction(reason, facts)
    if problem is None:
        return None
    [error] = problem.extra["errors"]
    assert (problem.status, error["pointer"]) == (422, "/reason")
    return error["code"], str(error["message"])


def test_a_warranty_that_runs_is_not_refused_as_ended_and_each_is_named_with_its_day() -> None:
    found = code_and_words("warranty_ended", told("window", "broken", Tenure.BUYER_VEFA))
    assert found is not None
    code, words = found
    assert code == "warranty_runs"
    for said in (
        "first-year",
        "biennale",
        "décennale",
        "15 January 2027",
        "15 January 2036",
        "notify_debtor",
    ):
        assert said in words


def test_one_that_has_ended_is_refused_as_such() -> None:
    assert (
        code_and_words("warranty_ended", told("window", "broken", Tenure.BUYER_VEFA, date(2040, 1, 1)))
        is None
    )


@pytest.mark.parametrize("reason", sorted(set(labels("reason_codes")) - {"warranty_ended"}))
def test_a_person_may_refuse_for_other_reasons_while_a_warranty_runs(reason: str) -> None:
    assert contradiction(reason, told("shutter", "broken", Tenure.BUYER_VEFA)) is None


OLD = Dates(reception_on=date(1990, 1, 1), moved_in_on=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("element", "symptom", "tenure"),
    [
        ("radiator", "no_heat", Tenure.TENANT),
        ("damp", "mould", Tenure.TENANT),
        ("roof", "leak", Tenure.CO_OWNER),
        ("lift", "broken", Tenure.TENANT),
    ],
)
def test_what_no_rule_puts_on_the_household_is_not_refused_as_its_own(
    element: str, symptom: str, tenure: Tenure
) -> None:
    facts = told(element, symptom, tenure, dates=OLD, is_common=element in ("roof", "lift"))
    found = code_and_words("resident_upkeep", facts)
    assert found is not None
    assert found[0] == "never_resident"
    assert contradiction("resident_upkeep", replace(facts, cause="use")) is None
    assert contradiction("no_fault_found", facts) is None


def test_upkeep_is_refused_as_upkeep_and_a_tenant_has_no_private_part() -> None:
    leak = told("tap", "leak", Tenure.TENANT, dates=OLD)
    assert contradiction("resident_upkeep", leak) is None
    found = code_and_words("owner_private_part", leak)
    assert found is not None
    assert found[0] == "tenant_owns_nothing"
    assert contradiction("owner_private_part", told("tap", "leak", Tenure.CO_OWNER, dates=OLD)) is None
