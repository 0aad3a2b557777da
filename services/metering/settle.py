"""Readings around one local day in, the day's half-hours out: value, quality and provenance of each.

The result depends on the set of readings only, never on their order, repetition or batches.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from contracts.codes import Kind, Quality, Quantity
from services.metering import intervals, registers
from services.metering.days import SLOT_US, CivilDay

INTERPOLATED_STEP_US = 2 * 3_600 * 1_000_000
LONGEST_STEP_US = 86_400 * 1_000_000
CONFLICT_UNITS = 3
"""Two sources of one slot may differ by this much through rounding alone."""


class Point(NamedTuple):
    """A stored reading. `register` is e.g. `energy_import.hp` or `energy_import@1800`."""

    register: str
    kind: str
    step_s: int
    us: int
    value_milli: int


class Source(IntEnum):
    """Where a slot comes from, best first. `.edited` and `.file` are register suffixes kept for values
    that a person corrected and for validated files; every other suffix is a part of the total."""

    EDITED = 0
    FILE = 1
    REGISTER = 2
    INTERVAL = 3
    MEAN_POWER = 4
    SAMPLED_POWER = 5
    NONE = 6


class Slot(NamedTuple):
    value: int | None
    quality: Quality
    source: Source
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """One settled day. Values in whole units (Wh, L); None where nothing is known or it is held back."""

    slots: tuple[Slot, ...]
    peak_va: int | None
    is_complete: bool
    """Every half-hour is covered from end to end: later readings in order cannot change the day."""

    @property
    def value(self) -> int:
        """The day's total, missing and suspect slots excluded."""
        return sum(slot.value for slot in self.slots if slot.value is not None)

    @property
    def has_data(self) -> bool:
        return any(slot.quality is not Quality.MISSING for slot in self.slots)


class _Candidate(NamedTuple):
    source: Source
    covered_us: int
    units: int | None
    """Already rounded by its register; None when `amount` is still to be rounded."""
    amount: int
    quality: Quality


def settle(points: Iterable[Point], civil: CivilDay, quantity: Quantity) -> Settled:
    """The half-hours of `civil` for a cumulative `quantity` (energy, volume, heat)."""
    series = _by_register(points)
    bounds = civil.bounds()
    candidates: list[list[_Candidate]] = [[] for _ in range(civil.slots)]
    held = _registers(series, quantity, bounds, candidates)
    _intervals(series, quantity, bounds, candidates)
    if quantity is Quantity.ENERGY_IMPORT:
        _powers(series, bounds, candidates)
    slots = _choose(candidates, held)
    return Settled(
        slots=slots,
        peak_va=_peak_va(series, civil),
        is_complete=all(
            slot.value is not None and any(c.covered_us >= SLOT_US for c in of_slot)
            for slot, of_slot in zip(slots, candidates, strict=True)
        ),
    )


_Series = dict[tuple[str, str, int], list[tuple[int, int]]]


def _by_register(points: Iterable[Point]) -> _Series:
    found: dict[tuple[str, str, int], dict[int, int]] = {}
    for register, kind, step_s, us, value in points:
        found.setdefault((register, kind, step_s), {}).setdefault(us, value)
    return {key: sorted(found[key].items()) for key in sorted(found)}


def _choose(candidates: list[list[_Candidate]], held: set[int]) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    amount = 0  # what was taken so far from sources without a register: rounded cumulatively
    for index, of_slot in enumerate(candidates):
        # A source that covers the whole slot beats a better one that knows only a part of it.
        ranked = sorted(of_slot, key=lambda c: (c.covered_us < SLOT_US, c.source, -c.covered_us))
        if not ranked:
            slots.append(Slot(None, Quality.SUSPECT if index in held else Quality.MISSING, Source.NONE))
            continue
        best = ranked[0]
        value = best.units
        if value is None:
            value = _units(amount + best.amount) - _units(amount)
            amount += best.amount
        quality = best.quality if best.covered_us >= SLOT_US else Quality.ESTIMATED
        slots.append(Slot(value, quality, best.source, _conflicts(best, ranked[1:])))
    return tuple(slots)


def _units(amount: int) -> int:
    return (2 * amount + intervals.AMOUNT_PER_UNIT) // (2 * intervals.AMOUNT_PER_UNIT)


def _conflicts(best: _Candidate, others: list[_Candidate]) -> bool:
    def units(candidate: _Candidate) -> int:
        return _units(candidate.amount) if candidate.units is None else candidate.units

    return any(
        other.source == best.source
        and other.covered_us >= SLOT_US
        and abs(units(other) - units(best)) > CONFLICT_UNITS
        for other in others
    )


def _registers(
    series: _Series, quantity: Quantity, bounds: list[int], candidates: list[list[_Candidate]]
) -> set[int]:
    found = {
        register: points
        for (register, kind, _), points in series.items()
        if kind == Kind.REGISTER and _quantity_of(register) == quantity
    }
    held: set[int] = set()
    advances = []
    total = found.pop(quantity.value, None)
    if total is not None:
        advances.append(registers.advance(total, bounds))
    if found:  # a total is never added to its parts: they are the next best source
        near = [registers.window(points, bounds[0], bounds[-1]) for points in found.values()]
        parts = [(points, registers.advance(points, bounds)) for points in near if points]
        if parts:
            spans = [(points[0][0], points[-1][0]) for points, _ in parts]
            advances.append(registers.add([part for _, part in parts], spans, bounds))
    for advance in advances:
        # a reading at a boundary speaks of the half-hour that ends there
        held.update((us - 1 - bounds[0]) // SLOT_US for us in advance.held)
        for slot, of_slot in enumerate(candidates):
            if advance.covered_us[slot]:
                gap = advance.longest_gap_us[slot]
                quality = (
                    Quality.MEASURED
                    if gap <= registers.MEASURED_GAP_US
                    else Quality.INTERPOLATED
                    if gap <= registers.INTERPOLATED_GAP_US
                    else Quality.RECOVERED
                )
                of_slot.append(
                    _Candidate(Source.REGISTER, advance.covered_us[slot], advance.values[slot], 0, quality)
                )
    return held


def _intervals(
    series: _Series, quantity: Quantity, bounds: list[int], candidates: list[list[_Candidate]]
) -> None:
    totals: list[tuple[Source, int, intervals.Amounts]] = []
    parts: dict[int, list[intervals.Amounts]] = {}
    for (register, kind, step_s), points in series.items():
        if kind != Kind.INTERVAL or step_s <= 0 or _quantity_of(register) != quantity:
            continue
        amounts = intervals.of_intervals(_spans(points, step_s, bounds), bounds)
        suffix = _suffix_of(register)
        source = {"edited": Source.EDITED, "file": Source.FILE, "": Source.INTERVAL}.get(suffix)
        if source is None:
            parts.setdefault(step_s, []).append(amounts)
        else:
            totals.append((source, step_s, amounts))
    totals += [(Source.INTERVAL, step_s, intervals.add(of_step)) for step_s, of_step in parts.items()]
    for source, _, amounts in sorted(totals, key=lambda total: total[:2]):  # the finest step first
        good = Quality.EDITED if source is Source.EDITED else Quality.MEASURED
        _offer(source, amounts, good, candidates)


def _powers(series: _Series, bounds: list[int], candidates: list[list[_Candidate]]) -> None:
    for (register, kind, step_s), points in series.items():
        if kind != Kind.SAMPLE or _quantity_of(register) != Quantity.POWER or _suffix_of(register):
            continue
        if step_s > 0:
            amounts = intervals.of_mean_powers(_spans(points, step_s, bounds), bounds)
            _offer(Source.MEAN_POWER, amounts, Quality.MEASURED, candidates)
        else:
            amounts = intervals.of_samples(points, bounds)
            _offer(Source.SAMPLED_POWER, amounts, Quality.ESTIMATED, candidates)


def _offer(
    source: Source, amounts: intervals.Amounts, good: Quality, candidates: list[list[_Candidate]]
) -> None:
    for slot, of_slot in enumerate(candidates):
        if not amounts.covered_us[slot]:
            continue
        longest, quality = amounts.longest_us[slot], good
        if good is Quality.MEASURED and longest > SLOT_US:
            quality = Quality.INTERPOLATED if longest <= INTERPOLATED_STEP_US else Quality.ESTIMATED
        of_slot.append(_Candidate(source, amounts.covered_us[slot], None, amounts.amounts[slot], quality))


def _spans(points: list[tuple[int, int]], step_s: int, bounds: list[int]) -> intervals.Spans:
    low = bisect_left(points, (bounds[0] - LONGEST_STEP_US,))
    high = bisect_left(points, (bounds[-1],))
    return [(us, step_s * 1_000_000, value) for us, value in points[low:high]]


def _peak_va(series: _Series, civil: CivilDay) -> int | None:
    peaks = [
        value
        for (register, kind, _), points in series.items()
        if kind == Kind.SAMPLE and _quantity_of(register) == Quantity.APPARENT_POWER
        for us, value in points
        if civil.start_us <= us < civil.end_us
    ]
    return max(peaks) // 1_000 if peaks else None


def _quantity_of(register: str) -> str:
    return register.partition("@")[0].partition(".")[0]


def _suffix_of(register: str) -> str:
    return register.partition("@")[0].partition(".")[2]
