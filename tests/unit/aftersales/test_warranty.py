"""Construction warranties: whose, from which date, until when."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.legal_time import plus_months, plus_years
from services.aftersales.taxonomy import taxonomy
from services.aftersales.warranty import Dates, Warranty, runs, warranties
from services.aftersales.words import render

RECEPTION = date(2026, 6, 30)
KEYS = date(2026, 8, 31)
NEW_SALE = Dates(RECEPTION, KEYS, KEYS)
NEW_RENTAL = Dates(reception_on=RECEPTION, moved_in_on=KEYS)
elements = st.sampled_from(sorted(taxonomy().elements))
symptoms = st.sampled_from(sorted(taxonomy().symptoms))
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def by_regime(found: list[Warranty]) -> dict[Regime, Warranty]:
    return {warranty.regime: warranty for warranty in found}


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 11, 15), 2, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_run_to_the_same_day_number_or_the_months_last_day(
    start: date, months: int, end: date
) -> None:
    assert plus_months(start, months) == end


@given(days, st.integers(1, 120))
def test_a_legal_period_never_ends_in_another_month(start: date, months: int) -> None:
    end = plus_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day


def test_a_radiator_seen_broken_at_the_keys_has_three_warranties_with_two_debtors() -> None:
    found = by_regime(warranties("radiator", Tenure.BUYER_VEFA, NEW_SALE, KEYS))
    assert found.keys() == {Regime.APPARENT_1642_1, Regime.PARFAIT_ACHEVEMENT, Regime.BIENNALE}
    assert found[Regime.APPARENT_1642_1].debtor is Responsible.VENDOR
    assert found[Regime.PARFAIT_ACHEVEMENT].debtor is Responsible.CONTRACTOR
    assert found[Regime.PARFAIT_ACHEVEMENT].ends_on == date(2027, 6, 30)
    assert found[Regime.BIENNALE].ends_on == date(2028, 6, 30)


def test_the_vendor_answers_thirteen_months_for_what_was_visible_in_the_first() -> None:
    seen = by_regime(warranties("paint", Tenure.BUYER_VEFA, NEW_SALE, date(2026, 9, 30)))
    assert seen[Regime.APPARENT_1642_1].list_by_on == date(2026, 9, 30)
    assert seen[Regime.APPARENT_1642_1].ends_on == date(2027, 9, 30)
    late = by_regime(warranties("paint", Tenure.BUYER_VEFA, NEW_SALE, date(2026, 10, 1)))
    assert Regime.APPARENT_1642_1 not in late


def test_a_visible_defect_told_in_time_may_be_claimed_until_the_last_day() -> None:
    last = warranties("paint", Tenure.BUYER_VEFA, NEW_SALE, KEYS, claimed_on=date(2027, 9, 30))
    assert Regime.APPARENT_1642_1 in by_regime(last)
    over = warranties("paint", Tenure.BUYER_VEFA, NEW_SALE, KEYS, claimed_on=date(2027, 10, 1))
    assert Regime.APPARENT_1642_1 not in by_regime(over)


def test_when_reception_follows_the_keys_the_vendors_year_starts_at_reception() -> None:
    dates = Dates(reception_on=date(2026, 12, 15), livraison_on=date(2026, 10, 1))
    found = by_regime(warranties("paint", Tenure.BUYER_VEFA, dates, date(2026, 10, 2)))
    assert found[Regime.APPARENT_1642_1].ends_on == date(2027, 12, 15)
    assert Regime.PARFAIT_ACHEVEMENT not in found


def test_the_keys_never_move_what_reception_starts() -> None:
    early = Dates(RECEPTION, date(2026, 7, 1))
    late = Dates(RECEPTION, date(2027, 3, 1))
    for regime in (Regime.PARFAIT_ACHEVEMENT, Regime.BIENNALE):
        ends = {
            by_regime(warranties("boiler", Tenure.BUYER_VEFA, dates, date(2027, 3, 2)))[regime].ends_on
            for dates in (early, late)
        }
        assert len(ends) == 1


def test_a_tenant_has_no_vendor_but_the_contractors_warranties_run() -> None:
    found = by_regime(warranties("radiator", Tenure.TENANT, NEW_RENTAL, KEYS, symptom="leak"))
    assert found.keys() == {Regime.PARFAIT_ACHEVEMENT, Regime.BIENNALE}


def test_equipment_keeps_two_years_and_structure_ten() -> None:
    on = date(2027, 7, 1)
    assert by_regime(warranties("shutter", Tenure.TENANT, NEW_RENTAL, on)).keys() == {Regime.BIENNALE}
    assert by_regime(warranties("roof", Tenure.TENANT, NEW_RENTAL, on)).keys() == {Regime.DECENNALE}
    roof = by_regime(warranties("roof", Tenure.TENANT, NEW_RENTAL, on))[Regime.DECENNALE]
    assert roof.ends_on == date(2036, 6, 30)
    assert not runs(warranties("roof", Tenure.TENANT, NEW_RENTAL, date(2036, 7, 1)))


def test_noise_is_the_vendors_for_a_year_from_the_keys() -> None:
    found = by_regime(
        warranties("sound_insulation", Tenure.BUYER_VEFA, NEW_SALE, date(2027, 8, 31), symptom="noise")
    )
    assert found[Regime.ACOUSTIQUE].ends_on == plus_years(KEYS, 1)
    assert found[Regime.ACOUSTIQUE].debtor is Responsible.VENDOR
    draught = by_regime(warranties("window", Tenure.BUYER_VEFA, NEW_SALE, KEYS, symptom="draught"))
    assert Regime.ACOUSTIQUE not in draught


def test_a_shared_part_is_not_the_buyers_own_visible_defect() -> None:
    found = by_regime(warranties("roof", Tenure.BUYER_VEFA, NEW_SALE, KEYS, symptom="leak"))
    assert Regime.APPARENT_1642_1 not in found
    assert Regime.DECENNALE in found


@pytest.mark.parametrize(
    ("dates", "element", "symptom", "key"),
    [
        (Dates(moved_in_on=KEYS), "radiator", "leak", "no_reception_date"),
        (Dates(reception_on=date(2010, 1, 1)), "radiator", "leak", "warranties_ended"),
        (Dates(reception_on=date(2027, 1, 1)), "radiator", "leak", "reception_to_come"),
        (NEW_RENTAL, "smoke_detector", "flat_battery", "wear_not_covered"),
        (Dates(date(2010, 1, 1), installed_on=date(2024, 7, 9)), "boiler", "broken", "replaced_equipment"),
    ],
)
def test_no_warranty_says_why(dates: Dates, element: str, symptom: str, key: str) -> None:
    (none,) = warranties(element, Tenure.TENANT, dates, KEYS, symptom=symptom)
    assert none.regime is Regime.NONE
    assert none.debtor is None
    assert none.ends_on is None
    assert [reason.key for reason in none.reasons] == [key]


def test_unconfirmed_tenures_say_that_a_person_checks() -> None:
    found = by_regime(warranties("paint", Tenure.PSLA, NEW_SALE, KEYS))
    assert "not_verified" in [reason.key for reason in found[Regime.APPARENT_1642_1].reasons]


@given(
    elements,
    symptoms,
    st.sampled_from([*Tenure, None]),
    st.builds(Dates, *[st.none() | days] * 4),
    days,
    st.integers(0, 400),
)
def test_what_is_promised_still_runs_and_reads_in_both_languages(
    element: str, symptom: str, tenure: Tenure | None, dates: Dates, noticed_on: date, wait: int
) -> None:
    claimed_on = noticed_on.fromordinal(noticed_on.toordinal() + wait)
    found = warranties(element, tenure, dates, noticed_on, symptom=symptom, claimed_on=claimed_on)
    assert found
    assert len(by_regime(found)) == len(found)
    for warranty in found:
        if warranty.regime is Regime.NONE:
            assert len(found) == 1
        else:
            assert warranty.ends_on is not None
            assert warranty.ends_on >= claimed_on
            assert warranty.debtor is not None
        for reason in warranty.reasons:
            assert render(reason, "fr") != render(reason, "en")
