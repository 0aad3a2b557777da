"""What is understood of a sentence, and with which words: measured on everyday speech and official cases."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.intake.classifier import SURE_ENOUGH, Home, Understood, understand
from services.aftersales.intake.safety import safety
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy

FOLDER = Path(__file__).parent
SENTENCES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "intake_sentences.yaml").read_text("utf-8"))
HARD: list[dict[str, Any]] = yaml.safe_load((FOLDER / "intake_hard_sentences.yaml").read_text("utf-8"))
OFFICIAL: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (FOLDER / "intake_histologe.yaml").read_text("utf-8")
)

# Right by half, in percent. "develop" is what the vocabulary was improved on. "hold-out" was not looked at
# for that, except for two of its dangers (a carbon monoxide alarm, bare wires) that had gone unheard: those
# are mended wherever they are found. The sentences are by the hand that wrote the vocabulary, and the
# official cases were read before it: a cooperative's own post will be understood less well.
#
#                        sentences  thing  complaint  place  danger
# first run, develop        47        98       89      100     100
# first run, hold-out       47        89       74       98      96
# now, develop              47       100      100      100     100
# now, hold-out             47        96       91       98     100
#
# hard sentences        sentences  thing  complaint  place  danger
# first run, develop        28        75       57      100     100
# first run, hold-out       26        81       69       88     100
# now, develop              28        96       96      100     100
# now, hold-out             26        81       81       88     100
#
# further kinds         sentences  thing  complaint  place  danger
# before, develop          152        58       42       99      84
# before, hold-out         132        57       42       99      84
# now, develop             152        96       96       99     100
# now, hold-out            132        86       83      100     100
#
# official cases        sentences  trade  thing  (asked instead of guessed: none)
# first run, develop        25        96      96
# first run, hold-out       32        94      94
# now, develop              25       100     100
# now, hold-out             32        88      88
FLOOR_OF_HARD = {"develop": (93, 92, 97, 100), "hold-out": (83, 80, 95, 100)}
FLOOR_OF_SENTENCES = {"develop": (95, 95, 95, 100), "hold-out": (85, 78, 93, 100)}
FLOOR_OF_OFFICIAL = {"develop": (95, 95), "hold-out": (86, 86)}


def half(text: str) -> str:
    return "hold-out" if int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2 else "develop"


def right(row: dict[str, Any], found: Understood) -> tuple[bool, bool, bool, bool]:
    """Things and complaints in order, the first one's place, the danger."""
    wanted = [[codes.split("|") for codes in one] for one in row["is"]]
    things = [one.element for one in found.sure]
    same = len(things) == len(wanted)
    is_thing = same and all(thing in want[0] for thing, want in zip(things, wanted, strict=True))
    is_complaint = is_thing and all(
        one.symptom in want[1] for one, want in zip(found.sure, wanted, strict=True)
    )
    is_place = "place" not in row or bool(found.sure and found.sure[0].place == row["place"])
    dangers = {one.code for one in found.dangers}
    is_danger = bool(dangers & set(row["danger"].split("|"))) if "danger" in row else not dangers
    return is_thing, is_complaint, is_place, is_danger


def percents(rows: Sequence[tuple[bool, ...]]) -> list[int]:
    return [round(100 * sum(column) / len(rows)) for column in zip(*rows, strict=True)]


def is_above(reached: list[int], floor: tuple[int, ...]) -> bool:
    return all(found >= least for found, least in zip(reached, floor, strict=True))


@pytest.mark.parametrize("part", ["develop", "hold-out"])
def test_everyday_sentences_are_understood(part: str) -> None:
    rows = [row for row in SENTENCES if half(row["say"]) == part]
    reached = percents([right(row, understand(row["say"])) for row in rows])
    assert len(rows) >= 40
    assert all(found >= floor for found, floor in zip(reached, FLOOR_OF_SENTENCES[part], strict=True)), (
        reached
    )


@pytest.mark.parametrize("part", ["develop", "hold-out"])
def test_denied_hasty_rambling_and_mixed_sentences_are_understood(part: str) -> None:
    rows = [row for row in HARD if half(row["say"]) == part]
    reached = percents([right(row, understand(row["say"])) for row in rows])
    assert len(rows) >= 25
    assert is_above(reached, FLOOR_OF_HARD[part]), reached


@pytest.mark.parametrize("part", ["develop", "hold-out"])
def test_the_official_cases_go_to_the_right_trade(part: str, shared_data: Path) -> None:
    path = shared_data / "tickets_fr_histologe" / "DesordreCritere.yml"
    cases = yaml.safe_load(path.read_text("utf-8"))["desordre_critere"]
    sentences = {
        case["label_critere"].strip(): OFFICIAL.get(case["slug_critere"]) for case in reversed(cases)
    }
    rows = []
    for sentence, wanted in sentences.items():
        if wanted is None or half(sentence) != part:
            continue
        first = next(iter(understand(sentence).sure), None)
        rows.append(
            (
                first is not None and first.trade in wanted["trades"],
                first is not None and first.element in wanted["elements"],
            )
        )
    assert len(rows) >= 20
    reached = percents(rows)
    assert is_above(reached, FLOOR_OF_OFFICIAL[part]), reached


@pytest.mark.parametrize(
    ("sentence", "danger"),
    [
        ("fuitte de gaz", "gas"),
        ("Odeur d'œuf pourri dans la cuisine", "gas"),
        ("l'alarme CO2 sonne", "carbon_monoxide"),
        ("le détecteur de fumée sonne sans arrêt", "fire"),
        ("ça sent le brûlé dans le tableau", "fire"),
        ("j'ai pris une décharge en touchant le robinet", "electricity"),
        ("de l'eau dans la prise", "electricity"),
        ("water is dripping through the light fitting", "electricity"),
        ("ma fille est bloquée dans l'ascenseur", "lift"),
        ("je n'arrive pas à couper l'eau", "flood"),
        ("le plafond menace de tomber", "collapse"),
        ("there are flames in the bin room", "fire"),
        ("je ne crois pas que ce soit une fuite de gaz mais ça sent bizarre", "gas"),
        ("I don't know if it is a gas leak", "gas"),
        ("une personne est coincée dans l'ascenseur", "lift"),
        ("odeur de gas dans la kitchen", "gas"),
        ("on est trois coincés dans l'ascenseur", "lift"),
        ("il y a de l'eau dans le plafonnier", "electricity"),
        ("la prise du salon a fondu", "electricity"),
        ("une pierre de la corniche est tombée devant l'entrée", "collapse"),
        ("j'ai l'impression que l'immeuble s'affaisse", "collapse"),
        ("tout le monde a la nausée dès que le poêle tourne", "carbon_monoxide"),
        ("hier il y avait une odeur de gaz et ça sent encore", "gas"),
        ("ça sent le gaz, ce n'est pas une fausse alerte", "gas"),
        ("je suis au travail, ça sent le gaz chez moi", "gas"),
    ],
)
def test_a_danger_is_heard_at_once(sentence: str, danger: str) -> None:
    assert danger in [one.code for one in understand(sentence).dangers]


@pytest.mark.parametrize(
    "sentence",
    [
        "pas d'odeur de gaz",
        "aucune fumée, juste une prise cassée",
        "le conduit de fumée est à ramoner",
        "l'ascenseur est bloqué au deuxième, vide",
        "la pile du détecteur de fumée est à changer",
        "la porte coupe-feu ne ferme plus",
        "no smell of gas, but the boiler is off",
        "personne n'est coincé dans l'ascenseur mais il est en panne",
        "nobody is stuck in the lift but it does not work",
        "there is no smell of burning, the socket simply does not work",
    ],
)
def test_no_danger_is_heard_where_there_is_none(sentence: str) -> None:
    assert understand(sentence).dangers == ()


@pytest.mark.parametrize(
    ("sentence", "danger"),
    [
        ("hier ça sentait le gaz, c'était une fausse alerte", "gas"),
        ("que faire en cas de fuite de gaz ?", "gas"),
        ("on a vu un incendie à la télé", "fire"),
        ("quelqu'un était coincé dans l'ascenseur la semaine dernière, il a été libéré", "lift"),
        ("there was a gas leak in another street", "gas"),
    ],
)
def test_a_danger_that_was_or_might_be_is_a_hint(sentence: str, danger: str) -> None:
    found = understand(sentence)
    assert found.dangers == ()
    assert danger in [one.code for one in found.hinted]
    assert found.sure == ()


@pytest.mark.parametrize(
    ("sentence", "danger"),
    [
        ("Hier soir j'ai fait la cuisine, ça sent le gaz", "gas"),
        ("Hier ça sent le gaz s'il vous plaît venez", "gas"),
        ("Hier ça sentait le gaz et ce matin ça sent", "gas"),
        ("Il y avait hier une odeur de gaz, elle est là", "gas"),
        ("Odeur de gaz hier, il faudrait venir", "gas"),
        ("Depuis hier odeur de gaz, le voisin disait que c'est chez lui", "gas"),
        ("hier soir la prise a pris feu, ça fait de la fumée", "fire"),
        ("Ça sent le gaz, tout le monde est sorti", "gas"),
        ("le feu dans l'appartement, mes enfants sont sortis", "fire"),
        ("There is a fire in the kitchen, we got out", "fire"),
        ("Le détecteur de monoxyde sonne, ma femme est sortie", "carbon_monoxide"),
        ("Inondation au sous-sol, le courant est revenu mais l'eau monte", "flood"),
        ("ça sent le gaz, fausse alerte ?", "gas"),
        ("J'habite dans une autre rue, ça sent le gaz chez moi", "gas"),
        ("Ça sent le gaz, je regardais un film", "gas"),
        ("Je préviens par prévention, ça sent le gaz", "gas"),
        ("Last night there was a gas smell, I can smell it", "gas"),
        ("Yesterday I reported a smell of gas and nobody came", "gas"),
        ("Odeur de gaz, le chauffage est réglé sur 20", "gas"),
        ("La fuite de gaz n'est pas réparée", "gas"),
        ("The fire in the kitchen is not out", "fire"),
        ("L'eau envahit tout, le courant est revenu", "flood"),
        ("je suis coincée dans l'ascenseur, mon fils est sorti", "lift"),
        ("There is a fire in the kitchen, my husband is gone", "fire"),
    ],
)
def test_a_danger_is_an_alarm_unless_it_is_plainly_over_or_not_here(sentence: str, danger: str) -> None:
    assert danger in [one.code for one in understand(sentence).dangers]


@pytest.mark.parametrize(
    "sentence",
    [
        "est-ce que je peux repeindre la chambre",
        "merci pour le robinet",
        "pourrais-je avoir un badge pour le local vélos",
        "le chauffage marche très bien",
        "am I allowed to drill into the wall?",
    ],
)
def test_what_is_no_repair_is_said_to_be_none(sentence: str) -> None:
    found = understand(sentence)
    assert found.sure == ()
    assert found.is_no_repair


def test_a_thing_that_is_only_named_is_a_guess_and_in_no_hurry() -> None:
    for said, element in (("tuyau", "water_pipe"), ("le compteur électrique", "power_supply")):
        (one,) = understand(said).proposals
        assert (one.element, one.symptom, one.is_sure) == (element, None, False)
        assert one.priority >= "p3"


def test_what_works_comes_last_and_what_is_set_against_it_first() -> None:
    found = understand("le robinet est réparé, par contre l'évier est bouché")
    assert [(one.element, one.is_sure) for one in found.proposals] == [("sink", True), ("tap", False)]
    again = understand("le robinet a été réparé mais il fuit de nouveau")
    assert [(one.element, one.symptom) for one in again.sure] == [("tap", "leak")]


def test_what_is_denied_is_no_complaint() -> None:
    assert [one.symptom for one in understand("pas de fuite, mais le robinet est entartré").sure] == [
        "limescale"
    ]
    assert understand("no leak at all").sure == ()


def test_the_words_that_led_to_it_are_given_as_they_were_written() -> None:
    (one,) = understand("Ma Chaudière ne s'allume plus, dans la CUISINE").sure
    assert {(because.about, because.words) for because in one.because} == {
        ("element", "Chaudière"),
        ("symptom", "allume plus"),
        ("place", "CUISINE"),
    }


def test_what_it_is_not_gives_its_complaint_to_what_it_is() -> None:
    for said in (
        "Ce n'est pas le robinet qui fuit, c'est le chauffe-eau",
        "it is not the tap that leaks, it is the water heater",
    ):
        assert [(one.element, one.symptom) for one in understand(said).sure] == [("water_heater", "leak")]


def test_words_run_together_in_haste_are_taken_apart() -> None:
    for said in ("levier est bouché", "evier bouché", "pb avec levier, bouché"):
        assert [(one.element, one.symptom) for one in understand(said).sure] == [("sink", "blocked")], said


def test_a_second_thing_that_has_it_too_is_a_second_problem() -> None:
    for said in ("le robinet goutte, la chasse d'eau aussi", "the tap leaks and the toilet leaks too"):
        assert [one.element for one in understand(said).sure] == ["tap", "toilet"], said


def test_what_heats_the_home_decides_what_heating_means() -> None:
    said = "le chauffage ne marche plus"
    by_heating = {"gas": "boiler", "electric": "radiator", "district": "collective_heating"}
    for heating, element in by_heating.items():
        assert understand(said, Home(heating=heating)).sure[0].element == element


def test_below_the_threshold_one_asks() -> None:
    found = understand("un problème avec le mur")
    assert found.sure == ()
    assert [one.element for one in found.proposals] == ["wall_crack"]
    assert found.proposals[0].confidence < SURE_ENOUGH


def test_a_neighbour_s_leak_is_no_complaint_of_noise() -> None:
    (one,) = understand("le voisin du dessus a une fuite qui coule chez moi").sure
    assert (one.element, one.symptom) == ("water_pipe", "leak_from_neighbour")


def test_slips_accents_and_plurals_do_not_matter() -> None:
    for said in ("RADIATEURS FROIDS", "radiatteur froid", "radiateur frois", "le radiateru est froid"):
        assert [one.element for one in understand(said).sure] == ["radiator"], said


@given(st.text(max_size=600))
def test_nothing_that_can_be_written_makes_it_fail(text: str) -> None:
    found = understand(text)
    known = taxonomy()
    for one in found.proposals:
        assert one.element in known.elements
        assert one.symptom is None or one.symptom in known.symptoms
        assert one.place is None or one.place in known.places
        assert 0 < one.confidence <= 1
        assert all(because.words in text for because in one.because)


_SPOKEN = """le la robinet chaudière fuit ne plus pas chauffe gaz odeur de . , et mais sous porte volet cassé
    the tap won't leaking no hot water ascenseur coincé dans cuisine salle bain prise moisi bruit"""
_WORDS = st.sampled_from(_SPOKEN.split())


@given(st.lists(_WORDS, max_size=40).map(" ".join))
def test_no_order_of_known_words_makes_it_fail_and_each_thing_is_told_once(text: str) -> None:
    found = understand(text)
    assert len({one.element for one in found.proposals}) == len(found.proposals)
    assert found == understand(text)


def test_the_vocabulary_names_only_what_exists() -> None:
    words, known = load("intake/vocabulary"), taxonomy()
    assert set(words["elements"]) == set(known.elements)
    assert set(words["symptoms"]) - set(words["resolve"]) <= set(known.symptoms)
    assert set(known.symptoms) - {"other"} <= set(words["symptoms"])
    assert set(words["places"]) == set(known.places) - {"other"}
    assert set(words["default_place"].values()) <= set(known.places)
    for group in ("resolve", "implied"):
        assert all("" in row for row in words[group].values()), "every row says what holds elsewhere"
    assert set(words["dangers"]) <= {danger.code for danger in safety()}
