"""Wall time, passed in. Business time belongs to a cooperative: see `unit.Unit.now`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns an aware UTC instant."""


def system() -> datetime:
    return datetime.now(UTC)
