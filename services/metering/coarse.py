"""A coarse interval beside the half-hours it covers, a day's total for instance: do they add up to it? Pure.

Spread over its half-hours it says nothing of any single one, so it is compared over the whole stretch.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contracts.codes import Quality
from services.metering.candidates import Candidate
from services.metering.days import SLOT_US
from services.metering.intervals import units
from services.metering.slots import Source

_SPREAD = (Quality.INTERPOLATED, Quality.ESTIMATED)
_OF_INTERVALS = (Source.FILE, Source.INTERVAL, Source.MEAN_POWER)


class _Beside(NamedTuple):
    slot: int
    fine: Candidate | None
    """None where only the coarse interval knows the half-hour."""
    coarse: Candidate


def is_spread(candidate: Candidate) -> bool:
    """Whether it comes from an interval longer than a half-hour."""
    return candidate.quality in _SPREAD and candidate.source in _OF_INTERVALS


def disputed(known: Sequence[Sequence[Candidate]], agree_units: int) -> set[int]:
    """Half-hours that do not add up to a coarser interval of the same source. Where some of a stretch are
    unknown otherwise, nothing can be said."""
    if not any(len(of_slot) > 1 for of_slot in known):
        return set()
    found: set[int] = set()
    for stretch in _stretches(known):
        pairs = [(one.fine, one.coarse) for one in stretch if one.fine is not None]
        if len(pairs) < len(stretch):
            continue
        fine = units(sum(fine.amount for fine, _ in pairs))
        coarse = units(sum(coarse.amount for _, coarse in pairs))
        # each half-hour may have been rounded on its own, as watts of a whole number are
        if abs(fine - coarse) > max(agree_units, len(pairs) // 2):
            found.update(one.slot for one in stretch)
    return found


def _stretches(known: Sequence[Sequence[Candidate]]) -> Iterator[list[_Beside]]:
    """Runs of half-hours that coarse intervals cover."""
    run: list[_Beside] = []
    for index, of_slot in enumerate(known):
        whole = [candidate for candidate in of_slot if candidate.covered_us >= SLOT_US]
        coarse = next((candidate for candidate in whole if is_spread(candidate)), None)
        if coarse is None:
            if run:
                yield run
            run = []
            continue
        alike = (one for one in whole if one.source is coarse.source and not is_spread(one))
        run.append(_Beside(index, next(alike, None), coarse))
    if run:
        yield run
