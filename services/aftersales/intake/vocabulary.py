"""The words of `vocabulary.yaml`, `signs.yaml` and `everyday.yaml`, made ready to be looked for in a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from services.aftersales.intake.spelling import folded, singular
from services.aftersales.tables import load

Kind = Literal[
    "element",
    "symptom",
    "place",
    "danger",
    "harmless",
    "urgency",
    "not_after_all",
    "stance",
    "part",
    "name",
    "everyday",
    "asks",
    "trouble",
]
SURE, SLIP = 1.0, 0.9
"""How well a word was recognised: as it is written, or in spite of its spelling."""


@dataclass(frozen=True, eq=False)
class Word:
    """One word of a phrase; of `text|text`, or a stem. There is one of each: they are told apart as such."""

    texts: tuple[str, ...]
    is_stem: bool = False


NOT = Word(("NEG",))
"""Any word that denies."""


@dataclass(frozen=True)
class Phrase:
    """What it points to, and how much: 1 names a thing, less only hints at it."""

    kind: Kind
    code: str
    words: tuple[Word, ...]
    weight: float

    @property
    def says_not(self) -> bool:
        return NOT in self.words


@dataclass(frozen=True)
class Vocabulary:
    phrases: tuple[Phrase, ...]
    not_: frozenset[str]
    doubt: frozenset[str]
    before: frozenset[str]
    breaks: frozenset[str]
    contrasts: frozenset[str]
    """What sets the following against the preceding: "but", "par contre"."""
    exceptions: frozenset[str]
    """Those of the contrasts after which a thing alone is told to be the one that fails."""
    past_verbs: frozenset[str]
    """That tell what was; in French also whatever ends like an imperfect, but `not_past`."""
    not_past: frozenset[str]
    now: frozenset[str]
    """Words, or several together, that say of what was that it goes on or is so now."""
    within: frozenset[str]
    """Before what holds something: "dans le placard"."""
    relative: frozenset[str]
    """What follows it is said of the thing before it: "la prise qui …"."""
    rests: frozenset[str]
    """The same where an article follows: "il reste la porte"."""
    ignored: frozenset[str]
    articles: frozenset[str]
    being: frozenset[str]
    """Before a "not" that is said of a thing: "it is not the tap"."""
    likewise: frozenset[str]
    small: frozenset[str]
    """All that do not count between the words of a phrase."""
    not_slips: frozenset[str]
    resolve: dict[str, dict[str, str]]
    only_complaint: frozenset[str]
    instead: dict[str, dict[str, str]]
    comes_of: dict[str, list[str]]
    implied: dict[str, dict[str, str]]
    default_place: dict[str, str]
    better_none: frozenset[str]
    generic: dict[str, dict[str, str]]
    told_by_name: dict[str, str]
    together: tuple[Together, ...]
    of_danger: dict[str, list[str]]
    """What is wrong with a thing beside which a danger is told: the first that it can have."""
    hazard: dict[str, str]
    """What it is when no such thing is named."""
    calms: dict[str, frozenset[str]]
    """Which stances make which dangers a hint."""
    ends_only: dict[str, tuple[str, ...]]
    """The only danger that such words end, by the beginnings of the words."""
    still_in: dict[str, frozenset[str]]
    """By danger: words of whoever is in it, whom nobody else's being out of it concerns."""
    not_yet: tuple[str, ...]
    """Beginnings of what a "not" says was not done about a danger."""
    implied_by_proposal: dict[str, dict[str, str]]
    """By element and symptom ("" any): the danger that is told with such a proposal."""
    otherwise: dict[str, tuple[str, str]]
    """By danger: the element and symptom proposed where nothing of that trade is."""
    never_harmless: frozenset[str]
    """Parts of dangers that count within harmless words too."""
    no_fault: frozenset[str]
    """Symptoms that a question or a complaint about people may name without asking for a repair."""
    fault: frozenset[str]
    """Symptoms that ask for a repair of whatever thing they are told."""
    leaves_marks: frozenset[str]
    """Symptoms that leave a mark when they are over, and what the mark alone is."""
    left_mark: str
    marks: tuple[str, ...]
    """How the words for such a mark begin."""
    voids: dict[str, frozenset[str]]
    """By stance: the parts beside which it makes no danger a hint."""


@dataclass(frozen=True)
class Together:
    """A danger that several words tell when they stand near each other, in any order."""

    danger: str
    parts: tuple[str, ...]
    near: int
    """Words from the first to the last."""
    is_one_clause: bool
    unless: frozenset[str] = frozenset()
    """Parts that, told in the same clauses, make it none: paint that bulges is no ceiling."""


NAMED, GENERIC, HINTED = 1.0, 0.8, 0.55


@cache
def vocabulary() -> Vocabulary:
    """Read and made ready once."""
    table, signs = load("intake/vocabulary"), load("intake/signs")
    small = {name: frozenset(folded(word) for word in words) for name, words in table["small_words"].items()}
    return Vocabulary(
        phrases=tuple(_phrases(table, signs)),
        not_=small["not"],
        doubt=small["doubt"],
        before=small["before"],
        breaks=small["breaks"],
        ignored=small["ignored"],
        articles=small["articles"],
        being=small["being"],
        likewise=small["likewise"],
        small=small["ignored"] | small["before"] | small["doubt"] | small["breaks"] | small["passed_over"],
        not_slips=frozenset(folded(word) for word in table["not_slips"]),
        resolve=table["resolve"],
        only_complaint=frozenset(table["only_complaint"]),
        instead=table["instead"],
        comes_of=table["comes_of"],
        implied=table["implied"],
        default_place=table["default_place"],
        better_none=frozenset(table["better_none"]),
        generic={code: row["means"] for code, row in table["generic"].items()},
        told_by_name=table["told_by_name"],
        contrasts=small["contrasts"],
        exceptions=small["exceptions"],
        relative=small["relative"],
        rests=small["rests"],
        within=small["within"],
        past_verbs=small["past_verbs"],
        not_past=small["not_past"],
        now=small["now"],
        together=tuple(
            Together(
                row["danger"],
                tuple(row["parts"]),
                row["near"],
                row.get("one_clause", True),
                frozenset(row.get("unless", ())),
            )
            for row in (*table["together"], *signs["together"])
        ),
        of_danger=table["of_danger"],
        hazard=table["hazard"],
        calms={stance: frozenset(codes) for stance, codes in table["calms"].items()},
        ends_only={danger: tuple(words) for danger, words in table["ends_only"].items()},
        still_in={danger: frozenset(words) for danger, words in table["still_in"].items()},
        not_yet=tuple(table["not_yet"]),
        implied_by_proposal=signs["implied_by_proposal"],
        otherwise={danger: (element, symptom) for danger, (element, symptom) in signs["otherwise"].items()},
        no_fault=frozenset(load("intake/everyday")["no_fault"]),
        fault=frozenset(load("intake/everyday")["fault"]),
        leaves_marks=frozenset(load("intake/everyday")["left_behind"]["by"]),
        left_mark=load("intake/everyday")["left_behind"]["is"],
        marks=tuple(load("intake/everyday")["left_behind"]["begins"]),
        never_harmless=frozenset(signs["never_harmless"]),
        voids={stance: frozenset(parts) for stance, parts in signs["voids"].items()},
    )


def _phrases(table: dict[str, Any], signs: dict[str, Any]) -> Iterator[Phrase]:
    for code, row in table["elements"].items():
        for weight, name in ((NAMED, "names"), (HINTED, "hints")):
            for text in row.get(name, ()):
                yield _phrase("element", code, text, weight)
    for code, row in table["generic"].items():
        for text in row["names"]:
            yield _phrase("element", code, text, GENERIC)
    kinds: tuple[tuple[Kind, str], ...] = (
        ("symptom", "symptoms"),
        ("place", "places"),
        ("danger", "dangers"),
        ("urgency", "urgency"),
        ("stance", "stances"),
        ("part", "parts"),
    )
    for kind, group in kinds:
        for code, texts in table[group].items():
            for text in texts:
                yield _phrase(kind, code, text, NAMED)
    for kind, group in (("part", "parts"), ("stance", "stances")):
        for code, texts in signs[group].items():
            for text in texts:
                yield _phrase(kind, code, text, NAMED)
    for text in signs["harmless"]:
        yield _phrase("harmless", "harmless", text, NAMED)
    everyday = load("intake/everyday")
    for text in (text for row in everyday["phrases"] for text in row):
        yield _phrase("everyday", "everyday", text, NAMED)
    for code, texts in everyday["asks"].items():
        for text in texts:
            yield _phrase("asks", code, text, NAMED)
    for text in everyday["trouble"]:
        yield _phrase("trouble", "trouble", text, NAMED)
    for text in table["only_names"]:
        yield _phrase("name", "name", text, NAMED)
    for text in table["harmless"]:
        yield _phrase("harmless", "harmless", text, NAMED)
    for text in table["small_words"]["not_after_all"]:
        yield _phrase("not_after_all", "not_after_all", text, NAMED)


def _phrase(kind: Kind, code: str, text: str, weight: float) -> Phrase:
    return Phrase(kind, code, tuple(_word(word) for word in text.split()), weight)


def _word(text: str) -> Word:
    if text in NOT.texts:
        return NOT
    if text.endswith("*"):
        return _one_of_each((folded(text[:-1]),), is_stem=True)
    meant = {folded(one) for one in text.split("|")}
    for group in load("intake/vocabulary")["same"]:
        if meant & set(group):
            meant |= {folded(one) for one in group}
    return _one_of_each(tuple(sorted(meant | {singular(one) for one in meant})), is_stem=False)


@cache
def _one_of_each(texts: tuple[str, ...], is_stem: bool) -> Word:
    return Word(texts, is_stem)
