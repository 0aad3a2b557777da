"""What the HTTP API takes, with every closed list as an enum; what it gives is in `bodies_shown`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from contracts.base import Instant
from contracts.codes import Priority, Responsible
from services.aftersales.lifecycle import STATES, TABLE
from services.aftersales.taxonomy import taxonomy
from services.aftersales.urgency import factors
from services.aftersales.words import codes


def coded(*known: str) -> object:
    """A code whose list the OpenAPI document shows; an unknown one is refused with its own problem."""
    return Field(json_schema_extra={"enum": list(known)}, max_length=64)


_TAXONOMY = taxonomy()
PlaceCode = Annotated[str, coded(*_TAXONOMY.places)]
ElementCode = Annotated[str, coded(*_TAXONOMY.elements)]
SymptomCode = Annotated[str, coded(*_TAXONOMY.symptoms)]
StateCode = Annotated[str, coded(*STATES)]
ActionCode = Annotated[str, coded(*TABLE)]
REASON_CODES = tuple(dict.fromkeys((*codes("reason_codes"), *codes("formal_reasons"))))
ReasonCode = Annotated[str, coded(*REASON_CODES)]
TeamCode = Annotated[str, coded(*codes("teams"))]
Said = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Cause = Literal["unknown", "use", "wear", "defect", "force_majeure"]


def _day(value: object) -> object:
    """Accepts an instant where a day is asked: its own civil day is meant."""
    return value[:10] if isinstance(value, str) and "T" in value else value


Day = Annotated[date, BeforeValidator(_day)]


class Body(BaseModel):
    """Unknown fields are refused, so that a typing error is seen."""

    model_config = ConfigDict(extra="forbid")


class TicketIn(Body):
    occupancy: str | None = None
    building: str | None = None
    place: PlaceCode
    element: ElementCode
    symptom: SymptomCode
    description: Annotated[Said, StringConstraints(min_length=1)]
    since: Day | None = None
    """Civil day since when it is so; today when left out."""
    channel: Literal["portal", "phone", "counter", "caretaker", "letter", "meter"] = "portal"
    reported_by: str | None = Field(default=None, max_length=200)
    """Who told it, when not the caller: the id of a person of the household; a short name, by staff only."""
    availability: list[Annotated[str, coded(*codes("availability"))]] = Field(default=[], max_length=20)
    """When somebody is home."""
    access_note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None
    """How to get in; shown to those who come, erased with the person."""
    urgency: list[Annotated[str, coded(*factors())]] = Field(default=[], max_length=20)
    """What makes it pressing, as POST /tickets/proposals understood it and a person confirmed it."""


class ActionIn(Body):
    action: ActionCode
    reason: ReasonCode | None = None
    comment: Said | None = None
    appointment_at: Instant | None = None
    assignee: str | None = None
    team: TeamCode | None = None
    priority: Priority | None = None
    responsible: Responsible | None = None
    basis: str | None = Field(default=None, max_length=200)
    place: PlaceCode | None = None
    element: ElementCode | None = None
    symptom: SymptomCode | None = None
    cause: Cause | None = None
    installed_on: date | None = None
    declared_to_insurer_on: date | None = None
    party: str | None = None
    """Firm that is to do the work (`assign`); an empty text gives it back to the cooperative's team. The firm
    that is written to (`notify_debtor`)."""
    debtor: Annotated[str, coded(*codes("parties"))] | None = None
    """`notify_debtor`, `waive_notice`, `secure_claim`: whom it is about, where several owe the repair."""
    kind: Annotated[str, coded(*codes("notices"))] | None = None
    """`notify_debtor`: which letter; a notice of the defect where nothing is said."""
    by: str | None = None
    """Person of the staff that a program's token speaks for, where a named person answers for the step."""
    side: Annotated[str, coded(*codes("sides"))] | None = None
    """`missed`: whose doing it was."""
    agreed_how: Annotated[str, coded(*codes("agreed_how"))] | None = None
    """`wait_access`: how the household agreed; the comment says with whom and to what."""
    outcome: Annotated[str, coded(*codes("outcomes"))] | None = None
    """`finish`: what the visit ended with."""
    no_photo: Annotated[str, coded(*codes("no_photo"))] | None = None
    """With `fixed`: why no photo of the work is on the request."""
    cost_cents: int | None = Field(default=None, ge=0, le=100_000_000)
    """`estimate`, tax included."""
    secured_by: Annotated[str, coded(*codes("secured_by"))] | None = None
    """`secure_claim`: what stops the legal period."""
    channel: Annotated[str, coded(*codes("channels"))] | None = None
    """How the caller heard of it, when not by this interface."""
    occurred_at: Instant | None = None
    """When it happened, if earlier than now."""
    version: int | None = None
    """The version the caller saw: 409 when somebody was faster."""


class MessageIn(Body):
    body: Annotated[Said, StringConstraints(min_length=1)]


class Finding(Body):
    place: PlaceCode
    element: ElementCode
    symptom: SymptomCode
    note: Said = ""


class InspectionIn(Body):
    kind: Literal["etat_des_lieux", "livraison"]
    on: date
    findings: list[Finding] = Field(max_length=200)


class InspectionOut(BaseModel):
    tickets: list[str]
