"""What a sentence costs: counted in calls, for the worst that can be written, and nothing lost by it."""

from __future__ import annotations

import random
import sys
from string import ascii_lowercase
from types import FrameType
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.aftersales.intake import spelling
from services.aftersales.intake.classifier import MOST_TEXT, understand
from services.aftersales.intake.recognising import recognised
from services.aftersales.intake.spelling import (
    LONG_ENOUGH_BY_EAR,
    by_ear,
    is_slip,
    singular,
    without_doubles,
)
from services.aftersales.intake.vocabulary import NOT, SLIP, SURE, Word, vocabulary

MOST_CALLS = 300_000
"""A thousand of them take about a tenth of a millisecond: 30 ms at most for any text."""
WORDS = list(dict.fromkeys(word for phrase in vocabulary().phrases for word in phrase.words if word != NOT))
TEXTS = sorted({text for word in WORDS for text in word.texts})


def calls_of(text: str) -> int:
    """Calls that understanding it takes when none of its words was met before."""
    for cached in (recognised, spelling.folded, spelling.singular, spelling.by_ear, spelling.without_doubles):
        cached.cache_clear()
    count = 0

    def one_more(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(one_more)
    try:
        understand(text)
    finally:
        sys.setprofile(None)
    return count


def made_up(seed: int, least: int, most: int) -> str:
    chance = random.Random(seed)
    words = (
        "".join(chance.choices(ascii_lowercase, k=chance.randint(least, most))) for _ in range(MOST_TEXT)
    )
    return " ".join(words)[:MOST_TEXT]


def nearly_known(seed: int, between: str) -> str:
    chance = random.Random(seed)
    words = []
    for _ in range(MOST_TEXT // 4):
        word = chance.choice(TEXTS)
        at = chance.randrange(len(word))
        words.append(word[:at] + chance.choice(ascii_lowercase) + word[at + chance.randrange(2) :])
    return between.join(words)[:MOST_TEXT]


@pytest.mark.parametrize("lengths", [(1, 3), (5, 5), (5, 8), (9, 14), (30, 60)], ids=str)
def test_four_thousand_made_up_letters_cost_little(lengths: tuple[int, int]) -> None:
    understand("le robinet fuit")
    assert calls_of(made_up(1, *lengths)) < MOST_CALLS


@pytest.mark.parametrize("between", [" ", ", ", ". ", " et "])
def test_words_that_look_like_known_ones_cost_little(between: str) -> None:
    assert calls_of(nearly_known(2, between)) < MOST_CALLS
    assert calls_of(between.join(random.Random(3).choices(TEXTS, k=900))[:MOST_TEXT]) < MOST_CALLS


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
@example(["fuit"])
@example(["robinet", "fuit"])
@example(["pas"])
@example(["eau", "chaude", "pas", "plafond"])
@example(["mur", "peinture", "penche"])
def test_saying_the_same_again_and_again_costs_little(words: list[str]) -> None:
    assert calls_of(f"{' '.join(words)} " * MOST_TEXT) < MOST_CALLS


@pytest.mark.parametrize(
    "text", ["c" * MOST_TEXT, "ﷺ" * MOST_TEXT, "e\u0301" * 2000, "n't" * 1300, "." * 4000]
)
def test_what_is_no_word_costs_little(text: str) -> None:
    assert calls_of(text) < MOST_CALLS


def is_spelled(word: Word, written: str) -> bool:
    if word.is_stem:
        return written.startswith(word.texts[0])
    return singular(written) in word.texts or written in word.texts


def is_misspelled(word: Word, written: str) -> bool:
    """What the index has to find, said plainly."""
    heard = by_ear(written)
    for meant in word.texts:
        sound = by_ear(meant)
        same = heard == sound or (word.is_stem and heard.startswith(sound))
        if len(meant) < LONG_ENOUGH_BY_EAR:
            continue
        if same and len(sound) >= LONG_ENOUGH_BY_EAR - 1:
            return True
        begins = (written[: len(meant)], written[: len(meant) + 1]) if word.is_stem else (singular(written),)
        if any(without_doubles(one) == without_doubles(meant) or is_slip(one, meant) for one in begins):
            return True
    return False


def plainly(written: str) -> dict[Word, float]:
    """The same by looking at every word of the vocabulary."""
    known = vocabulary()
    exact = {word: SURE for word in WORDS if is_spelled(word, written)}
    is_common = written in known.not_slips | known.ignored | known.before | known.not_ | known.breaks
    if exact or is_common or len(written) < LONG_ENOUGH_BY_EAR:
        return exact
    sound = by_ear(written)[:1]
    alike = [word for word in WORDS if sound in {by_ear(text)[:1] for text in word.texts}]
    return {word: SLIP for word in alike if is_misspelled(word, written)}


SLIPS = st.tuples(
    st.sampled_from(["more", "less", "other", "swapped"]),
    st.integers(0, 14),
    st.sampled_from(ascii_lowercase),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(SLIPS, max_size=2), st.sampled_from(["", "s", "x", "es", "ement"]))
def test_looking_up_finds_what_comparing_with_every_word_finds(
    word: str, slips: list[tuple[str, int, str]], ending: str
) -> None:
    for slip, place, letter in slips:
        at = place % (len(word) + 1)
        rest = {"more": word[at:], "less": word[at + 1 :], "other": word[at + 1 :]}.get(slip)
        inserted = "" if slip in ("less", "swapped") else letter
        if rest is None:
            rest = word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
        word = (word[:at] + inserted + rest) or letter
    written = word + ending
    # "levier" for "l'évier": a word run together with its article is taken apart, which is tried elsewhere.
    assume(written[0] not in "ld" or written[1:2] not in set("aeiouh"))
    assert dict(recognised(written)) == plainly(written)
