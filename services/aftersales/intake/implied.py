"""What is proposed means a danger too: whoever is told of a leak of gas is told whom to call."""

from collections.abc import Iterable

from services.aftersales.intake.dangers import Danger
from services.aftersales.intake.matching import Found
from services.aftersales.intake.vocabulary import vocabulary

Meant = tuple[str, str | None, str, bool]
"""An element, its symptom, the words that say so, and whether that is sure."""


def implied(
    found: Found, meant: Iterable[Meant], dangers: tuple[Danger, ...], hinted: tuple[Danger, ...]
) -> tuple[tuple[Danger, ...], tuple[Danger, ...]]:
    """The dangers and the hints, with those that follow from what is proposed; each once.

    What was heard as past, supposed or elsewhere stays a hint. Of what is unsure there is but a hint, and
    where anything of the text is told as past or supposed: such a danger was not told by its own words.
    """
    said = {hit.code for hit in found.of("stance") if not hit.is_denied}
    is_now = "goes_on" in said or said.isdisjoint(vocabulary().calms)
    now, quiet = list(dangers), list(hinted)
    for element, symptom, words, is_sure in meant:
        of_it = vocabulary().implied_by_proposal.get(element, {})
        code = of_it.get(symptom or "") or of_it.get("")
        if code is None or any(one.code == code for one in (*now, *quiet)):
            continue
        (now if is_sure and is_now else quiet).append(Danger(code, words))
    return tuple(now), tuple(quiet)
