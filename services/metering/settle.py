"""Readings around one local day in, the day's half-hours out: value, quality and provenance of each.

Validation, editing and estimation are one pure pipeline: sources are believed and ranked, checks hold back
what is doubtful, a person's decisions are applied, and when the day is told what is missing is estimated.
The result depends on the set of readings, decisions and own earlier days only, never on their order,
repetition or batches.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from contracts.codes import Check, EditKind, Quality, Quantity
from services.metering import candidates, coarse
from services.metering.candidates import Candidate, Candidates
from services.metering.days import SLOT_US, CivilDay
from services.metering.edits import Edit
from services.metering.intervals import units
from services.metering.slots import ABSENT, Point, Slot, Source
from services.metering.vee import checks
from services.metering.vee.day import Facts, Heard, MeterDay
from services.metering.vee.estimation import Beside, estimated
from services.metering.vee.finding import Finding
from services.metering.vee.profile import Past

__all__ = ["CONFLICT_UNITS", "Point", "Settled", "Slot", "Source", "finish", "settle"]


@dataclass(frozen=True, slots=True)
class Settled:
    """One settled day. Values in whole units (Wh, L); None where nothing is known or it is held back."""

    slots: tuple[Slot, ...]
    peak_va: int | None
    is_complete: bool
    """Every half-hour is covered from end to end: later readings in order cannot change the day."""
    findings: tuple[Finding, ...] = ()
    held: tuple[int | None, ...] = ()
    """What was read in the half-hours that are held back; None in the others."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Long gaps of a register whose shape the household's own past may tell, too long ones left out."""

    @property
    def value(self) -> int:
        """The day's total: what is missing or suspect is not in it, what is estimated is."""
        return sum(slot.value for slot in self.slots if slot.value is not None)

    @property
    def has_data(self) -> bool:
        return any(slot.quality is not Quality.MISSING for slot in self.slots)


def settle(
    points: Iterable[Point],
    civil: CivilDay,
    quantity: Quantity,
    *,
    facts: Facts | None = None,
    edits: Sequence[Edit] = (),
    past: Past | None = None,
) -> Settled:
    """The half-hours of `civil` for a cumulative `quantity` (energy, volume, heat)."""
    facts = facts or _NO_FACTS
    rules = facts.thresholds(civil.day, quantity)
    found = candidates.of_day(points, civil, quantity, rules, facts.exchanges, past)
    slots, shadows = _choose(found, rules.agree_units)
    day = MeterDay(
        civil, quantity, slots, found.events, found.totals, found.parts, found.curve,
        rivals=found.rivals(slots), aside=found.aside(slots),
    )  # fmt: skip
    findings = [finding for check in checks.ON_SETTLING for finding in check(day, rules)]
    for finding in findings:
        if finding.is_held:
            for i in finding.slots:
                if slots[i].value is not None and slots[i].source is not Source.EDITED:
                    shadows[i] = slots[i]
                    slots[i] = Slot(None, Quality.SUSPECT, slots[i].source)
    if edits:
        findings = _decide(slots, shadows, findings, edits)
    return Settled(
        slots=tuple(slots),
        peak_va=found.peak_va,
        is_complete=all(
            slot.value is not None and (slot.quality is Quality.EDITED or found.is_whole(i))
            for i, slot in enumerate(slots)
        ),
        findings=tuple(findings),
        held=tuple(
            shadow.value if shadow is not None and slot.quality is Quality.SUSPECT else None
            for slot, shadow in zip(slots, shadows, strict=True)
        )
        if any(shadows)
        else (None,) * civil.slots,
        gaps=tuple(gap for gap in found.gaps if gap[1] - gap[0] <= (rules.shape_days + 1) * _DAY_US),
    )


def finish(
    settled: Settled,
    civil: CivilDay,
    quantity: Quantity,
    *,
    facts: Facts | None = None,
    past: Past | None = None,
    heard: Heard | None = None,
    beside: Beside | None = None,
) -> Settled:
    """A settled day as it is told: the checks that need the whole day and the past, and estimates of what
    is missing."""
    rules = (facts or _NO_FACTS).thresholds(civil.day, quantity)
    day = MeterDay(civil, quantity, settled.slots, past=past, heard=heard)
    late = [finding for check in checks.ON_CLOSING for finding in check(day, rules)]
    slots = settled.slots
    if ABSENT in slots:
        slots = estimated(slots, civil, past, rules, beside)
    if not late:
        return replace(settled, slots=slots)
    late = [_as_left(finding, slots) for finding in late]
    return replace(settled, slots=slots, findings=(*settled.findings, *late))


def _as_left(finding: Finding, slots: Sequence[Slot]) -> Finding:
    """A gap says what it was left as, once it is filled in."""
    if finding.check is not Check.GAP:
        return finding
    return replace(finding, detail={"left": slots[finding.first_slot].quality.value})


def _choose(found: Candidates, agree_units: int) -> tuple[list[Slot], list[Slot | None]]:
    """The best source of each half-hour, and beside it what a doubtful register says of those that no other
    source knows."""
    slots: list[Slot] = []
    shadows: list[Slot | None] = [None] * len(found.known)
    disputed = coarse.disputed(found.known, agree_units)
    amount = taken = 0  # so far from sources without a register: exact, and rounded cumulatively
    for index, of_slot in enumerate(found.known):
        if not of_slot:
            is_held = index in found.held
            slots.append(Slot(None, Quality.SUSPECT, Source.NONE) if is_held else ABSENT)
            if is_held and found.doubtful[index]:
                doubtful = found.doubtful[index][0]
                shadows[index] = Slot(doubtful.rounded, _quality(doubtful), doubtful.source)
            continue
        best = of_slot[0]
        is_conflict = False
        if len(of_slot) > 1:
            ranked = sorted(of_slot, key=_rank)
            best = ranked[0]
            is_conflict = index in disputed or _conflicts(best, ranked[1:], agree_units)
        value = best.units
        if value is None:
            amount += best.amount
            rounded = units(amount)
            value, taken = rounded - taken, rounded
        slots.append(Slot(value, _quality(best), best.source, is_conflict))
    return slots, shadows


def _rank(candidate: Candidate) -> tuple[bool, float, int]:
    """A source that covers the whole slot beats a better one that knows only a part of it. An interval of
    many hours knows nothing of the single half-hour: it comes after all that was measured there."""
    source = candidate.source.rank
    if candidate.quality is Quality.ESTIMATED and candidate.source in (Source.FILE, Source.INTERVAL):
        source = Source.MEAN_POWER + 0.5
    return candidate.covered_us < SLOT_US, source, -candidate.covered_us


def _quality(candidate: Candidate) -> Quality:
    is_known = candidate.covered_us >= SLOT_US or candidate.is_bridged
    return candidate.quality if is_known else Quality.ESTIMATED


def _conflicts(best: Candidate, others: Sequence[Candidate], agree_units: int) -> bool:
    """What was spread over the half-hour from a longer interval is compared elsewhere, see `coarse`; a total
    and its parts are read at instants of their own and compared over the day."""
    return best.source is not Source.REGISTER and any(
        other.source == best.source
        and other.covered_us >= SLOT_US
        and not coarse.is_spread(other)
        and abs(other.rounded - best.rounded) > agree_units
        for other in others
    )


def _decide(
    slots: list[Slot], shadows: list[Slot | None], findings: list[Finding], edits: Sequence[Edit]
) -> list[Finding]:
    """Apply a person's decisions; what they decided is no longer held back, only shown."""
    decided: set[int] = set()
    for edit in edits:
        for i in edit.slots:
            if i >= len(slots):
                continue
            shadow = shadows[i]
            if edit.kind is EditKind.SET:
                value = edit.values[i - edit.first_slot] if edit.values else None
                # where even a person knows nothing, nothing is filled in
                slots[i] = Slot(value, Quality.MISSING if value is None else Quality.EDITED, Source.EDITED)
            elif edit.kind is EditKind.DISCARD:
                slots[i] = ABSENT
            elif edit.kind is EditKind.CONFIRM and shadow is not None:
                slots[i] = shadow
            else:
                continue
            decided.add(i)
    return [part for finding in findings for part in _undecided(finding, decided)]


def _undecided(finding: Finding, decided: set[int]) -> Iterable[Finding]:
    """A held finding, cut where a person decided about it."""
    if not finding.is_held or decided.isdisjoint(finding.slots):
        return (finding,)
    return checks.cut(finding, decided)


_DAY_US = 86_400 * 1_000_000
_NO_FACTS = Facts()
CONFLICT_UNITS = _NO_FACTS.thresholds(date.max, Quantity.ENERGY_IMPORT).agree_units
"""Two sources of one slot may differ by this much through rounding alone."""
