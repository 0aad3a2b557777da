"""What the API of appointments takes and gives."""

from datetime import date, datetime, time
from typing import Literal

from pydantic import BaseModel, Field

from contracts.base import Instant
from services.aftersales.bodies import Body, Said

Side = Literal["member", "contractor", "cooperative"]


class SlotOut(BaseModel):
    """A window that can be chosen now."""

    id: str
    starts_at: datetime
    ends_at: datetime
    host: str
    """A team's code or a party's id."""
    host_name: str
    left: int
    """Places that are left in it."""
    is_proposed: bool
    """Proposed for this request in particular."""


class SlotsOut(BaseModel):
    slots: list[SlotOut]
    can_change: bool
    """Whether the visit that is arranged, if any, may still be moved or called off by the household."""


class SlotIn(Body):
    """A window proposed for one request."""

    starts_at: Instant
    ends_at: Instant


class VisitIn(Body):
    slot: str = Field(max_length=64)
    version: int | None = None
    """The version of the request the caller saw: 409 when somebody was faster."""


class VisitOut(BaseModel):
    id: str
    ticket: str
    host: str
    host_name: str
    starts_at: datetime
    ends_at: datetime
    state: Literal["booked", "on_the_way", "kept", "missed", "cancelled"]
    missed_side: Side | None
    contested_at: datetime | None
    """When its household said that it was there, where the miss is recorded on its side."""
    expected_at: datetime | None
    booked_by: str
    outcome: str | None
    sequence: int


class VisitsOut(BaseModel):
    visits: list[VisitOut]


class CancelIn(Body):
    comment: Said | None = None


class MissedIn(Body):
    side: Side
    comment: Said | None = None


class WasThereIn(Body):
    comment: Said | None = None


class AvailabilityIn(Body):
    """Weekly hours of a team or a contractor, or (with `on`) one window of one day."""

    host: str = Field(max_length=64)
    weekday: int | None = Field(default=None, ge=0, le=6)
    """0 is Monday."""
    on: date | None = None
    starts: time
    ends: time
    window_minutes: int = Field(default=120, ge=30, le=720)
    capacity: int = Field(default=1, ge=1, le=50)
    building: str | None = None


class AvailabilityOut(BaseModel):
    id: str
    host: str
    weekday: int | None
    starts: time
    ends: time
    on: date | None
    window_minutes: int
    capacity: int
    building: str | None


class AvailabilitiesOut(BaseModel):
    availability: list[AvailabilityOut]


class VisitTermsIn(Body):
    """How appointments work in this cooperative; what is left out stays the house's."""

    lead_hours: int | None = Field(default=None, ge=0, le=240)
    offered_days: int | None = Field(default=None, ge=1, le=90)
    most_offered: int | None = Field(default=None, ge=1, le=200)
    change_until_hours: int | None = Field(default=None, ge=0, le=240)
    remind_from_hour: int | None = Field(default=None, ge=8, le=21)
    fresh_hours: int | None = Field(default=None, ge=0, le=72)
    usual_minutes: int | None = Field(default=None, ge=15, le=720)
    household_shown_days_before: int | None = Field(default=None, ge=0, le=14)
    link_days: int | None = Field(default=None, ge=1, le=366)
    link_most_days: int | None = Field(default=None, ge=1, le=366)
    link_jobless_days: int | None = Field(default=None, ge=1, le=366)
    link_forgotten_days: int | None = Field(default=None, ge=1, le=1100)
    link_asked_a_day: int | None = Field(default=None, ge=1, le=20)
    feed_days: int | None = Field(default=None, ge=1, le=732)
    bundle_minutes: int | None = Field(default=None, ge=0, le=60)
