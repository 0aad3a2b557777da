"""What can go wrong in a home: trades, elements, places and symptoms, with their words from the contract."""

from dataclasses import dataclass
from functools import cache

from contracts.words import Label, labels
from services.aftersales.tables import load


@dataclass(frozen=True)
class Element:
    code: str
    trade: str
    label: Label
    symptoms: tuple[str, ...]
    """The symptoms a form offers first; any other known symptom is accepted too."""
    is_common: bool
    """True for what belongs to the shared parts of the building."""
    is_clusterable: bool
    """True when several homes may be reporting one and the same fault."""


@dataclass(frozen=True)
class Place:
    code: str
    label: Label
    is_common: bool


@dataclass(frozen=True)
class Taxonomy:
    trades: dict[str, Label]
    elements: dict[str, Element]
    places: dict[str, Place]
    symptoms: dict[str, Label]
    found_in: dict[str, tuple[str, ...]]
    """By place: the elements usually there, most often told first."""
    first_places: tuple[str, ...]
    """The places offered first."""


@cache
def taxonomy() -> Taxonomy:
    """The whole taxonomy, read once."""
    content = load("taxonomy")
    return Taxonomy(
        trades=labels("trades"),
        elements={
            code: Element(
                code=code,
                trade=row["trade"],
                label=labels("elements")[code],
                symptoms=tuple(row["symptoms"]),
                is_common=row.get("common", False),
                is_clusterable=row.get("cluster", False),
            )
            for code, row in content["elements"].items()
        },
        places={
            code: Place(code, label, code in content["common_places"])
            for code, label in labels("places").items()
        },
        symptoms=labels("symptoms"),
        found_in={place: tuple(elements) for place, elements in content["found_in"].items()},
        first_places=tuple(content["first_places"]),
    )


def element_of(code: str) -> Element:
    """The element with that code. Raises KeyError for a code that is not in the table."""
    return taxonomy().elements[code]
