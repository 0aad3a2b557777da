"""What the gathered facts say of each element, tenure and age of a home, said again independently of the
tables: who must act, which warranties are claimed, how urgent it is."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Priority, Regime, Responsible, Tenure
from services.aftersales.dwelling_file.equipment import warranty_dates
from services.aftersales.dwelling_file.facts import Installed
from services.aftersales.next_steps import after_decision, after_refusal
from services.aftersales.own_terms import OwnTerm
from services.aftersales.priority import priority_of
from services.aftersales.responsibility import Case, Decision, Override, responsible_for
from services.aftersales.taxonomy import element_of, taxonomy
from services.aftersales.warranty import Dates, Warranty, warranties
from services.aftersales.words import codes, render

RECEPTION, KEYS = date(2025, 1, 15), date(2025, 3, 1)
SOLD = Dates(RECEPTION, KEYS, KEYS)
LET = Dates(reception_on=RECEPTION, moved_in_on=KEYS)
OLD = Dates(reception_on=date(1985, 1, 1), moved_in_on=KEYS)
VEFA, TENANT, OWNER = Tenure.BUYER_VEFA, Tenure.TENANT, Tenure.CO_OWNER
B, D = Regime.BIENNALE, Regime.DECENNALE
SUMMER = date(2025, 7, 1)

# element: after its first year a home has these warranties; usual priority; shared part.
FACTS: dict[str, tuple[set[Regime], str, bool]] = {
    "tap": ({B}, "p3", False), "toilet": ({B}, "p3", False), "sink": ({B}, "p3", False),
    "shower": ({B}, "p3", False), "sanitary_seal": (set(), "p3", False), "drain": ({B, D}, "p2", False),
    "riser": ({D}, "p1", True), "water_pipe": ({B, D}, "p1", False), "water_supply": ({B}, "p1", True),
    "water_meter": ({B}, "p4", False), "collective_heating": ({B, D}, "p2", True),
    "boiler": ({B, D}, "p2", False), "heat_pump": ({B, D}, "p2", False), "radiator": ({B}, "p3", False),
    "water_heater": ({B}, "p2", False), "thermostat": ({B}, "p3", False), "flue": ({D}, "p2", False),
    "gas_smell": (set(), "p0", False), "gas_tap": ({B}, "p1", False), "co_alarm": (set(), "p0", False),
    "power_supply": ({B}, "p1", False), "fuse_board": ({B}, "p2", False), "socket": ({B}, "p3", False),
    "light_switch": ({B}, "p3", False), "electric_hazard": ({B, D}, "p0", False),
    "common_lighting": ({B}, "p3", True), "smoke_detector": ({B}, "p2", False),
    "intercom": ({B}, "p3", True), "access_control": ({B}, "p2", True), "tv_fibre": ({B}, "p3", True),
    "energy_meter": ({B}, "p4", False), "extractor_fan": ({B}, "p3", False),
    "collective_ventilation": ({B}, "p2", True), "damp": ({D}, "p3", False), "window": ({B, D}, "p3", False),
    "glazing": ({B}, "p2", False), "shutter": ({B}, "p3", False), "door_lock": ({B}, "p3", False),
    "garage_door": ({B}, "p3", False), "inner_door": ({B}, "p4", False), "cupboard": ({B}, "p4", False),
    "skirting": (set(), "p4", False), "stair_rail": ({D}, "p4", False), "paint": (set(), "p4", False),
    "floor": ({B}, "p4", False), "tiles": ({D}, "p3", False), "wall_crack": (set(), "p4", False),
    "roof": ({D}, "p2", True), "gutter": ({B, D}, "p3", True), "facade": ({D}, "p2", True),
    "balcony": ({D}, "p1", True), "sound_insulation": ({D}, "p4", False),
    "thermal_insulation": ({D}, "p4", False), "lift": ({B}, "p2", True), "car_park_door": ({B}, "p2", True),
    "green_space": ({B}, "p4", True), "cleanliness": (set(), "p3", True),
    "road_network": ({B, D}, "p3", True), "other": (set(), "p3", False),
}  # fmt: skip


def found_for(
    element: str, tenure: Tenure | None, dates: Dates, on: date, symptom: str = "broken", **more: object
) -> list[Warranty]:
    return warranties(element, tenure, dates, on, symptom=symptom, **more)  # type: ignore[arg-type]


def regimes(found: list[Warranty]) -> set[Regime]:
    return {one.regime for one in found} - {Regime.NONE}


def decide(
    element: str,
    tenure: Tenure | None,
    dates: Dates,
    on: date,
    symptom: str = "broken",
    overrides: tuple[Override, ...] = (),
    **more: object,
) -> Decision:
    found = tuple(found_for(element, tenure, dates, on, symptom))
    return responsible_for(Case(element, symptom, on, tenure, found, **more), overrides)  # type: ignore[arg-type]


def keys_of(decision: Decision) -> list[str]:
    return [reason.key for reason in decision.reasons]


def test_every_element_of_the_taxonomy_is_among_the_facts() -> None:
    assert set(FACTS) == set(taxonomy().elements)
    assert len(taxonomy().trades) >= 12


@pytest.mark.parametrize("element", sorted(FACTS))
def test_after_the_first_year_equipment_has_two_years_and_structure_ten(element: str) -> None:
    after, usual, is_common = FACTS[element]
    assert element_of(element).is_common is is_common
    assert regimes(found_for(element, VEFA, SOLD, date(2026, 7, 1))) == after
    assert regimes(found_for(element, VEFA, SOLD, date(2030, 7, 1))) == after - {B}
    assert regimes(found_for(element, VEFA, SOLD, date(2035, 7, 1))) == set()
    assert priority_of(element, "other", SUMMER) == Priority(usual)


@pytest.mark.parametrize("element", sorted(FACTS))
def test_in_the_first_year_everything_that_was_built_is_under_parfait_achevement(element: str) -> None:
    found = regimes(found_for(element, VEFA, SOLD, date(2025, 9, 1)))
    built = element not in ("gas_smell", "co_alarm", "cleanliness")
    assert (Regime.PARFAIT_ACHEVEMENT in found) is built
    assert Regime.APPARENT_1642_1 not in found


@pytest.mark.parametrize("element", sorted(FACTS))
@pytest.mark.parametrize(
    ("on", "private_part"),
    [
        (date(2025, 3, 20), Responsible.VENDOR),
        (date(2025, 4, 1), Responsible.VENDOR),
        (date(2025, 4, 2), Responsible.CONTRACTOR),
        (date(2026, 1, 15), Responsible.CONTRACTOR),
    ],
)
def test_a_buyers_own_part_passes_from_the_vendor_to_the_contractor(
    element: str, on: date, private_part: Responsible
) -> None:
    decision = decide(element, VEFA, SOLD, on)
    if FACTS[element][2]:
        assert decision.responsible is Responsible.SYNDIC
    elif element in ("gas_smell", "co_alarm"):
        assert decision.responsible is Responsible.RESIDENT
    else:
        assert decision.responsible is private_part


@pytest.mark.parametrize("element", sorted(FACTS))
@pytest.mark.parametrize("on", [date(2025, 5, 1), date(2026, 7, 1), date(2030, 7, 1)])
def test_a_tenant_of_a_new_home_is_owed_the_repair_now_and_the_builder_is_claimed_on(
    element: str, on: date
) -> None:
    """Two clocks: the party is the cooperative, the warranties list the claim."""
    found = found_for(element, TENANT, LET, on, "danger")
    decision = decide(element, TENANT, LET, on, "danger")
    assert decision.responsible is Responsible.COOPERATIVE
    expected = FACTS[element][0] - ({B} if on.year == 2030 else set())
    claims = regimes(found) - {Regime.PARFAIT_ACHEVEMENT}
    assert claims == expected
    for one in found:
        assert one.debtor in (Responsible.CONTRACTOR, None)
    if regimes(found):
        assert "warranty_running" in keys_of(decision)


@pytest.mark.parametrize("element", sorted(FACTS))
def test_the_syndic_acts_for_shared_parts_and_a_co_owner_for_old_private_ones(
    element: str,
) -> None:
    expected = Responsible.SYNDIC if FACTS[element][2] else Responsible.RESIDENT
    assert decide(element, OWNER, OLD, SUMMER).responsible is expected


@pytest.mark.parametrize(
    ("element", "symptom"),
    [
        ("tap", "leak"), ("toilet", "leak"), ("shower", "limescale"), ("sanitary_seal", "mould"),
        ("drain", "blocked"), ("boiler", "service_due"), ("radiator", "noise"),
        ("thermostat", "flat_battery"), ("flue", "service_due"), ("gas_tap", "worn"), ("socket", "broken"),
        ("smoke_detector", "flat_battery"), ("access_control", "lost_key"), ("extractor_fan", "dirty"),
        ("window", "stuck"), ("glazing", "broken"),
        ("shutter", "stuck"), ("door_lock", "lost_key"), ("garage_door", "stuck"), ("inner_door", "loose"),
        ("cupboard", "loose"), ("skirting", "loose"), ("paint", "cosmetic"), ("floor", "cosmetic"),
        ("tiles", "cosmetic"), ("wall_crack", "cosmetic"),
    ],
)  # fmt: skip
def test_routine_upkeep_of_an_old_rented_home_is_the_tenants_unless_it_is_worn(
    element: str, symptom: str
) -> None:
    decision = decide(element, TENANT, OLD, SUMMER, symptom)
    assert (decision.responsible, decision.basis) == (Responsible.RESIDENT, "Décret 87-712")
    if symptom != "lost_key":
        for cause in ("wear", "defect", "force_majeure", "found_at_entry"):
            known = decide(element, TENANT, OLD, SUMMER, symptom, cause=cause)
            assert known.responsible is Responsible.COOPERATIVE


@given(
    st.sampled_from(sorted(FACTS)),
    st.sampled_from(["no_heat", "no_hot_water", "no_water", "no_power", "partial_power", "exposed_wire",
                     "danger", "draught", "cannot_lock", "weak", "damp", "alarm", "trapped"]),
    st.sampled_from([OLD, LET, Dates(moved_in_on=KEYS)]),
)  # fmt: skip
def test_what_makes_a_home_decent_is_never_the_tenants(element: str, symptom: str, dates: Dates) -> None:
    assert decide(element, TENANT, dates, SUMMER, symptom).responsible is Responsible.COOPERATIVE


@pytest.mark.parametrize("tenure", [*Tenure])
def test_water_from_a_neighbour_is_the_insurers(tenure: Tenure) -> None:
    decision = decide("water_pipe", tenure, OLD, SUMMER, "leak_from_neighbour")
    assert decision.responsible is Responsible.INSURER
    assert "cinq jours ouvrés" in render(decision.reasons[0], "fr")
    assert any("cinq jours ouvrés" in step for step in after_decision(decision.responsible, tenure, "fr"))


@pytest.mark.parametrize("tenure", [Tenure.PSLA, Tenure.BRS])
@pytest.mark.parametrize("on", [date(2025, 3, 20), date(2025, 9, 1), date(2026, 7, 1), date(2037, 1, 1)])
def test_what_is_decided_for_psla_and_brs_is_marked_for_a_person_to_check(tenure: Tenure, on: date) -> None:
    decision = decide("radiator", tenure, SOLD, on)
    assert not decision.is_verified
    assert "not_verified" in keys_of(decision)
    own = (Override(Responsible.COOPERATIVE, "Contrat PSLA", date(2025, 1, 1), tenure=tenure),)
    decided = decide("radiator", tenure, SOLD, on, overrides=own)
    assert (decided.responsible, decided.is_verified) == (Responsible.COOPERATIVE, True)


def test_the_radiator_of_eighteen_months_is_under_the_biennale_and_the_minor_crack_is_not_decennale() -> None:
    radiator = decide("radiator", VEFA, SOLD, date(2026, 7, 15), "leak")
    assert (radiator.responsible, radiator.basis) == (Responsible.VENDOR, "C. civ. art. 1792-3 et 1646-1")
    assert regimes(found_for("tiles", VEFA, SOLD, date(2027, 7, 1), "cosmetic")) == set()
    assert regimes(found_for("tiles", VEFA, SOLD, date(2027, 7, 1), "loose")) == {D}
    ten = decide("damp", VEFA, SOLD, date(2031, 1, 1), "damp")
    assert ten.responsible is Responsible.VENDOR
    assert decide("damp", OWNER, SOLD, date(2031, 1, 1), "damp").responsible is Responsible.CONTRACTOR
    assert "dommages-ouvrage" in render(ten.reasons[0], "fr")


@pytest.mark.parametrize("symptom", ["worn", "limescale", "dirty"])
def test_wear_is_no_builders_matter_unless_it_was_there_at_the_keys(symptom: str) -> None:
    assert regimes(found_for("floor", VEFA, SOLD, date(2025, 6, 1), symptom)) == set()
    assert regimes(found_for("floor", VEFA, SOLD, date(2025, 3, 10), symptom)) == set()
    assert regimes(found_for("floor", VEFA, SOLD, KEYS, symptom)) == {Regime.APPARENT_1642_1}
    assert decide("floor", VEFA, SOLD, KEYS, symptom).responsible is Responsible.VENDOR


def test_noise_is_the_vendors_for_a_year_from_the_keys_and_claimed_from_the_firm_beside() -> None:
    found = found_for("sound_insulation", VEFA, SOLD, date(2026, 2, 20), "noise")
    assert regimes(found) == {Regime.ACOUSTIQUE, D}
    assert (
        decide("sound_insulation", VEFA, SOLD, date(2026, 2, 20), "noise").responsible is Responsible.VENDOR
    )
    after = decide("sound_insulation", VEFA, SOLD, date(2026, 3, 2), "noise")
    assert (after.responsible, after.basis[:17]) == (Responsible.VENDOR, "C. civ. art. 1792")


@pytest.mark.parametrize("tenure", [*Tenure])
def test_a_replaced_boiler_has_no_construction_warranty_but_its_installers_contract(tenure: Tenure) -> None:
    boiler = Installed("equ_1", "boiler", date(2025, 6, 1), "contract", contract_ends_on=date(2027, 6, 1))
    (own,) = found_for("boiler", tenure, warranty_dates(SOLD, boiler), date(2025, 9, 1))
    assert (own.regime, own.debtor) == (Regime.INSTALLER_CONTRACT, Responsible.CONTRACTOR)
    assert own.ends_on == date(2027, 6, 1)
    assert [reason.key for reason in own.reasons] == ["replaced_equipment", "installer_contract_runs"]
    late = found_for("boiler", tenure, warranty_dates(SOLD, boiler), date(2028, 9, 1))
    assert late[0].regime is Regime.NONE
    assert late[0].reasons[1].key == "installer_contract_ended"


def test_equipment_of_the_works_keeps_its_warranties_and_a_work_of_its_own_starts_them_again() -> None:
    works = warranty_dates(SOLD, Installed("equ_1", "boiler", date(2025, 6, 1), "works"))
    assert regimes(found_for("boiler", OWNER, works, date(2026, 7, 1))) == {B, D}
    heating = Installed("equ_2", "collective_heating", date(2033, 6, 1), "ouvrage")
    fresh = warranty_dates(SOLD, heating)
    assert regimes(found_for("collective_heating", OWNER, fresh, date(2034, 5, 1))) == {
        Regime.PARFAIT_ACHEVEMENT, B, D,
    }  # fmt: skip
    (ten,) = [
        one for one in found_for("collective_heating", OWNER, fresh, date(2040, 1, 1)) if one.regime is D
    ]
    assert ten.ends_on == date(2043, 6, 1)


def test_a_rule_may_name_a_trade_and_gives_way_to_one_that_names_the_element() -> None:
    rules = (
        Override(Responsible.COOPERATIVE, "Multiservices", date(2025, 1, 1), trade="plumbing"),
        Override(Responsible.RESIDENT, "Règlement", date(2025, 1, 1), element="tap"),
        Override(Responsible.CONTRACTOR, "Contrat", date(2025, 1, 1), trade="plumbing", building="bld_1",
                 valid_to=date(2025, 12, 31)),
    )  # fmt: skip
    assert decide("toilet", TENANT, OLD, SUMMER, "leak", rules).responsible is Responsible.COOPERATIVE
    assert decide("tap", TENANT, OLD, SUMMER, "leak", rules).responsible is Responsible.RESIDENT
    there = decide("tap", TENANT, OLD, SUMMER, "leak", rules, building="bld_1")
    assert there.responsible is Responsible.CONTRACTOR
    after = decide("tap", TENANT, OLD, date(2026, 1, 1), "leak", rules, building="bld_1")
    assert after.responsible is Responsible.RESIDENT
    assert decide("shutter", TENANT, OLD, SUMMER, "stuck", rules).responsible is Responsible.RESIDENT


def test_a_cooperative_may_decide_that_an_unconfirmed_warranty_does_not_apply() -> None:
    own = [OwnTerm("apparent_1642_1", applies=False, tenure=Tenure.BRS)]
    on = date(2025, 3, 20)
    assert Regime.APPARENT_1642_1 in regimes(found_for("paint", Tenure.BRS, SOLD, on))
    assert Regime.APPARENT_1642_1 not in regimes(found_for("paint", Tenure.BRS, SOLD, on, own=own))
    assert Regime.APPARENT_1642_1 in regimes(found_for("paint", VEFA, SOLD, on, own=own))


def test_a_tenant_in_a_copropriete_is_told_that_the_syndic_is_called_on() -> None:
    decision = decide("lift", TENANT, OLD, SUMMER, is_copropriete=True)
    assert decision.responsible is Responsible.COOPERATIVE
    assert "syndic" in render(decision.reasons[0], "fr")


@pytest.mark.parametrize(
    ("element", "symptom", "on", "priority"),
    [
        ("collective_heating", "no_heat", date(2026, 1, 10), "p1"),
        ("collective_heating", "no_heat", SUMMER, "p2"),
        ("toilet", "blocked", SUMMER, "p2"), ("door_lock", "cannot_lock", SUMMER, "p1"),
        ("stair_rail", "loose", SUMMER, "p1"), ("socket", "exposed_wire", SUMMER, "p1"),
        ("facade", "danger", SUMMER, "p0"), ("lift", "trapped", SUMMER, "p0"),
        ("water_heater", "no_hot_water", SUMMER, "p2"), ("co_alarm", "flat_battery", SUMMER, "p2"),
        ("tap", "limescale", SUMMER, "p4"),
    ],
)  # fmt: skip
def test_the_symptom_and_the_season_change_the_urgency(
    element: str, symptom: str, on: date, priority: str
) -> None:
    assert priority_of(element, symptom, on) == Priority(priority)


@pytest.mark.parametrize("tenure", [*Tenure, None])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_decision_and_refusal_says_what_can_be_done_next(tenure: Tenure | None, language: str) -> None:
    for party in Responsible:
        if (party, tenure) != (Responsible.RESIDENT, None):
            assert after_decision(party, tenure, language)
    for reason in codes("reason_codes"):
        explanation, steps = after_refusal(reason, tenure, language)
        assert explanation
        assert steps


def test_a_refused_tenant_can_contest_and_then_ask_the_commission_for_conciliation() -> None:
    for reason in ("resident_upkeep", "other_party", "no_fault_found", "other"):
        _, steps = after_refusal(reason, TENANT, "fr")
        assert any("30 jours" in step for step in steps)
        assert any("commission départementale de conciliation" in step for step in steps)


def test_a_defect_seen_in_the_month_is_the_vendors_though_it_is_told_later() -> None:
    found = warranties(
        "paint", VEFA, SOLD, date(2025, 3, 20), symptom="cosmetic", claimed_on=date(2025, 11, 1)
    )
    assert Regime.APPARENT_1642_1 in regimes(found)
    gone = replace(SOLD, livraison_on=date(2024, 3, 1), moved_in_on=date(2024, 3, 1))
    over = warranties("paint", VEFA, gone, date(2024, 3, 20), symptom="cosmetic", claimed_on=date(2026, 2, 1))
    assert Regime.APPARENT_1642_1 not in regimes(over)


def test_a_worn_gas_hose_presses_and_a_worn_seal_is_the_tenants_upkeep() -> None:
    assert priority_of("gas_tap", "worn", SUMMER) is Priority.P1
    assert priority_of("sanitary_seal", "worn", SUMMER) is Priority.P3
    assert decide("sanitary_seal", TENANT, OLD, SUMMER, "worn").responsible is Responsible.RESIDENT
    assert decide("sanitary_seal", TENANT, OLD, SUMMER, "worn", cause="wear").responsible is (
        Responsible.COOPERATIVE
    )
    assert decide("sanitary_seal", TENANT, OLD, SUMMER, "leak").responsible is Responsible.COOPERATIVE
