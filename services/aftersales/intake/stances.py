"""What a clause says of its things: that they work, are another's, or that nothing is to be repaired."""

from dataclasses import dataclass

from services.aftersales.intake.dangers import tells_what_was
from services.aftersales.intake.group import fits
from services.aftersales.intake.matching import Found, Hit
from services.aftersales.intake.vocabulary import NAMED, vocabulary

FINE = ("works", "mended", "thanks", "over")
"""Stances of a clause in which nothing is wrong."""


@dataclass(frozen=True)
class Stances:
    """Clauses by what they say; all are numbers of clauses."""

    fine: frozenset[int]
    """What is told there works, is mended, or is another's."""
    over: frozenset[int]
    """Says of what was told just before that it is over, and names nothing itself."""
    no_repair: frozenset[int]
    """A question, a wish or a complaint about people."""
    contrasted: frozenset[int]
    """Set against what was said before."""
    excepted: frozenset[int]
    """What alone fails where all else works: "tout marche sauf …", "… mais internet non"."""
    one_of_them: frozenset[int]
    """The same where no other thing is named: "les volets marchent sauf celui de la chambre"."""


def stances(found: Found) -> Stances:
    """Of each clause; what is denied or doubted ("ne marche pas") counts for none."""
    words, tokens = vocabulary(), found.tokens
    contrasted = {token.clause for token in tokens if token.is_contrast}
    by_clause: dict[int, list[Hit]] = {}
    for hit in found.hits:
        by_clause.setdefault(hit.clause, []).append(hit)
    fine = {clause for clause, hits in by_clause.items() if _is_fine(found, hits)}
    fine |= _of_others(found, contrasted)
    nots = {token.clause for token in tokens if token.is_not or token.text == "non"}
    bare = nots - {hit.clause for hit in found.hits if hit.kind == "symptom"}
    excepted = {
        token.clause
        for token, before in zip(tokens, [None, *tokens], strict=False)
        if token.is_contrast
        and (
            token.text in words.exceptions
            or (before is not None and before.text in words.rests)
            or token.clause in bare
        )
        and any(clause in fine for clause in range(max(0, token.clause - 3), token.clause))
    }
    of_things = {hit.clause for hit in found.hits if hit.kind == "element"}
    complained = {hit.clause for hit in found.hits if hit.kind == "symptom" and not hit.is_denied}
    over = {hit.clause for hit in _said(found, "over", "mended")} - of_things - complained
    no_repair = {hit.clause for hit in _said(found, "no_repair")} - _surely_wrong(by_clause)
    no_repair |= {hit.clause for hit in _said(found, "elsewhere", "supposed")}
    no_repair |= _long_ago(found, no_repair)
    alone = excepted - of_things - complained
    return Stances(
        *map(frozenset, (fine - excepted, over - excepted, no_repair, contrasted, excepted, alone))
    )


def _surely_wrong(by_clause: dict[int, list[Hit]]) -> set[int]:
    """Clauses that say of a thing by its name what it usually has: whoever asks when the broken lock is
    mended, or tells that dogs tore down the fence, wants it repaired."""
    wrong = set()
    for clause, hits in by_clause.items():
        things = {hit.code for hit in hits if hit.kind == "element" and hit.phrase.weight >= NAMED}
        told = {hit.code: hit for hit in hits if hit.kind == "symptom" and not hit.is_denied}
        faults = [hit for code, hit in told.items() if code not in vocabulary().no_fault]
        if any(hit.code in vocabulary().fault or fits(hit, thing) for hit in faults for thing in things):
            wrong.add(clause)
    return wrong


def _said(found: Found, *codes: str) -> list[Hit]:
    return [hit for hit in found.of("stance") if hit.code in codes and not hit.is_denied]


def _long_ago(found: Found, others: set[int]) -> set[int]:
    """Clauses that tell what was years ago; "it is two years that it leaks" does not."""
    told = {hit.clause for hit in _said(found, "long_ago")} - others
    past = {token.clause for token in found.tokens if token.clause in told and tells_what_was(token.text)}
    elsewhere = {hit.clause for hit in found.hits if hit.kind in ("element", "symptom")} - past
    return past if elsewhere else set()


def _is_fine(found: Found, hits: list[Hit]) -> bool:
    """In "the tap you mended leaks again" the complaint after it counts; in "you mended the leak" or "thanks
    for …" it does not."""
    told = [hit for hit in hits if hit.kind == "stance"]
    good = [hit for hit in told if hit.code in FINE and not hit.is_denied and not _only(found, hit)]
    complained = {at for hit in hits if hit.kind == "symptom" and not hit.is_denied for at in hit.at}
    good = [hit for hit in good if not complained.issuperset(hit.at)]  # "stopped working"
    if not good or any(hit.code in ("again", "faulty") for hit in told):
        return False
    if any(hit.code == "thanks" for hit in good):
        return True
    first = min(hit.at for hit in good)
    things = [hit for hit in hits if hit.kind == "element"]
    if any(len(hit.at) > 1 and set(hit.at) & set(first) for hit in things):  # "la marche de l'escalier"
        return False
    after = [hit for hit in hits if hit.kind == "symptom" and not hit.is_denied and hit.at[0] > first[-1]]
    is_of_one_before = any(hit.at < first for hit in things) or good[0].code == "works"
    return not (after and is_of_one_before)


def _only(found: Found, hit: Hit) -> bool:
    """In "ne marche que la nuit" it hardly works."""
    around = found.tokens[max(0, hit.at[0] - 2) : hit.at[0]]
    return any(token.is_doubt and token.clause == hit.clause for token in around)


def _of_others(found: Found, contrasted: set[int]) -> set[int]:
    """Clauses about a neighbour's home, when one's own is set against it."""
    mine = [hit.clause for hit in _said(found, "mine")]
    last = max(mine, default=-1)
    return {
        hit.clause
        for hit in _said(found, "others")
        if hit.clause < last
        and (any(hit.clause < clause <= last for clause in contrasted) or _says_mine_first(found, hit, mine))
    }


def _says_mine_first(found: Found, hit: Hit, mine: list[int]) -> bool:
    """In "chez eux …, chez nous …" no "but" is needed."""
    return hit.phrase.words[0].texts == ("chez",) and hit.clause + 1 in mine
