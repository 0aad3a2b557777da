"""What the members API takes and gives about cooperatives, homes and devices.

Unknown fields are refused, so that a typing error is seen.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.base import BuildingId, CoopSlug, Instant, MeterId
from contracts.codes import Codec, Fluid, Heating, TariffKind
from contracts.offpeak import OffPeakHours


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("unknown_zone", "Use an IANA zone such as Europe/Paris.")
    return ZoneInfo(name).key


def _email(address: str) -> str:
    """In lower case. Refused here is what no letter could be addressed to (RFC 5322)."""
    try:
        return Address(addr_spec=address).addr_spec.lower()
    except (ValueError, MessageError) as error:
        raise PydanticCustomError("invalid_email", "No mail can be sent to this address.") from error


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Zone = Annotated[str, AfterValidator(_zone)]
_ADDRESS = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+$"
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+$"
    ),
    AfterValidator(_email),
]
Mobile = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 .\-]{5,24}$")]
Postal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=400)]
Postcode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]
_PRICE = r"^\d{1,4}(\.\d{1,6})?$"


def _price(value: Any) -> Any:
    """In words what a pattern does not say: people write `0,2`."""
    if isinstance(value, str) and not re.match(_PRICE, value, re.ASCII):
        raise PydanticCustomError("price", "Write a price in euros in digits with a point, such as 0.2016.")
    return value


Price = Annotated[str, BeforeValidator(_price), StringConstraints(pattern=_PRICE)]
GasFactor = Annotated[Decimal, Field(ge=5, le=20, decimal_places=3)]
Kva = Annotated[int, Field(ge=1, le=250)]
ChannelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Channels = Annotated[dict[ChannelName, MeterId], Field(max_length=2000)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CoopIn(Body):
    slug: CoopSlug
    name: Text
    zone: Zone = "Europe/Paris"
    sandbox: bool = False
    """Simulated: has a clock of its own, and nothing ever reaches a real person."""


class CoopOut(BaseModel):
    slug: str
    name: str
    zone: str
    sandbox: bool
    now: datetime
    """Business time of the cooperative."""


class ClockIn(Body):
    now: Instant


class MeterIn(Body):
    fluid: Fluid
    serial: Text | None = None
    subscribed_kva: Kva | None = None
    tariff: TariffKind | None = None
    """Without one, electricity is on the base tariff; other fluids have none."""
    offpeak: list[OffPeakHours] | None = Field(default=None, max_length=8)


class BuildingIn(Body):
    coop: CoopSlug
    ref: Text
    residence: Text
    street: Text | None = None
    """Number and street; left out, the residence's."""
    city: Text | None = None
    reception_on: date | None = None
    meters: list[MeterIn] = Field(default=[], max_length=50)
    """Meters of common parts."""


class DwellingIn(Body):
    coop: CoopSlug
    ref: Text
    building: BuildingId | None = None
    residence: Text
    street: Text | None = None
    """Number and street; left out, the building's or the residence's."""
    city: Text | None = None
    staircase: Text | None = None
    floor: Text | None = None
    floor_area_m2: Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=2)]
    heating: Heating
    postcode: Postcode
    zone: Zone | None = None
    built_on: date | None = None
    reception_on: date | None = None
    meters: list[MeterIn] = Field(default=[], max_length=50)

    @model_validator(mode="before")
    @classmethod
    def _floor_may_be_a_number(cls, value: Any) -> Any:
        if isinstance(value, dict):
            numbers = {key: str(value[key]) for key in ("floor", "postcode") if type(value.get(key)) is int}
            return value | numbers
        return value


class ResidenceIn(Body):
    """Where a residence stands, entered once for all its homes; left out, it is forgotten."""

    residence: Text
    street: Text | None = None
    city: Text | None = None


class ResidenceOut(BaseModel):
    residence: str
    homes: int
    street: str | None
    city: str | None


class ResidencesOut(BaseModel):
    residences: list[ResidenceOut]


class DeviceOut(BaseModel):
    """A device's way in. The password is shown once, when it is made."""

    id: str
    topic: str
    """Ends before the codec."""
    mqtt_username: str
    mqtt_password: str | None
    fluid: Fluid | None = None


class HomeOut(BaseModel):
    id: str
    meters: list[DeviceOut]


class GatewayIn(Body):
    coop: CoopSlug
    building: BuildingId | None = None
    codec: Codec
    channels: Channels = {}


class ChannelsIn(Body):
    channels: Channels
    replace: bool = True
    """False adds to the map that stands."""


class ChannelsOut(BaseModel):
    id: str
    channels: dict[str, str]


class ContractIn(Body):
    valid_from: date
    tariff: TariffKind | None = None
    prices: dict[Text, Price] | None = Field(default=None, max_length=20)
    """The household's own prices as decimal strings, by register: EUR/kWh, for water EUR/m³ (`base`)."""
    subscribed_kva: Kva | None = None
    offpeak: list[OffPeakHours] | None = Field(default=None, max_length=8)
    gas_kwh_m3: GasFactor | None = None
    """Gas: energy of a cubic metre as the meter counts it, where the place's own is known."""

    @model_validator(mode="after")
    def _has_one(self) -> "ContractIn":
        if self.tariff is None and self.prices is None and self.gas_kwh_m3 is None:
            raise PydanticCustomError("tariff_missing", "Give a tariff, or the household's own prices.")
        return self


class ContractOut(BaseModel):
    meter: str
    valid_from: date
    tariff: TariffKind
    subscribed_kva: int | None
    offpeak: list[str]
    prices: dict[str, str] | None
    gas_kwh_m3: Decimal | None = None
