"""Writes the letters to whoever owes a repair, from the facts of the requests alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from services.aftersales.notices.describing import Told
from services.aftersales.notices.typesetting import typeset
from services.aftersales.tables import load
from services.aftersales.words import spoken_day
from services.kit.i18n import with_capital, without_capital


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
    annexes: tuple[Told, ...] = ()
    """What goes with the letter, in its own language."""


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
    annexes: tuple[Told, ...] = ()

    @property
    def paragraphs(self) -> list[str]:
        """The whole as plain lines, for e-mail and for what is kept beside the document."""
        return [*_lines(self.sections), *_listed(self.annexes)]


def compose(case: Case) -> Letter:
    """The letter of that kind. Raises KeyError for a kind that does not exist, ValueError without an item."""
    if not case.items:
        raise ValueError("a notice is about something")
    text = load("notices/letters")
    first = case.items[0]
    subject = text["subjects"][case.kind].format(
        where=case.where, place=first.place, element=without_capital(first.element)
    )
    sections = [
        Section(None, ("Madame, Monsieur,", _opening(text, case))),
        _items(text, case),
        *([_declaration(text, case)] if case.kind == "insurer" else []),
        _basis(text, case),
        Section(text["asked"]["heading"], tuple(_asked(text, case))),
        Section(None, (text["closing"], text["signature"].format(coop=case.coop))),
    ]
    kept = tuple(one for one in sections if one.paragraphs or one.bullets or one.pairs)
    return Letter(typeset(subject), tuple(map(_typeset, kept)), tuple(map(_told, case.annexes)))


def annex_note(annexes: tuple[Told, ...]) -> str:
    """What the list of annexes says of itself: that there are none, or what the fingerprints are for."""
    return typeset(load("notices/letters")["annexes"]["note" if annexes else "none"])


def _opening(text: dict[str, Any], case: Case) -> str:
    """A mise en demeure recalls the earlier notice only where there was one."""
    is_again = case.kind == "formal" and case.notified_on is not None
    said = text["opening"]["formal_again" if is_again else case.kind]
    return str(said["one" if len(case.items) == 1 else "more"]).format(earlier=_day(case.notified_on))


def _typeset(section: Section) -> Section:
    return Section(
        typeset(section.heading) if section.heading else None,
        tuple(map(typeset, section.paragraphs)),
        tuple(map(typeset, section.bullets)),
        tuple((typeset(name), typeset(value)) for name, value in section.pairs),
    )


def _told(one: Told) -> Told:
    return replace(one, what=typeset(one.what), way=typeset(one.way))


def _items(text: dict[str, Any], case: Case) -> Section:
    bullets = tuple(
        text["items"]["one"].format(
            number=item.number,
            place=item.place,
            element=without_capital(item.element),
            symptom=without_capital(item.symptom),
            noticed_on=spoken_day(item.noticed_on, "fr"),
            told_on=spoken_day(item.told_on, "fr"),
        )
        for item in case.items
    )
    reference = (text["reference"].format(reference=case.reference),) if case.reference else ()
    return Section(
        text["items"]["heading"], (with_capital(case.where), *reference, *_own_words(text, case)), bullets
    )


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
        f"{item.place}, {without_capital(item.element)} : {without_capital(item.symptom)}"
        for item in case.items
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
        yield from (typeset(f"{name} : {value}") for name, value in section.pairs)


def _listed(annexes: tuple[Told, ...]) -> Iterator[str]:
    yield load("notices/letters")["annexes"]["heading"]
    yield from (typeset(one.line("fr")) for one in annexes)
    yield annex_note(annexes)


def _day(day: date | None) -> str | None:
    return None if day is None else spoken_day(day, "fr")
