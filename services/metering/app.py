"""Composition of the metering room: readings become days; what nobody could read waits for a decision."""

from contracts.members import (
    ChannelsMapped,
    ConsentChanged,
    ContractChanged,
    Erased,
    MeterExchanged,
    MovedOut,
    SandboxDropped,
)
from contracts.readings import ReadingsBatch, Rejected
from contracts.time import HourPassed
from services.kit.hourly import in_background
from services.kit.moved_clocks import whenever_moved
from services.kit.room import Room
from services.metering import handlers, partitions, silence
from services.metering.astray.following import follow
from services.metering.imports.worker import importer
from services.metering.settling import settler
from services.metering.supply_faults.watching import watch

SETTLERS = 2
"""While one waits for the database, the other reckons."""


def build(room: Room) -> None:
    # Small transactions: intake goes on while they commit, instead of waiting for a large one.
    room.on_batch(ReadingsBatch, handlers.readings, batch=16, wait_seconds=0.02)
    room.on_batch(Rejected, handlers.rejected, batch=16)
    room.on(ChannelsMapped, handlers.channels_mapped)
    room.on(ConsentChanged, handlers.consent_changed)
    room.on(ContractChanged, handlers.contract_changed)
    room.on(MeterExchanged, handlers.meter_exchanged)
    room.on(MovedOut, handlers.moved_out)
    room.on(Erased, handlers.erased)
    room.on(SandboxDropped, handlers.sandbox_dropped)
    room.on(HourPassed, handlers.hour_passed)
    in_background(room, handlers.an_hour)
    for one in range(SETTLERS):
        room.background(f"settle {one + 1}", settler)
    room.background("silence", silence.watch)
    room.background("moved clocks", whenever_moved(silence.look))
    room.background("supply faults", watch)
    room.background("partitions", partitions.keeper)
    room.background("importer", importer)
    room.background("astray", follow)
