"""The checks of a meter-day. Each is a function of the day and the thresholds, and knows nothing else."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from contracts.codes import Check, Quality, Severity
from services.metering.days import SLOT_US
from services.metering.slots import Slot, Source
from services.metering.vee.day import MeterDay
from services.metering.vee.finding import Finding
from services.metering.vee.thresholds import Thresholds

CheckOf = Callable[[MeterDay, Thresholds], list[Finding]]
_LEAST_DRIFT_READINGS = 12


def check_register(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Drops, resets, glitches, other registers' values, rollovers and exchanges. What is doubtful is held
    where no other source knows the half-hour."""
    found = []
    for event in day.events:
        slots = day.slots_between(event.first_us, event.last_us)
        if slots:
            is_held = event.is_held and any(day.slots[slot].quality is Quality.SUSPECT for slot in slots)
            severity = Severity.HOLD if is_held else Severity.NOTICE
            found.append(Finding(event.check, slots[0], slots[-1], severity, event.detail))
    return found


def check_spike(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Held above what can physically pass. Shown when the day's highest stands far above its third highest
    and near that limit."""
    limit = rules.most_units(SLOT_US)
    values = [slot.value or 0 for slot in day.slots]
    highest = max(values, default=0)
    if highest > limit:
        return [
            Finding(
                Check.SPIKE,
                run[0],
                run[-1],
                Severity.HOLD,
                {"value": max(values[i] for i in run), "limit": limit},
            )
            for run in _runs(
                i
                for i, slot in enumerate(day.slots)
                if slot.value is not None and slot.value > limit and slot.source is not Source.EDITED
            )
        ]
    if not may_be_spike(values, rules):
        return []
    third = sorted(values)[-3] if len(values) > 2 else 0
    at = values.index(highest)
    return [Finding(Check.SPIKE, at, at, Severity.NOTICE, {"value": highest, "third": third})]


def may_be_spike(values: Sequence[int], rules: Thresholds) -> bool:
    """Whether the highest half-hour of a day is worth a word; 0 stands for unknown ones."""
    limit = rules.most_units(SLOT_US)
    highest = max(values, default=0)
    if highest > limit:
        return True
    if 100 * highest < rules.spike_share_percent * limit:
        return False
    third = sorted(values)[-3] if len(values) > 2 else 0
    return 100 * (highest - third) > rules.spike_third_percent * third


def check_stuck(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """The same figure, not zero, half-hour after half-hour; or a total that stands still while its own
    parts advance."""
    found = [
        Finding(Check.STUCK, first, last, Severity.NOTICE, {"value": value})
        for value, first, last in _same(day.slots, rules.stuck_slots)
        if value
    ]
    if day.totals and day.parts:
        still = [
            i
            for i, (total, parts) in enumerate(zip(day.totals, day.parts, strict=True))
            if total == 0 and parts
        ]
        for run in _runs(still):
            advance = sum(day.parts[i] or 0 for i in run)
            if advance >= rules.frozen_units:
                found.append(Finding(Check.STUCK, run[0], run[-1], Severity.NOTICE, {"parts": advance}))
    return found


def check_zero_run(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Nothing used for long: an empty home, which is legitimate, or a dead meter. Only shown."""
    if rules.zero_slots is None:
        return []
    return [
        Finding(Check.ZERO_RUN, first, last, Severity.NOTICE)
        for value, first, last in _same(day.slots, min(rules.zero_slots, day.civil.slots))
        if value == 0
    ]


def check_sources(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Where a validated file and the meter both know a half-hour: a duplicate, or a conflict. The file
    stands. Two sources of one rank that differ are a conflict too, and the first stands."""
    found = _of_runs(Check.CONFLICT, (i for i, slot in enumerate(day.slots) if slot.is_conflict))
    found += _beside_a_total(day, rules)
    if not day.rivals:
        return found
    same: list[int] = []
    other: list[int] = []
    shaped: list[int] = []
    told: dict[int, tuple[int, int]] = {}
    for i, (slot, rival) in enumerate(zip(day.slots, day.rivals, strict=True)):
        if slot.source is not Source.FILE or slot.value is None or rival is None:
            continue
        told[i] = (slot.value, rival.value)
        if not rival.is_measured:
            shaped.append(i)
        else:
            (same if abs(slot.value - rival.value) <= rules.agree_units else other).append(i)
    for run in _runs(shaped):  # only together do they say anything
        file, meter = (sum(told[i][side] for i in run) for side in (0, 1))
        (same if abs(file - meter) <= max(rules.agree_units, len(run)) else other).extend(run)
    found += _of_runs(Check.DUPLICATE, sorted(same))
    for run in _runs(sorted(other)):
        value, rivals = (sum(told[i][side] for i in run) for side in (0, 1))
        detail = {"value": value, "other": rivals}
        found.append(Finding(Check.CONFLICT, run[0], run[-1], Severity.NOTICE, detail))
    return found


def check_sum(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """The sum of intervals against the register's difference, over the half-hours that both cover. What a
    file says beside something finer is compared elsewhere."""
    if not day.totals or not day.curve:
        return []
    aside = day.aside or (None,) * len(day.slots)
    both = [
        (total, curve)
        for total, curve, beside in zip(day.totals, day.curve, aside, strict=True)
        if total is not None and curve is not None and beside is None
    ]
    return _sums(day, "curve", both, rules)


def check_parts(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """The sum of a total's parts against the total. Half-hours say nothing: they are read at instants of
    their own."""
    return _sums(
        day, "parts", [pair for pair in zip(day.totals, day.parts, strict=False) if None not in pair], rules
    )


def _sums(
    day: MeterDay, other: str, both: Sequence[tuple[int | None, int | None]], rules: Thresholds
) -> list[Finding]:
    register, sum_of_other = (sum(pair[side] or 0 for pair in both) for side in (0, 1))
    if abs(register - sum_of_other) <= max(rules.sum_units, rules.sum_percent * register // 100):
        return []
    detail: dict[str, int | str] = {"register": register, other: sum_of_other}
    return [Finding(Check.SUM, 0, day.civil.slots - 1, Severity.NOTICE, detail)]


def check_gap(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Half-hours nobody measured, and those whose energy an index knew only as a whole."""
    found = []
    seen = {slot.quality for slot in day.slots}
    for quality in (Quality.MISSING, Quality.RECOVERED):
        if quality not in seen:
            continue
        for run in _runs(i for i, slot in enumerate(day.slots) if slot.quality is quality):
            found.append(Finding(Check.GAP, run[0], run[-1], Severity.NOTICE, {"left": quality.value}))
    return found


def check_unusual(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """A nearly whole day far above or below the mean of this household's own last weeks."""
    known = sum(1 for slot in day.slots if slot.value is not None)
    totals = list(day.past.totals.values()) if day.past else []
    value = day.value
    if 10 * known < 9 * day.civil.slots or not is_unusual(value, sum(totals), len(totals), rules):
        return []
    usual = sum(totals) // len(totals)
    detail = {"value": value, "usual": usual}
    return [Finding(Check.UNUSUAL, 0, day.civil.slots - 1, Severity.NOTICE, detail)]


def is_unusual(value: int, total: int, days: int, rules: Thresholds) -> bool:
    """Whether a day's total stands out beside the mean of so many others with `total` together."""
    if days < rules.unusual_days:
        return False
    usual = total // days
    if max(usual, value) < rules.unusual_units:
        return False
    return not (rules.unusual_low_percent * usual <= 100 * value <= rules.unusual_high_percent * usual)


def check_clock_drift(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """Readings from the future: the meter's clock is ahead. All late by the same time: it is behind."""
    heard = day.heard
    if heard is None or heard.readings < 1:
        return []
    ahead = -heard.least_delay_s
    steady = heard.most_delay_s - heard.least_delay_s <= rules.drift_seconds
    if ahead <= rules.drift_seconds and not (
        steady and heard.readings >= _LEAST_DRIFT_READINGS and heard.least_delay_s > rules.drift_seconds
    ):
        return []
    detail = {"seconds": ahead}
    return [Finding(Check.CLOCK_DRIFT, 0, day.civil.slots - 1, Severity.NOTICE, detail)]


def check_duplicate(day: MeterDay, rules: Thresholds) -> list[Finding]:
    """The same register at the same instant with another value: the first that came stands."""
    if day.heard is None or not day.heard.disagreements:
        return []
    return [
        Finding(
            Check.CONFLICT, run[0], run[-1], Severity.NOTICE,
            {"readings": sum(day.heard.disagreements[i] for i in run)},
        )
        for run in _runs(sorted(day.heard.disagreements))
    ]  # fmt: skip


ON_SETTLING: tuple[CheckOf, ...] = (
    check_register,
    check_spike,
    check_stuck,
    check_zero_run,
    check_sources,
    check_sum,
    check_parts,
)
"""Whenever a day is settled, open or not."""
ON_CLOSING: tuple[CheckOf, ...] = (check_gap, check_unusual, check_clock_drift, check_duplicate)
"""When a day is told: what has not come by then is missing."""


def _beside_a_total(day: MeterDay, rules: Thresholds) -> list[Finding]:
    slots = [i for i, value in enumerate(day.aside) if value is not None and day.slots[i].value is not None]
    if not slots:
        return []
    value, other = sum(day.slots[i].value or 0 for i in slots), sum(day.aside[i] or 0 for i in slots)
    if abs(value - other) <= max(rules.agree_units, len(slots) // 2):
        return [Finding(Check.DUPLICATE, slots[0], slots[-1], Severity.NOTICE)]
    detail = {"value": value, "other": other}
    return [Finding(Check.CONFLICT, slots[0], slots[-1], Severity.NOTICE, detail)]


def cut(finding: Finding, decided: Set[int]) -> list[Finding]:
    """A held finding where a person decided about some of its half-hours: those are only shown."""
    return [
        replace(finding, first_slot=run[0], last_slot=run[-1], severity=severity)
        for severity, slots in (
            (Severity.HOLD, [i for i in finding.slots if i not in decided]),
            (Severity.NOTICE, [i for i in finding.slots if i in decided]),
        )
        for run in _runs(slots)
    ]


def _of_runs(check: Check, slots: Iterable[int]) -> list[Finding]:
    return [Finding(check, run[0], run[-1], Severity.NOTICE) for run in _runs(slots)]


def _runs(slots: Iterable[int]) -> Iterator[list[int]]:
    """Ascending slot numbers as stretches without a hole."""
    for _, run in groupby(enumerate(slots), key=lambda pair: pair[1] - pair[0]):
        yield [slot for _, slot in run]


def _same(slots: Sequence[Slot], least: int) -> Iterator[tuple[int, int, int]]:
    """Stretches of at least so many of one measured value: value, first slot, last slot."""
    if len({slot.value for slot in slots}) > len(slots) - least + 1:  # too many values for any to last
        return
    at = 0
    for (value, quality), run in groupby(slots, key=itemgetter(0, 1)):
        count = sum(1 for _ in run)
        if count >= least and value is not None and quality is Quality.MEASURED:
            yield value, at, at + count - 1
        at += count
