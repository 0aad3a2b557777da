"""How long what waits in a request's life: the terms of the day on which the waiting began."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.aftersales import life_terms as table
from services.aftersales.life_terms import LifeTerms, life_terms
from services.aftersales.lifecycle import Step, apply, legal_actions
from services.aftersales.reports.figures import avoidable
from services.aftersales.reports.stories import Act, Story
from services.aftersales.tables import load
from tests.unit.aftersales.test_lifecycle import GIVEN, HANDLED

T0 = datetime(2026, 11, 16, 9, tzinfo=UTC)
USUAL = LifeTerms(reopen_days=30, after_reminder_hours=24, chased_after_hours=24)
LATER = LifeTerms(
    valid_from=T0.date() + timedelta(days=10), reopen_days=10, after_reminder_hours=48, chased_after_hours=2
)


@pytest.fixture
def two_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(table, "_rows", lambda: (USUAL, LATER))
    table._of_day.cache_clear()
    yield
    table._of_day.cache_clear()


def settled(at: datetime) -> list[Step]:
    told = [Step("submit", "resident", at - timedelta(hours=1))]
    done = [Step(action, "staff", at - timedelta(minutes=9), facts=GIVEN) for action in HANDLED]
    return [*told, *done, Step("confirm", "resident", at)]


@pytest.mark.parametrize(("begins", "days"), [(timedelta(days=9), 30), (timedelta(days=10), 10)])
@pytest.mark.usefixtures("two_rows")
def test_a_request_is_reopened_by_the_terms_of_the_day_it_was_settled(begins: timedelta, days: int) -> None:
    ended_at = T0 + begins
    ticket = apply(settled(ended_at))
    last = ended_at + timedelta(days=days)
    assert "reopen" in legal_actions(ticket, "resident", last)
    assert "reopen" not in legal_actions(ticket, "resident", last + timedelta(seconds=1))
    assert "close" not in legal_actions(ticket, "system", last - timedelta(seconds=1))
    assert "close" in legal_actions(ticket, "system", last)


@pytest.mark.parametrize(("begins", "hours"), [(timedelta(days=9), 24), (timedelta(days=10), 48)])
@pytest.mark.usefixtures("two_rows")
def test_silence_counts_by_the_terms_of_the_day_of_the_reminder(begins: timedelta, hours: int) -> None:
    reminded_at = T0 + begins
    ticket = apply([*settled(reminded_at)[:-1], Step("remind", "system", reminded_at)])
    enough = reminded_at + timedelta(hours=hours)
    assert "lapse" not in legal_actions(ticket, "system", enough - timedelta(seconds=1))
    assert "lapse" in legal_actions(ticket, "system", enough)


@pytest.mark.parametrize(("begins", "hours"), [(timedelta(days=9), 24), (timedelta(days=10), 2)])
@pytest.mark.usefixtures("two_rows")
def test_a_word_is_a_chase_by_the_terms_of_the_day_the_team_was_heard(begins: timedelta, hours: int) -> None:
    heard_at = T0 + begins

    def chased(after: timedelta) -> int:
        return avoidable(Story("Les Aulnes", heard_at, [Act("message", "resident", heard_at + after)]))

    assert chased(timedelta(hours=hours)) == 0
    assert chased(timedelta(hours=hours, seconds=1)) == 1


def test_what_is_older_than_the_table_has_the_first_terms() -> None:
    assert life_terms(datetime(1970, 1, 1, tzinfo=UTC)) == table._rows()[0]


def test_the_sentences_that_name_the_days_name_those_of_the_table() -> None:
    words = [
        load("words")["next"]["resolved"],
        load("words")["next"]["not_eligible"],
        load("dwelling_file/words")["next_steps"]["contest"],
    ]
    days = {str(life_terms(datetime.now(UTC)).reopen_days)}
    assert [set(re.findall(r"\d+", sentence)) for one in words for sentence in one.values()] == [days] * 6
