"""Composition of the intake room: MQTT in, batches of readings out."""

from services.intake import intake
from services.kit.room import Room


def build(room: Room) -> None:
    """No database and no handlers: one task, restarted should it ever fail."""
    room.background("intake", intake.run)
