"""One meter-day as the checks see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from contracts.codes import Fluid, Quantity
from services.metering.days import SLOT_US, CivilDay
from services.metering.slots import Slot
from services.metering.vee.belief import Event, Exchange
from services.metering.vee.profile import Past
from services.metering.vee.thresholds import Thresholds, thresholds


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a meter besides its readings."""

    fluid: Fluid | None = None
    subscribed_kva: int | None = None
    """Of the contract in force that day."""
    is_common: bool = False
    exchanges: tuple[Exchange, ...] = ()

    def thresholds(self, day: date, quantity: Quantity) -> Thresholds:
        return thresholds(day, quantity, self.fluid, self.subscribed_kva, self.is_common)


@dataclass(frozen=True, slots=True)
class Heard:
    """How the day's readings reached us: their delay in seconds, and how many came again with another
    value for the same instant."""

    readings: int = 0
    least_delay_s: int = 0
    most_delay_s: int = 0
    disagreements: Mapping[int, int] = field(default_factory=dict)
    """By slot: how many."""


class Rival(NamedTuple):
    """What another source says of a half-hour, in whole units. Where it knew the energy of a longer stretch
    only, its single half-hours are no measurements."""

    value: int
    is_measured: bool


@dataclass(frozen=True, slots=True)
class MeterDay:
    """`slots` as chosen from the best source, before anything is held back; the rest is what the other
    sources, the registers, the past and the way here have to say."""

    civil: CivilDay
    quantity: Quantity
    slots: Sequence[Slot]
    events: Sequence[Event] = ()
    totals: Sequence[int | None] = ()
    """What the total register says of each slot it wholly covers."""
    parts: Sequence[int | None] = ()
    """What its tariff registers add up to."""
    curve: Sequence[int | None] = ()
    """What intervals say, those of a validated file before the meter's own."""
    rivals: Sequence[Rival | None] = ()
    """What the next best source says, where a validated file is the best."""
    aside: Sequence[int | None] = ()
    """What a file says where something finer is the best: a day's total, spread."""
    past: Past | None = None
    heard: Heard | None = None

    def slots_between(self, first_us: int, last_us: int) -> range:
        """The half-hours of this day that overlap ]first, last]."""
        start = self.civil.start_us
        low = max(0, (first_us - start) // SLOT_US)
        high = min(self.civil.slots, -(-(last_us - start) // SLOT_US))
        return range(low, max(low, high))

    @property
    def value(self) -> int:
        return sum(slot.value for slot in self.slots if slot.value is not None)
