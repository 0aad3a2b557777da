"""Which dangers somebody tells, and which are past, supposed or elsewhere: a hint instead of an alarm.

When in doubt it is an alarm: a word that it goes on ("encore", "toujours", "still") outweighs all others.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.aftersales.intake.matching import Found, Hit
from services.aftersales.intake.vocabulary import Together, vocabulary

MOST = 30
"""Dangers and stances of a text that are compared with each other; beyond them every danger is an alarm."""
IMPERFECT = ("ait", "aient")
"""How a French verb ends that tells what was."""
CONDITIONAL = ("rait", "raient")
"""How one ends that tells what should be; what was entered or shown ends so too, and is an alarm in doubt."""


WHATEVER_GOES_ON = ("figurative", "long_ago")
"""Stances that hold though something else is said to go on."""


@dataclass(frozen=True)
class Danger:
    """Words of the person that ask for a telephone call before anything else."""

    code: str
    words: str
    clause: int = field(default=0, compare=False)
    """Where they stand."""


def told(found: Found) -> tuple[tuple[Danger, ...], tuple[Danger, ...]]:
    """Dangers to call for, and those of which one only says what to do if it were so; each once."""
    now: dict[str, Danger] = {}
    quiet: dict[str, Danger] = {}
    told_parts = {hit.code for hit in found.of("part") if not hit.is_denied}
    voids = vocabulary().voids
    said = [
        hit
        for hit in found.of("stance")
        if not hit.is_denied and told_parts.isdisjoint(voids.get(hit.code, ()))
    ]
    goes_on = any(hit.code == "goes_on" for hit in said)
    heard = sorted(_heard(found), key=lambda one: one[1])
    for index, (code, at) in enumerate(heard):
        if code in now:
            continue
        words = found.text[found.tokens[at[0]].start : found.tokens[at[-1]].end]
        is_calm = index < MOST and any(
            (not goes_on or hit.code in WHATEVER_GOES_ON) and _calms(found, hit, code, at)
            for hit in said[:MOST]
        )
        (quiet if is_calm else now).setdefault(code, Danger(code, words, found.tokens[at[0]].clause))
    return tuple(now.values()), tuple(one for code, one in quiet.items() if code not in now)


def _heard(found: Found) -> Iterator[tuple[str, tuple[int, ...]]]:
    for hit in found.of("danger"):
        if not hit.is_denied:
            yield hit.code, hit.at
    parts: dict[str, list[Hit]] = {}
    for hit in found.of("part"):
        if not hit.is_denied:
            parts.setdefault(hit.code, []).append(hit)
    for rule in vocabulary().together:
        if all(code in parts for code in rule.parts):
            yield from _together(rule, parts)


def _together(rule: Together, parts: dict[str, list[Hit]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The first place where all parts stand near each other."""
    starts = {code: [hit.at[0] for hit in parts[code]] for code in rule.parts}
    void = {one.clause for code in rule.unless for one in parts.get(code, ())}
    for hit in parts[rule.parts[0]]:
        if hit.clause in void:
            continue
        chosen = [hit]
        for code in rule.parts[1:]:
            place = bisect_left(starts[code], hit.at[0])
            near = parts[code][max(0, place - 2) : place + 2]
            near = [one for one in near if _is_with(rule, hit, one) and not set(one.at) & set(hit.at)]
            if not near:
                break
            chosen.append(min(near, key=lambda one: abs(one.at[0] - hit.at[0])))
        else:
            at = sorted(place for one in chosen for place in one.at)
            if at[-1] - at[0] <= rule.near and void.isdisjoint(one.clause for one in chosen):
                yield rule.danger, tuple(at)
                return


def _is_with(rule: Together, hit: Hit, other: Hit) -> bool:
    return hit.clause == other.clause if rule.is_one_clause else abs(hit.sentence - other.sentence) <= 1


def _calms(found: Found, stance: Hit, code: str, at: tuple[int, ...]) -> bool:
    """Whether what is said there makes of that danger one that was, might be, or is not here."""
    if code not in vocabulary().calms.get(stance.code, ()):
        return False
    clause, sentence = found.tokens[at[0]].clause, found.tokens[at[0]].sentence
    if stance.code == "supposed":
        is_apart = stance.clause != clause and _is_now(found, sentence)
        return stance.sentence == sentence and stance.at[0] <= at[0] and not is_apart
    if stance.code == "elsewhere":
        is_near = abs(stance.clause - clause) <= 1 or stance.sentence == sentence
        return is_near and not _is_now(found, sentence)
    if stance.code == "figurative":
        return abs(stance.clause - clause) <= 1 and not _is_now(found, sentence)
    if stance.code == "long_ago":
        here = {token.text for token in found.tokens if token.clause == clause}
        return abs(stance.clause - clause) <= 1 and here.isdisjoint(vocabulary().now)
    if stance.code in ("weak_battery", "allowed"):
        return abs(stance.sentence - sentence) <= (stance.code == "weak_battery") and not (
            stance.code == "allowed" and _is_now(found, sentence)
        )
    if stance.code == "past":
        return stance.sentence == sentence and _is_told_as_past(found, stance, at)
    return stance.clause >= clause and _ends(found, stance, code) and not _is_still_in(found, code, at)


def _ends(found: Found, stance: Hit, code: str) -> bool:
    """Whether what is said to be over is that danger: not people who got out of it, nor a question."""
    words = [found.tokens[place].text for place in stance.at]
    only = {
        danger for danger, begins in vocabulary().ends_only.items()
        if any(word.startswith(begins) for word in words)
    }  # fmt: skip
    after = found.text[found.tokens[stance.at[-1]].end :]
    is_asked = next((letter for letter in after if letter in ".;!?\n"), "") == "?"
    return (not only or code in only) and not is_asked


def _is_still_in(found: Found, code: str, at: tuple[int, ...]) -> bool:
    """ "I am stuck in the lift, my son got out": who tells it is in it."""
    words = vocabulary().still_in.get(code, frozenset())
    near = found.tokens[max(0, at[0] - 3) : at[0]]
    return any(token.text in words and token.clause == found.tokens[at[0]].clause for token in near)


def _is_now(found: Found, sentence: int) -> bool:
    said = f" {' '.join(token.text for token in found.tokens if token.sentence == sentence)} "
    return any(f" {words} " in said for words in vocabulary().now)


def _is_told_as_past(found: Found, stance: Hit, at: tuple[int, ...]) -> bool:
    """The verb says so too, and nothing that it is so now: "hier ça sentait", not "hier soir … ça sent"."""
    sentence = found.tokens[at[0]].sentence
    if _is_now(found, sentence):
        return False
    near = found.tokens[max(0, min(at[0], stance.at[0]) - 6) : at[-1] + 6]
    return any(token.sentence == sentence and tells_what_was(token.text) for token in near)


def tells_what_was(word: str) -> bool:
    """Whether a verb tells what was."""
    is_imperfect = word.endswith(IMPERFECT) and not word.endswith(CONDITIONAL)
    return word in vocabulary().past_verbs or (is_imperfect and word not in vocabulary().not_past)
