"""Tickets from move-in onward. Published by `aftersales`."""

from typing import ClassVar

from contracts.base import BuildingId, DwellingId, Event, Instant, OccupancyId, TicketId
from contracts.codes import ClockFamily, Priority, Responsible


class TicketOpened(Event):
    subject: ClassVar[str] = "aftersales.ticket_opened.v1"
    ticket: TicketId
    number: int
    """The short number people say on the phone, counted per cooperative."""
    occupancy: OccupancyId | None = None
    dwelling: DwellingId | None = None
    building: BuildingId | None = None
    place: str
    element: str
    symptom: str
    state: str
    priority: Priority
    responsible: Responsible
    team: str
    first_answer_due_at: Instant | None = None


class TicketChanged(Event):
    subject: ClassVar[str] = "aftersales.ticket_changed.v1"
    ticket: TicketId
    number: int
    occupancy: OccupancyId | None = None
    building: BuildingId | None = None
    element: str
    action: str
    state: str
    actor_role: str
    appointment_at: Instant | None = None
    tells_household: bool
    """True when the household should hear of it."""


class IncidentDeclared(Event):
    subject: ClassVar[str] = "aftersales.incident_declared.v1"
    incident: str
    building: BuildingId | None = None
    occupancies: tuple[OccupancyId, ...]
    symptom: str


class DeadlineNear(Event):
    """A promise or a legal window is about to be lost."""

    subject: ClassVar[str] = "aftersales.deadline_near.v1"
    ticket: TicketId
    number: int
    kind: str
    clock: ClockFamily
    due_at: Instant
    percent: int
