"""Intervals of a regular step as one row per register and UTC day, instead of one row each.

Whether a reading is packed is told by its key alone, (register, instant): the register's name says the step,
ten minutes or more that divide a day, and the instant is a multiple of it. Never by what it came with: so one
reading has one place, however it comes, and no instant can stand both here and among the single rows (the
database checks the same, see `metering.is_packed`). Of the first value and another one the first stands.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, TypeVar

from services.metering.copying import Point, Series, storable

DAY_S = 86_400
DAY_US = DAY_S * 1_000_000
SHORTEST_STEP_S = 600
"""Of shorter intervals a row would be long, and written anew with each of them."""
_NAME = re.compile(
    r"(?:energy_import|energy_export|volume|heat)(?:\.[a-z0-9_]+)?@([1-9][0-9]{2,4})", re.ASCII
)
_EPOCH = date(1970, 1, 1)

_T = TypeVar("_T")

Key = tuple[str, str, int]
"""Meter, register, UTC day since 1970."""


class Other(NamedTuple):
    """Another value for an instant that has one."""

    meter: str
    register: str
    us: int
    value_milli: int
    coop: str
    received_at: datetime


@dataclass(slots=True)
class DayRow:
    """A register's intervals of a UTC day. `codecs` and `received_at` are one for all, or one for each."""

    coop: str
    quantity: str
    kind: str
    amounts: list[int | None]
    """Thousandths of the unit, None where nothing was read; as many as the day has steps."""
    codecs: list[str]
    received_at: list[datetime]

    @property
    def step_us(self) -> int:
        return DAY_US // len(self.amounts)

    def points(self, key: Key) -> list[Point]:
        """What is there, in order."""
        start, step = key[2] * DAY_US, self.step_us
        return [(start + n * step, value) for n, value in enumerate(self.amounts) if value is not None]

    def take(
        self, first: int, amounts: Sequence[int | None], codecs: Sequence[str], received: Sequence[datetime]
    ) -> tuple[list[int], list[int]]:
        """Add what is not known yet, from the `first` step on. Returns the steps, counted within `amounts`,
        that were new, and those that contradict what is there. `codecs` and `received`: one or one each."""
        fresh: list[int] = []
        others: list[int] = []
        for n, value in enumerate(amounts):
            known = self.amounts[first + n]
            if value is None or known == value:
                continue
            (fresh if known is None else others).append(n)
        for n in fresh:
            self.amounts[first + n] = amounts[n]
        if fresh:
            _mark(self.codecs, codecs, first, fresh, len(self.amounts))
            _mark(self.received_at, received, first, fresh, len(self.amounts))
        return fresh, others


@dataclass(slots=True)
class Split:
    """Readings that came together: those of single rows, and days of intervals."""

    singles: list[Series] = field(default_factory=list)
    days: dict[Key, DayRow] = field(default_factory=dict)
    others: list[Other] = field(default_factory=list)
    """What the batch says of an instant after its first word on it."""


@lru_cache(maxsize=4_096)
def step_s(register: str) -> int | None:
    """The step of a register whose readings are packed; None for all others."""
    match = _NAME.fullmatch(register)
    seconds = int(match[1]) if match else 0
    return seconds if seconds >= SHORTEST_STEP_S and DAY_S % seconds == 0 else None


def quantity_of(register: str) -> str:
    """What a packed register counts."""
    return register.partition("@")[0].partition(".")[0]


def split(series: Iterable[Series]) -> Split:
    """Part what is packed from what is not. Of two values of one instant the first that came stands."""
    found = Split()
    for one in series:
        seconds = step_s(one.register)
        if seconds is None or not one.points:
            found.singles.append(one)
            continue
        step = seconds * 1_000_000
        instants = [us for us, _ in one.points]
        first = instants[0]
        if first % step == 0 and instants == list(range(first, first + len(instants) * step, step)):
            _take(found, one, first, step, [value for _, value in one.points])
            continue
        for us, value in one.points:
            if us % step == 0:
                _take(found, one, us, step, [value])
        if apart := [point for point in one.points if point[0] % step]:
            found.singles.append(one._replace(points=apart))
    return found


def day_of(number: int) -> date:
    """The date of a UTC day counted since 1970."""
    return _EPOCH + timedelta(days=number)


def number_of(day: date) -> int:
    """The inverse of `day_of`."""
    return (day - _EPOCH).days


def _take(found: Split, one: Series, first: int, step: int, values: list[int]) -> None:
    """Values of consecutive steps from the instant `first` on, day by day."""
    steps = DAY_US // step
    day, within = divmod(first, DAY_US)
    at, done = within // step, 0
    while done < len(values):
        part = values[done : done + steps - at]
        row = found.days.get((one.meter, one.register, day))
        if row is None:
            amounts: list[int | None] = [None] * at + part + [None] * (steps - at - len(part))
            found.days[one.meter, one.register, day] = DayRow(
                one.coop, one.quantity, one.kind, amounts, [storable(one.codec)], [one.received_at]
            )
        else:
            _, others = row.take(at, part, [storable(one.codec)], [one.received_at])
            found.others += [
                Other(
                    one.meter, one.register, day * DAY_US + (at + n) * step, part[n], one.coop,
                    one.received_at,
                )
                for n in others
            ]  # fmt: skip
        done += len(part)
        day, at = day + 1, 0


def _mark(kept: list[_T], said: Sequence[_T], first: int, fresh: Sequence[int], steps: int) -> None:
    """Note where the steps `fresh` are from, one by one only where that differs."""
    if len(said) == 1 and kept == list(said):
        return
    if len(kept) == 1:
        kept *= steps
    for n in fresh:
        kept[first + n] = said[0] if len(said) == 1 else said[n]
