"""Composes the members room: it lets devices in, and forgets what has run out."""

from services.kit.room import Room
from services.members import callout, housekeeping, kicking


def build(room: Room) -> None:
    room.background("callout", callout.answer)
    room.background("kicking", kicking.disconnect_revoked)
    room.background("housekeeping", housekeeping.forget_expired)
