"""When a household is asked whether all is well, before a window shuts; the days are in `check_ins.yaml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from contracts.codes import Tenure
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.windows import Window, windows
from services.aftersales.legal_time import plus_months
from services.aftersales.own_terms import OwnTerm
from services.aftersales.tables import Row, load

FINE, PROBLEM = "fine", "problem"
ANSWERS = (FINE, PROBLEM)


@dataclass(frozen=True)
class Question:
    """A check-in of a household: the civil day it is due, and the windows it is asked for."""

    kind: str
    due_on: date
    windows: tuple[Window, ...]

    @property
    def ends_on(self) -> date | None:
        """The last day of the first of its windows to shut."""
        return min((one.ends_on for one in self.windows if one.ends_on is not None), default=None)


class Terms(Row):
    """One row of `check_ins.yaml`."""

    kind: str
    anchor: Literal["arrival", "entry", "keys", "heating", "reception"]
    days: int = 0
    months: int = 0
    days_after_arrival: int = 0
    """Never sooner than so many days after the move-in."""
    before: tuple[str, ...]
    also: tuple[str, ...] = ()
    """Windows that are named in it when they are open, without being a reason to ask."""


def questions(file: File, tenure: Tenure, own: Sequence[OwnTerm] = ()) -> list[Question]:
    """Every check-in that concerns the household, soonest first, whatever the day today."""
    found: dict[str, Question] = {}
    for terms in _terms():
        due_on = _due_on(terms, file, tenure)
        if due_on is None:
            continue
        question = at(file, tenure, terms.kind, due_on, own)
        if question is not None:
            found[terms.kind] = question
    for kind, near in load("dwelling_file/check_ins")["days_apart"].items():
        one, other = found.get(kind), found.get(near["from"])
        if one and other and abs((one.due_on - other.due_on).days) < near["days"]:
            later = max(one, other, key=lambda question: question.due_on)
            del found[later.kind]
    return sorted(found.values(), key=lambda question: (question.due_on, question.kind))


def due_on(file: File, tenure: Tenure, kind: str) -> date | None:
    """The day a check-in is due by what is known now; None when nothing dates it."""
    return next((_due_on(terms, file, tenure) for terms in _terms() if terms.kind == kind), None)


def at(file: File, tenure: Tenure, kind: str, on: date, own: Sequence[OwnTerm] = ()) -> Question | None:
    """The check-in as it would be asked on civil day `on`; None when it has nothing left to save."""
    terms = next(one for one in _terms() if one.kind == kind)
    shown = {one.code: one for one in windows(file, tenure, on, own) if one.about is None}
    reasons = [
        shown[code]
        for code in terms.before
        if code in shown and (shown[code].is_open or shown[code].state == "unknown")
    ]
    # A date that is not known is a reason to ask only where no known window has already shut.
    if not any(one.is_open for one in reasons) and any(
        code in shown and shown[code].state == "over" for code in terms.before
    ):
        return None
    if not reasons:
        return None
    named = [shown[code] for code in terms.also if code in shown and shown[code].is_open]
    ordered = sorted([*reasons, *named], key=lambda one: (one.ends_on or date.max, one.code))
    return Question(kind, on, tuple(ordered))


def kinds() -> tuple[str, ...]:
    """Every kind of check-in, in the table's order."""
    return tuple(terms.kind for terms in _terms())


def _due_on(terms: Terms, file: File, tenure: Tenure) -> date | None:
    anchor_on = _anchor(terms.anchor, file, tenure)
    if anchor_on is None:
        return None
    due = plus_months(anchor_on, terms.months) + timedelta(days=terms.days)
    if file.moved_in_on is not None:
        due = max(due, file.moved_in_on + timedelta(days=terms.days_after_arrival))
    return due


def _anchor(name: str, file: File, tenure: Tenure) -> date | None:
    if name == "arrival":
        return file.moved_in_on
    if name == "entry":
        return file.entry_on()[0]
    if name == "keys":
        return file.keys_on(tenure)[0]
    if name == "heating":
        entry_on = file.entry_on()[0]
        return None if entry_on is None else file.heating.next_start(entry_on)
    return file.reception_on


@cache
def _terms() -> tuple[Terms, ...]:
    return TypeAdapter(tuple[Terms, ...]).validate_python(load("dwelling_file/check_ins")["check_ins"])
