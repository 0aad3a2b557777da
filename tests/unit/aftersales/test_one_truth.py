"""What a request says of who must act and what its home's timeline says are one and the same."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.claims import letters_due, to_be_told
from services.aftersales.dwelling_file.equipment import warranty_dates
from services.aftersales.dwelling_file.facts import EquipmentRegime, File, Installed
from services.aftersales.dwelling_file.windows import Window, windows
from services.aftersales.responsibility import Case, Decision, responsible_for
from services.aftersales.taxonomy import taxonomy
from services.aftersales.warranty import Dates, Warranty, warranties
from services.aftersales.words import render

VEFA, TENANT, CO_OWNER = Tenure.BUYER_VEFA, Tenure.TENANT, Tenure.CO_OWNER
OWNERS = (VEFA, CO_OWNER, Tenure.PSLA, Tenure.BRS)
KEYS, LATE_RECEPTION = date(2024, 2, 1), date(2024, 3, 30)
KEYS_FIRST = Dates(LATE_RECEPTION, KEYS, KEYS)
UNKNOWN = Dates(None, KEYS, KEYS)


def told(
    element: str, symptom: str, tenure: Tenure, dates: Dates, on: date
) -> tuple[list[Warranty], Decision]:
    found = warranties(element, tenure, dates, on, symptom=symptom)
    return found, responsible_for(Case(element, symptom, on, tenure, tuple(found)))


def keys_of(decision: Decision) -> set[str]:
    return {reason.key for reason in decision.reasons}


def by_code(file: File, tenure: Tenure, today: date) -> dict[str, Window]:
    return {one.code: one for one in windows(file, tenure, today) if one.about is None}


def a_piece(regime: EquipmentRegime, element: str, on: date, ends_on: date | None = None) -> Installed:
    return Installed("equ_1", element, on, regime, contract_ends_on=ends_on)


# Replaced equipment

HEATER = a_piece("contract", "water_heater", date(2026, 12, 31), date(2027, 12, 31))
SOLD = Dates(date(2025, 1, 15), date(2025, 3, 1), date(2025, 3, 1))


@pytest.mark.parametrize(
    ("tenure", "on", "responsible", "is_claimed"),
    [
        (VEFA, date(2027, 1, 12), Responsible.CONTRACTOR, True),
        (CO_OWNER, date(2027, 12, 31), Responsible.CONTRACTOR, True),
        (Tenure.PSLA, date(2027, 1, 12), Responsible.CONTRACTOR, True),
        (TENANT, date(2027, 1, 12), Responsible.COOPERATIVE, True),
        (VEFA, date(2028, 1, 1), Responsible.RESIDENT, False),
        (TENANT, date(2028, 1, 1), Responsible.COOPERATIVE, False),
    ],
)
def test_the_installers_contract_gives_the_debtor_while_it_runs(
    tenure: Tenure, on: date, responsible: Responsible, is_claimed: bool
) -> None:
    found, decision = told("water_heater", "no_hot_water", tenure, warranty_dates(SOLD, HEATER), on)
    assert decision.responsible is responsible
    assert to_be_told(decision.responsible, found) == ({Responsible.CONTRACTOR} if is_claimed else set())
    (window,) = [
        one for one in windows(File(equipment=(HEATER,)), tenure, on) if one.code == "installer_contract"
    ]
    assert window.is_open is is_claimed
    assert window.debtor is Responsible.CONTRACTOR
    assert ("owner_private_part" in keys_of(decision)) is (responsible is Responsible.RESIDENT)
    if is_claimed:
        (letter,) = letters_due(decision.responsible, found, "no_hot_water", on)
        assert (letter.debtor, letter.due_on) == (Responsible.CONTRACTOR, date(2027, 12, 31))


def test_a_contract_whose_end_nobody_recorded_is_supposed_to_run_for_a_while() -> None:
    heater = replace(HEATER, contract_ends_on=None)
    for on, responsible, state in (
        (date(2028, 12, 31), Responsible.CONTRACTOR, "running"),
        (date(2029, 1, 1), Responsible.RESIDENT, "unknown"),
    ):
        _, decision = told("water_heater", "broken", CO_OWNER, warranty_dates(SOLD, heater), on)
        assert decision.responsible is responsible
        (window,) = [one for one in windows(File(equipment=(heater,)), CO_OWNER, on) if one.about]
        assert window.state == state


# Keys before the réception


@pytest.mark.parametrize(
    ("noticed_on", "responsible"),
    [
        (date(2024, 2, 20), Responsible.VENDOR),
        (date(2024, 3, 15), Responsible.VENDOR),
        (date(2024, 3, 30), Responsible.VENDOR),
        (date(2024, 3, 31), Responsible.CONTRACTOR),
    ],
)
def test_with_the_keys_before_the_reception_the_list_runs_to_the_reception(
    noticed_on: date, responsible: Responsible
) -> None:
    found, decision = told("paint", "cosmetic", VEFA, KEYS_FIRST, noticed_on)
    assert decision.responsible is responsible
    assert "owner_private_part" not in keys_of(decision)
    shown = by_code(File(LATE_RECEPTION, KEYS, KEYS), VEFA, noticed_on)
    assert shown["apparent_list"].ends_on == LATE_RECEPTION
    assert shown["apparent_action"].ends_on == date(2025, 3, 30)
    assert shown["apparent_list"].is_open is (responsible is Responsible.VENDOR)
    apparent = [one for one in found if one.regime is Regime.APPARENT_1642_1]
    if responsible is Responsible.VENDOR:
        assert (apparent[0].list_by_on, apparent[0].ends_on) == (LATE_RECEPTION, date(2025, 3, 30))
        (letter,) = [
            one
            for one in letters_due(decision.responsible, found, "cosmetic", noticed_on)
            if one.debtor is Responsible.VENDOR
        ]
        assert letter.due_on == LATE_RECEPTION
    else:
        assert apparent == []


days = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@given(days, days, days)
def test_the_vendor_owes_on_every_day_on_which_the_timeline_lists(
    reception: date, keys: date, on: date
) -> None:
    found = warranties("paint", VEFA, Dates(reception, keys, keys), on, symptom="cosmetic")
    window = by_code(File(reception, keys, keys), VEFA, on)["apparent_list"]
    owes = any(one.regime is Regime.APPARENT_1642_1 for one in found)
    assert owes is (on <= window.ends_on) if window.ends_on else not owes


@given(days, days, days)
def test_nothing_is_held_back_in_vain_while_the_list_still_runs(
    reception: date, keys: date, on: date
) -> None:
    shown = by_code(File(reception, keys, keys), VEFA, on)
    if shown["apparent_list"].is_open:
        assert shown["consignation"].is_open


# Réception unknown


@pytest.mark.parametrize(
    ("tenure", "element", "symptom", "on", "responsible"),
    [
        (VEFA, "paint", "cosmetic", date(2024, 3, 14), Responsible.VENDOR),
        (VEFA, "radiator", "broken", date(2024, 9, 1), Responsible.VENDOR),
        (VEFA, "radiator", "broken", date(2025, 9, 1), Responsible.CONTRACTOR),
        (VEFA, "window", "leak", date(2030, 9, 1), Responsible.CONTRACTOR),
        (Tenure.BRS, "paint", "cosmetic", date(2024, 3, 14), Responsible.VENDOR),
        (VEFA, "paint", "cosmetic", date(2025, 9, 1), Responsible.RESIDENT),
        (VEFA, "window", "leak", date(2034, 2, 2), Responsible.RESIDENT),
        (TENANT, "radiator", "broken", date(2024, 9, 1), Responsible.COOPERATIVE),
        (CO_OWNER, "radiator", "broken", date(2024, 9, 1), Responsible.CONTRACTOR),
    ],
)
def test_without_a_reception_date_nobody_is_told_that_it_is_its_own_while_a_warranty_may_run(
    tenure: Tenure, element: str, symptom: str, on: date, responsible: Responsible
) -> None:
    found, decision = told(element, symptom, tenure, UNKNOWN, on)
    assert decision.responsible is responsible
    assert "no_reception_date" in keys_of(decision)
    assert ("owner_private_part" in keys_of(decision)) is (responsible is Responsible.RESIDENT)
    assert to_be_told(decision.responsible, found) == set()


def test_without_a_reception_date_the_buildings_age_says_that_nothing_runs() -> None:
    old = replace(UNKNOWN, livraison_on=None, built_on=date(1990, 1, 1))
    _, decision = told("radiator", "broken", CO_OWNER, old, date(2024, 9, 1))
    assert decision.responsible is Responsible.RESIDENT


@given(st.sampled_from(sorted(taxonomy().elements)), st.sampled_from(OWNERS), st.integers(0, 330))
def test_in_the_months_after_the_keys_of_a_new_home_nothing_private_is_flatly_the_owners(
    element: str, tenure: Tenure, days_after: int
) -> None:
    if element in ("gas_smell", "co_alarm", "cleanliness"):
        return
    _, decision = told(element, "broken", tenure, UNKNOWN, KEYS.fromordinal(KEYS.toordinal() + days_after))
    assert decision.responsible is not Responsible.RESIDENT


# Equipment that is itself a work

BOILER = a_piece("ouvrage", "boiler", date(2024, 2, 29))
OLD_WORKS = Dates(date(2010, 1, 1), moved_in_on=date(2023, 1, 1))


@pytest.mark.parametrize("tenure", list(Tenure))
@pytest.mark.parametrize("on", [date(2024, 3, 1), date(2025, 3, 1), date(2026, 3, 1), date(2034, 3, 1)])
def test_a_work_of_its_own_has_the_same_warranties_on_the_timeline_as_in_its_request(
    tenure: Tenure, on: date
) -> None:
    file = File(date(2010, 1, 1), moved_in_on=date(2023, 1, 1), equipment=(BOILER,))
    open_now = {one.code: one for one in windows(file, tenure, on) if one.about == "equ_1" and one.is_open}
    found, _ = told("boiler", "broken", tenure, warranty_dates(OLD_WORKS, BOILER), on)
    running = {one.regime.value: one.ends_on for one in found if one.regime is not Regime.NONE}
    assert {code: one.ends_on for code, one in open_now.items()} == running
    shown = {one.code: one for one in windows(file, tenure, on) if one.about == "equ_1"}
    assert shown["decennale"].ends_on == date(2034, 2, 28)
    assert shown["decennale"].element == "boiler"


# A tenant's upkeep under a warranty


def test_upkeep_under_a_warranty_says_once_who_does_it_and_who_claims() -> None:
    let = Dates(date(2025, 1, 15), moved_in_on=date(2025, 3, 1))
    _, decision = told("tap", "leak", TENANT, let, date(2026, 9, 1))
    assert decision.responsible is Responsible.RESIDENT
    assert keys_of(decision) == {"tenant_upkeep", "landlord_claims_if_faulty"}
    for language, said in (
        ("fr", "la coopérative répare et se retourne"),
        ("en", "the cooperative repairs and claims"),
    ):
        assert any(said in render(reason, language) for reason in decision.reasons)
