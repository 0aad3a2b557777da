"""Labels in the middle and at the beginning of a sentence, in both languages."""

from datetime import date

import pytest

from services.aftersales.words import spoken_day
from services.kit.i18n import with_capital, without_capital


@pytest.mark.parametrize(
    ("label", "begins", "within"),
    [
        ("WC, chasse d'eau", "WC, chasse d'eau", "WC, chasse d'eau"),
        ("VMC bruyante", "VMC bruyante", "VMC bruyante"),
        ("le vendeur", "Le vendeur", "le vendeur"),
        ("Évacuation des eaux", "Évacuation des eaux", "évacuation des eaux"),
        ("À refaire", "À refaire", "à refaire"),
        ("", "", ""),
    ],
)
def test_only_the_first_letter_changes_and_capitals_stay(label: str, begins: str, within: str) -> None:
    assert (with_capital(label), without_capital(label)) == (begins, within)


def test_the_first_of_a_month_is_an_ordinal_in_french_only() -> None:
    assert spoken_day(date(2027, 4, 1), "fr") == "1er avril 2027"
    assert spoken_day(date(2027, 4, 11), "fr") == "11 avril 2027"
    assert spoken_day(date(2027, 4, 1), "en") == "1 April 2027"
