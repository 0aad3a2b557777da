"""What becomes of a file's values beside what is already known: new, the same, or another. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from contracts.codes import Quantity
from services.metering.days import SLOT_SECONDS, SLOT_US, Calendar, CivilDay, instant_of
from services.metering.settle import CONFLICT_UNITS

_US = 1_000_000

Key = tuple[str, int]
"""Register, and start in microseconds since 1970 UTC."""


ROUNDING_MILLI = 1
"""Two files of the same values may begin their rounding at another hour."""


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """Another value stands for it: the first stays, both are shown."""


class Value(NamedTuple):
    """One interval of a file: an amount in thousandths of the unit."""

    quantity: Quantity
    step_s: int
    us: int
    """Start, microseconds since 1970 UTC."""
    value_milli: int
    is_estimated: bool = False
    """The file itself calls it estimated."""

    @property
    def key(self) -> Key:
        suffix = "estimated" if self.is_estimated else "file"
        return f"{self.quantity}.{suffix}@{self.step_s}", self.us

    @property
    def measured_key(self) -> Key:
        """Where the measured value of the same time is kept, which an estimate never replaces."""
        return self._replace(is_estimated=False).key

    @property
    def end_us(self) -> int:
        return self.us + self.step_s * _US


@dataclass(frozen=True, slots=True)
class FinalDay:
    """A day whose readings are gone. `slots` is None where only its total is kept."""

    civil: CivilDay
    total: int
    slots: tuple[int | None, ...] | None
    open_slots: frozenset[int] = frozenset()
    """Half-hours that a file may still change: unknown ones, and those of a source it outranks."""
    open_to_estimates: frozenset[int] = frozenset()
    """The same of what a file calls estimated."""


Final = Mapping[tuple[Quantity, date], FinalDay]


def compare(
    values: Sequence[Value], known: Mapping[Key, int], final: Final, calendar: Calendar
) -> list[Outcome]:
    """The outcome of each value, in order. `known` are stored values by key; of two values with one key the
    first counts as known. On a final day, what agrees with it is a duplicate, all else a conflict, but for
    half-hours that a file may still change."""
    seen = dict(known)
    outcomes = []
    on_final: dict[tuple[Quantity, int], list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        before = seen.get(value.key, seen.get(value.measured_key))
        if before is not None:
            is_same = abs(before - value.value_milli) <= ROUNDING_MILLI
            outcomes.append(Outcome.DUPLICATE if is_same else Outcome.CONFLICT)
            continue
        seen[value.key] = value.value_milli
        outcomes.append(Outcome.ACCEPTED)
        if final and (value.quantity, _day(value.us, calendar)) in final:
            on_final[value.quantity, value.step_s].append(index)
    for (quantity, step_s), indexes in on_final.items():
        alike = [value for value in values if (value.quantity, value.step_s) == (quantity, step_s)]
        beside = _Beside(list(dict.fromkeys(alike)), final, calendar)
        for index in indexes:
            outcomes[index] = beside.outcome(values[index])
    return outcomes


class _Beside:
    """Values beside the final days they lie in, each seen together with its neighbours."""

    def __init__(self, values: Sequence[Value], final: Final, calendar: Calendar) -> None:
        self._final, self._calendar = final, calendar
        self._amounts: dict[tuple[date, int | None], Fraction] = defaultdict(Fraction)
        self._covered_us: dict[tuple[date, int | None], int] = defaultdict(int)
        for value in values:
            for day, slot, covered_us in self._parts(value):
                self._amounts[day.civil.day, slot] += Fraction(
                    value.value_milli * covered_us, value.step_s * _US
                )
                self._covered_us[day.civil.day, slot] += covered_us

    def outcome(self, value: Value) -> Outcome:
        parts = self._parts(value)
        for day, slot, _ in parts:
            may_change = day.open_to_estimates if value.is_estimated else day.open_slots
            if may_change if slot is None else slot in may_change:
                return Outcome.ACCEPTED
        agrees = all(self._holds(day, slot) for day, slot, _ in parts)
        return Outcome.DUPLICATE if agrees else Outcome.CONFLICT

    def _parts(self, value: Value) -> list[tuple[FinalDay, int | None, int]]:
        """The final days, or half-hours of one, in which a value lies, and for how long in each."""
        parts: list[tuple[FinalDay, int | None, int]] = []
        for date_ in sorted({_day(value.us, self._calendar), _day(value.end_us - 1, self._calendar)}):
            day = self._final.get((value.quantity, date_))
            if day is None:
                continue
            low, high = max(value.us, day.civil.start_us), min(value.end_us, day.civil.end_us)
            if day.slots is None or value.step_s > SLOT_SECONDS:
                parts.append((day, None, high - low))
            else:
                parts.append((day, (low - day.civil.start_us) // SLOT_US, high - low))
        return parts

    def _holds(self, day: FinalDay, slot: int | None) -> bool:
        if slot is None:
            expected, length_us = day.total, day.civil.end_us - day.civil.start_us
            tolerance = max(CONFLICT_UNITS, day.civil.slots // 2)
        else:
            known = day.slots[slot] if day.slots is not None else None
            if known is None:
                return False
            expected, length_us, tolerance = known, SLOT_US, CONFLICT_UNITS
        amount = self._amounts[day.civil.day, slot] / 1_000
        if self._covered_us[day.civil.day, slot] < length_us:
            return amount <= expected + tolerance  # a part of it can only be too much
        return abs(amount - expected) <= tolerance


def _day(us: int, calendar: Calendar) -> date:
    return calendar.day_of(instant_of(us))
