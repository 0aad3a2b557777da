"""The mark that a leak left is no leak: "no more leak, only the stain on the ceiling"."""

from dataclasses import replace

from services.aftersales.intake.matching import Found, Hit
from services.aftersales.intake.vocabulary import vocabulary


def only_marks(found: Found) -> Found:
    """The same, with the marks that are left as such where what made them is told to be over or mended."""
    words = vocabulary()
    ended = [hit.at[-1] for hit in found.hits if _ends(hit)]
    if not ended:
        return found
    first = min(ended)
    found.hits = [
        replace(hit, phrase=replace(hit.phrase, code=words.left_mark))
        if hit.kind == "symptom"
        and hit.code in words.leaves_marks
        and hit.at[0] > first
        and _is_mark(found, hit)
        else hit
        for hit in found.hits
    ]
    return found


def _ends(hit: Hit) -> bool:
    if hit.kind == "symptom":
        return hit.is_denied and hit.code in vocabulary().leaves_marks
    return hit.kind == "stance" and hit.code in ("over", "mended") and not hit.is_denied


def _is_mark(found: Found, hit: Hit) -> bool:
    return any(found.tokens[at].text.startswith(vocabulary().marks) for at in hit.at)
