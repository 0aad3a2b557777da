"""How words are compared: without case, accents and plurals, by ear, and with a slip of the finger."""

import re
import unicodedata
from functools import lru_cache

LONG_ENOUGH_BY_EAR = 5
LONG_ENOUGH_FOR_A_SLIP = 6
_DOUBLE = re.compile(r"(.)\1+")
_SOUNDS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"qu|ck"), "k"),
    (re.compile(r"[sc](?=[ei])|c(?=y)|sc(?=[eiy])"), "s"),
    (re.compile(r"c(?!h)"), "k"),
    (re.compile(r"eau|au|ot$"), "o"),
    (re.compile(r"[ae][iy]"), "e"),
    (re.compile(r"y"), "i"),
    (re.compile(r"z"), "s"),
    (re.compile(r"(?<!c)h"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=..)[esxtd]+$"), ""),
)


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """Lower case without accents: `Évier` is `evier`, `œuf` is `oeuf`."""
    spread = unicodedata.normalize("NFKD", word.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """Without the mark of the plural, in either language."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


@lru_cache(maxsize=20_000)
def without_doubles(word: str) -> str:
    """`fuitte` is `fuite`."""
    return _DOUBLE.sub(r"\1", word)


@lru_cache(maxsize=20_000)
def by_ear(word: str) -> str:
    """Words that sound alike have the same key: `chofage` and `chauffage`."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def is_slip(word: str, meant: str) -> bool:
    """One letter more, less, other or swapped, in a word long enough; the first letter is right."""
    if min(len(word), len(meant)) < LONG_ENOUGH_FOR_A_SLIP or word[0] != meant[0]:
        return False
    if abs(len(word) - len(meant)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), None)
    if same is None:
        return True
    rest, other = word[same:], meant[same:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[1::-1] == other[:2] and rest[2:] == other[2:])
    )
