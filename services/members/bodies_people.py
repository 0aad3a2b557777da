"""What the members API takes and gives about households, persons and consents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.base import CoopSlug, DwellingId, OccupancyId, PersonId
from contracts.codes import Fluid, Language, Purpose, Right, Tenure
from services.members.bodies import Body, DeviceOut, DwellingIn, Email, Mobile, Postal, Text
from services.members.choice import IdOr
from services.members.consents import ConsentChannel


class MemberIn(Body):
    """A person of a household, new or (`person`) known to the cooperative."""

    person: PersonId | None = None
    name: Text | None = None
    email: Email | None = None
    mobile: Mobile | None = None
    postal: Postal | None = None
    language: Language = Language.FR
    right: Right

    @model_validator(mode="after")
    def _is_someone(self) -> "MemberIn":
        if self.person is None and self.name is None:
            raise PydanticCustomError("name_missing", "A person has a name.")
        return self


class MoveInIn(Body):
    coop: CoopSlug
    dwelling: Annotated[DwellingId | DwellingIn, IdOr(DwellingId, DwellingIn)]
    household: list[MemberIn] = Field(min_length=1, max_length=20)
    tenure: Tenure
    moved_in_on: date
    livraison_on: date | None = None
    quiet: bool = False


class IdOut(BaseModel):
    id: str


class WarningOut(BaseModel):
    """Something unlikely that was recorded all the same."""

    pointer: str
    code: str
    message: str


class MoveInOut(BaseModel):
    occupancy: str
    dwelling: str
    persons: list[IdOut]
    meters: list[DeviceOut]
    warnings: list[WarningOut] = []
    """What is worth a second look, such as a réception after the move-in."""


class MoveOutIn(Body):
    occupancy: OccupancyId
    moved_out_on: date
    """The last day lived in: the next household moves in on the day after at the earliest."""


class MoveOutOut(BaseModel):
    occupancy: str
    moved_out_on: date


class ConsentIn(Body):
    granted: bool
    by: PersonId
    text_version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    channel: ConsentChannel
    witness: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class ConsentOut(BaseModel):
    occupancy: str
    purpose: Purpose
    granted: bool
    since: datetime | None
    text_version: str | None


class ResidentIn(Body):
    right: Right
    since_on: date | None = None
    until_on: date | None = None


class ResidentOut(BaseModel):
    person: str
    name: str
    right: Right
    since_on: date
    until_on: date | None


class MeterOut(BaseModel):
    id: str
    fluid: Fluid
    serial: str | None


class OccupancyOut(BaseModel):
    id: str
    coop: str
    dwelling: str
    residence: str
    dwelling_ref: str
    tenure: Tenure
    moved_in_on: date
    moved_out_on: date | None
    livraison_on: date | None
    quiet: bool
    residents: list[ResidentOut]
    meters: list[MeterOut]
    consents: list[ConsentOut]


class PersonIn(Body):
    name: Text
    email: Email | None = None
    mobile: Mobile | None = None
    postal: Postal | None = None
    language: Language = Language.FR


class StaffContactIn(Body):
    """How households see and call a member of staff."""

    name: Text
    phone: Mobile | None = None
    language: Language = Language.FR


class PersonOut(BaseModel):
    id: str
    coop: str
    name: str
    email: str | None
    mobile: str | None
    postal: str | None
    language: Language
    occupancies: list[str]


class KeptOut(BaseModel):
    """What a legal hold keeps, why, and until when (None: while its reason lasts)."""

    what: str
    why: str
    source: str
    until: date | None


class ErasureOut(BaseModel):
    status: Literal["accepted"] = "accepted"
    person: str
    kept: list[KeptOut]


class ExportOut(BaseModel):
    """A person's copy of their data. `partial` names the rooms that could not be asked in `missing`."""

    status: Literal["ready", "partial"]
    person: str
    missing: list[str]
    data: dict[str, Any]
    """Room to what it keeps."""
