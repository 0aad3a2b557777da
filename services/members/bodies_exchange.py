"""What the members API takes and gives about meters at their place: new ones, and registers replaced."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.base import BuildingId, CoopSlug, DwellingId, Instant
from contracts.codes import Quantity
from services.members.bodies import Body, MeterIn, Text

Index = Annotated[Decimal, Field(ge=0, le=999_999_999, decimal_places=3, allow_inf_nan=False)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=400)]


class IndexUnit(StrEnum):
    """As the display is read: kWh of electricity and heat, m³ of water and gas."""

    KWH = "kWh"
    M3 = "m3"


class NewMeterIn(MeterIn):
    """A meter at an existing place: a dwelling, or a building's common part, which needs no consent."""

    coop: CoopSlug
    dwelling: DwellingId | None = None
    building: BuildingId | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> "NewMeterIn":
        if (self.dwelling is None) == (self.building is None):
            raise PydanticCustomError("one_place", "Give either a dwelling or a building.")
        return self


class ExchangeIn(Body):
    on: date
    """Civil day of the meter's zone, not in the future."""
    at: Instant | None = None
    """The instant, where it was noted."""
    old_index: Index | None = None
    """Last index of the register taken away, as read on its display: kWh, or m³ for water and gas."""
    new_index: Index | None = None
    """First index of the new register, in the same unit."""
    serial: Text | None = None
    """Serial number of the new meter."""


class ExchangeOut(BaseModel):
    id: str
    meter: str
    on: date
    at: datetime | None
    quantity: Quantity
    index_unit: IndexUnit
    """Unit of `old_index` and `new_index`."""
    old_index: float | None
    new_index: float | None
    old_serial: str | None
    serial: str | None
    recorded_by: str
    recorded_at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None
    undone_why: str | None = None
    legal_actions: list[Literal["undo"]]


class UndoIn(Body):
    action: Literal["undo"]
    why: Why
