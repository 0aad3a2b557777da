"""Which complaint belongs to which thing: a text is taken apart into problems, in the order told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from services.aftersales.intake.matching import Found, Hit
from services.aftersales.intake.vocabulary import GENERIC, NAMED, vocabulary
from services.aftersales.taxonomy import element_of

ASIDE = 0.7
"""What "under the …" is worth beside the thing itself."""
MOST_OF_A_PIECE = 40
"""Things and complaints told in one breath; each is compared with the others."""
UNUSUAL = 0.8
"""What a thing is worth that usually has no such complaint."""


@dataclass
class Group:
    """One problem: a thing and what is said of it."""

    element: str
    names: list[Hit] = field(default_factory=list)
    """Empty when the thing follows from the complaint alone."""
    symptoms: list[Hit] = field(default_factory=list)
    clauses: set[int] = field(default_factory=set)
    sentences: set[int] = field(default_factory=set)
    weight: float = NAMED
    has_rival: bool = False
    is_absent: bool = False
    """True when the thing itself is said not to be there."""

    @property
    def is_named(self) -> bool:
        """Said by its own name, not hinted at or followed from a complaint."""
        return any(hit.phrase.weight >= NAMED for hit in self.names)


def grouped(found: Found, heating: str) -> list[Group]:
    """The problems told, each thing once."""
    groups: list[Group] = []
    of_another: list[Hit] = []
    for piece in _pieces(found):
        things = _things(found, piece)
        complaints = [hit for hit in piece if hit.kind == "symptom" and not hit.is_denied]
        if things and not _only_hinted_wrongly(things, complaints):
            groups.append(_group(found, things, complaints or of_another))
            of_another = []
        elif any(hit.is_other for hit in piece):
            of_another += complaints
        elif complaints:
            _unnamed(groups, complaints, heating)
    _unnamed(groups, of_another, heating)
    _share_with_the_one_before(groups)
    _share_with_the_one_after(found, groups)
    return _merged(groups)


def _pieces(found: Found) -> Iterator[list[Hit]]:
    """Clauses; and within a clause without any comma, a new piece where a new thing begins."""
    by_clause: dict[int, list[Hit]] = {}
    for hit in found.hits:
        if hit.kind in ("element", "symptom"):
            by_clause.setdefault(hit.clause, []).append(hit)
    for every in by_clause.values():
        for start in range(0, len(every), MOST_OF_A_PIECE):
            hits = every[start : start + MOST_OF_A_PIECE]
            piece: list[Hit] = []
            for index, hit in enumerate(hits):
                if _begins_anew(found, piece, hit, hits[index + 1 :]):
                    yield piece
                    piece = []
                piece.append(hit)
            yield piece


def _begins_anew(found: Found, piece: list[Hit], hit: Hit, rest: list[Hit]) -> bool:
    things = [one for one in piece if one.kind == "element" and one.phrase.weight >= NAMED]
    complaints = [one for one in piece if one.kind == "symptom"]
    if _is_another_lack(hit, complaints):
        return True
    if not things or not complaints:
        return False
    if hit.kind == "element":
        is_new = hit.phrase.weight >= NAMED and hit.code not in {one.code for one in things}
        overlaps = any(set(hit.at) & set(one.at) for one in piece)
        complained = any(one.kind == "symptom" for one in rest)
        return is_new and not overlaps and complained and not found.follows_place_word(hit)
    following = rest[0] if rest else None
    return (
        following is not None
        and following.kind == "element"
        and following.phrase.weight >= NAMED
        and following.code not in {one.code for one in things}
        and not found.follows_place_word(following)
        and not any(one.kind == "symptom" for one in rest)
    )


def _is_another_lack(hit: Hit, complaints: list[Hit]) -> bool:
    """In "no heating no hot water" each is missing by itself."""
    implied = vocabulary().implied
    if hit.kind != "symptom" or not hit.phrase.says_not or hit.code not in implied:
        return False
    return any(one.phrase.says_not and one.code in implied and one.code != hit.code for one in complaints)


def _things(found: Found, piece: list[Hit]) -> list[Hit]:
    """Things of the piece; those of which there are better none do not count when denied."""
    none_is_fine = vocabulary().better_none
    things = [hit for hit in piece if hit.kind == "element"]
    return [hit for hit in things if not hit.is_other and not (hit.is_denied and hit.code in none_is_fine)]


def _only_hinted_wrongly(things: list[Hit], complaints: list[Hit]) -> bool:
    """In "the neighbour's leak" nobody complains of noise: what is only hinted at must fit."""
    if not any(one.code in vocabulary().implied for one in complaints):
        return False
    return all(
        hit.phrase.weight < GENERIC and not any(_fits(one, hit.code) for one in complaints) for hit in things
    )


def _group(found: Found, things: list[Hit], complaints: list[Hit]) -> Group:
    def worth(hit: Hit) -> tuple[float, int]:
        usual = element_of(hit.code).symptoms
        fits = not complaints or any(one.code in usual or _fits(one, hit.code) for one in complaints)
        aside = ASIDE if found.follows_place_word(hit) else 1.0
        return hit.phrase.weight * aside * (1.0 if fits else UNUSUAL), -hit.at[0]

    best = max(things, key=worth)
    others = [hit for hit in things if hit.code != best.code and worth(hit)[0] >= worth(best)[0]]
    return Group(
        element=best.code,
        names=[hit for hit in things if hit.code == best.code],
        symptoms=complaints,
        clauses={best.clause, *(hit.clause for hit in complaints)},
        sentences={best.sentence},
        weight=best.phrase.weight * (ASIDE if found.follows_place_word(best) else 1.0),
        has_rival=any(element_of(hit.code).trade != element_of(best.code).trade for hit in others),
        is_absent=best.is_denied,
    )


def _unnamed(groups: list[Group], complaints: list[Hit], heating: str) -> None:
    """A complaint alone is about the thing named before, else about what it usually is about."""
    for hit in complaints:
        before = groups[-1] if groups else None
        implied = _implied(hit.code, heating)
        if before is not None and (_fits(hit, before.element) or implied is None):
            before.symptoms.append(hit)
            before.clauses.add(hit.clause)
        elif implied is not None:
            groups.append(Group(implied, symptoms=[hit], clauses={hit.clause}, sentences={hit.sentence}))


def _share_with_the_one_before(groups: list[Group]) -> None:
    """In "the radiator and the boiler do not work" both do not."""
    for before, after in pairwise(groups):
        if before.symptoms or before.is_absent or before.weight < GENERIC:
            continue
        if not before.sentences & after.sentences:
            continue
        if max(before.clauses) + 1 == min(after.clauses):
            before.symptoms += [hit for hit in after.symptoms if _fits(hit, before.element)]


def _share_with_the_one_after(found: Found, groups: list[Group]) -> None:
    """In "the tap drips, the toilet too" both do."""
    for before, after in pairwise(groups):
        if not after.symptoms and not after.is_absent and any(map(found.is_likewise, after.names)):
            after.symptoms += [hit for hit in before.symptoms if _fits(hit, after.element)]


def _merged(groups: Iterable[Group]) -> list[Group]:
    """Each thing once; what only follows from a complaint joins a named thing that has such complaints."""
    every = list(groups)
    named = [group for group in every if group.is_named]
    kept: list[Group] = []
    for group in every:
        same = next((one for one in kept if one.element == group.element), None)
        if same is None and not group.is_named:
            same = next((one for one in named if _could_be(group, one)), None)
        if same is None:
            kept.append(group)
            continue
        same.names += group.names if same.element == group.element else []
        same.symptoms += group.symptoms
        same.clauses |= group.clauses
        same.weight = max(same.weight, group.weight) if group.names else same.weight
    return [one for one in kept if not _is_echo(one, kept)]


def _could_be(group: Group, thing: Group) -> bool:
    return any(_fits(hit, thing.element) for hit in group.symptoms) and (
        element_of(group.element).trade == element_of(thing.element).trade or not thing.symptoms
    )


def _is_echo(group: Group, kept: list[Group]) -> bool:
    """A hint with no complaint of its own, beside a thing of its trade that is named, says nothing new."""
    if group.is_named or not group.names:
        return False
    trade = element_of(group.element).trade
    better = [one for one in kept if one.is_named and element_of(one.element).trade == trade]
    return any(all(_fits(hit, one.element) for hit in group.symptoms) for one in better)


def _fits(hit: Hit, element: str) -> bool:
    table = vocabulary().resolve.get(hit.code)
    code = (table.get(element) or table[""]) if table else hit.code
    usual = element_of(element).symptoms
    return code in usual or (code == "broken" and usual[0].startswith("no_"))


def _implied(symptom: str, heating: str) -> str | None:
    table = vocabulary().implied.get(symptom)
    if table is None:
        return None
    return table.get(heating) or table[""]
