"""Which complaint belongs to which thing: a text is taken apart into problems, in the order told."""

from collections.abc import Iterator

from services.aftersales.intake.group import Group, fits, implied_by, meant
from services.aftersales.intake.joining import (
    is_aside,
    merged,
    set_right,
    share_with_the_one_after,
    share_with_the_one_before,
)
from services.aftersales.intake.matching import Found, Hit
from services.aftersales.intake.stances import Stances
from services.aftersales.intake.vocabulary import GENERIC, NAMED, vocabulary
from services.aftersales.taxonomy import element_of

ASIDE = 0.7
"""What "under the …" is worth when it is the only thing."""
BESIDE = 0.5
"""What it is worth beside the thing itself, even if that is but hinted at."""
MOST_OF_A_PIECE = 40
"""Things and complaints told in one breath; each is compared with the others."""
EXPLAINED = 1.3
"""What it is worth in "the thing that leaks"."""
UNUSUAL = 0.8
"""What a thing is worth that usually has no such complaint."""


def grouped(found: Found, heating: str, said: Stances) -> list[Group]:
    """The problems told, each thing once; last those that are said to work, or of which nothing is said."""
    groups: list[Group] = []
    of_another: list[Hit] = []
    ended = -1
    for piece in _pieces(found):
        clause = piece[0].clause
        set_right(groups, said, ended, clause)
        ended = clause
        things = _things(found, piece)
        complaints = [hit for hit in piece if hit.kind == "symptom" and not hit.is_denied]
        if groups and _go_on(found, groups[-1], things, complaints):
            _unnamed(groups, complaints, heating, said)
        elif things and not _only_hinted_wrongly(found, things, complaints):
            groups.append(_group(found, things, complaints or of_another, heating))
            _judge(groups[-1], piece, said)
            of_another = []
        elif any(hit.is_other for hit in piece):
            of_another += complaints
        elif complaints and clause not in said.fine:
            _unnamed(groups, complaints, heating, said)
    set_right(groups, said, ended, found.tokens[-1].clause + 1 if found.tokens else 0)
    _unnamed(groups, of_another, heating, said)
    share_with_the_one_before(groups, said)
    share_with_the_one_after(found, groups)
    return sorted(merged(groups), key=is_aside)


def _judge(group: Group, piece: list[Hit], said: Stances) -> None:
    """What its own clause says of it."""
    clause = piece[0].clause
    group.is_excepted = clause in said.excepted and not group.symptoms and not group.is_absent
    symptoms = [hit for hit in piece if hit.kind == "symptom"]
    only_denied = bool(symptoms) and not group.symptoms and not group.is_absent
    group.is_fine = not group.is_excepted and (clause in said.fine or only_denied)
    group.is_no_repair = clause in said.no_repair


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


def _only_hinted_wrongly(found: Found, things: list[Hit], complaints: list[Hit]) -> bool:
    """In "the neighbour's leak" nobody complains of noise, and a leak in the cupboard is not the cupboard's:
    what is only hinted at, or only tells where it is, must fit."""
    if not any(one.code in vocabulary().implied for one in complaints):
        return False
    return _all_aside(found, things, complaints)


def _all_aside(found: Found, things: list[Hit], complaints: list[Hit]) -> bool:
    """Whether each is only hinted at or only tells where it is, and usually has no such complaint."""
    return all(
        (hit.phrase.weight < GENERIC or found.tells_where(hit))
        and not any(fits(one, hit.code) for one in complaints)
        for hit in things
    )


def _go_on(found: Found, before: Group, things: list[Hit], complaints: list[Hit]) -> bool:
    """In "a piece came off and fell on the path" nothing is wrong with the path; "the one in the kitchen …"
    goes on about the thing before."""
    if not (things and complaints and _all_aside(found, things, complaints)):
        return False
    fits_before = any(fits(hit, before.element) for hit in complaints)
    return fits_before or all(map(found.tells_where, things))


def _group(found: Found, things: list[Hit], complaints: list[Hit], heating: str) -> Group:
    said_at = {at for one in complaints for at in one.at}
    fitting = [
        hit for hit in things if hit.phrase.weight >= NAMED and any(fits(one, hit.code) for one in complaints)
    ]

    def worth(hit: Hit) -> tuple[float, int]:
        usual = element_of(hit.code).symptoms
        is_usual = not complaints or any(one.code in usual or fits(one, hit.code) for one in complaints)
        aside = 1.0
        if found.is_explained(hit) and any(one.at > hit.at for one in complaints):
            aside = EXPLAINED
        elif found.follows_place_word(hit) or (not is_usual and found.tells_where(hit)):
            aside = BESIDE
        if hit.code in vocabulary().only_complaint and not said_at.isdisjoint(hit.at):
            aside *= ASIDE if any(other.code != hit.code for other in fitting) else 1.0
        return hit.phrase.weight * aside * (1.0 if is_usual else UNUSUAL), -hit.at[0]

    best = max(things, key=worth)
    others = [hit for hit in things if hit.code != best.code and worth(hit)[0] >= worth(best)[0]]
    return Group(
        element=meant(best.code, complaints, heating),
        names=[hit for hit in things if hit.code == best.code],
        symptoms=complaints,
        clauses={best.clause, *(hit.clause for hit in complaints)},
        sentences={best.sentence},
        weight=best.phrase.weight * (ASIDE if found.follows_place_word(best) else 1.0),
        has_rival=any(element_of(hit.code).trade != element_of(best.code).trade for hit in others),
        is_absent=any(
            hit.is_denied and not found.follows_place_word(hit) for hit in things if hit.code == best.code
        ),
    )


def _unnamed(groups: list[Group], complaints: list[Hit], heating: str, said: Stances) -> None:
    """A complaint alone is about the thing named before, else about what it usually is about."""
    for hit in complaints:
        before = groups[-1] if groups else None
        implied = implied_by(hit.code, heating)
        causes = vocabulary().comes_of.get(hit.code, ())
        if (
            causes
            and before is not None
            and any(one.code in causes for one in before.symptoms[:MOST_OF_A_PIECE])
        ):
            continue
        if before is not None and (fits(hit, before.element) or implied is None):
            if before.is_fine and hit.clause not in said.over:
                # "It was mended, but it leaks again": what it had before does not count.
                before.is_fine, before.symptoms = False, []
            before.symptoms.append(hit)
            before.clauses.add(hit.clause)
        elif implied is not None:
            groups.append(
                Group(
                    implied,
                    symptoms=[hit],
                    clauses={hit.clause},
                    sentences={hit.sentence},
                    is_no_repair=hit.clause in said.no_repair,
                )
            )
