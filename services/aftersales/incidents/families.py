"""Which reports may have one cause: the family of symptoms, and what part of the housing fails together."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "families.yaml"


@dataclass(frozen=True)
class Family:
    """What several homes can report of one cause. `scope`: `staircase` or `building`."""

    code: str
    scope: str
    elements: tuple[str, ...]
    symptoms: tuple[str, ...]


def family_of(element: str, symptom: str) -> Family | None:
    """The family of a report; None for what only one home can have."""
    for family in families():
        if element in family.elements and symptom in family.symptoms:
            return family
    return None


def family_named(code: str) -> Family:
    """The family of that code. Raises KeyError when there is none."""
    return {family.code: family for family in families()}[code]


@cache
def families() -> tuple[Family, ...]:
    """All of them, in the order they are tried."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Family(code, row["scope"], tuple(row["elements"]), tuple(row["symptoms"]))
        for code, row in rows.items()
    )
