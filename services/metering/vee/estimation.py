"""What nobody measured, filled in when a day is told: a straight line over a short gap between good end
points, beyond that the household's own like days. Estimates count in the day's total and say so by their
quality; what is held back is never filled in, for someone measured it and someone has to decide."""

from collections.abc import Sequence

from contracts.codes import Quality
from services.metering.days import CivilDay
from services.metering.slots import ABSENT, Slot, Source
from services.metering.vee.profile import Past, halves, usual
from services.metering.vee.thresholds import Thresholds

_MILLI = 1_000
_GOOD = (Quality.MEASURED, Quality.EDITED)
_KNOWN = (*_GOOD, Quality.INTERPOLATED)


def estimated(
    slots: Sequence[Slot], civil: CivilDay, past: Past | None, rules: Thresholds
) -> tuple[Slot, ...]:
    """The day with its missing half-hours filled in where that can be done honestly. A day hardly
    measured itself stays as it is."""
    result = list(slots)
    if sum(1 for slot in slots if slot.quality in _KNOWN) < rules.known_slots:
        return tuple(result)
    like = usual(past, civil.day, civil.day.weekday(), rules) if past is not None else None
    of_half = halves(civil)
    for first, last in _gaps(slots):
        line = _line(slots, first, last) if last - first < rules.interpolate_slots else None
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


def _line(slots: Sequence[Slot], first: int, last: int) -> list[Slot] | None:
    """Straight between the half-hours before and after; None unless both were really measured."""
    if first == 0 or last == len(slots) - 1:
        return None
    before, after = slots[first - 1], slots[last + 1]
    if (
        before.quality not in _GOOD
        or after.quality not in _GOOD
        or before.value is None
        or after.value is None
    ):
        return None
    steps = last - first + 2
    return [
        Slot(
            (2 * (before.value * (steps - n) + after.value * n) + steps) // (2 * steps),
            Quality.INTERPOLATED,
            Source.NONE,
        )
        for n in range(1, steps)
    ]
