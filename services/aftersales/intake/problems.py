"""A problem as the steps of a report hand it on in their addresses: three codes, nothing personal."""

from collections.abc import Iterable
from typing import NamedTuple

from services.aftersales.intake.classifier import Proposal
from services.aftersales.taxonomy import taxonomy

MOST = 5
"""Problems of one report."""


class Problem(NamedTuple):
    """Empty where nothing is chosen yet."""

    place: str
    element: str
    symptom: str

    def __str__(self) -> str:
        return ".".join(self)

    def label(self, language: str) -> str:
        """As people read it: "Robinet – fuite"."""
        known = taxonomy()
        element = known.elements[self.element].label.in_(language)
        return (
            f"{element} – {known.symptoms[self.symptom].in_(language).lower()}" if self.symptom else element
        )

    def sentence(self, language: str) -> str:
        """What stands for the household's own words when it only tapped."""
        place = taxonomy().places[self.place].label.in_(language).lower()
        return f"{self.label(language)} ({place})"


def of_proposal(proposal: Proposal) -> Problem:
    return Problem(proposal.place or "", proposal.element, proposal.symptom or "")


def read(texts: Iterable[str]) -> list[Problem]:
    """Those whose codes are known, each thing once; anything else in an address is left out."""
    known = taxonomy()
    found: dict[str, Problem] = {}
    for text in texts:
        place, element, symptom, *rest = (*text.split("."), "", "", "")
        is_known = element in known.elements and (not place or place in known.places)
        if is_known and (not symptom or symptom in known.symptoms) and not any(rest):
            found.setdefault(element, Problem(place, element, symptom))
    return list(found.values())[:MOST]
