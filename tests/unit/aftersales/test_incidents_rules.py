"""When like reports are one cause, how urgent it is, and what may be done with an incident."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Priority
from contracts.words import labels
from services.aftersales.incidents import stages
from services.aftersales.incidents.clusters import Seen, Verdict, needed, thresholds, urgency, verdict
from services.aftersales.incidents.families import families, family_of
from services.aftersales.incidents.places import Place
from services.aftersales.incidents.sensing import as_request
from services.aftersales.taxonomy import taxonomy

RULES = thresholds(date(2026, 1, 12))
ORDER = [Verdict.NOTHING, Verdict.SUGGESTED, Verdict.PROPOSED]
numbers = st.integers(0, 600)


def test_three_homes_or_a_tenth_of_those_served() -> None:
    assert verdict(Seen(1, 0, 20), RULES) is Verdict.NOTHING
    assert verdict(Seen(2, 0, 20), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(3, 0, 20), RULES) is Verdict.PROPOSED
    assert verdict(Seen(4, 0, 41), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(5, 0, 41), RULES) is Verdict.PROPOSED


def test_one_report_beside_meters_that_fell_together_is_enough() -> None:
    assert verdict(Seen(1, 2, 200), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(1, 3, 200), RULES) is Verdict.PROPOSED
    assert verdict(Seen(0, 3, 200), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(0, 20, 200), RULES) is Verdict.PROPOSED


def test_meters_are_judged_against_those_that_could_show_it() -> None:
    assert verdict(Seen(0, 3, 200, metered=4), RULES) is Verdict.PROPOSED
    assert verdict(Seen(0, 3, 200, metered=200), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(1, 3, 200, metered=200), RULES) is Verdict.SUGGESTED, "one cold home is not theirs"
    assert verdict(Seen(1, 10, 200, metered=200), RULES) is Verdict.PROPOSED


def test_of_a_gateway_most_must_be_silent() -> None:
    assert verdict(Seen(0, 3, 200, metered=200, is_gateway=True), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(0, 20, 200, metered=200, is_gateway=True), RULES) is Verdict.SUGGESTED
    assert verdict(Seen(0, 120, 200, metered=200, is_gateway=True), RULES) is Verdict.PROPOSED
    assert verdict(Seen(0, 3, 4, metered=4, is_gateway=True), RULES) is Verdict.PROPOSED
    assert verdict(Seen(0, 1, 1, metered=1, is_gateway=True), RULES) is Verdict.NOTHING


@given(numbers, numbers, numbers, st.integers(0, 5), st.integers(0, 5))
def test_more_evidence_never_says_less(reported: int, sensed: int, served: int, more: int, felt: int) -> None:
    before, after = Seen(reported, sensed, served), Seen(reported + more, sensed + felt, served)
    assert ORDER.index(verdict(after, RULES)) >= ORDER.index(verdict(before, RULES))


@given(numbers)
def test_never_fewer_than_three_and_never_more_than_there_are(served: int) -> None:
    assert needed(served, RULES) >= 3
    assert needed(served, RULES) <= max(3, served)


@given(st.sampled_from(list(Priority)), numbers, numbers)
def test_an_incident_is_as_urgent_as_its_most_urgent_report_and_more_with_the_number(
    most: Priority, homes: int, more: int
) -> None:
    order = list(Priority)
    alone, many = urgency(most, homes, RULES), urgency(most, homes + more, RULES)
    assert order.index(many) <= order.index(alone) <= order.index(most)
    assert many != Priority.P0 or most == Priority.P0


def test_families_speak_of_what_the_taxonomy_knows_and_have_words() -> None:
    known = taxonomy()
    for family in families():
        assert set(family.elements) <= known.elements.keys(), family.code
        assert set(family.symptoms) <= known.symptoms.keys(), family.code
    assert [family.code for family in families()] == list(labels("incident_families"))
    assert set(labels("incident_states")) == set(stages.STAGES)
    assert set(stages.TABLE) <= labels("incident_actions").keys()
    heating = family_of("radiator", "no_heat")
    assert heating is not None
    assert heating == family_of("collective_heating", "no_heat")
    assert family_of("paint", "cosmetic") is None


def test_a_fault_of_the_supply_is_a_request_that_the_taxonomy_knows() -> None:
    known = taxonomy()
    for fault in labels("supply_faults"):
        found = as_request(fault)
        assert found.element in known.elements
        assert found.symptom in known.symptoms
        assert found.place in known.places
    assert as_request("no_heating", "gas").element == "boiler"
    assert as_request("meter_silent", fluid="water").element == "water_meter"


def test_a_plant_comes_before_the_building_and_a_lift_is_of_its_staircase() -> None:
    heating, lift = family_of("radiator", "no_heat"), family_of("lift", "broken")
    assert heating
    assert lift
    home = Place("Les Aulnes", "bld_a", "B", (("plt_1", frozenset({"heating"})),))
    assert home.scopes(heating) == ["plant:plt_1", "building:bld_a", "staircase:bld_a/B"]
    assert home.scopes(lift) == ["staircase:bld_a/B", "building:bld_a"]
    assert Place("Les Aulnes").scopes(heating) == ["residence:Les Aulnes"]
    assert Place().scopes(heating) == []


@given(st.lists(st.sampled_from(sorted(stages.TABLE)), max_size=12))
def test_no_history_leads_where_the_table_does_not(actions: list[str]) -> None:
    stage, last = "proposed", "propose"
    for action in actions:
        before = stage
        if action not in stages.legal_moves(before, "staff", last):
            with pytest.raises(stages.NotPossible):
                stages.next_stage(before, action, "staff", last)
            continue
        stage = stages.next_stage(before, action, "staff", last)
        assert before in stages.TABLE[action].froms
        assert before not in ("closed", "merged")
        last = action


@pytest.mark.parametrize("role", ["resident", "contractor", "caretaker", "operator"])
def test_only_the_cooperative_s_staff_decides(role: str) -> None:
    assert all(stages.legal_moves(stage, role, "confirm") == () for stage in stages.STAGES)
