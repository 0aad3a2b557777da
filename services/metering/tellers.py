"""Who else was there while a register said nothing, or the same for too long: intervals and mean powers that
know a gap from end to end, and the parts of a total that stands still while they advance.

The energy of the gap stays the register's; only how it went by is taken from them, and only where they tell
about as much. Two days that share a gap ask the same readings, so they agree on the index at midnight.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from contracts.codes import Check, Kind, Quantity
from services.metering import intervals
from services.metering.days import SLOT_US
from services.metering.intervals import AMOUNT_PER_MILLI, Course, Spans
from services.metering.registers import MEASURED_GAP_US, Tellers
from services.metering.vee.belief import Event, Points
from services.metering.vee.thresholds import Thresholds

SHARED_US = 86_400 * 1_000_000
"""Intervals of so much time around a day are at hand, and no longer gap is told by them."""
_Series = Mapping[tuple[str, str, int], Points]
"""By register, kind and step in seconds."""


def of_day(
    series: _Series, quantity: Quantity, bounds: Sequence[int], rules: Thresholds, parts: Sequence[Points]
) -> Tellers | None:
    """Those of a day; None where there is nobody."""
    known = _known(series, quantity)
    if not known and not parts:
        return None

    def tell(start_us: int, end_us: int, advance_milli: int) -> Course | None:
        if end_us - start_us > SHARED_US:
            return None
        is_inside = bounds[0] <= start_us and end_us <= bounds[-1]
        for spans, is_shared in known:
            if is_inside or is_shared:
                found = intervals.course(spans, start_us, end_us)
                if found is not None and _agrees(found, advance_milli, rules):
                    return found
        if not (parts and is_inside):
            return None
        found = _of_parts(parts, start_us, end_us)
        return found if _agrees(found, advance_milli, rules) else None

    return tell


def thawed(
    total: Points, parts: Sequence[Points], bounds: Sequence[int], rules: Thresholds
) -> tuple[Points, list[Event]]:
    """A total without the readings at which it stood still while its own parts advanced, and went on by
    as much later the same day; and what was found."""
    frozen: set[int] = set()
    events: list[Event] = []
    at = 0
    while parts and at < len(total) - 1:
        last = at
        while last + 1 < len(total) and total[last + 1][1] == total[at][1]:
            last += 1
        if last > at and last + 1 < len(total):
            (first_us, value), (again_us, after) = total[at], total[last + 1]
            is_long = again_us - first_us > MEASURED_GAP_US  # else nobody is asked about it
            if is_long and bounds[0] <= first_us and again_us <= bounds[-1]:
                lost = _of_parts(parts, first_us, total[last][0]).amount
                is_frozen = lost >= rules.frozen_units * intervals.AMOUNT_PER_UNIT
                if is_frozen and _agrees(_of_parts(parts, first_us, again_us), after - value, rules):
                    frozen.update(range(at + 1, last + 1))
                    detail: dict[str, int | str] = {"parts": intervals.units(lost)}
                    events.append(Event(Check.STUCK, first_us, total[last][0], False, detail))
        at = last + 1
    return [point for n, point in enumerate(total) if n not in frozen] if frozen else total, events


def _known(series: _Series, quantity: Quantity) -> list[tuple[Spans, bool]]:
    """Curves of half-hours or less with their amounts, the best first, and whether the days beside this one
    have the same at hand."""
    found: list[tuple[int, int, Spans]] = []
    for (register, kind, step_s), points in series.items():
        if not 0 < step_s * 1_000_000 <= SLOT_US or not points:
            continue
        spans = [(us, step_s * 1_000_000, value) for us, value in points]
        name = register.partition("@")[0]
        if kind == Kind.INTERVAL and name == quantity:
            found.append((0, step_s, intervals.exact(spans)))
        elif kind == Kind.SAMPLE and name == Quantity.POWER and quantity is Quantity.ENERGY_IMPORT:
            found.append((1, step_s, intervals.exact_powers(spans)))
    return [(spans, rank == 0) for rank, _, spans in sorted(found, key=lambda one: one[:2])]


def _of_parts(parts: Sequence[Points], start_us: int, end_us: int) -> Course:
    """What a total's parts advanced together; one that is silent while another speaks stands still."""
    inside = {us for points in parts for us, _ in points if start_us < us < end_us}
    edges = sorted(inside | {start_us, end_us})
    sums = [sum(_index(points, us) for points in parts) for us in edges]
    spans = [
        (low, high - low, max(0, after - before) * AMOUNT_PER_MILLI)
        for (low, high), (before, after) in zip(pairwise(edges), pairwise(sums), strict=True)
    ]
    return Course(spans, start_us, end_us)


def _index(points: Points, us: int) -> int:
    """Thousandths of the unit at an instant, on the straight line between the readings around it."""
    at = bisect_right(points, (us, 2**62))
    if at == 0 or at == len(points):
        return points[min(at, len(points) - 1)][1]
    (t1, v1), (t2, v2) = points[at - 1], points[at]
    return v1 + (v2 - v1) * (us - t1) // (t2 - t1)


def _agrees(found: Course, advance_milli: int, rules: Thresholds) -> bool:
    """Whether it is the same energy, as far as registers that tell whole kWh only can say."""
    allowed = max(rules.agree_units * 1_000, rules.sum_percent * advance_milli // 100)
    if advance_milli % rules.register_step_milli == 0:
        allowed = max(allowed, rules.register_step_milli)
    told = found.amount // AMOUNT_PER_MILLI
    return told > 0 and abs(told - advance_milli) <= allowed
