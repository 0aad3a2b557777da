"""A crack in a home of some years: wide, it is the builder's; unsure, a person looks before any refusal."""

from datetime import date

import pytest

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.claims import letters_due
from services.aftersales.priority import priority_of
from services.aftersales.responsibility import Case, Decision, responsible_for
from services.aftersales.warranty import Dates, Warranty, warranties

OWNERS = (Tenure.BUYER_VEFA, Tenure.CO_OWNER)
RECEPTION = date(2023, 11, 1)


def found(symptom: str, on: date, tenure: Tenure) -> tuple[list[Warranty], Decision]:
    running = warranties("wall_crack", tenure, Dates(RECEPTION, date(2023, 12, 1)), on, symptom=symptom)
    return running, responsible_for(Case("wall_crack", symptom, on, tenure, tuple(running)))


@pytest.mark.parametrize("tenure", OWNERS)
def test_a_crack_that_goes_through_is_the_builders_for_ten_years_and_the_insurers_to_know(
    tenure: Tenure,
) -> None:
    running, decision = found("structural_crack", date(2026, 11, 20), tenure)
    assert [one.regime for one in running] == [Regime.DECENNALE]
    sold = tenure is Tenure.BUYER_VEFA
    assert decision.responsible is (Responsible.VENDOR if sold else Responsible.CONTRACTOR)
    due = letters_due(decision.responsible, running, "structural_crack", date(2026, 11, 20))
    assert [(one.debtor, one.due_on) for one in due] == [
        (Responsible.INSURER, date(2028, 11, 20)),
        (Responsible.CONTRACTOR, date(2033, 11, 1)),
        *([(Responsible.VENDOR, date(2033, 11, 1))] if sold else []),
    ]
    assert found("structural_crack", date(2033, 11, 2), tenure)[1].responsible is Responsible.RESIDENT


@pytest.mark.parametrize("tenure", OWNERS)
def test_a_crack_that_nobody_has_looked_at_is_nobodys_own_while_the_ten_years_run(tenure: Tenure) -> None:
    running, decision = found("crack", date(2026, 11, 20), tenure)
    assert [one.regime for one in running] == [Regime.NONE]
    assert decision.responsible is Responsible.COOPERATIVE
    assert {"looked_at_first", "may_be_structural"} <= {reason.key for reason in decision.reasons}
    assert not decision.is_verified
    assert found("crack", date(2033, 11, 2), tenure)[1].responsible is Responsible.RESIDENT
    assert found("cosmetic", date(2026, 11, 20), tenure)[1].responsible is Responsible.RESIDENT


def test_it_is_looked_at_within_a_day() -> None:
    assert priority_of("wall_crack", "structural_crack", date(2026, 11, 20)) == "p2"
