"""What the words of a search may mean: elements, symptoms and places by their names, in either language.

Plurals, accents and a slip of the finger do not matter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from services.aftersales.intake.spelling import by_ear, folded, singular, without_doubles
from services.aftersales.intake.vocabulary import vocabulary
from services.aftersales.taxonomy import taxonomy

MOST_TERMS = 8
"""More words narrow nothing further."""
LONG_ENOUGH_FOR_A_SLIP = 5
_SMALL = frozenset({
    "a", "au", "aux", "avec", "dans", "de", "des", "du", "en", "est", "et", "il", "la", "le", "les",
    "ne", "ou", "par", "pas", "plus", "pour", "qui", "sur", "un", "une", "and", "at", "by", "for", "in",
    "is", "it", "my", "no", "not", "of", "on", "or", "out", "the", "to", "with",
})  # fmt: skip
"""Say nothing of a request; a title has some of them all the same."""
_KINDS = {"element": "e", "symptom": "s", "place": "p"}


@dataclass(frozen=True)
class Term:
    """One word of a search. `words` as they may be written, from their beginning; `codes` as each request
    keeps them: `e:radiator`, `s:leak`, `p:kitchen`."""

    words: tuple[str, ...]
    codes: tuple[str, ...]


def terms(asked: str) -> list[Term]:
    """Each word of what is asked, with what is called so. A request must answer every one of them."""
    return [Term((word,), _called(word)) for word in _words(asked)]


def corrected(asked: str) -> list[Term] | None:
    """The same where words that nothing is called by are taken for those they are one slip away from; None
    when none of them is."""
    found, is_other = [], False
    for word in _words(asked):
        called = _called(word)
        meant = () if called else _meant(word)
        is_other = is_other or bool(meant)
        codes = sorted({code for one in meant for code in _called(one)})
        found.append(Term((word, *meant), called or tuple(codes)))
    return found if is_other else None


def _words(asked: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", folded(asked))
    telling = [word for word in words if word not in _SMALL]
    return list(dict.fromkeys(telling or words))[:MOST_TERMS]


def _called(word: str) -> tuple[str, ...]:
    """The codes of what has a word in its name that begins so, or is its singular."""
    if len(word) < 3:
        return ()
    one = singular(word)
    return tuple(
        sorted({code for name, codes in _names().items() if name.startswith((word, one)) for code in codes})
    )


def _meant(word: str) -> tuple[str, ...]:
    if len(word) < LONG_ENOUGH_FOR_A_SLIP or not word.isalpha():
        return ()
    one = singular(word)
    ear, plain = by_ear(one), without_doubles(one)
    return tuple(
        name
        for name in _names()
        if len(name) >= LONG_ENOUGH_FOR_A_SLIP - 1
        and (
            plain == without_doubles(name)
            or _is_one_slip(one, name)
            or (len(ear) > 3 and ear == by_ear(name))
        )
    )


def _is_one_slip(word: str, meant: str) -> bool:
    """One letter more, less, other or swapped; the first letter is right."""
    if word[0] != meant[0] or abs(len(word) - len(meant)) > 1 or len(meant) < LONG_ENOUGH_FOR_A_SLIP:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), len(meant))
    rest, other = word[same:], meant[same:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[1::-1] == other[:2] and rest[2:] == other[2:])
    )


@cache
def _names() -> dict[str, frozenset[str]]:
    """Each word of a name, in the singular, with the codes of what is called so."""
    found: dict[str, set[str]] = {}
    for code, name in _said():
        for word in re.findall(r"[a-z0-9]+", folded(name)):
            if len(word) >= 3 and word not in _SMALL:
                found.setdefault(singular(word), set()).add(code)
    return {word: frozenset(codes) for word, codes in found.items()}


def _said() -> Iterator[tuple[str, str]]:
    """Labels, and the single words by which people name an element or a symptom outright."""
    known = taxonomy()
    for language in ("fr", "en"):
        for code, element in known.elements.items():
            yield f"e:{code}", element.label.in_(language)
        for code, label in known.symptoms.items():
            yield f"s:{code}", label.in_(language)
        for code, place in known.places.items():
            yield f"p:{code}", place.label.in_(language)
    for phrase in vocabulary().phrases:
        is_name = len(phrase.words) == 1 and phrase.weight == 1 and phrase.kind in ("element", "symptom")
        if is_name and not phrase.says_not:
            for text in phrase.words[0].texts:
                yield f"{_KINDS[phrase.kind]}:{phrase.code}", text
