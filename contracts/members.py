"""Who lives where, under which contract, and what they allow. Published by `members`."""

from datetime import date
from typing import ClassVar

from contracts.base import BuildingId, DwellingId, Event, GatewayId, MeterId, OccupancyId, PersonId
from contracts.codes import Purpose, Tenure


class MovedIn(Event):
    """A household took possession of a dwelling."""

    subject: ClassVar[str] = "members.moved_in.v1"
    occupancy: OccupancyId
    dwelling: DwellingId
    building: BuildingId | None = None
    persons: tuple[PersonId, ...]
    meters: tuple[MeterId, ...] = ()
    tenure: Tenure
    moved_in_on: date
    livraison_on: date | None = None
    quiet: bool = False
    """True when an existing household is recorded: nobody is welcomed."""


class MovedOut(Event):
    subject: ClassVar[str] = "members.moved_out.v1"
    occupancy: OccupancyId
    dwelling: DwellingId
    moved_out_on: date


class ConsentChanged(Event):
    """A household gave or withdrew one purpose. Readers ask `registry.consent` for what holds now."""

    subject: ClassVar[str] = "members.consent_changed.v1"
    occupancy: OccupancyId
    purpose: Purpose
    granted: bool


class ContractChanged(Event):
    """A meter's tariff or subscribed power changed from a date on: costs from then are recomputed."""

    subject: ClassVar[str] = "members.contract_changed.v1"
    meter: MeterId
    valid_from: date


class MeterExchanged(Event):
    """Another register counts at this meter's place from a day on, or was wrongly said to: days around it
    are settled again. Readers ask `registry.exchange` for what stands now."""

    subject: ClassVar[str] = "members.meter_exchanged.v1"
    meter: MeterId
    on: date
    """Civil day of the meter's zone."""
    is_undone: bool = False


class ChannelsMapped(Event):
    """A gateway's channel map changed: readings quarantined as `unknown_meter` can be retried."""

    subject: ClassVar[str] = "members.channels_mapped.v1"
    gateway: GatewayId
    channels: tuple[str, ...]


class Erased(Event):
    """A person's data were erased; every room has forgotten or will forget them."""

    subject: ClassVar[str] = "members.erased.v1"
    person: PersonId
    occupancies: tuple[OccupancyId, ...] = ()


class SandboxDropped(Event):
    """A sandbox cooperative ended: every room has forgotten or will forget all it holds of `coop`."""

    subject: ClassVar[str] = "members.sandbox_dropped.v1"
