"""Finds the vocabulary's phrases in what somebody wrote, and sees which of them are denied."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from services.aftersales.intake.tokens import Token, say_nothing, tokens_of
from services.aftersales.intake.vocabulary import GENERIC, Kind, Phrase, Word, vocabulary

MOST_SKIPPED = 4
"""Small words between two words of a phrase."""
FAR = 2
"""Words between a "not" and what it denies."""


NAMING: tuple[Kind, ...] = ("element", "symptom", "place", "danger", "part")
"""Kinds of which there are none in an everyday phrase."""


@dataclass(frozen=True)
class Hit:
    """A phrase found: `at` are the places of its words among the tokens."""

    phrase: Phrase
    at: tuple[int, ...]
    likeness: float
    clause: int
    sentence: int
    is_denied: bool = False
    is_other: bool = False
    """For a thing: "it is not the tap that leaks" tells of another one."""

    kind: Kind = field(init=False)
    code: str = field(init=False)

    def __post_init__(self) -> None:
        """Of the phrase; kept because they are asked for again and again."""
        object.__setattr__(self, "kind", self.phrase.kind)
        object.__setattr__(self, "code", self.phrase.code)


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

    def is_likewise(self, hit: Hit) -> bool:
        """True before "too", "also", …: what was said before is said of it as well."""
        for after in self.tokens[hit.at[-1] + 1 :]:
            if after.text in vocabulary().likewise or not after.is_small:
                return after.sentence == hit.sentence and after.text in vocabulary().likewise
        return False

    def follows_place_word(self, hit: Hit) -> bool:
        """True after "under", "beside", …: it tells where rather than what."""
        index = hit.at[0] - 1
        while index >= 0 and self.tokens[index].is_small and not self.tokens[index].is_before:
            index -= 1
        return index >= 0 and self.tokens[index].is_before and self.tokens[index].clause == hit.clause

    def is_explained(self, hit: Hit) -> bool:
        """True before "qui", "that", …: what follows is said of it."""
        after = self.tokens[hit.at[-1] + 1 : hit.at[-1] + 2]
        return any(token.text in vocabulary().relative and token.clause == hit.clause for token in after)

    def tells_where(self, hit: Hit) -> bool:
        """True after "in", "under", …, of what may hold something else."""
        index = hit.at[0] - 1
        while index >= 0 and self.tokens[index].is_article:
            index -= 1
        before = self.tokens[index].text if index >= 0 and self.tokens[index].clause == hit.clause else ""
        return before in vocabulary().within or self.follows_place_word(hit)


def find(text: str, heating: str = "") -> Found:
    """All phrases of the vocabulary in `text`; of those that overlap, the longest of each kind.

    What is said of heating in general is said of what heats that home.
    """
    found = Found(text, tokens_of(text))
    every = list(_matches(found.tokens))
    _unsay(found.tokens, [hit for hit in every if hit.kind == "not_after_all"])
    if any(hit.kind == "not_after_all" for hit in every):
        every = list(_matches(found.tokens))
    kept: list[Hit] = []
    for kind in ("element", "symptom", "place", "danger", "harmless", "urgency", "stance", "asks", "trouble"):
        kept += _longest(hit for hit in every if hit.kind == kind)
    parts: dict[str, list[Hit]] = defaultdict(list)
    for hit in every:
        if hit.kind == "part":
            parts[hit.code].append(hit)
    for code in sorted(parts):
        kept += _longest(parts[code])
    taken = {at for hit in kept if hit.phrase.says_not for at in hit.at if found.tokens[at].is_not}
    others = {hit: _not_of(found.tokens, hit, taken) for hit in kept if hit.kind == "element"}
    taken |= {at for at in others.values() if at is not None}
    kept = [replace(hit, is_other=True) if others.get(hit) is not None else hit for hit in kept]
    cover = {at: set(hit.at) for hit in kept if hit.kind == "harmless" for at in hit.at}
    names = {at for hit in every if hit.kind == "name" for at in hit.at}
    kept = [hit for hit in kept if not _is_harmless(hit, cover)]
    kept = [hit for hit in kept if hit.kind != "symptom" or not names.issuperset(hit.at)]
    everyday = {at for hit in every if hit.kind == "everyday" for at in hit.at}
    kept = [hit for hit in kept if hit.kind not in NAMING or not everyday.issuperset(hit.at)]
    judged = (
        _judged(found.tokens, _particular(hit, heating), set() if hit.kind == "stance" else taken)
        for hit in kept
    )
    found.hits = sorted(judged, key=lambda hit: hit.at)
    return found


def _matches(tokens: list[Token]) -> Iterator[Hit]:
    pairs = _by_first_two_words()
    for index, token in enumerate(tokens):
        found: dict[int, Hit] = {}
        near = list(_next(tokens, index))
        for first, sure in token.known.items():
            for place, phrase in pairs.get((first, None), ()):
                found[place] = Hit(phrase, (index,), sure, token.clause, token.sentence)
            for second in near:
                for word, as_sure in tokens[second].known.items():
                    for place, phrase in pairs.get((first, word), ()):
                        at, likeness = _follow(tokens, second, phrase, min(sure, as_sure))
                        if at and place not in found:
                            found[place] = Hit(phrase, (index, *at), likeness, token.clause, token.sentence)
        yield from (found[place] for place in sorted(found))


def _next(tokens: list[Token], index: int) -> Iterator[int]:
    """Where the next word of a phrase may be: small words between do not count."""
    clause = tokens[index].clause
    for at in range(index + 1, min(index + 2 + MOST_SKIPPED, len(tokens))):
        if tokens[at].clause != clause:
            return
        yield at
        if not tokens[at].is_small:
            return


def _follow(tokens: list[Token], at: int, phrase: Phrase, sure: float) -> tuple[tuple[int, ...], float]:
    """Where the second word of the phrase and those after it are, and how surely; empty when they are not."""
    places = [at]
    for word in phrase.words[2:]:
        after = next((i for i in _next(tokens, places[-1]) if word in tokens[i].known), None)
        if after is None:
            return (), 0.0
        sure = min(sure, tokens[after].known[word])
        places.append(after)
    return tuple(places), sure


@cache
def _by_first_two_words() -> dict[tuple[Word, Word | None], list[tuple[int, Phrase]]]:
    """The phrases, each with its place in the vocabulary."""
    found: dict[tuple[Word, Word | None], list[tuple[int, Phrase]]] = defaultdict(list)
    for place, phrase in enumerate(vocabulary().phrases):
        first, second = (*phrase.words, None)[:2]
        assert first is not None
        found[first, second].append((place, phrase))
    return dict(found)


def _longest(hits: Iterable[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    taken: set[int] = set()
    ranked = sorted(hits, key=lambda hit: (-len(hit.at), -hit.phrase.weight, -hit.likeness, hit.at))
    for hit in ranked:
        if taken.isdisjoint(hit.at):
            kept.append(hit)
            taken.update(hit.at)
    return kept


def _is_harmless(hit: Hit, cover: dict[int, set[int]]) -> bool:
    """A danger's words inside a harmless phrase ("conduit de fumée", "facture de gaz") are none."""
    of_danger = hit.kind in ("danger", "part") or (hit.kind, hit.code) == ("symptom", "danger")
    of_danger = of_danger or (
        hit.kind == "element" and (hit.code in vocabulary().better_none or hit.phrase.weight < GENERIC)
    )
    if hit.kind == "part" and hit.code in vocabulary().never_harmless:
        return False
    return of_danger and set(hit.at) <= cover.get(hit.at[0], set())


def _unsay(tokens: list[Token], hits: list[Hit]) -> None:
    """In "de plus en plus" nothing is denied."""
    for hit in hits:
        for at in hit.at:
            say_nothing(tokens[at])


def _particular(hit: Hit, heating: str) -> Hit:
    means = vocabulary().generic.get(hit.code) if hit.kind == "element" else None
    if means is None:
        return hit
    return replace(hit, phrase=replace(hit.phrase, code=means.get(heating) or means[""]))


def _not_of(tokens: list[Token], hit: Hit, taken: set[int]) -> int | None:
    """The "not" of "it is not the tap", which means another thing; "no tap" means that there is none."""
    index = hit.at[0] - 1
    while index >= 0 and tokens[index].is_article:
        index -= 1
    if index < 0 or index == hit.at[0] - 1 or index in taken or not tokens[index].is_not:
        return None
    before = tokens[index - 1] if index and tokens[index - 1].clause == hit.clause else None
    is_said_of = before is None or before.text in vocabulary().being
    return index if is_said_of and tokens[index].clause == hit.clause else None


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
            # "plus de bruit" and "n'est plus bruyant" have none of it, "plus bruyant" more.
            of = tokens[index + 1].text in ("de", "d", "du", "aucun", "aucune")
            is_no_more = index > 0 and tokens[index - 1].text in vocabulary().being
            return token.text != "plus" or of or is_no_more
        far += not token.is_small
    if hit.kind == "element":  # "the wall is not …" says nothing of there being none
        return False
    for index in range(hit.at[-1] + 1, len(tokens)):
        token = tokens[index]
        if token.clause != hit.clause:
            break
        if token.is_not and index not in taken:
            follows = tokens[index + 1].text if index + 1 < len(tokens) else ""
            if hit.kind in ("danger", "part") and follows.startswith(vocabulary().not_yet):
                return False
            is_verb = any(before.is_doubt for before in tokens[max(0, hit.at[0] - 3) : hit.at[0]])
            return is_verb or follows not in ("de", "d", "du", "le", "la", "l", "les")
        if not token.is_small:
            break
    return False
