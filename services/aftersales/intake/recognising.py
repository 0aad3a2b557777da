"""Which words of the vocabulary a written word may be: looked up, not compared with each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from services.aftersales.intake.spelling import (
    LONG_ENOUGH_BY_EAR,
    LONG_ENOUGH_FOR_A_SLIP,
    by_ear,
    is_slip,
    singular,
    without_doubles,
)
from services.aftersales.intake.vocabulary import NOT, SLIP, SURE, Word, vocabulary

MOST_LETTERS = 40
"""Of a written word that are looked at: none of the vocabulary is longer."""


@lru_cache(maxsize=5000)
def recognised(written: str) -> Mapping[Word, float]:
    """The vocabulary's words that this (folded) may be, and how surely: as it is spelled, else what it was
    meant to be."""
    index = _index()
    exact = index.in_order(index.spelled(written))
    if not exact and written not in index.never_a_slip and (rest := _without_article(written)):
        glued = index.in_order(index.spelled(rest))
        if glued or (
            len(rest) > LONG_ENOUGH_BY_EAR and (glued := index.in_order(index.misspelled(rest, by_ear(rest))))
        ):
            return MappingProxyType(dict.fromkeys(glued, SLIP))
    if exact or written in index.never_a_slip or len(written) < LONG_ENOUGH_BY_EAR:
        return MappingProxyType(dict.fromkeys(exact, SURE))
    sound = by_ear(written)
    alike = [word for word in index.misspelled(written, sound) if sound[:1] in index.first_sounds[word]]
    return MappingProxyType(dict.fromkeys(index.in_order(alike), SLIP))


def _without_article(written: str) -> str:
    """`levier` typed for "l'évier"; empty where nothing can have been run together."""
    rest = written[1:]
    return rest if written[:1] in "ld" and rest[:1] in set("aeiouh") and len(rest) > 2 else ""


@dataclass(frozen=True)
class Index:
    """The vocabulary by all the ways in which one may come upon a word of it."""

    place: dict[Word, int]
    never_a_slip: frozenset[str]
    exact: dict[str, list[Word]]
    stems: dict[str, list[Word]]
    sounds: dict[str, list[Word]]
    stem_sounds: dict[str, list[Word]]
    undoubled: dict[str, list[Word]]
    stem_undoubled: dict[str, list[tuple[int, Word]]]
    """With the stem's own length."""
    halves: dict[tuple[int, str], list[tuple[str, Word]]]
    """What a slip leaves as it is, and from which letter on: see `_kept`."""
    first_sounds: dict[Word, frozenset[str]]

    def in_order(self, found: Iterable[Word]) -> list[Word]:
        """Each once, in the vocabulary's order."""
        return sorted(set(found), key=self.place.__getitem__)

    def spelled(self, written: str) -> Iterator[Word]:
        """As it is, in the singular or the plural, or with its own ending."""
        yield from self.exact.get(written, ())
        if (one := singular(written)) != written:
            yield from self.exact.get(one, ())
        for begin in _beginnings(written):
            yield from self.stems.get(begin, ())

    def misspelled(self, written: str, sound: str) -> Iterator[Word]:
        """What sounds like it, or is one slip of the finger away from it."""
        one = singular(written)
        if len(sound) >= LONG_ENOUGH_BY_EAR - 1:
            yield from self.sounds.get(sound, ())
            for begin in _beginnings(sound):
                yield from self.stem_sounds.get(begin, ())
        yield from self.undoubled.get(without_doubles(one), ())
        for begin in _beginnings(written):
            for length, word in self.stem_undoubled.get(without_doubles(begin), ()):
                if len(begin) <= length + 1 and (len(begin) >= length or begin == written):
                    yield word
        for meant, word in self._nearly(written):
            likely = (written[: len(meant)], written[: len(meant) + 1]) if word.is_stem else (one,)
            if any(is_slip(begin, meant) for begin in likely):
                yield word

    def _nearly(self, written: str) -> Iterator[tuple[str, Word]]:
        seen = set()
        for key in _pieces(written):
            for found in self.halves.get(key, ()):
                if found not in seen:
                    seen.add(found)
                    yield found


@cache
def _index() -> Index:
    known = vocabulary()
    words = tuple(dict.fromkeys(word for phrase in known.phrases for word in phrase.words if word is not NOT))
    index = Index(
        place={word: place for place, word in enumerate(words)},
        never_a_slip=known.not_slips | known.ignored | known.before | known.not_ | known.breaks,
        exact=defaultdict(list), stems=defaultdict(list), sounds=defaultdict(list),
        stem_sounds=defaultdict(list), undoubled=defaultdict(list), stem_undoubled=defaultdict(list),
        halves=defaultdict(list),
        first_sounds={word: frozenset(by_ear(text)[:1] for text in word.texts) for word in words},
    )  # fmt: skip
    for word in words:
        for text in word.texts:
            _enter(index, word, text)
    return index


def _enter(index: Index, word: Word, text: str) -> None:
    (index.stems if word.is_stem else index.exact)[text].append(word)
    if len(text) < LONG_ENOUGH_BY_EAR:
        return
    sound = by_ear(text)
    if len(sound) >= LONG_ENOUGH_BY_EAR - 1:
        (index.stem_sounds if word.is_stem else index.sounds)[sound].append(word)
    if word.is_stem:
        index.stem_undoubled[without_doubles(text)].append((len(text), word))
    else:
        index.undoubled[without_doubles(text)].append(word)
    if len(text) >= LONG_ENOUGH_FOR_A_SLIP:
        for key in _kept(text):
            index.halves[key].append((text, word))


_PIECE = 3
"""Letters that a slip surely leaves side by side in a word long enough for one."""


def _kept(meant: str) -> Iterable[tuple[int, str]]:
    """The first three letters and the fourth to sixth: one slip changes but one of them, or where it is;
    unless it swaps the third and the fourth."""
    yield 0, meant[:_PIECE]
    yield 0, meant[: _PIECE - 1] + meant[_PIECE]
    for moved in (-1, 0, 1):
        yield _PIECE + moved, meant[_PIECE : 2 * _PIECE]


def _pieces(written: str) -> Iterable[tuple[int, str]]:
    yield 0, written[:_PIECE]
    for at in (_PIECE - 1, _PIECE, _PIECE + 1):
        yield at, written[at : at + _PIECE]


def _beginnings(written: str) -> list[str]:
    return [written[:length] for length in range(1, min(len(written), MOST_LETTERS) + 1)]
