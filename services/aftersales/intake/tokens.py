"""Takes what somebody wrote apart into words, each with its clause and sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.aftersales.intake.recognising import MOST_LETTERS, recognised
from services.aftersales.intake.spelling import folded
from services.aftersales.intake.vocabulary import NOT, SURE, Word, vocabulary

MOST_TOKENS = 600
_TOKEN = re.compile(r"\d+[.,]\d+|\w+n['’]t\b|[^\W_]+|°|[.;!?:\n]+|[,+&/]|\s[-–—]\s")
_INFINITIVES = ("er", "ir", "re")
_ENDS = ".;!?:\n"
_DEGREES = "°"
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
    is_article: bool = False
    is_contrast: bool = False
    """What follows is set against what was said before: "but", "except"."""
    known: Mapping[Word, float] = field(default_factory=dict)
    """What of the vocabulary it may be, and how surely."""


def tokens_of(text: str) -> list[Token]:
    """At most `MOST_TOKENS`, in the order written."""
    words, clause, sentence = vocabulary(), 0, 0
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        if not written[0].isalnum() and written != _DEGREES:
            clause += 1
            sentence += written[0] in _ENDS
            continue
        plain = "degres" if written == _DEGREES else folded(written[:MOST_LETTERS])
        before = tokens[-1].text if tokens else ""
        is_contrast = plain in words.contrasts or f"{before} {plain}" in words.contrasts
        if plain in words.breaks or plain == "ni" or is_contrast:
            clause += 1
        elif tokens and before in words.rests and plain in words.articles:
            # "il reste la porte" sets the door against the rest, "il reste ouvert" does not.
            clause += 1
            is_contrast = True
        tokens.append(_token(plain, match, clause, sentence))
        tokens[-1].is_contrast = is_contrast
        if len(tokens) >= MOST_TOKENS:
            break
    for previous, one, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if one.text == "pu" and after.text.endswith(_INFINITIVES):
            say_nothing(one)  # "j'ai pu ouvrir"; in haste "marche pu" is "marche plus"
        elif one.text == "personne" and (after.is_doubt or (previous and previous.text == "a")):
            one.is_not, one.known = True, {NOT: SURE}  # "personne n'est coincé", "il n'y a personne"
    return tokens


def say_nothing(token: Token) -> None:
    """It denies nothing after all."""
    token.is_not = False
    token.known = {word: sure for word, sure in token.known.items() if word is not NOT}


def _token(plain: str, match: re.Match[str], clause: int, sentence: int) -> Token:
    words = vocabulary()
    is_not = plain in words.not_ or _NOT_AT_THE_END.search(plain) is not None
    whole = re.split(r"[.,]", plain)[0] if plain[0].isdigit() else plain
    known = recognised(whole[:MOST_LETTERS])
    return Token(
        plain, match.start(), match.end(), clause, sentence,
        is_not=is_not,
        is_small=plain in words.small,
        is_before=plain in words.before,
        is_doubt=plain in words.doubt,
        is_article=plain in words.articles,
        known={NOT: SURE, **known} if is_not else known,
    )  # fmt: skip
