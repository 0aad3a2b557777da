"""Amounts and days as a reader of either language writes them."""

from datetime import UTC, date, datetime

import pytest

from services.kit.i18n import Formats


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2026, 11, 1), "dimanche 1er novembre 2026", "Sunday 1 November 2026"),
        (date(2026, 11, 11), "mercredi 11 novembre 2026", "Wednesday 11 November 2026"),
    ],
)
def test_only_the_first_of_a_french_month_is_an_ordinal(day: date, french: str, english: str) -> None:
    assert Formats("fr").day(day) == french
    assert Formats("en").day(day).replace(",", "") == english


def test_an_instant_is_shown_in_the_reader_s_zone() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert Formats("fr").instant(late, "EEEE d MMMM, HH:mm") == "dimanche 1er novembre, 00:30"
    assert Formats("fr").instant(datetime(2026, 11, 1, 9, tzinfo=UTC), "short") == "01/11/2026 10:00"


def test_an_estimate_is_said_in_whole_euros() -> None:
    assert Formats("fr").whole_euros("1175.51").replace("\u202f", " ").replace("\xa0", " ") == "1 176 €"
    assert Formats("en").whole_euros("175.29") == "€175"
