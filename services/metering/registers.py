"""Cumulative registers: which readings to believe, and how far the register advanced per half-hour.

Rounding is cumulative: the register's own index is rounded to the unit at each boundary and slots are
differences of these, so slots, days and years add up to the register's advance.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

Points = list[tuple[int, int]]
"""(microseconds since 1970, index in thousandths of the unit), sorted by time, one per instant."""

CONTEXT = 24
"""Readings looked at on either side of a day to tell a glitch from the truth."""
LOOKAHEAD = 6
"""A drop that does not recover within this many readings is a reset or an exchanged meter."""
MEASURED_GAP_US = 35 * 60 * 1_000_000
"""Up to this gap a half-hour counts as measured: a half-hourly meter may be a little late."""
INTERPOLATED_GAP_US = 2 * 3_600 * 1_000_000
"""Up to this gap linear interpolation is accepted practice (CPUC workgroup on estimation, 1998)."""
_FROM_ZERO_WATTS = 60_000


@dataclass(slots=True)
class Advance:
    """What one register (or the sum of its parts) says about each half-hour of a day."""

    values: list[int]
    covered_us: list[int]
    """How much of each slot lies between two believed readings."""
    longest_gap_us: list[int]
    """The longest gap, with consumption in it, that touches the slot."""
    held: list[int] = field(default_factory=list)
    """Instants of the readings that were not believed, or at which the register began again."""


def window(points: Points, start_us: int, end_us: int) -> Points:
    """The readings that may bear on [start, end]: those inside and `CONTEXT` on either side."""
    low = bisect_left(points, (start_us,))
    high = bisect_right(points, (end_us + 1,))
    return points[max(0, low - CONTEXT) : high + CONTEXT]


def advance(points: Points, bounds: Sequence[int]) -> Advance:
    """The register's advance in whole units between each pair of `bounds`."""
    near = window(points, bounds[0], bounds[-1])
    segments, held = believed(near)
    count = len(bounds) - 1
    result = Advance([0] * count, [0] * count, [0] * count, held)
    for segment in segments:
        _add_segment(segment, bounds, result)
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
        held=sorted(us for part in parts for us in part.held),
    )


def believed(points: Points) -> tuple[list[Points], list[int]]:
    """Runs of non-decreasing readings, and the instants of those that are held back.

    A value that drops and comes back within a few readings was a glitch (a 0, another register's
    value); one that jumps up and falls back likewise. A drop that lasts is a reset: the index goes on
    from there, and the drop itself is nobody's consumption. A drop not yet explained is held.
    """
    if all(points[i][1] <= points[i + 1][1] for i in range(len(points) - 1)) and not _false_start(points):
        return ([points] if points else []), []
    segments: list[Points] = []
    current: Points = []
    held: list[int] = []
    i = _false_start(points)
    held.extend(us for us, _ in points[:i])
    while i < len(points):
        value = points[i][1]
        if not current or value >= current[-1][1]:
            current.append(points[i])
            i += 1
            continue
        ahead = points[i + 1 : i + 1 + LOOKAHEAD]
        back = next((n for n, point in enumerate(ahead) if point[1] >= current[-1][1]), None)
        higher = len(current) - bisect_right([v for _, v in current], value)
        if back is not None:
            held.extend(us for us, _ in points[i : i + 1 + back])
            i += 1 + back
        elif higher <= LOOKAHEAD and higher < len(current):
            held.extend(us for us, _ in current[-higher:])
            del current[-higher:]
        elif len(ahead) < LOOKAHEAD:
            held.extend(us for us, _ in points[i:])
            break
        else:
            segments.append(current)
            held.append(points[i][0])
            current = []
    segments.append(current)
    return segments, sorted(held)


def _false_start(points: Points) -> int:
    """How many leading zeros are a device's pairing frames rather than a new meter's first index."""
    zeros = next((i for i, (_, value) in enumerate(points) if value != 0), 0)
    if zeros == 0:
        return 0
    us, value = points[zeros]
    # value is in mWh: mWh * 3,600 s/h * 1,000,000 us/s > W * 1,000 * us
    implausible = value * 3_600_000_000 > _FROM_ZERO_WATTS * 1_000 * (us - points[zeros - 1][0])
    return zeros if implausible else 0


def _add_segment(segment: Points, bounds: Sequence[int], result: Advance) -> None:
    times = [us for us, _ in segment]
    first, last = times[0], times[-1]
    if last <= bounds[0] or first >= bounds[-1]:
        return
    before = _rounded(segment, times, bounds[0])
    for i in range(len(bounds) - 1):
        low, high = bounds[i], bounds[i + 1]
        after = _rounded(segment, times, high)
        result.values[i] += after - before
        result.covered_us[i] += max(0, min(high, last) - max(low, first))
        before = after
    for i in range(max(0, bisect_right(times, bounds[0]) - 1), len(times) - 1):
        gap = times[i + 1] - times[i]
        if gap <= MEASURED_GAP_US:
            continue
        if times[i] >= bounds[-1]:
            break
        if segment[i + 1][1] > segment[i][1]:  # a register that stood still is known exactly
            _note_gap(times[i], times[i + 1], bounds, result)


def _note_gap(start: int, end: int, bounds: Sequence[int], result: Advance) -> None:
    for slot in range(max(0, bisect_right(bounds, start) - 1), len(bounds) - 1):
        if bounds[slot] >= end:
            return
        result.longest_gap_us[slot] = max(result.longest_gap_us[slot], end - start)


def _rounded(segment: Points, times: list[int], us: int) -> int:
    """The index at `us` in whole units, interpolated linearly, held constant outside the segment."""
    at = bisect_right(times, us)
    if at == 0:
        return (segment[0][1] + 500) // 1_000
    if at == len(times):
        return (segment[-1][1] + 500) // 1_000
    (t1, v1), (t2, v2) = segment[at - 1], segment[at]
    span = t2 - t1
    return (2 * (v1 * span + (v2 - v1) * (us - t1)) + 1_000 * span) // (2_000 * span)
