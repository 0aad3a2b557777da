"""Safety and what the law lays on others are never put on the resident by a cooperative's own rule."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Priority, Responsible, Tenure
from services.aftersales import settings
from services.aftersales.claims import letters_due
from services.aftersales.model import ResponsibilityRule
from services.aftersales.never_resident import Scope, duties, duty_on_others, reached_by
from services.aftersales.priority import priority_of
from services.aftersales.responsibility import Case, Override, responsible_for
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.warranty import Dates, warranties
from services.aftersales.words import Reason, render
from services.kit.problems import Problem

ON = date(2026, 11, 16)
RESIDENT = Responsible.RESIDENT
ELEMENTS = st.sampled_from(sorted(taxonomy().elements))
SYMPTOMS = st.sampled_from(sorted(taxonomy().symptoms))
TENURES = st.sampled_from([*Tenure, None])


def rule(**scope: str) -> Override:
    return Override(RESIDENT, "Règlement", date(2026, 1, 1), **scope)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("element", "symptom"),
    [
        ("gas_smell", "smell"), ("co_alarm", "alarm"), ("smoke_detector", "alarm"), ("water_pipe", "flood"),
        ("electric_hazard", "danger"), ("socket", "exposed_wire"), ("lift", "trapped"), ("facade", "danger"),
        ("door_lock", "cannot_lock"), ("wall_crack", "structural_crack"), ("boiler", "danger"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tenure", [*Tenure, None])
def test_no_rule_puts_a_danger_on_the_resident(element: str, symptom: str, tenure: Tenure | None) -> None:
    case = Case(element, symptom, ON, tenure)
    decision = responsible_for(case, [rule(element=element, symptom=symptom)])
    assert decision == responsible_for(case, [rule()])
    assert decision.responsible is responsible_for(case).responsible
    assert decision.basis == responsible_for(case).basis
    said = [render(reason, "fr") for reason in decision.reasons]
    assert any("sans effet ici" in one for one in said), said
    assert reached_by(RESIDENT, Scope(ON, element=element, symptom=symptom, tenure=tenure))


@pytest.mark.parametrize(
    ("element", "symptom"),
    [
        ("radiator", "no_heat"), ("water_supply", "no_water"), ("toilet", "broken"), ("damp", "mould"),
        ("power_supply", "no_power"), ("extractor_fan", "broken"), ("window", "draught"),
        ("intercom", "broken"),
    ],
)  # fmt: skip
def test_what_a_landlord_owes_by_law_stays_its_own_but_binds_no_owners_home(
    element: str, symptom: str
) -> None:
    own = [rule(element=element, symptom=symptom)]
    assert responsible_for(Case(element, symptom, ON, Tenure.TENANT), own).responsible is (
        Responsible.COOPERATIVE
    )
    assert responsible_for(Case(element, symptom, ON, Tenure.CO_OWNER), own).responsible is RESIDENT


@given(ELEMENTS, SYMPTOMS, TENURES, st.sampled_from([None, *Priority]))
def test_a_rule_that_may_be_written_is_followed_and_one_that_may_not_changes_nothing(
    element: str, symptom: str, tenure: Tenure | None, priority: Priority | None
) -> None:
    case = Case(element, symptom, ON, tenure, priority=priority)
    decided = responsible_for(case, [rule(element=element, symptom=symptom)])
    is_refused = bool(reached_by(RESIDENT, Scope(ON, element=element, symptom=symptom, tenure=tenure)))
    duty = duty_on_others(element, symptom, tenure, ON, priority=priority)
    assert is_refused <= (duty is not None or tenure is None)
    if duty is None:
        assert (decided.responsible, decided.basis) == (RESIDENT, "Règlement")
    else:
        assert decided.basis != "Règlement"
    if Priority.P0 in (priority, priority_of(element, symptom, ON)):
        assert duty is not None


@given(st.sampled_from([None, *sorted(taxonomy().trades)]), TENURES, ELEMENTS, SYMPTOMS)
def test_a_rule_is_refused_for_each_fault_that_it_would_reach(
    trade: str | None, tenure: Tenure | None, element: str, symptom: str
) -> None:
    scope = Scope(ON, trade=trade, tenure=tenure)
    for one in reached_by(RESIDENT, scope):
        assert trade in (None, taxonomy().elements[one.element].trade)
        assert one.symptom in taxonomy().elements[one.element].symptoms
    for party in Responsible:
        if party is not RESIDENT:
            assert reached_by(party, scope) == []


def test_a_danger_that_only_a_person_saw_is_kept_from_the_resident_as_well() -> None:
    own = [rule(element="tap")]
    assert responsible_for(Case("tap", "broken", ON, Tenure.TENANT), own).responsible is RESIDENT
    seen = Case("tap", "broken", ON, Tenure.TENANT, priority=Priority.P0)
    assert responsible_for(seen, own).responsible is Responsible.COOPERATIVE


def test_the_next_rule_that_is_nobodys_burden_counts_instead() -> None:
    firm = Override(Responsible.CONTRACTOR, "Contrat gaz", date(2026, 1, 1), trade="gas")
    decision = responsible_for(
        Case("gas_smell", "smell", ON, Tenure.TENANT), [firm, rule(element="gas_smell")]
    )
    assert (decision.responsible, decision.basis) == (Responsible.CONTRACTOR, "Contrat gaz")
    assert [reason.key for reason in decision.reasons] == [
        "overridden_for_coop", "own_rule_set_aside", "never_resident_danger",
    ]  # fmt: skip


def test_the_tables_own_small_repairs_are_no_duty_of_others() -> None:
    for element, symptoms in load("responsibility")["tenant_upkeep"].items():
        for symptom in symptoms:
            assert duty_on_others(element, symptom, Tenure.TENANT, ON) is None, (element, symptom)
            assert not reached_by(RESIDENT, Scope(ON, element=element, symptom=symptom))


def test_every_duty_names_known_faults_its_source_and_has_words_in_both_languages() -> None:
    for row in duties():
        assert row.source
        assert row.basis
        assert render(Reason(row.reason), "fr") != render(Reason(row.reason), "en")
        for faults in (row.faults or {}, row.but):
            assert faults.keys() <= taxonomy().elements.keys()
            assert {one for group in faults.values() for one in group} <= taxonomy().symptoms.keys()
        assert set(row.symptoms or ()) <= taxonomy().symptoms.keys()


def test_a_duty_binds_only_rules_that_hold_while_it_does() -> None:
    before = Scope(date(1980, 1, 1), date(1981, 1, 1), element="intercom", symptom="broken")
    assert reached_by(RESIDENT, before) == []
    assert reached_by(RESIDENT, Scope(date(1980, 1, 1), element="intercom", symptom="broken"))


def test_a_stored_rule_says_for_what_it_has_no_effect_and_a_new_one_is_refused_by_name() -> None:
    facts: dict[str, Any] = {
        "responsible": "resident",
        "basis": "Bail",
        "valid_from": ON,
        "element": "boiler",
    }
    stored = ResponsibilityRule(id="rul_1", coop="aulnes", **facts)
    assert {one.symptom for one in settings.without_effect(stored)} == {"no_heat", "no_hot_water", "danger"}
    with pytest.raises(Problem) as refused:
        settings.refuse_unlawful(facts)
    (error,) = refused.value.extra["errors"]
    assert (error["pointer"], error["code"]) == ("/responsible", "never_resident")
    settings.refuse_unlawful(facts | {"symptom": "service_due"})


KEYS = Dates(date(2026, 1, 15), date(2026, 3, 1), date(2026, 3, 1))
OWNERS = (Tenure.BUYER_VEFA, Tenure.CO_OWNER, Tenure.PSLA, Tenure.BRS)


def told(element: str, symptom: str, tenure: Tenure, on: date, dates: Dates = KEYS) -> Case:
    found = tuple(warranties(element, tenure, dates, on, symptom=symptom))
    return Case(element, symptom, on, tenure, found)


@pytest.mark.parametrize("tenure", OWNERS)
@pytest.mark.parametrize("on", [date(2026, 3, 10), date(2026, 6, 1), date(2027, 6, 1), date(2030, 6, 1)])
def test_no_rule_takes_from_who_bought_a_warranty_that_runs(tenure: Tenure, on: date) -> None:
    case = told("window", "leak", tenure, on)
    decided = responsible_for(case, [rule(element="window")])
    assert decided.responsible is responsible_for(case).responsible is not RESIDENT
    assert {"own_rule_set_aside", "never_resident_warranty"} <= {one.key for one in decided.reasons}
    assert letters_due(decided.responsible, case.warranties, "leak", on)


def test_such_a_rule_holds_once_the_warranties_are_over_and_for_what_was_caused_by_use() -> None:
    over = told("shutter", "broken", Tenure.BUYER_VEFA, date(2029, 1, 1))
    decided = responsible_for(over, [rule(element="shutter")])
    assert (decided.responsible, decided.basis) == (RESIDENT, "Règlement")
    used = replace(told("shutter", "broken", Tenure.BUYER_VEFA, date(2026, 6, 1)), cause="use")
    assert responsible_for(used, [rule(element="shutter")]).basis == "Règlement"


def test_what_may_still_be_warranted_is_not_put_on_who_bought_either() -> None:
    unknown = Dates(livraison_on=date(2026, 3, 1), moved_in_on=date(2026, 3, 1))
    case = told("shutter", "broken", Tenure.BUYER_VEFA, date(2026, 6, 1), unknown)
    assert responsible_for(case, [rule(element="shutter")]).responsible is not RESIDENT


def test_a_new_rented_home_is_repaired_now_and_claimed_whatever_the_rule() -> None:
    on = date(2026, 6, 1)
    case = told("shutter", "broken", Tenure.TENANT, on)
    decided = responsible_for(case, [rule(element="shutter")])
    assert decided.responsible is Responsible.COOPERATIVE
    assert "never_resident_landlord_claims" in {one.key for one in decided.reasons}
    assert [one.debtor for one in letters_due(decided.responsible, case.warranties, "broken", on)] == [
        Responsible.CONTRACTOR
    ]
    upkeep = told("shutter", "stuck", Tenure.TENANT, date(2027, 6, 1))
    assert responsible_for(upkeep, [rule(element="shutter")]).basis == "Règlement"
    assert reached_by(RESIDENT, Scope(date(2026, 1, 1), element="shutter")) == []
