"""Finds the vocabulary's phrases in what somebody wrote, and sees which of them are denied."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from services.aftersales.intake.spelling import LONG_ENOUGH_BY_EAR, by_ear, folded
from services.aftersales.intake.vocabulary import NOT, SURE, Kind, Phrase, Word, vocabulary

MOST_TOKENS = 600
MOST_SKIPPED = 4
"""Small words between two words of a phrase."""
FAR = 2
"""Words between a "not" and what it denies."""
_TOKEN = re.compile(r"\w+n['’]t\b|[^\W_]+|[.;!?:\n]+|,")
_NOT_AT_THE_END = re.compile(r"n['’]t$")


@dataclass
class Token:
    """A word as it was written, and what kind of small word it may be."""

    text: str
    start: int
    end: int
    clause: int
    sentence: int
    is_not: bool = False
    is_small: bool = False
    is_before: bool = False
    is_doubt: bool = False


@dataclass(frozen=True)
class Hit:
    """A phrase found: `at` are the places of its words among the tokens."""

    phrase: Phrase
    at: tuple[int, ...]
    likeness: float
    clause: int
    sentence: int
    is_denied: bool = False

    @property
    def kind(self) -> Kind:
        return self.phrase.kind

    @property
    def code(self) -> str:
        return self.phrase.code


@dataclass
class Found:
    """Everything recognised in one text."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Hit]:
        return [hit for hit in self.hits if hit.kind == kind]

    def words(self, hit: Hit) -> str:
        """The hit as it was written."""
        return self.text[self.tokens[hit.at[0]].start : self.tokens[hit.at[-1]].end]

    def follows_place_word(self, hit: Hit) -> bool:
        """True after "under", "beside", …: it tells where rather than what."""
        index = hit.at[0] - 1
        while index >= 0 and self.tokens[index].is_small and not self.tokens[index].is_before:
            index -= 1
        return index >= 0 and self.tokens[index].is_before and self.tokens[index].clause == hit.clause


def find(text: str, heating: str = "") -> Found:
    """All phrases of the vocabulary in `text`; of those that overlap, the longest of each kind.

    What is said of heating in general is said of what heats that home.
    """
    found = Found(text, _tokens(text))
    every = list(_matches(found.tokens))
    _unsay(found.tokens, [hit for hit in every if hit.kind == "not_after_all"])
    if any(hit.kind == "not_after_all" for hit in every):
        every = list(_matches(found.tokens))
    kept: list[Hit] = []
    for kind in ("element", "symptom", "place", "danger", "harmless", "urgency"):
        kept += _longest(hit for hit in every if hit.kind == kind)
    taken = {at for hit in kept if hit.phrase.says_not for at in hit.at if found.tokens[at].is_not}
    judged = (_judged(found.tokens, _particular(hit, heating), taken) for hit in kept)
    found.hits = sorted(judged, key=lambda hit: hit.at)
    return found


def _tokens(text: str) -> list[Token]:
    words, tokens, clause, sentence = vocabulary(), [], 0, 0
    for match in _TOKEN.finditer(text):
        written = match.group()
        if not written[0].isalnum():
            clause += 1
            sentence += written != ","
            continue
        plain = folded(written)
        if plain in words.breaks or plain == "ni":
            clause += 1
        tokens.append(
            Token(
                plain, match.start(), match.end(), clause, sentence,
                is_not=plain in words.not_ or _NOT_AT_THE_END.search(plain) is not None,
                is_small=plain in words.ignored | words.before | words.doubt | words.breaks,
                is_before=plain in words.before,
                is_doubt=plain in words.doubt,
            )
        )  # fmt: skip
        if len(tokens) >= MOST_TOKENS:
            break
    return tokens


def _matches(tokens: list[Token]) -> Iterator[Hit]:
    for index, token in enumerate(tokens):
        for phrase in _starting(token):
            at, likeness = _follow(tokens, index, phrase)
            if at:
                yield Hit(phrase, at, likeness, token.clause, token.sentence)


def _starting(token: Token) -> Iterable[Phrase]:
    by_first = _by_first_word()
    if token.is_not:
        yield from by_first[Word((NOT,))]
    for word in _recognised(token.text):
        yield from by_first[word]


def _follow(tokens: list[Token], start: int, phrase: Phrase) -> tuple[tuple[int, ...], float]:
    """Where the words of the phrase are from `start` on, and how surely; empty when they are not."""
    at: list[int] = []
    sure, index = SURE, start
    for word in phrase.words:
        skipped = 0
        while True:
            if index >= len(tokens) or tokens[index].clause != tokens[start].clause:
                return (), 0.0
            likeness = _likeness(tokens[index], word)
            if likeness:
                break
            if not at or not tokens[index].is_small or skipped == MOST_SKIPPED:
                return (), 0.0
            skipped += 1
            index += 1
        at.append(index)
        sure = min(sure, likeness)
        index += 1
    return tuple(at), sure


def _likeness(token: Token, word: Word) -> float:
    if word.texts == (NOT,):
        return SURE if token.is_not else 0.0
    return _recognised(token.text).get(word, 0.0)


@lru_cache(maxsize=5000)
def _recognised(written: str) -> dict[Word, float]:
    """The vocabulary's words that this may be: as it is spelled, else what it was meant to be."""
    words = _words()
    exact = {word: likeness for word in words if (likeness := word.likeness(written))}
    known = vocabulary()
    is_common = written in known.not_slips | known.ignored | known.before | known.not_ | known.breaks
    if exact or is_common or len(written) < LONG_ENOUGH_BY_EAR:
        return exact
    alike = _by_first_sound()[by_ear(written)[:1]]
    return {word: likeness for word in alike if (likeness := word.likeness_misspelled(written))}


@cache
def _words() -> tuple[Word, ...]:
    return tuple(
        dict.fromkeys(
            word for phrase in vocabulary().phrases for word in phrase.words if word.texts != (NOT,)
        )
    )


@cache
def _by_first_sound() -> dict[str, list[Word]]:
    """Misspelled or not, words begin as they sound: one need not look at the others."""
    found: dict[str, list[Word]] = defaultdict(list)
    for word in _words():
        for sound in dict.fromkeys(by_ear(text)[:1] for text in word.texts):
            found[sound].append(word)
    return found


@cache
def _by_first_word() -> dict[Word, list[Phrase]]:
    found: dict[Word, list[Phrase]] = defaultdict(list)
    for phrase in vocabulary().phrases:
        found[phrase.words[0]].append(phrase)
    return found


def _longest(hits: Iterable[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    taken: set[int] = set()
    ranked = sorted(hits, key=lambda hit: (-len(hit.at), -hit.phrase.weight, -hit.likeness, hit.at))
    for hit in ranked:
        if taken.isdisjoint(hit.at):
            kept.append(hit)
            taken.update(hit.at)
    return kept


def _unsay(tokens: list[Token], hits: list[Hit]) -> None:
    """In "de plus en plus" nothing is denied."""
    for hit in hits:
        for at in hit.at:
            tokens[at].is_not = False


def _particular(hit: Hit, heating: str) -> Hit:
    means = vocabulary().generic.get(hit.code) if hit.kind == "element" else None
    if means is None:
        return hit
    return replace(hit, phrase=replace(hit.phrase, code=means.get(heating) or means[""]))


def _judged(tokens: list[Token], hit: Hit, taken: set[int]) -> Hit:
    if hit.phrase.says_not or not _is_denied(tokens, hit, taken):
        return hit
    return replace(hit, is_denied=True)


def _is_denied(tokens: list[Token], hit: Hit, taken: set[int]) -> bool:
    """By "no leak", "pas de fuite", or "ne fuit plus"; the "not" of another phrase denies nothing."""
    far = 0
    for index in range(hit.at[0] - 1, -1, -1):
        token = tokens[index]
        if token.clause != hit.clause or far > FAR - 1:
            break
        if token.is_not and index not in taken:
            # "plus de bruit" has none of it, "plus bruyant" more.
            return token.text != "plus" or tokens[index + 1].text in ("de", "d", "du", "aucun", "aucune")
        far += not token.is_small
    if hit.kind == "element":  # "the wall is not …" says nothing of there being none
        return False
    for index in range(hit.at[-1] + 1, len(tokens)):
        token = tokens[index]
        if token.clause != hit.clause:
            break
        if token.is_not and index not in taken:
            follows = tokens[index + 1].text if index + 1 < len(tokens) else ""
            is_verb = any(before.is_doubt for before in tokens[max(0, hit.at[0] - 3) : hit.at[0]])
            return is_verb or follows not in ("de", "d", "du", "le", "la", "l", "les")
        if not token.is_small:
            break
    return False
