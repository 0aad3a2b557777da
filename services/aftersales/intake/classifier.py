"""Understands a sentence about something wrong at home: what, where, how urgent, and which words said so.

Nothing is learned and nothing is hidden: `vocabulary.yaml` holds every word it knows. It proposes, the
person confirms; below `SURE_ENOUGH` one asks instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.codes import Priority
from services.aftersales.intake.asking import only_asked_about
from services.aftersales.intake.dangers import Danger, told
from services.aftersales.intake.duration import Lasting, lasting
from services.aftersales.intake.group import Group
from services.aftersales.intake.grouping import grouped
from services.aftersales.intake.implied import Meant, implied
from services.aftersales.intake.joining import endangered
from services.aftersales.intake.marks import only_marks
from services.aftersales.intake.matching import Found, Hit, find
from services.aftersales.intake.stances import stances
from services.aftersales.intake.vocabulary import vocabulary
from services.aftersales.priority import HeatingPeriod, priority_of
from services.aftersales.taxonomy import Element, element_of, taxonomy
from services.aftersales.urgency import known as in_order
from services.aftersales.urgency import lasting_days, raised

SURE_ENOUGH = 0.5
MOST_TEXT = 4000
IMPLIED, RIVAL, OFF_LIST, NO_SYMPTOM, NOT_MEANT = 0.6, 0.85, 0.85, 0.45, 0.4
"""What confidence is multiplied by: the thing only follows from the complaint; another trade's thing is as
near; the thing does not usually have that complaint; nothing says what is wrong; it is said to work, or what
is said of it is no complaint."""
UNTOLD = Priority.P3
"""Nothing is more urgent than this as long as nobody says what is wrong with it."""
NEVER_LATER = ("gas",)
"""Trades of which that does not hold."""
EVERYWHERE = "whole_dwelling"
"""A place that any other place named is better than."""
About = Literal["element", "symptom", "place", "urgency"]


@dataclass(frozen=True)
class Because:
    """Words of the person, as written, and what they were taken to tell."""

    about: About
    words: str


@dataclass(frozen=True)
class Urgent:
    """Words of the person that make it pressing; `code` is one of the table of urgency."""

    code: str
    words: str


@dataclass(frozen=True)
class Proposal:
    """One problem as it was understood. Codes are those of the taxonomy."""

    trade: str
    element: str
    symptom: str | None
    """None when nothing says what is wrong with it."""
    place: str | None
    priority: Priority
    """With what the words add to it."""
    usual: Priority
    """Of the table alone; never more urgent than `priority`."""
    raised_by: tuple[str, ...]
    """The codes of what made the difference."""
    confidence: float
    """From 0 to 1; a rank rather than a probability."""
    because: tuple[Because, ...]

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE_ENOUGH


@dataclass(frozen=True)
class Understood:
    proposals: tuple[Proposal, ...] = ()
    """In the order in which they were told."""
    dangers: tuple[Danger, ...] = ()
    hinted: tuple[Danger, ...] = ()
    """Told of as past, supposed or elsewhere: one says what to do if it is so after all."""
    is_no_repair: bool = False
    """It asks, thanks or complains of people, and nothing in it is surely to be repaired."""
    places: tuple[str, ...] = ()
    urgent: tuple[Urgent, ...] = ()
    """Whatever makes it pressing, whether or not it raises a priority."""
    lasting: Lasting | None = None

    @property
    def sure(self) -> tuple[Proposal, ...]:
        return tuple(one for one in self.proposals if one.is_sure)


@dataclass(frozen=True)
class Home:
    """What is known of the home before a word is read."""

    on: date = date(2000, 1, 1)
    heating: str = ""
    """`contracts.codes.Heating`, or empty when it is not known."""
    season: HeatingPeriod | None = None


def understand(text: str, home: Home | None = None) -> Understood:
    """Never raises, whatever is written; what is not understood is left out."""
    home = home or Home()
    text = text[:MOST_TEXT]
    found = only_marks(find(text, home.heating))
    how_long = lasting(text, home.on)
    urgent = tuple(_urgent(found, how_long))
    said = stances(found)
    dangers, hinted = told(found)
    groups = endangered(grouped(found, home.heating, said), dangers)
    asked = only_asked_about(found, said, groups)
    groups = [] if asked else groups
    named = found.of("place")
    proposals = tuple(
        _proposal(found, group, [hit for hit in named if not _is_elsewhere(hit, group, groups)], home, urgent)
        for group in groups
    )
    dangers, hinted = implied(found, map(_meant, proposals), dangers, hinted)
    return Understood(
        proposals=proposals,
        dangers=dangers,
        hinted=hinted,
        is_no_repair=bool(said.no_repair or said.fine or asked)
        and not dangers
        and not any(one.is_sure for one in proposals),
        places=tuple(dict.fromkeys(hit.code for hit in named)),
        urgent=urgent,
        lasting=how_long,
    )


def _proposal(
    found: Found, group: Group, places: list[Hit], home: Home, urgent: tuple[Urgent, ...]
) -> Proposal:
    element = element_of(group.element)
    symptom, symptom_hit = (group.danger, None) if group.danger else _symptom(element, group, home)
    place, place_hit = _place(found, group, element, places)
    because = [Because("element", found.words(hit)) for hit in group.names]
    because += [Because("symptom", found.words(symptom_hit))] if symptom_hit else []
    because += [Because("symptom", group.danger_words)] if group.danger else []
    because += [Because("place", found.words(place_hit))] if place_hit else []
    because += [Because("urgency", one.words) for one in urgent]
    usual = priority_of(element.code, symptom or "other", home.on, home.season)
    if symptom is None and element.trade not in NEVER_LATER:
        usual = max(usual, UNTOLD, key=list(Priority).index)
    priority, raised_by = raised(usual, element.code, symptom or "other", [one.code for one in urgent])
    return Proposal(
        trade=element.trade,
        element=element.code,
        symptom=symptom,
        place=place,
        priority=priority,
        usual=usual,
        raised_by=raised_by,
        confidence=round(_confidence(element, symptom, group), 2),
        because=tuple(dict.fromkeys(because)),
    )


def _meant(one: Proposal) -> Meant:
    said = [row.words for row in one.because if row.about == "symptom"]
    said = said or [row.words for row in one.because if row.about == "element"]
    return one.element, one.symptom, said[0] if said else "", one.is_sure


def _symptom(element: Element, group: Group, home: Home) -> tuple[str | None, Hit | None]:
    """The most urgent of those it usually has, else the most urgent of all that were said of it."""
    said = [(resolved(hit.code, element), hit) for hit in group.symptoms]
    usual = [(code, hit) for code, hit in said if code in element.symptoms]
    if usual or said:
        return min(usual or said, key=lambda one: _rank(element.code, one[0], home))
    if group.is_absent or group.is_excepted:
        usual_ones = [
            code
            for code in (("missing", "broken") if group.is_absent else ("broken",))
            if code in element.symptoms
        ]
        return (usual_ones or element.symptoms)[0], None
    return (vocabulary().told_by_name.get(element.code) if group.is_named else None), None


def resolved(symptom: str, element: Element) -> str:
    """What a complaint means for that element: a window that does not close cannot be locked."""
    table = vocabulary().resolve.get(symptom)
    code = (table.get(element.code) or table[""]) if table else symptom
    if code == "broken" and "broken" not in element.symptoms and element.symptoms[0].startswith("no_"):
        return element.symptoms[0]
    return code


def _is_elsewhere(hit: Hit, group: Group, groups: list[Group]) -> bool:
    """A place named beside another thing is that thing's."""
    beside = [other for other in groups if hit.clause in other.clauses]
    return bool(beside) and group not in beside


def _place(found: Found, group: Group, element: Element, places: list[Hit]) -> tuple[str | None, Hit | None]:
    """Named beside it, else anywhere in the text when it is one only, else where such a thing usually is."""
    near = [hit for hit in places if hit.clause in group.clauses]
    near = near or [hit for hit in places if hit.sentence in group.sentences]
    if not near and len({hit.code for hit in places}) == 1:
        near = places
    of_itself = {at for hit in group.names for at in hit.at}
    near.sort(key=lambda hit: (not of_itself.isdisjoint(hit.at), hit.code == EVERYWHERE, hit.at))
    if near and of_itself.isdisjoint(near[0].at):
        return near[0].code, near[0]
    usual = vocabulary().default_place.get(element.code)
    if usual is None and near:
        return near[0].code, near[0]
    return usual, None


def _confidence(element: Element, symptom: str | None, group: Group) -> float:
    sure = group.weight if group.names else IMPLIED
    if symptom is None:
        sure *= NO_SYMPTOM
    elif symptom not in element.symptoms:
        sure *= OFF_LIST
    if group.has_rival:
        sure *= RIVAL
    if (group.is_fine or group.is_no_repair) and not group.danger:
        sure *= NOT_MEANT
    return sure * min((hit.likeness for hit in (*group.names, *group.symptoms)), default=1.0)


def _rank(element: str, symptom: str, home: Home) -> int:
    known = symptom if symptom in taxonomy().symptoms else "other"
    return list(Priority).index(priority_of(element, known, home.on, home.season))


def _urgent(found: Found, how_long: Lasting | None) -> Iterable[Urgent]:
    """Each once, in the table's order, with the words that say it first."""
    said = {hit.code: found.words(hit) for hit in reversed(found.of("urgency")) if not hit.is_denied}
    if how_long is not None and how_long.days >= lasting_days():
        said["lasting"] = how_long.words
    return [Urgent(code, said[code]) for code in in_order(said)]
