"""How urgent a request is, and the number to call when nobody should be filling in a form."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.codes import Priority
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of


@dataclass(frozen=True)
class HeatingPeriod:
    """A building's heating season, as `MM-DD` civil days, both included; it may span the new year."""

    from_: str
    to: str

    def holds(self, on: date) -> bool:
        day = on.strftime("%m-%d")
        if self.from_ <= self.to:
            return self.from_ <= day <= self.to
        return day >= self.from_ or day <= self.to

    def next_start(self, on: date) -> date:
        """The first day of heating on or after `on`; `on` itself when the season is running."""
        if self.holds(on):
            return on
        this_year = self._start_in(on.year)
        return this_year if this_year >= on else self._start_in(on.year + 1)

    def _start_in(self, year: int) -> date:
        """Of a day that the year lacks, the 29th of February among them, the first one after it."""
        month, day = (int(part) for part in self.from_.split("-"))
        last = date(year, month, monthrange(year, month)[1])
        return last.replace(day=day) if day <= last.day else last + timedelta(days=1)


@dataclass(frozen=True)
class Emergency:
    """A number to call, and what to do meanwhile, by language."""

    call: str
    fr: str
    en: str

    def advice(self, language: str) -> str:
        return self.en if language == "en" else self.fr


class Adjustment(BaseModel):
    """One row of `exceptions` in `priority.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trade: tuple[str, ...] | None = None
    element: tuple[str, ...] | None = None
    symptom: tuple[str, ...] | None = None
    priority: Priority
    at_least: bool = False
    """True when the row only lowers: an already less urgent element stays as it is."""


def default_heating_period() -> HeatingPeriod:
    """Usage, not law: 15 October to 15 April where a building says nothing else."""
    row = load("priority")["heating_period"]
    return HeatingPeriod(row["from"], row["to"])


def priority_of(element: str, symptom: str, on: date, heating: HeatingPeriod | None = None) -> Priority:
    """The default priority on that civil day. Raises KeyError for an unknown element."""
    found = _base(element)
    trade = element_of(element).trade
    for row in _adjustments():
        if (
            (row.trade is None or trade in row.trade)
            and (row.element is None or element in row.element)
            and (row.symptom is None or symptom in row.symptom)
        ):
            found = max(found, row.priority, key=_rank) if row.at_least else row.priority
            break
    winter = load("priority")["winter"]
    is_cold = symptom in winter["symptoms"] and (heating or default_heating_period()).holds(on)
    if is_cold and _rank(found) > _rank(Priority.P1):
        found = list(Priority)[_rank(found) - 1]
    return found


def emergency_of(element: str, priority: Priority) -> Emergency | None:
    """Whom to call at once, for a p0 request; None for all others."""
    if priority is not Priority.P0:
        return None
    table = load("priority")
    by_element, by_trade = table["emergency_of"]["elements"], table["emergency_of"]["trades"]
    key = by_element.get(element) or by_trade.get(element_of(element).trade) or "danger"
    row = table["emergencies"][key]
    return Emergency(row["call"], row["fr"], row["en"])


def _rank(priority: Priority) -> int:
    return list(Priority).index(priority)


def _base(element: str) -> Priority:
    for priority, elements in load("priority")["elements"].items():
        if element in elements:
            return Priority(priority)
    raise KeyError(element)


@cache
def _adjustments() -> tuple[Adjustment, ...]:
    return TypeAdapter(tuple[Adjustment, ...]).validate_python(load("priority")["exceptions"])
