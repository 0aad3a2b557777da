"""Writes the letters to whoever owes a repair, from the facts of the requests alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.aftersales.tables import load
from services.aftersales.words import spoken_day


@dataclass(frozen=True)
class Item:
    """One defect, in words as the letter says them."""

    number: int
    place: str
    element: str
    symptom: str
    noticed_on: date
    told_on: date


@dataclass(frozen=True)
class Basis:
    """A warranty that answers for it; `ends_on` is its last day."""

    regime: str
    label: str
    article: str
    ends_on: date


@dataclass(frozen=True)
class Case:
    """What a letter is about. `where` is the dwelling or building, with its residence."""

    kind: str
    coop: str
    where: str
    items: tuple[Item, ...]
    answer_by_on: date
    bases: tuple[Basis, ...] = ()
    reception_on: date | None = None
    livraison_on: date | None = None
    reference: str | None = None
    """What the addressee knows it by: number of the policy or of the works contract."""
    words: str | None = None
    notified_on: date | None = None
    """Day of the earlier notice that a mise en demeure recalls."""
    formal_on: date | None = None
    """Day of the mise en demeure that a declaration to the insurer recalls."""


@dataclass(frozen=True)
class Section:
    """A part of the letter under its own heading; without one at its beginning and end."""

    heading: str | None
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Letter:
    subject: str
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def paragraphs(self) -> list[str]:
        """The whole as plain lines, for e-mail and for what is kept beside the document."""
        return list(_lines(self.sections))


def compose(case: Case) -> Letter:
    """The letter of that kind. Raises KeyError for a kind that does not exist, ValueError without an item."""
    if not case.items:
        raise ValueError("a notice is about something")
    text = load("notices/letters")
    first = case.items[0]
    subject = text["subjects"][case.kind].format(where=case.where, place=first.place, element=first.element)
    earlier = f" du {spoken_day(case.notified_on, 'fr')}" if case.notified_on else ""
    sections = [
        Section(None, ("Madame, Monsieur,", text["opening"][case.kind].format(earlier=earlier))),
        _items(text, case),
        *([_declaration(text, case)] if case.kind == "insurer" else []),
        _basis(text, case),
        Section(text["asked"]["heading"], tuple(_asked(text, case))),
        Section(None, (text["closing"], text["signature"].format(coop=case.coop))),
    ]
    return Letter(subject, tuple(one for one in sections if one.paragraphs or one.bullets or one.pairs))


def _items(text: dict[str, Any], case: Case) -> Section:
    bullets = tuple(
        text["items"]["one"].format(
            number=item.number,
            place=item.place,
            element=item.element.lower(),
            symptom=item.symptom.lower(),
            noticed_on=spoken_day(item.noticed_on, "fr"),
            told_on=spoken_day(item.told_on, "fr"),
        )
        for item in case.items
    )
    reference = (text["reference"].format(reference=case.reference),) if case.reference else ()
    return Section(text["items"]["heading"], (case.where, *reference, *_own_words(text, case)), bullets)


def _own_words(text: dict[str, Any], case: Case) -> tuple[str, ...]:
    return (text["items"]["more"].format(words=case.words),) if case.words else ()


def _basis(text: dict[str, Any], case: Case) -> Section:
    sentence = text["basis"]["regime" if len(case.items) == 1 else "regimes"]
    said = [
        sentence.format(regime=one.label, basis=one.article, ends_on=spoken_day(one.ends_on, "fr"))
        for one in case.bases
    ]
    for name in ("reception", "livraison"):
        day = getattr(case, f"{name}_on")
        if day is not None:
            said.append(text["basis"][name].format(**{f"{name}_on": spoken_day(day, "fr")}))
    return Section(text["basis"]["heading"], tuple(said))


def _declaration(text: dict[str, Any], case: Case) -> Section:
    words, unknown = text["declaration"], text["unknown"]
    first = min(case.items, key=lambda item: item.noticed_on)
    damage = " ; ".join(
        f"{item.place}, {item.element.lower()} : {item.symptom.lower()}" for item in case.items
    )
    rows = [
        (words["contract"], case.reference or unknown),
        (words["owner"], case.coop),
        (words["address"], case.where),
        (words["reception"], _day(case.reception_on) or unknown),
        (words["damage_on"], spoken_day(first.noticed_on, "fr")),
        (words["damage"], damage),
    ]
    if case.formal_on is not None:
        rows.append((words["formal"], spoken_day(case.formal_on, "fr")))
    return Section(words["heading"], pairs=tuple(rows))


def _asked(text: dict[str, Any], case: Case) -> Iterator[str]:
    yield text["asked"][case.kind].format(answer_by_on=spoken_day(case.answer_by_on, "fr"))
    kind = case.kind
    if kind == "formal" and any(one.regime == "parfait_achevement" for one in case.bases):
        kind = "formal_achevement"
    if kind in text["consequence"]:
        yield text["consequence"][kind]


def _lines(sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        if section.heading:
            yield section.heading
        yield from section.paragraphs
        yield from (f"– {row}" for row in section.bullets)
        yield from (f"{name} : {value}" for name, value in section.pairs)


def _day(day: date | None) -> str | None:
    return None if day is None else spoken_day(day, "fr")
