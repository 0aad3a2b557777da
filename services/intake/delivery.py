"""One MQTT message in hand: how much of it is still to be made durable before it may be acknowledged."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False)
class Delivery:
    """Acknowledged when all publications it `waits_for` have been acknowledged by their stream."""

    mid: int
    """MQTT packet id, of one connection."""
    qos: int
    topic: bytes
    payload: bytes
    received_at: datetime
    """UTC; one instant for all that was read from the socket at once."""
    is_retained: bool = False
    """Kept by the broker for whoever subscribes, so sent at an unknown time before it came."""
    waits_for: int = 0
    weight: int = 1
    """Its share of what intake may hold in memory, in readings."""

    def says_the_same(self, other: "Delivery") -> bool:
        return self.topic == other.topic and self.payload == other.payload
