"""The passing of time. Published by `timekeeper`."""

from typing import ClassVar

from contracts.base import Event, Instant


class HourPassed(Event):
    """An hour of UTC has begun. A tick carries no obligation: on each, do all that is due."""

    subject: ClassVar[str] = "time.hour_passed.v1"
    coop: str = "palier"
    hour: Instant
