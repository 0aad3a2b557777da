"""Brings the problems of a text together: what they share, what is the same, which of them comes first."""

from collections.abc import Iterable
from itertools import pairwise

from services.aftersales.intake.dangers import Danger
from services.aftersales.intake.group import Group, fits
from services.aftersales.intake.matching import Found
from services.aftersales.intake.stances import Stances
from services.aftersales.intake.vocabulary import GENERIC, vocabulary
from services.aftersales.taxonomy import element_of


def endangered(groups: list[Group], dangers: Iterable[Danger]) -> list[Group]:
    """What a danger is told of comes first, with that as what is wrong; where it is not named it is added."""
    words = vocabulary()
    first: list[Group] = []
    for told in dangers:
        means, hazard = words.of_danger.get(told.code, []), words.hazard.get(told.code)
        near = [one for one in groups if told.clause in one.clauses and not one.is_fine]
        beside = [one for one in near if _worst_of(one.element, means)]
        if not means:
            first += _otherwise(told, (*groups, *first))
        if not means or (not beside and hazard is None):
            continue
        if not beside and hazard is not None:
            beside = [one for one in (*groups, *first) if one.element == hazard]
            beside = beside or [Group(hazard, clauses={told.clause}, weight=GENERIC)]
        beside[0].danger, beside[0].danger_words = _worst_of(beside[0].element, means), told.words
        first += [one for one in beside[:1] if not any(one is other for other in first)]
    return first + [one for one in groups if not any(one is other for other in first)]


def _otherwise(told: Danger, groups: Iterable[Group]) -> list[Group]:
    """What the danger is of, where nothing of its trade is told; what is told of it keeps its place."""
    element, symptom = vocabulary().otherwise.get(told.code, (None, None))
    if element is None:
        return []
    assert symptom is not None
    trade = element_of(element).trade
    beside = [one for one in groups if element_of(one.element).trade == trade and not one.is_fine]
    untold = [one for one in beside if not one.symptoms and symptom in element_of(one.element).symptoms]
    meant = next((one for one in (*beside, *untold) if one.element == element or one in untold), None)
    if meant is None and any(one.symptoms or one.danger for one in beside):
        return []
    if meant is None:
        return [
            Group(element, clauses={told.clause}, weight=GENERIC, danger=symptom, danger_words=told.words)
        ]
    if meant.element not in vocabulary().told_by_name:
        meant.danger, meant.danger_words = meant.danger or symptom, meant.danger_words or told.words
    return []


def share_with_the_one_before(groups: list[Group], said: Stances) -> None:
    """In "the radiator and the boiler do not work" both do not; with a "but" between them only one."""
    for before, after in pairwise(groups):
        if before.symptoms or before.is_absent or before.weight < GENERIC or before.is_fine or after.is_fine:
            continue
        if not before.sentences & after.sentences or min(after.clauses) in said.contrasted:
            continue
        if max(before.clauses) + 1 == min(after.clauses):
            before.symptoms += [hit for hit in after.symptoms if fits(hit, before.element)]


def share_with_the_one_after(found: Found, groups: list[Group]) -> None:
    """In "the tap drips, the toilet too" both do."""
    for before, after in pairwise(groups):
        if not after.symptoms and not after.is_absent and any(map(found.is_likewise, after.names)):
            after.symptoms += [hit for hit in before.symptoms if fits(hit, after.element)]


def set_right(groups: list[Group], said: Stances, after: int, until: int) -> None:
    """What clauses in between say of what was told before: that it is mended, or that one of it fails."""
    for clause in range(after + 1, until) if groups else ():
        if clause in said.over:
            groups[-1].is_fine = True
        elif clause in said.one_of_them:
            groups[-1].is_fine, groups[-1].is_excepted, groups[-1].symptoms = False, True, []
            groups[-1].clauses.add(clause)


def merged(groups: Iterable[Group]) -> list[Group]:
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
        if same.is_fine and not group.is_fine:
            same.is_fine, same.symptoms = False, []
        elif group.is_fine and not same.is_fine:
            continue
        same.is_no_repair &= group.is_no_repair
        same.is_excepted |= group.is_excepted
        same.names += group.names if same.element == group.element else []
        same.symptoms += group.symptoms
        same.clauses |= group.clauses
        same.weight = max(same.weight, group.weight) if group.names else same.weight
    return [one for one in kept if not _is_echo(one, kept)]


def _could_be(group: Group, thing: Group) -> bool:
    return any(fits(hit, thing.element) for hit in group.symptoms) and (
        element_of(group.element).trade == element_of(thing.element).trade or not thing.symptoms
    )


def _is_echo(group: Group, kept: list[Group]) -> bool:
    """A hint with no complaint of its own, beside a thing of its trade that is named, says nothing new."""
    if group.is_named or not group.names:
        return False
    trade = element_of(group.element).trade
    better = [one for one in kept if one.is_named and element_of(one.element).trade == trade]
    return any(all(fits(hit, one.element) for hit in group.symptoms) for one in better)


def is_aside(group: Group) -> tuple[bool, bool]:
    told = bool(group.symptoms) or group.is_absent or group.is_excepted
    return group.is_fine or group.is_no_repair, not told and not (
        group.is_named and group.element in vocabulary().told_by_name
    )


def _worst_of(element: str, means: Iterable[str]) -> str | None:
    return next((one for one in means if one in element_of(element).symptoms), None)
