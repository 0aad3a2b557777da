"""A file's points kept small, so that rows in any order can be put in order of time."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from contracts.codes import FileReason, Quantity
from services.metering.files.deliveries import names_of
from services.metering.files.points import Mode, Point
from services.metering.files.steps import contradicted, steps
from services.metering.files.values import SeveralPoints, Stamp, Unreadable

MOST_POINTS = 2_000_000
"""Four years by the minute, 38 by the ten minutes; keeps memory below some 250 MB."""


class Series(NamedTuple):
    """Points that belong together: what one of them means is told by its neighbours."""

    quantity: Quantity
    mode: Mode
    stamp: Stamp


class Collected:
    """Columns of numbers instead of objects: some 30 bytes a point."""

    def __init__(self) -> None:
        self.at = array("q")
        self.step_s = array("i")
        self.micro = array("q")
        self.line = array("i")
        self.factor_milli = array("i")
        self.is_estimated = bytearray()
        self.has_value = bytearray()
        self.is_contradicted = bytearray()
        """The step that the file states is not the distance of its rows."""
        self._is_stated = bytearray()
        self._series = bytearray()
        self._delivery = array("i")
        self._deliveries: dict[str, int] = {}
        self._left_aside: frozenset[int] = frozenset()
        self._names: dict[Series, int] = {}
        self._twice: dict[tuple[int, int, int], list[int]] = {}
        self._rising = 0
        self._falling = 0

    def add(self, point: Point) -> None:
        """Keep one more. Unreadable when there are too many."""
        count = len(self.at)
        if count >= MOST_POINTS:
            raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_POINTS:,}".replace(",", " "))
        series = self._names.setdefault(Series(point.quantity, point.mode, point.stamp), len(self._names))
        if count:
            self._rising += point.at > self.at[-1]
            self._falling += point.at < self.at[-1]
        if point.twice:
            self._twice.setdefault((series, point.at, point.twice), []).append(count)
        self.at.append(point.at)
        self.step_s.append(point.step_s)
        self.micro.append(point.micro or 0)
        self.line.append(point.line)
        self.factor_milli.append(point.factor_milli)
        self.is_estimated.append(point.is_estimated)
        self.has_value.append(point.micro is not None)
        self._series.append(series)
        self.is_contradicted.append(False)
        self._is_stated.append(point.is_step_stated)
        self._delivery.append(self._deliveries.setdefault(point.delivery, len(self._deliveries)))

    def settle_on(self, chosen: str | None) -> str:
        """The one delivery point that the rows are of, empty where none is named; those of others are left
        aside. SeveralPoints when none is chosen of several, Unreadable when the chosen one is not there."""
        short = names_of(name for name in self._deliveries if name)
        if not short:
            return ""
        if chosen is None and len(short) > 1:
            raise SeveralPoints(tuple(short.values()))
        found = next((name for name, called in short.items() if chosen in (None, called)), None)
        if found is None:
            raise Unreadable(FileReason.POINT_NOT_IN_FILE, f"…{chosen}")
        if len(short) > 1:
            others = (number for name, number in self._deliveries.items() if name != found)
            self._left_aside = frozenset(others)
        return found

    def series(self) -> Iterator[tuple[Series, Sequence[int]]]:
        """Each series with the positions of its points in order of time, their lengths told where known."""
        self._tell_the_autumn_night()
        mine = array("i", (at for at in range(len(self.at)) if self._delivery[at] not in self._left_aside))
        for name, number in self._names.items():
            order = array("i", (at for at in mine if self._series[at] == number))
            in_time = sorted_by(order, self.step_s, self.at)
            if name.mode is not Mode.REGISTER:
                self._tell_steps(in_time, name.stamp)
            yield name, in_time

    def _tell_the_autumn_night(self) -> None:
        """Of two rows with one local time, the file's own direction says which came first.

        A cumulative register says it itself: it only grows. A time that stands once keeps its usual meaning.
        """
        registers = {number for name, number in self._names.items() if name.mode is Mode.REGISTER}
        for (series, _, twice), of_all in self._twice.items():
            rows = [at for at in of_all if self._delivery[at] not in self._left_aside]
            if len(rows) < 2:
                continue
            first, last = rows[0], rows[-1]
            if self._falling > self._rising:
                first, last = last, first
            if series in registers and self.micro[first] > self.micro[last]:
                first, last = last, first
            moved = last if twice > 0 else first
            self.at[moved] += twice

    def _tell_steps(self, order: Sequence[int], stamp: Stamp) -> None:
        if all(self.step_s[at] and not self._is_stated[at] for at in order):
            return
        times = array("q", (at for at, _ in groupby(self.at[at] for at in order)))
        known = steps(times, stamp)
        said = array(
            "q", (self.step_s[at] if self._is_stated[at] else 0 for at in _first_of_each(order, self.at))
        )
        wrong = contradicted(times, said, stamp) if any(said) else bytearray(len(times))
        place = 0
        for at in order:
            while times[place] != self.at[at]:
                place += 1
            if not self.step_s[at]:
                self.step_s[at] = known[place]
            self.is_contradicted[at] = self._is_stated[at] and wrong[place]


def _first_of_each(order: Sequence[int], times: "array[int]") -> Iterator[int]:
    """Of positions in order of time the first of each time."""
    for _, group in groupby(order, key=times.__getitem__):
        yield next(group)


def sorted_by(order: "array[int]", *columns: "array[int]") -> "array[int]":
    """Positions in the order of the last column, ties in that of the one before it, else as they were."""
    for column in columns:
        if any(column[one] > column[other] for one, other in pairwise(order)):
            order = array("i", sorted(order, key=column.__getitem__))
    return order
