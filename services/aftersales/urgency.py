"""What a household's own words add to the priority of the table: never less than it, within bounds."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.codes import Priority
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of
from services.aftersales.words import Reason

REASON = "urgent_"
"""What the keys of its reasons begin with."""
FACT = "urgency"
"""Under which name the first step of a request keeps what was told."""
_ORDER = list(Priority)


class Raise(BaseModel):
    """One row of `urgency.yaml`: every condition given must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trades: tuple[str, ...] | None = None
    elements: tuple[str, ...] | None = None
    symptoms: tuple[str, ...] | None = None
    raises: int
    most: Priority
    source: str

    def fits(self, element: str, symptom: str) -> bool:
        return (
            (self.trades is None or element_of(element).trade in self.trades)
            and (self.elements is None or element in self.elements)
            and (self.symptoms is None or symptom in self.symptoms)
        )


def factors() -> list[str]:
    """All that may be told, in the order in which people are asked."""
    return list(_table())


def known(told: Iterable[Any]) -> tuple[str, ...]:
    """The codes of `told` that are factors, each once, in the table's order."""
    given = set(told)
    return tuple(code for code in factors() if code in given)


def lasting_days() -> int:
    """From how many days on a fault counts as lasting."""
    return int(load("urgency")["lasting_days"])


def raised(
    usual: Priority, element: str, symptom: str, told: Iterable[str]
) -> tuple[Priority, tuple[str, ...]]:
    """The priority with what was told, and which of it made the request more urgent than the table does."""
    counted, most = [], usual
    for code in known(told):
        row = next((one for one in _table()[code] if one.fits(element, symptom)), None)
        if row is None:
            continue
        reached = max(_rank(usual) - row.raises, _rank(row.most))
        if reached < _rank(usual):
            counted.append(code)
            most = min(most, _ORDER[reached], key=_rank)
    return most, tuple(counted)


def matters_for(element: str, symptom: str) -> tuple[str, ...]:
    """What is worth asking of such a fault: the factors that can make it more urgent."""
    return tuple(code for code, rows in _table().items() if any(one.fits(element, symptom) for one in rows))


def reasons(counted: Iterable[str]) -> list[Reason]:
    """Codes only: the household's words stay where they were written."""
    return [Reason(f"{REASON}{code}") for code in counted]


def _rank(priority: Priority) -> int:
    return _ORDER.index(priority)


@cache
def _table() -> dict[str, tuple[Raise, ...]]:
    return {code: tuple(Raise(**row) for row in rows) for code, rows in load("urgency")["factors"].items()}
