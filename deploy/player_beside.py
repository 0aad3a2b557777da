"""What a feed's values would be beside what a meter's days are made of: new, the same, or another.

By the days' own findings: what the pipeline finds contradictory once it is played is told so before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.codes import Check, Quantity
from contracts.readings import Run
from services.metering.days import SLOT_US, Calendar, instant_of

Findings = Mapping[tuple[str, date], Iterable[Mapping[str, Any]]]
"""By quantity and day, as they are stored with the day."""
_US = 1_000_000
_TOLD_AS = {Quantity.POWER: Quantity.ENERGY_IMPORT, Quantity.APPARENT_POWER: Quantity.ENERGY_IMPORT}
"""Whose days are made of these."""


@dataclass(frozen=True)
class Known:
    """What is stored for the feed's own registers and instants, in thousandths."""

    values: Mapping[tuple[str, int], int]

    def contradicted(self, runs: Iterable[Run]) -> int:
        """How many have another value in the feed; the stored one stands."""
        wanted = {key: milli for run in runs for key, milli in _points(run)}
        return sum(wanted.get(key, milli) != milli for key, milli in self.values.items())


def beside_other_sources(
    runs: Iterable[Run], known: Known, findings: Findings, calendar: Calendar
) -> tuple[int, int]:
    """Of the feed's readings that are new, how many lie in half-hours where another source says the same,
    and how many where it says something else."""
    marks: dict[tuple[str, date], dict[int, Check]] = {
        key: _marked(stored) for key, stored in findings.items()
    }
    seen: set[tuple[str, int]] = set()
    same = other = 0
    for run in runs:
        quantity = _TOLD_AS.get(run.quantity, run.quantity).value
        for key, _milli in _points(run):
            if key in known.values or key in seen:
                continue
            seen.add(key)
            found = set(_checks(marks, quantity, key[1], run.step_s, calendar))
            other += Check.CONFLICT in found
            same += found == {Check.DUPLICATE}
    return same, other


def _points(run: Run) -> Iterable[tuple[tuple[str, int], int]]:
    for us, milli in zip(run.at_us, run.values_milli, strict=True):
        yield (run.register_, us), milli


def _marked(stored: Iterable[Mapping[str, Any]]) -> dict[int, Check]:
    """Half-hours that are known twice; what contradicts comes before what agrees."""
    marks: dict[int, Check] = {}
    for one in stored:
        if one["check"] not in (Check.CONFLICT, Check.DUPLICATE):
            continue
        for slot in range(one["first_slot"], one["last_slot"] + 1):
            if marks.get(slot) is not Check.CONFLICT:
                marks[slot] = Check(one["check"])
    return marks


def _checks(
    marks: Mapping[tuple[str, date], Mapping[int, Check]],
    quantity: str,
    us: int,
    step_s: int,
    calendar: Calendar,
) -> Iterable[Check | None]:
    """Of each half-hour that a reading lies in; a register is read in one."""
    end = us + max(step_s * _US, 1)
    while us < end:
        civil = calendar.day(calendar.day_of(instant_of(us)))
        slot = (us - civil.start_us) // SLOT_US
        yield marks.get((quantity, civil.day), {}).get(slot)
        us = civil.start_us + (slot + 1) * SLOT_US
