"""Composes the notifications room."""

from functools import partial

from contracts.advice import TipRaised
from contracts.aftersales import (
    CheckInDue,
    DeadlineNear,
    IncidentDeclared,
    IncidentResolved,
    IncidentUpdated,
    InspectionSigned,
    TicketChanged,
    TicketOpened,
)
from contracts.members import Erased, MovedIn, SandboxDropped
from services.kit.room import Room
from services.notifications import handlers
from services.notifications.delivery import deliver


def build(room: Room) -> None:
    room.handle_together()  # an outage brings fifty requests a second, each told of to a household
    room.on(MovedIn, handlers.moved_in)
    room.on(TipRaised, handlers.tip_raised)
    room.on(TicketOpened, handlers.ticket_opened)
    room.on(TicketChanged, handlers.ticket_changed)
    room.on(IncidentDeclared, handlers.incident_declared)
    room.on(IncidentUpdated, handlers.incident_updated)
    room.on(IncidentResolved, handlers.incident_resolved)
    room.on(DeadlineNear, handlers.deadline_near)
    room.on(CheckInDue, handlers.check_in_due)
    room.on(InspectionSigned, handlers.inspection_signed)
    room.on(Erased, partial(handlers.erased, data_dir=room.settings.data_dir))
    room.on(SandboxDropped, handlers.sandbox_dropped)
    room.background("deliver", deliver)
