"""What nobody measured, filled in when a day is told: a straight line over a short gap between good end
points, over midnight too, beyond that the household's own like days. Estimates count in the day's total and
say so by their quality; what is held back is never filled in, for someone measured it and someone has to
decide."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.codes import Quality
from services.metering.days import CivilDay
from services.metering.slots import ABSENT, Slot, Source
from services.metering.vee.profile import Past, halves, usual
from services.metering.vee.thresholds import Thresholds

_MILLI = 1_000
_GOOD = (Quality.MEASURED, Quality.EDITED)
_KNOWN = (*_GOOD, Quality.INTERPOLATED)
_OWN = (Quality.MISSING, Quality.INTERPOLATED, Quality.ESTIMATED)


class Beside(NamedTuple):
    """The household's own days before and after, as they were told or are about to be; empty where there is
    none, or its half-hours are not known."""

    before: Sequence[Slot] = ()
    after: Sequence[Slot] = ()


def estimated(
    slots: Sequence[Slot],
    civil: CivilDay,
    past: Past | None,
    rules: Thresholds,
    beside: Beside | None = None,
) -> tuple[Slot, ...]:
    """The day with its missing half-hours filled in where that can be done honestly. A day hardly
    measured itself stays as it is. A gap over midnight is as long as it is on both days together."""
    result = list(slots)
    if sum(1 for slot in slots if slot.quality in _KNOWN) < rules.known_slots:
        return tuple(result)
    like = usual(past, civil.day, civil.day.weekday(), rules) if past is not None else None
    of_half = halves(civil)
    for first, last in _gaps(slots):
        is_short = last - first < rules.interpolate_slots
        line = _line(slots, first, last, beside or Beside(), rules.interpolate_slots) if is_short else None
        if line is not None:
            result[first : last + 1] = line
        elif like is not None:
            # cumulative rounding, as everywhere: a gap's half-hours add up to its like days'
            amount = 0
            for i in range(first, last + 1):
                reached = amount + like[of_half[i]]
                value = (reached + _MILLI // 2) // _MILLI - (amount + _MILLI // 2) // _MILLI
                result[i] = Slot(value, Quality.ESTIMATED, Source.NONE)
                amount = reached
    return tuple(result)


def _gaps(slots: Sequence[Slot]) -> list[tuple[int, int]]:
    gaps: list[tuple[int, int]] = []
    for i, slot in enumerate(slots):
        if slot != ABSENT:
            continue
        if gaps and gaps[-1][1] == i - 1:
            gaps[-1] = (gaps[-1][0], i)
        else:
            gaps.append((i, i))
    return gaps


def _line(slots: Sequence[Slot], first: int, last: int, beside: Beside, longest: int) -> list[Slot] | None:
    """Straight between the half-hours before and after the gap, which may both be on the days beside; None
    unless both were really measured and no more than `longest` lie between them."""
    early, before = _edge(reversed(beside.before), longest) if first == 0 else (0, slots[first - 1])
    late, after = _edge(beside.after, longest) if last == len(slots) - 1 else (0, slots[last + 1])
    if before is None or after is None or early + last - first + 1 + late > longest:
        return None
    if (
        before.quality not in _GOOD
        or after.quality not in _GOOD
        or before.value is None
        or after.value is None
    ):
        return None
    steps = early + last - first + 2 + late
    return [
        Slot(
            (2 * (before.value * (steps - n) + after.value * n) + steps) // (2 * steps),
            Quality.INTERPOLATED,
            Source.NONE,
        )
        for n in range(early + 1, steps - late)
    ]


def _edge(slots: Iterable[Slot], longest: int) -> tuple[int, Slot | None]:
    """How many half-hours nobody measured come first, whatever they were filled in with, and the one behind
    them; None where it is further away than `longest`."""
    for count, slot in enumerate(slots):
        if count > longest:
            break
        if slot.source is not Source.NONE or slot.quality not in _OWN:
            return count, slot
    return 0, None
