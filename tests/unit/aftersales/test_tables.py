"""The tables of facts agree with each other and with the words of both languages."""

from contracts.codes import Priority, Regime, Responsible
from contracts.words import labels
from services.aftersales import lifecycle
from services.aftersales.priority import priority_of
from services.aftersales.routing import team_for
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import codes

ELEMENTS = taxonomy().elements


def test_the_taxonomy_and_the_words_of_the_contract_name_the_same_elements() -> None:
    assert list(load("taxonomy")["elements"]) == list(labels("elements"))
    assert set(load("taxonomy")["common_places"]) < labels("places").keys()


def test_every_element_has_a_known_trade_and_known_symptoms() -> None:
    for element in ELEMENTS.values():
        assert element.trade in taxonomy().trades
        assert element.symptoms
        assert set(element.symptoms) <= taxonomy().symptoms.keys()


def test_every_element_has_exactly_one_priority() -> None:
    listed = [code for group in load("priority")["elements"].values() for code in group]
    assert sorted(listed) == sorted(ELEMENTS)


def test_tables_name_only_known_elements_and_symptoms() -> None:
    warranty = load("warranty")
    named = {*warranty["biennale"], *warranty["decennale"], *warranty["acoustique"], *warranty["uncovered"]}
    upkeep = load("responsibility")["tenant_upkeep"]
    assert named | upkeep.keys() <= ELEMENTS.keys()
    assert {s for group in upkeep.values() for s in group} <= taxonomy().symptoms.keys()
    assert {*warranty["wear_symptoms"], *warranty["minor_symptoms"]} <= taxonomy().symptoms.keys()
    for row in load("priority")["exceptions"]:
        assert set(row.get("element", ())) <= ELEMENTS.keys()
        assert set(row.get("symptom", ())) <= taxonomy().symptoms.keys()
        assert set(row.get("trade", ())) <= taxonomy().trades.keys()


def test_every_responsibility_rule_says_its_source_and_has_words() -> None:
    for row in load("responsibility")["rules"]:
        assert row["source"]
        assert row["reason"] in codes("reasons")


def test_every_element_reaches_a_team_with_a_name() -> None:
    for element in ELEMENTS:
        for responsible in Responsible:
            for priority in Priority:
                assert team_for(element, responsible, priority) in codes("teams")


def test_every_step_and_clock_of_a_request_has_words() -> None:
    assert codes("states") == list(lifecycle.STATES)
    assert set(codes("actions")) == {"submit", *lifecycle.TABLE}
    promised = {row["kind"] for rows in load("deadlines")["promises"].values() for row in rows}
    assert promised | load("deadlines")["legal"].keys() <= set(codes("deadlines"))
    assert {regime.value for regime in Regime if regime is not Regime.NONE} <= set(codes("deadlines"))


def test_symptoms_offered_for_an_element_have_a_priority_all_year() -> None:
    from datetime import date

    for element in ELEMENTS.values():
        for symptom in element.symptoms:
            for on in (date(2026, 1, 15), date(2026, 7, 15)):
                assert priority_of(element.code, symptom, on) in Priority
