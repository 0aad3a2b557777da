"""A day that one load curve knows from end to end, settled as a whole: most days of most meters.

What comes out is what `settle` makes of the same readings, bit for bit. A day on which any check would speak
is left to `settle`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, repeat
from operator import sub
from typing import NamedTuple

from contracts.codes import Quality, Quantity
from services.metering.candidates import TOTALS
from services.metering.days import SLOT_US, CivilDay
from services.metering.interval_rows import DAY_US
from services.metering.settle import Settled
from services.metering.slots import Slot, Source
from services.metering.vee import checks
from services.metering.vee.thresholds import Thresholds


class Curve(NamedTuple):
    """What was read in each half-hour of a day, thousandths of the unit."""

    source: Source
    milli: Sequence[int]


@dataclass(frozen=True, slots=True)
class Whole:
    """A settled day all of whose half-hours are measured, by one source; nothing was found in it."""

    values: tuple[int, ...]
    source: Source
    value: int

    is_complete = True
    has_data = True
    gaps: tuple[tuple[int, int], ...] = ()

    def settled(self) -> Settled:
        """The same, half-hour by half-hour."""
        slots = tuple(map(Slot, self.values, repeat(Quality.MEASURED), repeat(self.source)))
        return Settled(slots, None, is_complete=True, held=(None,) * len(slots))


def whole(register: str, days: Mapping[int, Sequence[int | None]], civil: CivilDay) -> Curve | None:
    """The curve of a register over a day; None unless each half-hour is made of whole intervals, all there.
    `days`: its intervals by UTC day since 1970."""
    source = TOTALS.get(register.partition("@")[0].partition(".")[2])
    if source not in (Source.INTERVAL, Source.FILE) or civil.start_us % SLOT_US:
        return None
    milli: list[int] = []
    step_us = SLOT_US
    for day in range(civil.start_us // DAY_US, (civil.end_us - 1) // DAY_US + 1):
        amounts = days.get(day)
        if amounts is None:
            return None
        step_us, begins = DAY_US // len(amounts), day * DAY_US
        part = amounts[
            max(0, civil.start_us - begins) // step_us : min(DAY_US, civil.end_us - begins) // step_us
        ]
        if None in part:
            return None
        milli += part  # type: ignore[arg-type]  # none of it is None
    if SLOT_US % step_us or min(milli) < 0:
        return None
    if step_us != SLOT_US:
        count = SLOT_US // step_us
        milli = [sum(milli[n : n + count]) for n in range(0, len(milli), count)]
    return Curve(source, milli)


def settle_whole(curve: Curve, civil: CivilDay, quantity: Quantity, rules: Thresholds) -> Whole | None:
    """The day; None where a check would have something to say."""
    sums = [(milli + 500) // 1_000 for milli in accumulate(curve.milli)]  # rounded cumulatively, as ever
    values = (sums[0], *map(sub, sums[1:], sums))
    if checks.may_be_spike(values, rules) or _lasts(values, rules):
        return None
    return Whole(values, curve.source, sums[-1])


def _lasts(values: Sequence[int], rules: Thresholds) -> bool:
    """Whether one figure, or nothing at all, lasts for long enough to be told."""
    least = min(rules.stuck_slots, rules.zero_slots or len(values), len(values))
    if len(set(values)) > len(values) - least + 1:  # too many for any to last
        return False
    for value, run in groupby(values):
        limit = rules.stuck_slots if value else rules.zero_slots
        if limit is not None and sum(1 for _ in run) >= min(limit, len(values)):
            return True
    return False
