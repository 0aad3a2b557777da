"""What each source says about each half-hour of a day, before one of them is chosen."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from contracts.codes import Kind, Quality, Quantity
from services.metering import intervals, registers, tellers
from services.metering.days import SLOT_US, CivilDay
from services.metering.intervals import units
from services.metering.registers import Advance, Shapes
from services.metering.slots import Point, Slot, Source
from services.metering.vee import profile
from services.metering.vee.belief import Event, Exchange
from services.metering.vee.day import Rival
from services.metering.vee.profile import Past
from services.metering.vee.thresholds import Thresholds

INTERPOLATED_STEP_US = 2 * 3_600 * 1_000_000
LONGEST_STEP_US = 86_400 * 1_000_000
TOTALS = {
    "edited": Source.EDITED, "file": Source.FILE, "estimated": Source.TOLD_ESTIMATE, "": Source.INTERVAL,
}  # fmt: skip
"""What intervals are a source of, by their register's suffix; any other suffix is a part of the total."""
_AS_GOOD_AS = {Source.EDITED: Quality.EDITED, Source.TOLD_ESTIMATE: Quality.ESTIMATED}


class Candidate(NamedTuple):
    source: Source
    covered_us: int
    units: int | None
    """Already rounded by its register; None when `amount` is still to be rounded."""
    amount: int
    quality: Quality
    is_bridged: bool = False
    """It knows the half-hour in part, and the rest by what is on either side."""

    @property
    def rounded(self) -> int:
        return units(self.amount) if self.units is None else self.units


@dataclass(slots=True)
class Candidates:
    """By half-hour. `known`: what may be counted; `doubtful`: what a register says where it is not to be
    trusted; `held`: where such a register says that something was, even if not how much."""

    known: list[list[Candidate]]
    doubtful: list[list[Candidate]]
    held: set[int] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    totals: Sequence[int | None] = ()
    parts: Sequence[int | None] = ()
    curve: Sequence[int | None] = ()
    peak_va: int | None = None
    has_file: bool = False

    def is_whole(self, slot: int) -> bool:
        """Whether some source covers the half-hour from end to end."""
        known = self.known[slot]
        if known and known[0].covered_us >= SLOT_US:
            return True
        return any(candidate.covered_us >= SLOT_US for candidate in (*known, *self.doubtful[slot]))

    def rivals(self, slots: Sequence[Slot]) -> Sequence[Rival | None]:
        """Where a file was chosen, what the meter itself says of the same half-hour."""
        if not self.has_file:
            return ()
        return [
            next(
                (
                    Rival(candidate.rounded, candidate.quality is Quality.MEASURED)
                    for candidate in sorted(of_slot, key=itemgetter(0))
                    if candidate.source in (Source.REGISTER, Source.INTERVAL)
                    and candidate.covered_us >= SLOT_US
                ),
                None,
            )
            for of_slot in self.known
        ]

    def aside(self, slots: Sequence[Slot]) -> Sequence[int | None]:
        """What a file says of half-hours that something finer knows, as a day's total does."""
        if not self.has_file:
            return ()
        return [
            None
            if slot.source in (Source.FILE, Source.EDITED)
            else next((one.rounded for one in of_slot if one.source is Source.FILE), None)
            for slot, of_slot in zip(slots, self.known, strict=True)
        ]


def of_day(
    points: Iterable[Point],
    civil: CivilDay,
    quantity: Quantity,
    rules: Thresholds,
    exchanges: Sequence[Exchange] = (),
    past: Past | None = None,
) -> Candidates:
    """What every source says of the day's half-hours for a cumulative `quantity`."""
    series = _by_register(points)
    bounds = civil.bounds()
    found = Candidates([[] for _ in range(civil.slots)], [[] for _ in range(civil.slots)])
    _registers(series, quantity, bounds, rules, exchanges, past, found)
    _intervals(series, quantity, bounds, found)
    if quantity is Quantity.ENERGY_IMPORT:
        _powers(series, bounds, found)
    found.peak_va = _peak_va(series, civil)
    return found


_Series = dict[tuple[str, str, int], list[tuple[int, int]]]


def _by_register(points: Iterable[Point]) -> _Series:
    found: dict[tuple[str, str, int], dict[int, int]] = {}
    for key, of_key in groupby(points, key=itemgetter(0, 1, 2)):
        values = found.setdefault(key, {})
        for _, _, _, us, value in of_key:
            values.setdefault(us, value)
    return {key: sorted(found[key].items()) for key in sorted(found)}


def _registers(
    series: _Series,
    quantity: Quantity,
    bounds: list[int],
    rules: Thresholds,
    exchanges: Sequence[Exchange],
    past: Past | None,
    found: Candidates,
) -> None:
    of = {
        register: points
        for (register, kind, _), points in series.items()
        if kind == Kind.REGISTER and _quantity_of(register) == quantity
    }
    if not of:
        return
    shapes: Shapes | None = None
    if past is not None:
        known_past = past

        def shapes(start_us: int, end_us: int) -> profile.Shape | None:
            return profile.shape(known_past, start_us, end_us, rules)

    of_parts = [points for name, points in of.items() if name != quantity.value]
    if quantity.value in of:
        of[quantity.value], frozen = tellers.thawed(of[quantity.value], of_parts, bounds, rules)
        found.events += frozen
    told = tellers.of_day(series, quantity, bounds, rules, of_parts)

    def advance(name: str, changed: Sequence[Exchange]) -> Advance:
        others = [(other, points) for other, points in of.items() if other != name]
        return registers.advance(
            of[name], bounds, rules, exchanges=changed, others=others, shapes=shapes,
            tellers=told if name == quantity.value else None,
        )  # fmt: skip

    if quantity.value in of:
        total = advance(quantity.value, exchanges)
        _offer_register(total, bounds, found)
        found.totals = _covered(total)
    near = {name: registers.window(points, bounds[0], bounds[-1]) for name, points in of.items()}
    parts = [name for name, points in near.items() if points and name != quantity.value]
    if parts:  # a total is never added to its parts: they are the next best source
        if len(parts) > 1:  # whose index it was is not said: each register is cut, none is reckoned with
            exchanges = [exchange._replace(old_milli=None, new_milli=None) for exchange in exchanges]
        spans = [(near[name][0][0], near[name][-1][0]) for name in parts]
        added = registers.add([advance(name, exchanges) for name in parts], spans, bounds)
        _offer_register(added, bounds, found)
        found.parts = _covered(added)


def _covered(advance: Advance) -> list[int | None]:
    return [
        value if covered >= SLOT_US else None
        for value, covered in zip(advance.values, advance.covered_us, strict=True)
    ]


def _offer_register(advance: Advance, bounds: list[int], found: Candidates) -> None:
    held: set[int] = set()
    for event in advance.events:
        if event.is_held:
            low = max(0, (event.first_us - bounds[0]) // SLOT_US)
            high = min(len(bounds) - 1, -(-(event.last_us - bounds[0]) // SLOT_US))
            held.update(range(low, high))
    found.held |= held
    found.events += advance.events
    found.gaps += advance.gaps
    for slot, (value, covered, gap) in enumerate(
        zip(advance.values, advance.covered_us, advance.longest_gap_us, strict=True)
    ):
        if not covered:
            continue
        quality = (
            Quality.MEASURED
            if gap <= registers.MEASURED_GAP_US
            else Quality.INTERPOLATED
            if gap <= registers.INTERPOLATED_GAP_US
            else Quality.RECOVERED
        )
        candidate = Candidate(Source.REGISTER, covered, value, 0, quality)
        (found.doubtful if slot in held else found.known)[slot].append(candidate)


def _intervals(series: _Series, quantity: Quantity, bounds: list[int], found: Candidates) -> None:
    totals: list[tuple[Source, int, intervals.Amounts]] = []
    parts: dict[int, list[intervals.Amounts]] = {}
    for (register, kind, step_s), points in series.items():
        if kind != Kind.INTERVAL or step_s <= 0 or _quantity_of(register) != quantity:
            continue
        amounts = intervals.of_intervals(_spans(points, step_s, bounds), bounds)
        source = TOTALS.get(_suffix_of(register))
        if source is None:
            parts.setdefault(step_s, []).append(amounts)
        else:
            totals.append((source, step_s, amounts))
    totals += [(Source.INTERVAL, step_s, intervals.add(of_step)) for step_s, of_step in parts.items()]
    for source, _, amounts in sorted(totals, key=lambda total: total[:2]):  # the finest step first
        found.has_file = found.has_file or source is Source.FILE
        _offer(source, amounts, _AS_GOOD_AS.get(source, Quality.MEASURED), found)
        if source in (Source.FILE, Source.INTERVAL) and found.totals and not found.curve:
            found.curve = [
                units(amount) if covered >= SLOT_US else None
                for amount, covered in zip(amounts.amounts, amounts.covered_us, strict=True)
            ]


def _powers(series: _Series, bounds: list[int], found: Candidates) -> None:
    for (register, kind, step_s), points in series.items():
        if kind != Kind.SAMPLE or _quantity_of(register) != Quantity.POWER or _suffix_of(register):
            continue
        if step_s > 0:
            amounts = intervals.of_mean_powers(_spans(points, step_s, bounds), bounds)
            _offer(Source.MEAN_POWER, amounts, Quality.MEASURED, found)
        else:
            amounts = intervals.of_samples(points, bounds)
            _offer(Source.SAMPLED_POWER, amounts, Quality.ESTIMATED, found)


def _offer(source: Source, amounts: intervals.Amounts, good: Quality, found: Candidates) -> None:
    for slot, of_slot in enumerate(found.known):
        covered = amounts.covered_us[slot]
        if not covered:
            continue
        longest, quality = amounts.longest_us[slot], good
        if good is Quality.MEASURED and longest > SLOT_US:
            quality = Quality.INTERPOLATED if longest <= INTERPOLATED_STEP_US else Quality.ESTIMATED
        amount, bridged = amounts.amounts[slot], amounts.bridged.get(slot)
        if bridged is not None:
            amount, quality = amount + bridged, Quality.INTERPOLATED if good is Quality.MEASURED else good
        of_slot.append(Candidate(source, covered, None, amount, quality, bridged is not None))


def _spans(points: list[tuple[int, int]], step_s: int, bounds: list[int]) -> intervals.Spans:
    low = bisect_left(points, (bounds[0] - LONGEST_STEP_US,))
    high = bisect_left(points, (bounds[-1] + intervals.BRIDGED_GAP_US,))
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
