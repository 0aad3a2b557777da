"""The shapes shared by all messages: opaque ids, instants, and the frozen `Event`."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

ID_BODY = "[0-9a-hjkmnp-tv-z]{26}"
SLUG = r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"


PersonId = Annotated[str, StringConstraints(pattern=f"^per_{ID_BODY}$")]
DwellingId = Annotated[str, StringConstraints(pattern=f"^dwl_{ID_BODY}$")]
BuildingId = Annotated[str, StringConstraints(pattern=f"^bld_{ID_BODY}$")]
OccupancyId = Annotated[str, StringConstraints(pattern=f"^occ_{ID_BODY}$")]
MeterId = Annotated[str, StringConstraints(pattern=f"^mtr_{ID_BODY}$")]
GatewayId = Annotated[str, StringConstraints(pattern=f"^gtw_{ID_BODY}$")]
TicketId = Annotated[str, StringConstraints(pattern=f"^tkt_{ID_BODY}$")]
TipId = Annotated[str, StringConstraints(pattern=f"^tip_{ID_BODY}$")]
IntentId = Annotated[str, StringConstraints(pattern=f"^ntf_{ID_BODY}$")]
RejectedId = Annotated[str, StringConstraints(pattern=f"^rej_{ID_BODY}$")]
CoopSlug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$")]
Money = Annotated[str, StringConstraints(pattern=r"^-?\d+\.\d{2,6}$")]


Instant = AwareDatetime
"""With its UTC offset, else it would be no instant."""


class Message(BaseModel):
    """A frozen value. Readers ignore fields they do not know, so that a version can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Event(Message):
    """Something that happened, in the past tense, owned by the room that publishes it.

    No event carries personal data: opaque ids, codes, dates and numbers only.
    """

    subject: ClassVar[str]
    """NATS subject and version, e.g. `members.moved_in.v1`; `ce-type` is `coop.palier.` + subject."""
    stream: ClassVar[str] = "EVENTS"

    coop: CoopSlug
    """The cooperative the fact belongs to."""
