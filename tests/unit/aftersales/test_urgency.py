"""What a household's words add to the priority: never less than the table, never p0, only where it fits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Priority
from services.aftersales import urgency
from services.aftersales.intake import pressing
from services.aftersales.intake.classifier import Home, Understood, understand
from services.aftersales.intake.duration import lasting
from services.aftersales.intake.problems import Problem
from services.aftersales.intake.understanding import proposal_out
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import codes, render

JANUARY = date(2026, 1, 14)
"""A Wednesday."""
ORDER = list(Priority)
ELEMENTS = st.sampled_from(sorted(taxonomy().elements))
SYMPTOMS = st.sampled_from(sorted(taxonomy().symptoms))
TOLD = st.sets(st.sampled_from(urgency.factors()))


@given(st.sampled_from(ORDER), ELEMENTS, SYMPTOMS, TOLD)
def test_words_never_make_it_less_urgent_and_never_a_danger(
    usual: Priority, element: str, symptom: str, told: set[str]
) -> None:
    reached, counted = urgency.raised(usual, element, symptom, told)
    assert ORDER.index(reached) <= ORDER.index(usual)
    assert reached is usual or reached is not Priority.P0
    assert (reached is usual) == (not counted)
    assert set(counted) <= told


@given(st.sampled_from(ORDER), ELEMENTS, SYMPTOMS, TOLD, TOLD)
def test_telling_more_never_makes_it_less_urgent(
    usual: Priority, element: str, symptom: str, told: set[str], more: set[str]
) -> None:
    reached, _ = urgency.raised(usual, element, symptom, told)
    further, _ = urgency.raised(usual, element, symptom, told | more)
    assert ORDER.index(further) <= ORDER.index(reached)


@pytest.mark.parametrize(
    ("sentence", "code", "words", "usual", "reached"),
    [
        ("moisissures dans la chambre du bébé", "frail", "bébé", "p3", "p2"),
        ("Plus d'eau chaude, j'ai un bébé", "frail", "bébé", "p2", "p1"),
        ("mould in the bedroom and my son is asthmatic", "frail", "asthmatic", "p3", "p2"),
        ("no hot water and I am pregnant", "frail", "pregnant", "p2", "p1"),
        ("le robinet de la cuisine fuit beaucoup", "spreading", "fuit beaucoup", "p3", "p1"),
        ("the tap is leaking badly", "spreading", "leaking badly", "p3", "p1"),
        ("je suis bloqué dehors, la serrure ne marche plus", "shut_out", "bloqué dehors", "p3", "p1"),
        ("we can't get in, the front door is stuck", "shut_out", "can't get in", "p3", "p1"),
        ("on n'a qu'un seul lavabo et il est bouché", "only_one", "seul lavabo", "p3", "p2"),
        ("le robinet fuit depuis trois semaines", "lasting", "depuis trois semaines", "p3", "p2"),
        ("the tap has been dripping for months", "lasting", "for months", "p3", "p2"),
        ("ça sent le brûlé près du radiateur électrique", "burning", "sent le brûlé", None, "p1"),
    ],
)
def test_the_words_that_make_it_pressing_raise_it_and_are_quoted(
    sentence: str, code: str, words: str, usual: str | None, reached: str
) -> None:
    found = understand(sentence, Home(on=date(2026, 7, 1)))
    first = found.proposals[0]
    assert words in [one.words for one in found.urgent if one.code == code]
    assert first.priority <= reached
    if usual is not None:
        assert (first.usual, first.priority, first.raised_by) == (usual, reached, (code,))
        shown = proposal_out(first, found.urgent, "fr")
        assert f"Vous avez écrit «\u00a0{words}\u00a0»" in shown.urgency_explanation


@pytest.mark.parametrize(
    "sentence",
    [
        "ce n'est pas urgent, le robinet goutte",
        "le robinet goutte, c'est urgent",
        "the tap drips, please come quickly",
        "la peinture s'écaille, nous avons un bébé",
        "le robinet fuit depuis hier",
        "le volet est bloqué",
    ],
)
def test_what_is_no_more_urgent_than_usual_stays_as_the_table_says(sentence: str) -> None:
    for one in understand(sentence, Home(on=JANUARY)).proposals:
        assert one.priority is one.usual
        assert one.raised_by == ()


def test_the_only_toilet_of_a_home_with_children_cannot_wait() -> None:
    for said in (
        "les WC sont bouchés et c'est les seuls, on a trois enfants",
        "the only toilet is blocked and we have two kids",
    ):
        assert understand(said, Home(on=JANUARY)).proposals[0].priority is Priority.P1


def test_banging_pipes_and_a_question_about_the_meter_can_wait() -> None:
    for said in ("les tuyaux cognent la nuit", "une question sur le compteur linky", "les tuyaux"):
        assert understand(said, Home(on=JANUARY)).proposals[0].priority >= Priority.P3


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("depuis trois semaines", 21), ("dps 10 jrs", 10), ("ça fait un mois", 30), ("for weeks", 21),
        ("since yesterday", 1), ("depuis lundi", 2), ("for the past two weeks", 14),
        ("depuis plusieurs mois", 90), ("depuis hier soir", 1), ("since Monday", 2), ("since last night", 1),
        ("depuis la semaine passée", 7), ("depuis une quinzaine de jours", 15), ("depuis 48h", 2),
        ("depuis le week-end dernier", 4), ("depuis le 3 janvier", 11), ("depuis le 28/12", 17),
        ("since January 3rd", 11), ("depuis décembre", 44), ("ça fait maintenant deux semaines", 14),
        ("depuis deux ou trois jours", 2), ("depuis plus d'un mois", 30), ("it's been three days", 3),
        ("depuis le 31/02", None), ("depuis ce matin", None),
        ("il y a deux ans on a changé la porte", None), ("depuis 8h", None), ("depuis", None),
    ],
)  # fmt: skip
def test_how_long_it_lasts_is_read(sentence: str, days: int | None) -> None:
    found = lasting(sentence, JANUARY)
    assert (found.days if found else None) == days


def test_since_the_29th_of_february_is_since_the_last_one() -> None:
    ago = {"depuis le 29 février": 336, "since 29/02": 336, "depuis le 30 février": None}
    for sentence, days in ago.items():
        found = lasting(sentence, date(2029, 1, 30))
        assert (found.days if found else None) == days


@given(st.text(max_size=300))
def test_any_text_has_a_length_of_time_or_none(text: str) -> None:
    found = lasting(text, JANUARY)
    assert found is None or (found.days > 0 and found.words in text)


def test_a_person_confirms_or_takes_back_what_the_words_say() -> None:
    chosen = [Problem("bathroom", "water_heater", "no_hot_water")]
    heard = understand("plus d'eau chaude avec un bébé, depuis un mois")
    asked = {one.code: one for one in pressing.asked(chosen, heard, None, "fr")}
    assert asked["frail"].is_checked
    assert asked["frail"].because == "Vous avez écrit «\u00a0bébé\u00a0»."
    assert "said" not in asked
    again = {one.code: one for one in pressing.asked(chosen, heard, ["lasting"], "en")}
    assert (again["frail"].is_checked, again["lasting"].is_checked) == (False, True)
    assert pressing.confirmed(heard, [], ["frail", "lasting"]) == ()
    assert pressing.confirmed(heard, ["frail"], ["frail"]) == ("frail", "lasting")
    assert pressing.confirmed(Understood(), ["nonsense", "frail"], []) == ("frail",)


def test_every_factor_has_words_a_source_and_its_reason() -> None:
    assert urgency.factors() == codes("urgency")
    for code in urgency.factors():
        for element in taxonomy().elements:
            _, counted = urgency.raised(Priority.P4, element, "leak", [code])
            for reason in urgency.reasons(counted):
                assert render(reason, "fr") != render(reason, "en")
