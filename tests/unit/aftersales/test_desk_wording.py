"""What a search at the desk takes its words for."""

import pytest

from services.aftersales.desk.wording import corrected, terms
from services.aftersales.taxonomy import taxonomy


def codes_of(asked: str) -> list[set[str]]:
    return [set(term.codes) for term in terms(asked)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_title_is_found_by_the_words_it_shows(language: str) -> None:
    known = taxonomy()
    for code, element in known.elements.items():
        for symptom in element.symptoms:
            title = f"{element.label.in_(language)} {known.symptoms[symptom].in_(language)}"
            wanted = {f"e:{code}", f"s:{symptom}"}
            for term in terms(title):
                assert wanted & set(term.codes) or len(term.words[0]) < 3, (title, term)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bouché", [{"s:blocked"}]),
        ("ÉVIER bouche", [{"e:sink"}, {"s:blocked"}]),
        ("éviers bouchés", [{"e:sink"}, {"s:blocked"}]),
        ("toiture fuite", [{"e:roof"}, {"s:leak"}]),
        ("fuites", [{"s:leak"}]),
        ("leaks", [{"s:leak"}]),
        ("blocked sinks", [{"s:blocked"}, {"e:sink"}]),
        ("pas de chauffage", [{"s:no_heat"}]),
        ("elevator", [{"e:lift"}]),
        ("zzz", [set()]),
    ],
)
def test_plurals_accents_and_capitals_do_not_matter(asked: str, expected: list[set[str]]) -> None:
    found = codes_of(asked)
    assert len(found) == len(expected)
    assert all(few <= many for few, many in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("radiatuer", "e:radiator"),
        ("radiateu", "e:radiator"),
        ("fuitte", "s:leak"),
        ("interfone", "e:intercom"),
        ("intercm", "e:intercom"),
        ("boucjé", "s:blocked"),
        ("toillette", "e:toilet"),
    ],
)
def test_a_slip_of_the_finger_is_taken_for_the_name_it_is_near(asked: str, code: str) -> None:
    read = terms(asked) if terms(asked)[0].codes else corrected(asked)
    assert read is not None
    assert code in read[0].codes


def test_what_is_called_so_is_not_corrected_and_strange_words_are_left_alone() -> None:
    assert corrected("radiateur") is None
    assert corrected("Durand") is None
    assert corrected("") is None
