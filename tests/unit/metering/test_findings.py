"""What validation found reads as a sentence with its figures, in the reader's language."""

import pytest

from contracts.codes import Check, Quantity
from services.metering.findings import told


def finding(check: str, **detail: int | str) -> dict[str, object]:
    return {"check": check, "first_slot": 20, "last_slot": 21, "severity": "hold", "detail": detail}


def test_a_finding_says_what_why_and_how_much() -> None:
    (one,) = told([finding("spike", value=61_000, limit=4_500)], "en", Quantity.ENERGY_IMPORT)
    assert (one.from_slot, one.to_slot, one.is_held) == (20, 21, True)
    assert one.title == "A peak beyond what is possible"
    assert one.text.endswith("(value 61,000 Wh, most that is possible 4,500 Wh)")


def test_figures_are_written_as_the_reader_writes_them() -> None:
    (one,) = told([finding("unusual", value=12_500, usual=310)], "fr", Quantity.VOLUME)
    assert one.text.endswith("(valeur 12\u202f500 L, d’habitude 310 L)")
    (gap,) = told([finding("gap", left="missing")], "fr")
    assert gap.text.endswith("(reste manquant)")


@pytest.mark.parametrize("check", Check)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_check_has_a_sentence(check: Check, language: str) -> None:
    (one,) = told([finding(check.value)], language)
    assert one.text != one.title


def test_a_check_of_a_later_version_is_still_shown() -> None:
    (one,) = told([finding("new_check", value=3)], "fr")
    assert (one.title, one.text) == ("new_check", "new_check (valeur 3)")


def test_a_day_without_findings_has_none() -> None:
    assert told(None, "fr") == []
