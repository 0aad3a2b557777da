"""Composes the members room: it lets devices in, and forgets what has run out."""

from contracts.members import SandboxDropped
from services.kit.room import Room
from services.members import callout, handlers, housekeeping, kicking


def build(room: Room) -> None:
    room.on(SandboxDropped, handlers.sandbox_dropped)
    room.around(callout.answering)
    room.background("kicking", kicking.disconnect_revoked)
    room.background("housekeeping", housekeeping.forget_expired)
