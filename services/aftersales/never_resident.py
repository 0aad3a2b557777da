"""What no rule of a cooperative's own can put on the resident: safety, and what the law lays on others.

The table is `never_resident` of `responsibility.yaml`, with the dangers of `intake/safety.yaml` and the p0
of `priority.yaml`. It is asked when a rule is written, and again when a request is decided: a rule may have
been written before the table was, and a person may have found a danger that the words did not tell.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import Field, TypeAdapter

from contracts.codes import Priority, Responsible, Tenure
from services.aftersales.priority import priority_of
from services.aftersales.tables import Row, load
from services.aftersales.taxonomy import element_of, taxonomy

Faults = Mapping[str, tuple[str, ...]]
"""Symptoms by element; none named are all of them."""


class Duty(Row):
    """One row of `never_resident`; every condition given must hold."""

    reason: str
    """A key of the reasons."""
    basis: str
    priority: tuple[Priority, ...] | None = None
    dangers: bool = False
    """Whether it is of what is asked about before anything else."""
    symptoms: tuple[str, ...] | None = None
    faults: Faults | None = None
    part: Literal["common"] | None = None
    but: Faults = Field(default_factory=dict)
    tenures: tuple[Tenure, ...] | None = None
    warranted: bool = False
    """Of what a warranty answers for that day: asked of each request, as no rule tells it beforehand."""

    def covers(self, element: str, symptom: str, priority: Priority, is_common: bool) -> bool:
        """Whether the fault is meant, whoever lives there."""
        return (
            (self.priority is None or priority in self.priority)
            and (not self.dangers or (element, symptom) in _dangers())
            and (self.symptoms is None or symptom in self.symptoms)
            and (self.faults is None or _names(self.faults, element, symptom))
            and (self.part is None or is_common)
            and not _names(self.but, element, symptom)
        )

    def holds_within(self, first: date, last: date | None) -> bool:
        """Whether it is in force on any of those days."""
        return (last is None or self.valid_from <= last) and (self.valid_to is None or first <= self.valid_to)


@dataclass(frozen=True)
class Scope:
    """What a rule of the cooperative's own is for. None matches everything."""

    valid_from: date
    valid_to: date | None = None
    trade: str | None = None
    element: str | None = None
    symptom: str | None = None
    tenure: Tenure | None = None


@dataclass(frozen=True)
class Reached:
    """A fault that a rule would put on the resident though it must not."""

    element: str
    symptom: str
    duty: Duty


def duty_on_others(
    element: str,
    symptom: str,
    tenure: Tenure | None,
    on: date,
    *,
    priority: Priority | None = None,
    is_common: bool | None = None,
    is_warranted: bool = False,
) -> Duty | None:
    """The row that keeps the fault from the resident on that legal day, if any; the table's first.

    `priority`: what the request has now, which a person may have set; a p0 by the table counts as well.
    `is_common`: whether the place says that a shared part is meant, else what the element usually is.
    `is_warranted`: whether a warranty answers for it, so that the table leaves it to somebody else.
    Raises KeyError for an unknown element.
    """
    common = element_of(element).is_common if is_common is None else is_common
    usual = priority_of(element, symptom, on)
    found = (
        row
        for row in duties()
        if row.holds(on)
        and (is_warranted or not row.warranted)
        and (row.tenures is None or tenure in row.tenures)
        and any(row.covers(element, symptom, one, common) for one in {usual, priority or usual})
    )
    return next(found, None)


def reached_by(responsible: Responsible, scope: Scope) -> list[Reached]:
    """The faults that such a rule must not put on the resident: empty when the rule may be written.

    A rule that names a symptom is for it wherever it comes up; one that names none, for those that the
    taxonomy knows of each element.
    """
    if responsible is not Responsible.RESIDENT:
        return []
    rows = [
        row
        for row in duties()
        if not row.warranted
        and row.holds_within(scope.valid_from, scope.valid_to)
        and (row.tenures is None or scope.tenure is None or scope.tenure in row.tenures)
    ]
    found = ((element, symptom, _first(rows, element, symptom, scope)) for element, symptom in _faults(scope))
    return [Reached(element, symptom, row) for element, symptom, row in found if row is not None]


@cache
def duties() -> tuple[Duty, ...]:
    """All rows, in the order in which they are named as the reason."""
    return TypeAdapter(tuple[Duty, ...]).validate_python(load("responsibility")["never_resident"])


def _first(rows: Iterable[Duty], element: str, symptom: str, scope: Scope) -> Duty | None:
    priority, common = priority_of(element, symptom, scope.valid_from), element_of(element).is_common
    return next((row for row in rows if row.covers(element, symptom, priority, common)), None)


def _faults(scope: Scope) -> Iterator[tuple[str, str]]:
    for element in taxonomy().elements.values():
        if scope.element not in (None, element.code) or scope.trade not in (None, element.trade):
            continue
        if scope.symptom is None:
            yield from ((element.code, symptom) for symptom in element.symptoms)
        elif scope.element is not None or scope.symptom in element.symptoms:
            yield element.code, scope.symptom


def _names(faults: Faults, element: str, symptom: str) -> bool:
    return element in faults and (not faults[element] or symptom in faults[element])


@cache
def _dangers() -> frozenset[tuple[str, str]]:
    return frozenset((row["element"], row["symptom"]) for row in load("intake/safety")["dangers"])
