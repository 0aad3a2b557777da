"""A file's points kept small, so that rows in any order can be put in order of time."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from contracts.codes import FileReason, Quantity
from services.metering.files.points import Mode, Point
from services.metering.files.steps import steps
from services.metering.files.values import Stamp, Unreadable

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
        self._series = bytearray()
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

    def series(self) -> Iterator[tuple[Series, Sequence[int]]]:
        """Each series with the positions of its points in order of time, their lengths told where known."""
        self._tell_the_autumn_night()
        for name, number in self._names.items():
            order = array("i", (at for at in range(len(self.at)) if self._series[at] == number))
            in_time = sorted_by(order, self.step_s, self.at)
            if name.mode is not Mode.REGISTER:
                self._tell_steps(in_time, name.stamp)
            yield name, in_time

    def _tell_the_autumn_night(self) -> None:
        """Of two rows with one local time, the file's own direction says which came first.

        A cumulative register says it itself: it only grows. A time that stands once keeps its usual meaning.
        """
        registers = {number for name, number in self._names.items() if name.mode is Mode.REGISTER}
        for (series, _, twice), rows in self._twice.items():
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
        if all(self.step_s[at] for at in order):
            return
        times = array("q", (at for at, _ in groupby(self.at[at] for at in order)))
        known = steps(times, stamp)
        place = 0
        for at in order:
            while times[place] != self.at[at]:
                place += 1
            if not self.step_s[at]:
                self.step_s[at] = known[place]


def sorted_by(order: "array[int]", *columns: "array[int]") -> "array[int]":
    """Positions in the order of the last column, ties in that of the one before it, else as they were."""
    for column in columns:
        if any(column[one] > column[other] for one, other in pairwise(order)):
            order = array("i", sorted(order, key=column.__getitem__))
    return order
