"""Composes the advice room."""

from contracts.members import ConsentChanged, Erased, MovedOut, SandboxDropped
from contracts.metering import DayClosed
from services.advice import handlers
from services.kit.hourly import each_hour
from services.kit.moved_clocks import whenever_moved
from services.kit.room import Room


def build(room: Room) -> None:
    room.on_frequent(DayClosed, handlers.day_closed, concerns=handlers.concerns)
    room.on(ConsentChanged, handlers.consent_changed)
    room.on(MovedOut, handlers.moved_out)
    room.on(Erased, handlers.erased)
    room.on(SandboxDropped, handlers.sandbox_dropped)
    each_hour(room, handlers.an_hour)
    room.background("moved clocks", whenever_moved(handlers.forget_departed))
