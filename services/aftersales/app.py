"""Composes the after-sales room."""

from contracts.members import Erased, MovedIn, SandboxDropped
from contracts.metering import SupplyFault, SupplyFaultCleared
from services.aftersales import handlers, rewinding, walking, watching
from services.aftersales.dwelling_file import asking
from services.aftersales.incidents import sensing
from services.aftersales.inspections import preparing
from services.aftersales.parties.posting import deliver
from services.kit.hourly import each_hour
from services.kit.room import Room


def build(room: Room) -> None:
    room.on(MovedIn, asking.moved_in)
    room.on(Erased, handlers.erased)
    room.on(SandboxDropped, handlers.sandbox_dropped)
    room.on(SupplyFault, sensing.supply_fault)
    room.on(SupplyFaultCleared, sensing.fault_cleared)
    each_hour(room, handlers.an_hour)
    room.background("letters", deliver)
    room.background("documents", preparing.prepare)
    room.background("safety", watching.watch)
    room.background("sandboxes' clocks", walking.follow)
    room.background("changed calendars", rewinding.watch)
