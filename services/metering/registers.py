"""Cumulative registers: how far one advanced in each half-hour of a day.

Rounding is cumulative: the register's own index is rounded to the unit at each boundary and slots are
differences of these, so slots, days and years add up to the register's advance.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from contracts.codes import Quantity
from services.metering.days import SLOT_US
from services.metering.vee.belief import Event, Exchange, Points, believed
from services.metering.vee.profile import Shape
from services.metering.vee.thresholds import Thresholds, thresholds

CONTEXT = 24
"""Readings looked at on either side of a day to tell a glitch from the truth."""
REACH_MINUTES = 25
"""And no fewer than so many minutes of them: where readings are dense, a glitch is many."""
REACH_US = REACH_MINUTES * 60 * 1_000_000
MEASURED_GAP_US = 35 * 60 * 1_000_000
"""Up to this gap a half-hour counts as measured: a half-hourly meter may be a little late."""
INTERPOLATED_GAP_US = 2 * 3_600 * 1_000_000
"""Up to this gap linear interpolation is accepted practice (CPUC workgroup on estimation, 1998)."""

Shapes = Callable[[int, int], Shape | None]
"""The household's own profile over a gap between two instants; None where it is not known well enough."""


class Told(Protocol):
    """How what a register advanced over a gap went by, as somebody else measured it."""

    def share(self, us: int) -> tuple[int, int]:
        """Which part of it had passed at an instant: numerator and denominator."""


class Tellers(Protocol):
    """Who else was there while a register said nothing."""

    def __call__(self, start_us: int, end_us: int, advance_milli: int) -> Told | None:
        """None where nobody knows the whole gap, or says much more or less than the register advanced."""


@dataclass(slots=True)
class Advance:
    """What one register (or the sum of its parts) says about each half-hour of a day."""

    values: list[int]
    covered_us: list[int]
    """How much of each slot lies between two believed readings."""
    longest_gap_us: list[int]
    """The longest gap, with consumption in it, that touches the slot."""
    events: list[Event] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Gaps too long to interpolate in which something was consumed: from and to, beyond the day too."""


def window(points: Points, start_us: int, end_us: int) -> Points:
    """The readings that may bear on [start, end]: those inside, and on either side at least `CONTEXT` of
    them and `REACH_US` of time."""
    low = bisect_left(points, (start_us,))
    high = bisect_right(points, (end_us + 1,))
    low = max(0, min(low - CONTEXT, bisect_left(points, (start_us - REACH_US,))))
    return points[low : max(high + CONTEXT, bisect_right(points, (end_us + REACH_US,)))]


def advance(
    points: Points,
    bounds: Sequence[int],
    rules: Thresholds | None = None,
    *,
    exchanges: Sequence[Exchange] = (),
    others: Sequence[tuple[str, Points]] = (),
    shapes: Shapes | None = None,
    tellers: Tellers | None = None,
) -> Advance:
    """The register's advance in whole units between each pair of `bounds`. What it advanced over a gap is
    the register's; how it went by there, `tellers` may know, else `shapes`."""
    near = window(points, bounds[0], bounds[-1])
    line, events = believed(near, rules or _USUAL, exchanges, others)
    count = len(bounds) - 1
    result = Advance([0] * count, [0] * count, [0] * count, events)
    if line and line[-1][0] > bounds[0] and line[0][0] < bounds[-1]:
        _Line(line, shapes, tellers).follow(bounds, result)
    return result


def add(parts: Sequence[Advance], spans: Sequence[tuple[int, int]], bounds: Sequence[int]) -> Advance:
    """The sum of several parts of one total (peak and off-peak). A part that is silent while another
    speaks stands still, as the register of the tariff period that is not running does."""
    count = len(bounds) - 1
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return Advance(
        values=[sum(part.values[i] for part in parts) for i in range(count)],
        covered_us=[max(0, min(bounds[i + 1], last) - max(bounds[i], first)) for i in range(count)],
        longest_gap_us=[max(part.longest_gap_us[i] for part in parts) for i in range(count)],
        events=[event for part in parts for event in part.events],
        gaps=sorted({gap for part in parts for gap in part.gaps}),
    )


class _Line:
    """Believed readings as one line, and what is known of the gaps between them."""

    def __init__(self, points: Points, shapes: Shapes | None, tellers: Tellers | None) -> None:
        self._points, self._times = points, [us for us, _ in points]
        self._shapes, self._tellers = shapes, tellers
        self._told: dict[int, Told | None] = {}

    def follow(self, bounds: Sequence[int], result: Advance) -> None:
        times = self._times
        first, last = times[0], times[-1]
        before = self._rounded(bounds[0])
        for i in range(len(bounds) - 1):
            after = self._rounded(bounds[i + 1])
            result.values[i] = after - before
            before = after
        if first <= bounds[0] and last >= bounds[-1]:
            result.covered_us = [SLOT_US] * len(result.values)
        else:
            for i in range(len(bounds) - 1):
                result.covered_us[i] = max(0, min(bounds[i + 1], last) - max(bounds[i], first))
        for i in range(max(0, bisect_right(times, bounds[0]) - 1), len(times) - 1):
            if times[i + 1] - times[i] <= MEASURED_GAP_US:
                continue
            if times[i] >= bounds[-1]:
                break
            # A register that stood still is known exactly, and so is a gap that somebody else measured.
            if self._points[i + 1][1] > self._points[i][1] and self._teller(i) is None:
                _note_gap(times[i], times[i + 1], bounds, result)

    def _rounded(self, us: int) -> int:
        """The index at `us` in whole units, held constant outside the line. Between readings it is
        interpolated; over a gap as it was told, or over a long one by the household's own profile."""
        at = bisect_right(self._times, us)
        if at == 0:
            return (self._points[0][1] + 500) // 1_000
        t1, v1 = self._points[at - 1]
        if t1 == us or at == len(self._times):
            return (v1 + 500) // 1_000
        t2, v2 = self._points[at]
        span, done = t2 - t1, us - t1
        if v2 > v1 and (told := self._teller(at - 1)) is not None:
            done, span = told.share(us)
        elif v2 > v1 and span > INTERPOLATED_GAP_US and (shape := self._shape(t1, t2)) is not None:
            done, span = shape.share(us)
        return (2 * (v1 * span + (v2 - v1) * done) + 1_000 * span) // (2_000 * span)

    def _shape(self, start_us: int, end_us: int) -> Shape | None:
        return self._shapes(start_us, end_us) if self._shapes is not None else None

    def _teller(self, i: int) -> Told | None:
        """Of the gap after the point `i`."""
        if self._tellers is None:
            return None
        (t1, v1), (t2, v2) = self._points[i], self._points[i + 1]
        if t2 - t1 <= MEASURED_GAP_US:
            return None
        if i not in self._told:
            self._told[i] = self._tellers(t1, t2, v2 - v1)
        return self._told[i]


def _note_gap(start: int, end: int, bounds: Sequence[int], result: Advance) -> None:
    if end - start > INTERPOLATED_GAP_US:
        result.gaps.append((start, end))
    for slot in range(max(0, bisect_right(bounds, start) - 1), len(bounds) - 1):
        if bounds[slot] >= end:
            return
        result.longest_gap_us[slot] = max(result.longest_gap_us[slot], end - start)


_USUAL = thresholds(date.max, Quantity.ENERGY_IMPORT)
