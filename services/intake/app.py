"""Composition of the intake room: MQTT in, batches of readings out."""

from contracts.readings import Retried
from services.intake import intake, retrying
from services.kit.room import Room


def build(room: Room) -> None:
    """No database: one task for MQTT, restarted should it ever fail, and what comes back from quarantine."""
    room.background("intake", intake.run)
    room.on_queue(Retried, retrying.read_again)
