"""Every legal window of a home, for each tenure, on the right days."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Responsible, Tenure
from services.aftersales.dwelling_file.facts import File, Installed
from services.aftersales.dwelling_file.showing import what_to_do, window_out
from services.aftersales.dwelling_file.windows import ORDER, STATES, Window, windows
from services.aftersales.own_terms import OwnTerm
from services.aftersales.priority import HeatingPeriod
from services.aftersales.words import codes, render, word

RECEPTION, KEYS = date(2026, 6, 30), date(2026, 8, 31)
SOLD = File(RECEPTION, KEYS, KEYS)
LET = File(reception_on=RECEPTION, moved_in_on=KEYS, etat_des_lieux_on=KEYS)
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def by_code(file: File, tenure: Tenure | None, today: date = KEYS, **more: object) -> dict[str, Window]:
    return {one.code: one for one in windows(file, tenure, today, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tenure", "codes_expected"),
    [
        (Tenure.TENANT, {"edl_completion", "edl_heating"}),
        (Tenure.BUYER_VEFA, {"apparent_list", "apparent_action", "consignation", "acoustique"}),
        (Tenure.CO_OWNER, set()),
        (Tenure.PSLA, {"edl_completion", "edl_heating", "apparent_list", "apparent_action", "acoustique"}),
        (Tenure.BRS, {"apparent_list", "apparent_action", "acoustique"}),
        (None, set()),
    ],
)
def test_each_tenure_has_its_own_windows_beside_the_three_of_the_works(
    tenure: Tenure | None, codes_expected: set[str]
) -> None:
    found = by_code(SOLD, tenure)
    assert found.keys() == codes_expected | {"parfait_achevement", "biennale", "decennale"}


def test_a_buyers_windows_run_from_two_dates_that_are_never_mixed() -> None:
    found = by_code(SOLD, Tenure.BUYER_VEFA)
    assert (found["apparent_list"].starts_on, found["apparent_list"].ends_on) == (KEYS, date(2026, 9, 30))
    assert found["apparent_action"].ends_on == date(2027, 9, 30)
    assert found["acoustique"].ends_on == date(2027, 8, 31)
    assert found["parfait_achevement"].ends_on == date(2027, 6, 30)
    assert found["biennale"].ends_on == date(2028, 6, 30)
    assert found["decennale"].ends_on == date(2036, 6, 30)
    assert found["apparent_list"].debtor is Responsible.VENDOR
    assert found["parfait_achevement"].debtor is Responsible.CONTRACTOR
    assert all(one.is_open for one in found.values())


def test_the_claim_on_the_vendor_ends_a_year_after_the_later_of_reception_and_the_month() -> None:
    late = by_code(replace(SOLD, reception_on=date(2026, 12, 15)), Tenure.BUYER_VEFA)
    assert late["apparent_action"].ends_on == date(2027, 12, 15)
    unknown = by_code(replace(SOLD, reception_on=None), Tenure.BUYER_VEFA)["apparent_action"]
    assert unknown.ends_on == date(2027, 9, 30)
    assert "reception_unknown_earlier_kept" in [note.key for note in unknown.notes]


@pytest.mark.parametrize(
    ("keys", "listed_by", "sued_by"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), date(2027, 2, 28)),
        (date(2024, 1, 31), date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2024, 3, 29), date(2025, 3, 29)),
        (date(2026, 10, 31), date(2026, 11, 30), date(2027, 11, 30)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2028, 1, 31)),
    ],
)
def test_months_end_on_the_same_number_or_the_months_last_day(
    keys: date, listed_by: date, sued_by: date
) -> None:
    file = File(date(2023, 1, 1), keys, keys)
    found = by_code(file, Tenure.BUYER_VEFA, keys)
    assert (found["apparent_list"].ends_on, found["apparent_action"].ends_on) == (listed_by, sued_by)


def test_works_received_on_the_29th_of_february_are_warranted_to_the_28th() -> None:
    found = by_code(File(reception_on=date(2024, 2, 29)), None, date(2024, 3, 1))
    assert found["parfait_achevement"].ends_on == date(2025, 2, 28)
    assert found["biennale"].ends_on == date(2026, 2, 28)
    assert found["decennale"].ends_on == date(2034, 2, 28)


def test_a_tenant_completes_the_entry_inspection_for_ten_days_and_the_heating_for_its_first_month() -> None:
    found = by_code(LET, Tenure.TENANT, date(2026, 9, 1))
    assert found["edl_completion"].ends_on == date(2026, 9, 10)
    assert found["edl_completion"].claimant is Responsible.RESIDENT
    heating = found["edl_heating"]
    assert (heating.starts_on, heating.ends_on, heating.state) == (
        date(2026, 10, 15), date(2026, 11, 15), "to_come",
    )  # fmt: skip
    assert found["parfait_achevement"].claimant is Responsible.COOPERATIVE


def test_the_heating_month_follows_the_buildings_season_and_the_entry_when_it_is_later() -> None:
    own = replace(LET, heating=HeatingPeriod("11-02", "03-31"))
    assert by_code(own, Tenure.TENANT)["edl_heating"].ends_on == date(2026, 12, 2)
    winter = File(moved_in_on=date(2027, 1, 31))
    assert by_code(winter, Tenure.TENANT)["edl_heating"].ends_on == date(2027, 2, 28)


def test_without_an_entry_inspection_the_move_in_counts_and_it_is_said() -> None:
    found = by_code(File(moved_in_on=KEYS), Tenure.TENANT)["edl_completion"]
    assert found.ends_on == date(2026, 9, 10)
    assert [note.key for note in found.notes] == ["entry_assumed"]


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 8, 30), "to_come"),
        (KEYS, "running"),
        (date(2026, 9, 19), "running"),
        (date(2026, 9, 20), "ends_soon"),
        (date(2026, 9, 30), "ends_soon"),
        (date(2026, 10, 1), "over"),
    ],
)
def test_a_window_is_to_come_running_ends_soon_or_over(today: date, state: str) -> None:
    assert by_code(SOLD, Tenure.BUYER_VEFA, today)["apparent_list"].state == state


def test_what_presses_most_comes_first() -> None:
    found = windows(SOLD, Tenure.BUYER_VEFA, date(2026, 9, 25))
    assert found[0].code == "apparent_list"
    assert [ORDER.index(one.state) for one in found] == sorted(ORDER.index(one.state) for one in found)


def test_a_window_without_its_date_says_which_one_is_missing() -> None:
    bare = by_code(File(moved_in_on=KEYS), Tenure.PSLA)
    assert bare["parfait_achevement"].missing == "no_reception_date"
    assert bare["apparent_list"].missing == "no_livraison_date"
    assert by_code(File(), Tenure.TENANT)["edl_completion"].missing == "no_entry_date"
    for one in bare.values():
        assert (one.state == "unknown") == (one.missing is not None)


def test_a_buyer_without_a_recorded_livraison_is_taken_to_have_had_the_keys_at_the_move_in() -> None:
    found = by_code(File(moved_in_on=KEYS), Tenure.BUYER_VEFA)["apparent_list"]
    assert found.ends_on == date(2026, 9, 30)
    assert "keys_assumed" in [note.key for note in found.notes]


@pytest.mark.parametrize("tenure", [Tenure.PSLA, Tenure.BRS])
def test_nothing_is_confirmed_for_psla_and_brs_until_the_cooperative_decides(tenure: Tenure) -> None:
    for one in windows(SOLD, tenure, KEYS):
        assert not one.verified
        assert "not_verified" in [note.key for note in one.notes]
    yes = OwnTerm("apparent_1642_1", applies=True, tenure=tenure, basis="Contrat de location-accession")
    decided = by_code(SOLD, tenure, own=[yes])["apparent_list"]
    assert (decided.verified, decided.basis) == (True, "Contrat de location-accession")
    no = replace(yes, applies=False)
    assert not {"apparent_list", "apparent_action"} & by_code(SOLD, tenure, own=[no]).keys()


def test_a_decision_on_a_building_beats_the_cooperatives_and_a_confirmed_rule_cannot_be_decided() -> None:
    own = [
        OwnTerm("acoustique", applies=False, tenure=Tenure.BRS),
        OwnTerm("acoustique", applies=True, tenure=Tenure.BRS, building="bld_1", months=18, basis="Acte"),
        OwnTerm("parfait_achevement", applies=False),
    ]
    found = by_code(SOLD, Tenure.BRS, own=own)
    assert found["acoustique"].ends_on == date(2028, 2, 29)
    assert "parfait_achevement" in by_code(SOLD, Tenure.BUYER_VEFA, own=own)


def test_money_is_held_back_only_while_reserves_are_open() -> None:
    later = KEYS + timedelta(days=40)
    assert by_code(SOLD, Tenure.BUYER_VEFA, later)["consignation"].state == "over"
    held = replace(SOLD, has_open_reserves=True)
    assert by_code(held, Tenure.BUYER_VEFA, later)["consignation"].state == "running"


def test_the_insurers_days_run_from_each_declaration() -> None:
    file = replace(SOLD, declared=(("tkt_1", date(2027, 1, 10)), ("tkt_2", date(2027, 2, 1))))
    found = windows(file, Tenure.BUYER_VEFA, date(2027, 1, 20))
    ends = {(one.about, one.code): one.ends_on for one in found if one.about}
    assert ends["tkt_1", "do_refusal"] == date(2027, 1, 25)
    assert ends["tkt_1", "do_position"] == date(2027, 3, 11)
    assert ends["tkt_1", "do_offer"] == date(2027, 4, 10)
    assert ends["tkt_2", "do_position"] == date(2027, 4, 2)


def test_replaced_equipment_has_its_installers_contract() -> None:
    boiler = Installed("equ_1", "boiler", date(2029, 3, 1), "contract", contract_ends_on=date(2031, 3, 1))
    file = replace(SOLD, equipment=(boiler, Installed("equ_2", "shutter", RECEPTION, "works")))
    (found,) = [one for one in windows(file, Tenure.CO_OWNER, date(2029, 4, 1)) if one.element]
    assert (found.code, found.element, found.ends_on) == ("installer_contract", "boiler", date(2031, 3, 1))
    assert [note.key for note in found.notes] == ["replaced_equipment"]


def test_every_window_and_state_has_words() -> None:
    assert set(codes("window_states")) == set(STATES)
    for tenure in [*Tenure, None]:
        for one in windows(replace(SOLD, declared=(("tkt_1", KEYS),)), tenure, KEYS):
            for language in ("fr", "en"):
                assert word("windows", one.code, language)
                assert what_to_do(one, language)


@given(
    st.builds(File, *[st.none() | days] * 4),
    st.sampled_from([*Tenure, None]),
    days,
)
def test_whatever_is_known_each_window_is_placed_or_says_why_not(
    file: File, tenure: Tenure | None, today: date
) -> None:
    found = windows(file, tenure, today)
    assert {"parfait_achevement", "biennale", "decennale"} <= {one.code for one in found}
    for one in found:
        assert (one.missing is None) == (one.starts_on is not None)
        if one.starts_on and one.ends_on:
            assert one.starts_on <= one.ends_on
            assert one.is_open == (one.starts_on <= today <= one.ends_on)
        shown = window_out(one, today, "en")
        assert (shown.days_left is not None) == (one.ends_on is not None and one.ends_on >= today)
        assert [render(note, "fr") for note in one.notes] == [
            render(note, "fr") for note in dict.fromkeys(one.notes)
        ]
