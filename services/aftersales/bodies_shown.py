"""What the HTTP API gives, with every closed list as an enum."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from contracts.codes import ClockFamily, Priority, Regime, Responsible
from services.aftersales.bodies import (
    ActionCode,
    ElementCode,
    PlaceCode,
    StateCode,
    SymptomCode,
    TeamCode,
)


class WarrantyOut(BaseModel):
    regime: Regime
    label: str
    debtor: Responsible | None
    ends_on: date | None
    basis: str | None
    reasons: list[str]


class DeadlineOut(BaseModel):
    kind: str
    label: str
    clock: ClockFamily
    due_at: datetime
    met_at: datetime | None
    is_overdue: bool
    is_moot: bool = False
    """A legal date that was not kept but ceased to matter: the request ended without a claim."""


class ContactOut(BaseModel):
    id: str
    name: str
    phone: str | None


class EmergencyOut(BaseModel):
    call: str
    advice: str


class TicketSummary(BaseModel):
    id: str
    number: int
    state: StateCode
    state_label: str
    priority: Priority
    responsible: Responsible
    team: TeamCode
    element: ElementCode
    element_label: str
    symptom: SymptomCode
    symptom_label: str
    place: PlaceCode
    place_label: str
    occupancy: str | None
    dwelling: str | None
    building: str | None
    residence: str | None
    opened_at: datetime
    appointment_at: datetime | None
    next_due_at: datetime | None
    is_overdue: bool


class DutyOut(BaseModel):
    """A debtor that still is to be written to; `notify_debtor` or `waive_notice` with `debtor` ends it."""

    debtor: Responsible
    label: str
    regimes: list[Regime]
    write_by_on: date
    """Last civil day; what was noticed later may be lost."""
    actions: list[str]


class TicketOut(TicketSummary):
    description: str | None
    since: date
    channel: str
    basis: str
    reasons: list[str]
    warranties: list[WarrantyOut]
    deadlines: list[DeadlineOut]
    letters_due: list[DutyOut]
    """Whom the cooperative still has to write to, the most pressing first; shown to its people."""
    contact: ContactOut | None
    """The named person who answers for the request."""
    incident: str | None
    emergency: EmergencyOut | None
    """For p0: call this number first."""
    cause: str
    next_steps: list[str]
    """What the household can do next, with a refusal too."""
    legal_actions: list[ActionCode]
    """What the caller may do now."""
    availability: list[str]
    """When somebody is home, as codes of GET /taxonomy."""
    access_note: str | None
    version: int


class EventOut(BaseModel):
    action: str
    label: str
    told: str
    """What was done, in words: the act, whatever state it led to."""
    role: str
    actor: str | None
    """The name of a person of the cooperative; households stay unnamed."""
    on_behalf_of: str | None
    """The person in whose name a program acted, where no person did."""
    reason: str | None
    comment: str | None
    appointment_at: datetime | None
    state: StateCode
    channel: str | None
    facts: dict[str, Any]
    """What the step rests on: codes, days and ids, such as the dates a warranty was counted from."""
    occurred_at: datetime
    recorded_at: datetime


class HistoryOut(BaseModel):
    events: list[EventOut]


class MessageOut(BaseModel):
    id: str
    role: str
    author: str | None
    body: str | None
    written_at: datetime


class MessagesOut(BaseModel):
    messages: list[MessageOut]


class Coded(BaseModel):
    code: str
    label: str


class ElementChoice(Coded):
    trade: str
    symptoms: list[str]
    is_common: bool


class PlaceChoice(Coded):
    is_common: bool


class TaxonomyOut(BaseModel):
    trades: list[Coded]
    elements: list[ElementChoice]
    symptoms: list[Coded]
    places: list[PlaceChoice]
    states: list[Coded]
    actions: list[Coded]
    reason_codes: list[Coded]
    formal_reasons: list[Coded]
    qualities: list[Coded]
    priorities: list[Coded]
    responsible: list[Coded]
    regimes: list[Coded]
    causes: list[Coded]
    channels: list[Coded]
    teams: list[Coded]
    deadlines: list[Coded]
    windows: list[Coded]
    equipment_regimes: list[Coded]
    check_ins: list[Coded]
    opinion_marks: list[Coded]
    availability: list[Coded]
    urgency: list[Coded]
