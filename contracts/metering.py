"""Settled consumption. Published by `metering`."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from contracts.base import DwellingId, Event, Instant, MeterId, Money, OccupancyId
from contracts.codes import Fluid, Quality, Quantity, Unit


class DayClosed(Event):
    """One meter's local day is settled: from midnight, of gas from 06:00. A later `revision` replaces an
    earlier one."""

    subject: ClassVar[str] = "metering.day_closed.v1"
    meter: MeterId
    dwelling: DwellingId | None = None
    occupancy: OccupancyId | None = None
    """The household that lives there that day; None for a common-part meter."""
    fluid: Fluid
    quantity: Quantity
    unit: Unit
    day: date
    zone: str
    """IANA zone whose day this is."""
    starts_at: Instant
    revision: int
    slots: int
    """Number of half-hours: 46, 48 or 50."""
    value: int
    """The day's total in `unit`, estimated slots included, suspect and missing ones not: see `quality`."""
    values: tuple[int | None, ...] | None = None
    """One value a half-hour, in `unit`; null is missing or held back. None without half-hourly consent."""
    quality: dict[Quality, int]
    """Number of slots of each quality."""
    cost_eur: Money | None = None
    peak_va: int | None = None
    """Highest apparent power seen that day in VA, where the meter reports it."""


class MeterSilent(Event):
    subject: ClassVar[str] = "metering.meter_silent.v1"
    meter: MeterId
    last_heard_at: Instant | None = None


class MeterHeard(Event):
    subject: ClassVar[str] = "metering.meter_heard.v1"
    meter: MeterId
    heard_at: Instant


class SupplyFault(Event):
    """The readings show a fault of the supply: a ticket, not a tip. Told once, until it is cleared."""

    subject: ClassVar[str] = "metering.supply_fault.v1"
    meter: MeterId
    dwelling: DwellingId | None = None
    fault: str
    """A code of the group `supply_faults`."""
    since: Instant
    id: str | None = None
    """`flt_…`: the row of `registry.supply_fault` with the days it was seen in."""
    occupancy: OccupancyId | None = None
    """The household that lives there; None for a common-part meter."""
    kind: str | None = None
    """What fails: `voltage`, `flow`, `heating` or `meter`."""
    first_day: date | None = None
    last_day: date | None = None
    """The civil days in which it was seen, both included."""
    evidence: dict[str, int] = Field(default_factory=dict)
    """Figures by name, whole units; their words are in the group `fault_figures`."""


class SupplyFaultCleared(Event):
    """The readings are well again, or what they showed may no longer be used."""

    subject: ClassVar[str] = "metering.supply_fault_cleared.v1"
    meter: MeterId
    id: str
    fault: str
    because: str
    """`well` or `no_ground`: consent was withdrawn or the household left."""
