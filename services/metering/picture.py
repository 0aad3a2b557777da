"""What a household is told of its days: the latest one beside the usual ones, the month so far, doubts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from contracts.codes import Quality
from services.metering.fluids import Conversion

USUAL_WEEKS = 6
"""A usual Tuesday is the mean of the Tuesdays of so many weeks before."""
RECENT_DAYS = 14
LEAST_WEEKDAYS, LEAST_RECENT = 2, 4
_UNKNOWN = (Quality.MISSING, Quality.SUSPECT)
_WHOLE_SHARE = 0.9
_SAME_PERCENT = 5


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One civil day of one meter. `value` in whole Wh or L."""

    day: date
    value: int
    slots: int
    quality: Mapping[str, int]
    cost_eur: Decimal | None
    cost_reason: str | None
    is_open: bool
    has_slots: bool
    energy_wh: int | None = None
    """Of a gas volume: what it held, by `conversion`."""
    conversion: Conversion | None = None

    @property
    def known_slots(self) -> int:
        """Half-hours of which something is known."""
        return self.slots - sum(self.quality.get(quality, 0) for quality in _UNKNOWN)

    @property
    def is_known(self) -> bool:
        return self.known_slots > 0

    @property
    def is_whole(self) -> bool:
        """Nearly all of the day is known, so that it may be compared with others."""
        return not self.is_open and self.known_slots >= _WHOLE_SHARE * self.slots

    @property
    def doubts(self) -> dict[str, int]:
        """Half-hours by quality, of those that were not plainly measured."""
        return {name: count for name, count in self.quality.items() if name != Quality.MEASURED and count}


@dataclass(frozen=True, slots=True)
class Usual:
    """The mean of comparable days. `of_weekday`: of the same weekday, else of the days just before."""

    of_weekday: bool
    days: int
    value: int
    cost_eur: Decimal | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How a day compares with the usual one, on cost where both are known, else on the amount."""

    percent: int
    """Absolute, rounded; the direction says the sign."""
    direction: str
    """`up`, `down` or `flat` (within 5 %)."""
    on_cost: bool


@dataclass(frozen=True, slots=True)
class Period:
    """Several days together."""

    value: int
    cost_eur: Decimal | None
    """Of the priced days; None where none is."""
    known_days: int
    priced_days: int
    days: int
    """Civil days the period has so far."""
    energy_wh: int | None = None
    """Of gas volumes, where each day's is known."""


class Stretch(NamedTuple):
    """Neighbouring half-hours of one quality: indexes from `first` to `after`, exclusive."""

    quality: Quality
    first: int
    after: int


def latest(days: Iterable[DayTotal]) -> DayTotal | None:
    """The last closed day of which anything is known."""
    known = [day for day in days if not day.is_open and day.is_known]
    return max(known, key=lambda day: day.day, default=None)


def usual(days: Sequence[DayTotal], shown: DayTotal) -> Usual | None:
    """What `shown` may fairly be compared with; None while too few whole days are known."""
    before = [day for day in days if day.day < shown.day and day.is_whole]
    oldest = shown.day - timedelta(weeks=USUAL_WEEKS)
    alike = [day for day in before if day.day >= oldest and day.day.weekday() == shown.day.weekday()]
    if len(alike) >= LEAST_WEEKDAYS:
        return _mean(alike, of_weekday=True)
    recent = [day for day in before if day.day >= shown.day - timedelta(days=RECENT_DAYS)]
    return _mean(recent, of_weekday=False) if len(recent) >= LEAST_RECENT else None


def difference(shown: DayTotal, other: Usual | None) -> Difference | None:
    """None where a comparison would mislead: the day is not whole, or nothing is usual yet."""
    if other is None or not shown.is_whole:
        return None
    on_cost = shown.cost_eur is not None and bool(other.cost_eur)
    now, then = (shown.cost_eur, other.cost_eur) if on_cost else (shown.value, other.value)
    if not then or now is None:
        return None
    percent = round(100 * (float(now) / float(then) - 1))
    direction = "flat" if abs(percent) < _SAME_PERCENT else "up" if percent > 0 else "down"
    return Difference(abs(percent), direction, on_cost)


def period(days: Iterable[DayTotal], first: date, last: date) -> Period:
    """The closed days from `first` to `last` inclusive, added up."""
    known = [day for day in days if first <= day.day <= last and not day.is_open and day.is_known]
    priced = [day.cost_eur for day in known if day.cost_eur is not None]
    energies = [day.energy_wh for day in known if day.energy_wh is not None]
    return Period(
        value=sum(day.value for day in known),
        cost_eur=sum(priced, Decimal(0)) if priced else None,
        known_days=len(known),
        priced_days=len(priced),
        days=max(0, (last - first).days + 1),
        energy_wh=sum(energies) if known and len(energies) == len(known) else None,
    )


def stretches(qualities: Iterable[Quality]) -> list[Stretch]:
    """Where in the day something was not plainly measured, in order."""
    found, at = [], 0
    for quality, run in groupby(qualities):
        after = at + sum(1 for _ in run)
        if quality is not Quality.MEASURED:
            found.append(Stretch(quality, at, after))
        at = after
    return found


def usual_curve(curves: Iterable[Sequence[int | None]], slots: int) -> list[float | None] | None:
    """The mean of days of the same length, slot by slot; None with fewer than two of them."""
    alike = [curve for curve in curves if len(curve) == slots]
    if len(alike) < LEAST_WEEKDAYS:
        return None
    means: list[float | None] = []
    for of_slot in zip(*alike, strict=True):
        known = [value for value in of_slot if value is not None]
        means.append(sum(known) / len(known) if len(known) >= LEAST_WEEKDAYS else None)
    return means


def _mean(days: Sequence[DayTotal], *, of_weekday: bool) -> Usual:
    costs = [day.cost_eur for day in days if day.cost_eur is not None]
    return Usual(
        of_weekday=of_weekday,
        days=len(days),
        value=round(sum(day.value for day in days) / len(days)),
        cost_eur=sum(costs, Decimal(0)) / len(costs) if len(costs) == len(days) else None,
    )
