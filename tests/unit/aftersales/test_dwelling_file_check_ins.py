"""When a household is asked what is wrong, before a window shuts."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Tenure
from services.aftersales.dwelling_file.check_ins import at, due_on, kinds, questions
from services.aftersales.dwelling_file.facts import File
from services.aftersales.words import codes

RECEPTION, KEYS = date(2026, 6, 30), date(2026, 8, 31)
SOLD = File(RECEPTION, KEYS, KEYS)
LET = File(reception_on=RECEPTION, moved_in_on=KEYS, etat_des_lieux_on=KEYS)
OLD = File(reception_on=date(1992, 5, 4), moved_in_on=KEYS)
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def asked(file: File, tenure: Tenure) -> dict[str, date]:
    return {one.kind: one.due_on for one in questions(file, tenure)}


def test_a_tenant_of_a_new_home_is_asked_while_each_window_is_open() -> None:
    assert asked(LET, Tenure.TENANT) == {
        "d3": date(2026, 9, 3),
        "d9": date(2026, 9, 9),
        "heating_start": date(2026, 10, 15),
        "m11": date(2027, 5, 30),
    }


def test_a_tenant_of_an_old_home_is_not_asked_about_a_warranty_that_ended() -> None:
    assert asked(OLD, Tenure.TENANT).keys() == {"d3", "d9", "heating_start"}


def test_a_buyer_is_asked_before_the_month_of_the_list_ends_and_before_each_year_does() -> None:
    assert asked(SOLD, Tenure.BUYER_VEFA) == {
        "d3": date(2026, 9, 3),
        "d25": date(2026, 9, 25),
        "m11": date(2027, 5, 30),
        "m11_keys": date(2027, 7, 31),
    }
    (question,) = [one for one in questions(SOLD, Tenure.BUYER_VEFA) if one.kind == "m11"]
    assert question.ends_on == date(2027, 6, 30)
    assert [one.code for one in question.windows] == ["parfait_achevement", "acoustique", "apparent_action"]


def test_keys_soon_after_the_reception_make_one_question_of_two() -> None:
    near = replace(SOLD, reception_on=date(2026, 8, 20))
    assert asked(near, Tenure.BUYER_VEFA).keys() == {"d3", "d25", "m11"}


def test_a_co_owner_has_neither_list_nor_inspection() -> None:
    assert asked(SOLD, Tenure.CO_OWNER).keys() == {"m11"}


def test_who_enters_in_winter_is_asked_about_the_heating_two_weeks_later() -> None:
    winter = File(moved_in_on=date(2027, 1, 4))
    assert asked(winter, Tenure.TENANT)["heating_start"] == date(2027, 1, 18)


def test_the_inspection_and_the_keys_move_what_they_date() -> None:
    held = replace(LET, etat_des_lieux_on=date(2026, 9, 2))
    assert asked(held, Tenure.TENANT)["d9"] == date(2026, 9, 11)
    assert due_on(replace(SOLD, livraison_on=date(2026, 9, 15)), Tenure.BUYER_VEFA, "d25") == date(
        2026, 10, 10
    )


def test_a_question_whose_windows_have_shut_is_not_asked() -> None:
    assert at(LET, Tenure.TENANT, "d9", date(2026, 9, 10)) is not None
    assert at(LET, Tenure.TENANT, "d9", date(2026, 9, 11)) is None


def test_without_a_reception_date_nobody_is_asked_eleven_months_after_it() -> None:
    for built_on in (None, date(1990, 1, 1), date(2026, 1, 1)):
        for tenure in Tenure:
            unknown = File(livraison_on=KEYS, moved_in_on=KEYS, built_on=built_on)
            assert "m11" not in asked(unknown, tenure)
            assert due_on(unknown, tenure, "m11") is None


def test_who_bought_new_without_a_reception_date_is_asked_eleven_months_after_the_keys() -> None:
    unknown = File(livraison_on=KEYS, moved_in_on=KEYS)
    (question,) = [one for one in questions(unknown, Tenure.BUYER_VEFA) if one.kind == "m11_keys"]
    assert question.due_on == date(2027, 7, 31)
    assert "no_reception_date" in [one.missing for one in question.windows]


def test_nobody_is_asked_about_the_first_year_of_a_building_of_long_ago() -> None:
    old = File(livraison_on=KEYS, moved_in_on=KEYS, etat_des_lieux_on=KEYS, built_on=date(1990, 1, 1))
    for tenure in Tenure:
        named = {window.code for one in questions(old, tenure) for window in one.windows}
        assert not named & {"parfait_achevement", "biennale", "decennale"}


def test_each_kind_has_words() -> None:
    assert set(codes("check_ins")) == set(kinds())


@given(st.builds(File, *[st.none() | days] * 4), st.sampled_from(Tenure))
def test_every_question_comes_while_one_of_its_windows_can_still_be_used(file: File, tenure: Tenure) -> None:
    found = questions(file, tenure)
    assert len({one.kind for one in found}) == len(found)
    assert [one.due_on for one in found] == sorted(one.due_on for one in found)
    for question in found:
        assert question.windows
        assert question.ends_on is None or question.ends_on >= question.due_on
