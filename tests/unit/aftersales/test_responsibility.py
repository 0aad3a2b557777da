"""Who must act, and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Responsible, Tenure
from services.aftersales.responsibility import Case, Decision, Override, responsible_for
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.warranty import Dates, warranties
from services.aftersales.words import render

OLD = Dates(reception_on=date(1990, 1, 1), moved_in_on=date(2020, 1, 1))
NEW = Dates(date(2026, 6, 30), date(2026, 8, 31), date(2026, 8, 31))
ON = date(2026, 11, 16)
OWNERS = (Tenure.BUYER_VEFA, Tenure.CO_OWNER, Tenure.PSLA, Tenure.BRS)


def decide(
    element: str, symptom: str, tenure: Tenure | None, dates: Dates = OLD, *, on: date = ON, **more: object
) -> Decision:
    found = tuple(warranties(element, tenure, dates, on, symptom=symptom))
    overrides = more.pop("overrides", ())
    case = Case(element, symptom, on, tenure, found, **more)  # type: ignore[arg-type]
    return responsible_for(case, overrides)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("element", "symptom", "party"),
    [
        ("tap", "leak", Responsible.RESIDENT),
        ("tap", "broken", Responsible.COOPERATIVE),
        ("radiator", "no_heat", Responsible.COOPERATIVE),
        ("smoke_detector", "flat_battery", Responsible.RESIDENT),
        ("shutter", "stuck", Responsible.RESIDENT),
        ("shutter", "broken", Responsible.COOPERATIVE),
        ("damp", "mould", Responsible.COOPERATIVE),
        ("socket", "exposed_wire", Responsible.COOPERATIVE),
        ("roof", "leak", Responsible.COOPERATIVE),
        ("water_pipe", "leak_from_neighbour", Responsible.INSURER),
    ],
)
def test_in_an_old_rented_home(element: str, symptom: str, party: Responsible) -> None:
    assert decide(element, symptom, Tenure.TENANT).responsible is party


def test_in_a_new_rented_home_the_cooperative_owes_now_and_claims_on_the_contractor() -> None:
    decision = decide("tap", "leak", Tenure.TENANT, NEW)
    assert decision.responsible is Responsible.COOPERATIVE
    said = [render(reason, "fr") for reason in decision.reasons]
    assert "se retourne vers l'entreprise" in said[0]
    assert any("30 juin 2027" in text for text in said)


def test_wear_is_the_landlords_and_use_the_tenants_once_a_person_knows_the_cause() -> None:
    assert decide("tap", "leak", Tenure.TENANT, cause="wear").responsible is Responsible.COOPERATIVE
    assert decide("tap", "broken", Tenure.TENANT, cause="use").responsible is Responsible.RESIDENT


@pytest.mark.parametrize(
    ("on", "party"),
    [
        (date(2026, 9, 15), Responsible.VENDOR),
        (date(2026, 11, 15), Responsible.CONTRACTOR),
        (date(2028, 1, 15), Responsible.VENDOR),
        (date(2029, 1, 15), Responsible.RESIDENT),
    ],
)
def test_a_buyers_shutter_passes_from_vendor_to_contractor_and_vendor_to_owner(
    on: date, party: Responsible
) -> None:
    assert decide("shutter", "broken", Tenure.BUYER_VEFA, NEW, on=on).responsible is party


@pytest.mark.parametrize("tenure", OWNERS)
def test_the_syndic_acts_for_shared_parts_of_owners_even_under_warranty(tenure: Tenure) -> None:
    assert decide("roof", "leak", tenure, NEW).responsible is Responsible.SYNDIC
    assert decide("lift", "broken", tenure).responsible is Responsible.SYNDIC


def test_a_buildings_request_goes_to_the_syndic_only_in_a_copropriete() -> None:
    assert decide("roof", "leak", None).responsible is Responsible.COOPERATIVE
    assert decide("roof", "leak", None, is_copropriete=True).responsible is Responsible.SYNDIC


def test_a_building_may_have_a_rule_of_its_own_which_beats_the_cooperatives() -> None:
    own = [
        Override(Responsible.COOPERATIVE, "Contrat multiservices", date(2026, 1, 1), element="tap"),
        Override(Responsible.RESIDENT, "Règlement", date(2026, 1, 1), building="bld_1", element="tap"),
        Override(Responsible.VENDOR, "Périmé", date(2020, 1, 1), element="tap", valid_to=date(2025, 12, 31)),
    ]
    here = decide("tap", "leak", Tenure.TENANT, overrides=own, building="bld_1")
    there = decide("tap", "leak", Tenure.TENANT, overrides=own, building="bld_2")
    assert (here.responsible, here.basis) == (Responsible.RESIDENT, "Règlement")
    assert (there.responsible, there.basis) == (Responsible.COOPERATIVE, "Contrat multiservices")
    assert decide("shutter", "stuck", Tenure.TENANT, overrides=own).responsible is Responsible.RESIDENT


@given(
    st.sampled_from(sorted(taxonomy().elements)),
    st.sampled_from(sorted(taxonomy().symptoms)),
    st.sampled_from([*Tenure, None]),
    st.sampled_from([OLD, NEW, Dates()]),
    st.sampled_from(["unknown", "use", "wear", "defect", "force_majeure"]),
    st.booleans(),
)
def test_every_case_has_a_party_a_basis_and_reasons_in_both_languages(
    element: str, symptom: str, tenure: Tenure | None, dates: Dates, cause: str, copropriete: bool
) -> None:
    decision = decide(element, symptom, tenure, dates, cause=cause, is_copropriete=copropriete)
    assert decision.basis
    assert decision.reasons
    for reason in decision.reasons:
        assert render(reason, "fr")
        assert render(reason, "en") != render(reason, "fr")
    if tenure is Tenure.TENANT:
        assert decision.responsible in (Responsible.RESIDENT, Responsible.COOPERATIVE, Responsible.INSURER)


@given(
    st.sampled_from(
        ["radiator", "boiler", "collective_heating", "water_supply", "power_supply", "water_heater"]
    ),
    st.sampled_from(["no_heat", "no_hot_water", "no_water", "no_power"]),
)
def test_a_tenant_never_pays_for_what_makes_a_home_decent(element: str, symptom: str) -> None:
    assert symptom not in load("responsibility")["tenant_upkeep"].get(element, ())
    assert decide(element, symptom, Tenure.TENANT).responsible is Responsible.COOPERATIVE
