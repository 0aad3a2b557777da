"""One problem as it is told: a thing and what is said of it, and which complaint may be which thing's."""

from dataclasses import dataclass, field

from services.aftersales.intake.matching import Hit
from services.aftersales.intake.vocabulary import NAMED, vocabulary
from services.aftersales.taxonomy import element_of


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
    is_fine: bool = False
    """True when it is said to work, to be mended, or to be another's."""
    is_excepted: bool = False
    """True when all else is said to work."""
    is_no_repair: bool = False
    """True when what is said of it is a question, a wish or a complaint about people."""

    danger: str | None = None
    """The symptom that a danger told beside it means."""
    danger_words: str = ""

    @property
    def is_named(self) -> bool:
        """Said by its own name, not hinted at or followed from a complaint."""
        return any(hit.phrase.weight >= NAMED for hit in self.names)


def fits(hit: Hit, element: str) -> bool:
    table = vocabulary().resolve.get(hit.code)
    code = (table.get(element) or table[""]) if table else hit.code
    usual = element_of(element).symptoms
    return code in usual or (code == "broken" and usual[0].startswith("no_"))


def implied_by(symptom: str, heating: str) -> str | None:
    table = vocabulary().implied.get(symptom)
    if table is None:
        return None
    return table.get(heating) or table[""]


def meant(element: str, complaints: list[Hit], heating: str) -> str:
    """Cold walls want insulation: a thing whose complaints are another's stands for that one."""
    table = vocabulary().instead.get(element, {})
    if not complaints or any(fits(hit, element) and hit.code not in table for hit in complaints):
        return element
    other = next((table[hit.code] for hit in complaints if hit.code in table), element)
    means = vocabulary().generic.get(other)
    return (means.get(heating) or means[""]) if means else other
