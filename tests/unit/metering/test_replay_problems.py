"""Why a replay or a feed did not work is kept as a code and told in the reader's words."""

from contracts.codes import FileReason
from contracts.words import labels, word
from services.metering.replays.problems import Why, by_language, kept, told


def test_every_reason_has_words_of_its_own_in_both_languages() -> None:
    assert set(labels("replay_problems")) == set(Why)
    assert not set(Why) & set(FileReason)


def test_what_is_kept_is_told_with_what_it_is_about() -> None:
    problem = kept(FileReason.OPTION_NEEDED, "stamp")
    for language in ("fr", "en"):
        assert told(problem, language) == f"{word('file_reasons', 'option_needed', language)} (stamp)"
        assert by_language(problem)[language] == told(problem, language)
    assert told(kept(Why.FEED_GONE), "en") == "The feed is gone."


def test_what_was_kept_in_words_before_there_were_codes_stays_as_it_is() -> None:
    assert told("the broker | did not answer", "fr") == "the broker | did not answer"
    assert told(None, "fr") is None
    assert len(kept(Why.REFUSED, "x" * 1_000)) == 500
