"""Intervals and powers of any step, mapped onto half-hours without losing a millijoule.

Amounts are exact integers of 1/3,600,000 of the unit: for energy that is a millijoule, so a power in
milliwatts times seconds needs no division, and a value in milliwatt-hours is multiplied by 3,600.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

AMOUNT_PER_UNIT = 3_600_000
AMOUNT_PER_MILLI = 3_600
BRIDGED_GAP_US = 2 * 3_600 * 1_000_000
"""Holes up to this long are bridged by a straight line, the accepted practice for short gaps."""
SAMPLE_GAP_US = 10 * 60 * 1_000_000
"""Momentary powers further apart than this say nothing about the time between them."""

Spans = list[tuple[int, int, int]]
"""(start, length, value): microseconds, microseconds, thousandths of the unit."""


@dataclass(slots=True)
class Amounts:
    """Exact amounts per half-hour, and how much of each half-hour they cover."""

    amounts: list[int]
    covered_us: list[int]
    longest_us: list[int]
    """Longest interval that touches the slot: above a half-hour its shape is a guess."""
    overlaps: int = 0
    """Intervals left out because an earlier one already covers their time."""
    bridged: dict[int, int] = field(default_factory=dict)
    """Of half-hours that intervals cover in part, with others on either side of each hole: what the holes
    hold by a straight line."""

    @classmethod
    def empty(cls, count: int) -> "Amounts":
        return cls([0] * count, [0] * count, [0] * count)


class Course:
    """How energy went over a stretch of time that intervals know without a hole."""

    def __init__(self, spans: Spans, start_us: int, end_us: int) -> None:
        """`spans` touch each other and reach from before `start_us` to after `end_us`; values are amounts."""
        self._spans, self._starts, self._sums = spans, [start for start, _, _ in spans], [0]
        for _, _, amount in spans:
            self._sums.append(self._sums[-1] + amount)
        self._before = self._reached(start_us)
        self.amount = self._reached(end_us) - self._before

    def share(self, us: int) -> tuple[int, int]:
        """Which part of it had passed at an instant: numerator and denominator."""
        return self._reached(us) - self._before, self.amount

    def _reached(self, us: int) -> int:
        at = bisect_right(self._starts, us) - 1
        start, length, amount = self._spans[at]
        return self._sums[at] + amount * min(us - start, length) // length


def units(amount: int) -> int:
    """An exact amount in whole units."""
    return (2 * amount + AMOUNT_PER_UNIT) // (2 * AMOUNT_PER_UNIT)


def course(spans: Spans, start_us: int, end_us: int) -> Course | None:
    """Between two instants, of intervals with amounts in order of time; None where they leave a hole."""
    first = bisect_right(spans, (start_us, 2**62)) - 1
    if first < 0:
        return None
    near: Spans = []
    until = spans[first][0]
    for span in spans[first:]:
        if span[0] < until:
            continue  # another one covers its time already
        if span[0] > until or until >= end_us:
            break
        near.append(span)
        until = span[0] + span[1]
    return Course(near, start_us, end_us) if until >= end_us else None


def exact(spans: Spans) -> Spans:
    """Intervals with their amounts."""
    return [(start, length, value * AMOUNT_PER_MILLI) for start, length, value in spans]


def exact_powers(spans: Spans) -> Spans:
    """Mean powers in mW with the amounts they come to. Negative means export: no import."""
    return [(start, length, max(0, value) * length // 1_000_000) for start, length, value in spans]


def of_intervals(spans: Spans, bounds: Sequence[int]) -> Amounts:
    """Amounts over intervals, spread evenly inside each; of two that overlap the earlier stands."""
    amounts = exact(spans)
    return _bridged(_spread(amounts, bounds), amounts, bounds)


def of_mean_powers(spans: Spans, bounds: Sequence[int]) -> Amounts:
    """Mean powers in mW over known lengths, integrated exactly."""
    amounts = exact_powers(spans)
    return _bridged(_spread(amounts, bounds), amounts, bounds)


def of_samples(samples: list[tuple[int, int]], bounds: Sequence[int]) -> Amounts:
    """Momentary powers (us, mW) by the trapezoid rule, with no guess across a gap."""
    result = Amounts.empty(len(bounds) - 1)
    low = max(0, bisect_left(samples, (bounds[0],)) - 1)
    high = bisect_right(samples, (bounds[-1] + 1,)) + 1
    near = samples[low:high]
    for (t1, p1), (t2, p2) in pairwise(near):
        if t2 - t1 <= SAMPLE_GAP_US:
            _trapezoid(t1, max(0, p1), t2, max(0, p2), bounds, result)
    return result


def add(parts: Sequence[Amounts]) -> Amounts:
    """The sum of the parts of one total; covered where every part is."""
    if len(parts) == 1:
        return parts[0]
    return Amounts(
        [sum(column) for column in zip(*(part.amounts for part in parts), strict=True)],
        [min(column) for column in zip(*(part.covered_us for part in parts), strict=True)],
        [max(column) for column in zip(*(part.longest_us for part in parts), strict=True)],
        sum(part.overlaps for part in parts),
    )


def _bridged(found: Amounts, spans: Spans, bounds: Sequence[int]) -> Amounts:
    """With the holes of half-hours that are known in part. A half-hour nobody knows anything of stays so."""
    slot_us = bounds[1] - bounds[0]
    open_us = {i: slot_us - covered for i, covered in enumerate(found.covered_us) if 0 < covered < slot_us}
    if not open_us:
        return found
    held: dict[int, int] = dict.fromkeys(open_us, 0)
    for before, after in pairwise(_apart(spans)):
        start, end = before[0] + before[1], after[0]
        if not 0 < end - start <= BRIDGED_GAP_US:
            continue
        first = max(0, (start - bounds[0]) // slot_us)
        for slot in range(first, min(len(found.amounts), -(-(end - bounds[0]) // slot_us))):
            if slot in held:
                low, high = max(start, bounds[slot]), min(end, bounds[slot + 1])
                held[slot] += _under(before, after, low, high)
                open_us[slot] -= high - low
    found.bridged = {slot: amount for slot, amount in held.items() if not open_us[slot]}
    return found


def _apart(spans: Spans) -> Iterator[tuple[int, int, int]]:
    """Those that `_spread` counts."""
    taken_until = -(2**62)
    for span in spans:
        if span[0] >= taken_until:
            taken_until = span[0] + span[1]
            yield span


def _under(before: tuple[int, int, int], after: tuple[int, int, int], low: int, high: int) -> int:
    """The amount from `low` to `high` within the hole between two intervals, under the straight line from
    the mean of the one to the mean of the other; rounded down."""
    (start, length, amount), (end, length_after, amount_after) = before, after
    start += length
    twice = 2 * (end - start) * amount * length_after
    twice += (amount_after * length - amount * length_after) * (low + high - 2 * start)
    return (high - low) * twice // (2 * (end - start) * length * length_after)


def _spread(spans: Iterable[tuple[int, int, int]], bounds: Sequence[int]) -> Amounts:
    result = Amounts.empty(len(bounds) - 1)
    first, last, slot_us = bounds[0], bounds[-1], bounds[1] - bounds[0]
    taken_until = -(2**62)
    for start, length, amount in spans:
        if start < taken_until:
            result.overlaps += 1
            continue
        end = taken_until = start + length
        if end <= first or start >= last:
            continue
        slot, inside = divmod(start - first, slot_us)
        if not inside and length == slot_us:  # the usual case: a half-hour is a half-hour
            result.amounts[slot] += amount
            result.covered_us[slot] += length
            if result.longest_us[slot] < length:
                result.longest_us[slot] = length
            continue
        slot = max(0, slot)
        low = max(start, first)
        share = amount * (low - start) // length
        while low < end and low < last:
            high = min(end, bounds[slot + 1])
            reached = amount * (high - start) // length
            result.amounts[slot] += reached - share
            result.covered_us[slot] += high - low
            result.longest_us[slot] = max(result.longest_us[slot], length)
            low, share, slot = high, reached, slot + 1
    return result


def _trapezoid(t1: int, p1: int, t2: int, p2: int, bounds: Sequence[int], result: Amounts) -> None:
    span = t2 - t1

    def area(us: int) -> int:
        """Amount from t1 to `us` under the straight line from p1 to p2, rounded down."""
        x = us - t1
        return (2 * p1 * span * x + (p2 - p1) * x * x) // (2 * span * 1_000_000)

    low = max(t1, bounds[0])
    slot = (low - bounds[0]) // (bounds[1] - bounds[0])
    while low < min(t2, bounds[-1]):
        high = min(t2, bounds[slot + 1])
        result.amounts[slot] += area(high) - area(low)
        result.covered_us[slot] += high - low
        low, slot = high, slot + 1
