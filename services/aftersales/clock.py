"""What a clock of a request is: a promise or a legal date, and what it depends on."""

from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.codes import ClockFamily, Priority, Responsible, Tenure
from services.aftersales.history import Standing
from services.aftersales.priority import HeatingPeriod
from services.aftersales.warranty import Dates, Warranty

Alarms = tuple[tuple[int, datetime], ...]
"""Percent of the time given, and when that much is used: UTC, ascending."""


@dataclass(frozen=True)
class Deadline:
    """A promise or legal date. `met_at` is when it was kept or ceased to matter; None while it runs."""

    kind: str
    clock: ClockFamily
    starts_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    alarms: Alarms = ()

    def percent(self, now: datetime) -> int:
        """How much of the time given is used by the wall's clock, 0 to 100."""
        given = (self.due_at - self.starts_at).total_seconds()
        if given <= 0 or now >= self.due_at:
            return 100
        return max(0, int(100 * (now - self.starts_at).total_seconds() / given))

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was missed: still running after its time, or met too late."""
        return (self.met_at or now) > self.due_at


@dataclass(frozen=True)
class TicketFacts:
    """What the clocks depend on, beside the history."""

    element: str
    symptom: str
    priority: Priority
    responsible: Responsible
    standing: Standing
    tenure: Tenure | None = None
    dates: Dates = field(default_factory=Dates)
    warranties: tuple[Warranty, ...] = ()
    heating: HeatingPeriod | None = None
    noticed_on: date | None = None
    """When the defect was first seen; the day it was told where left out."""
    etat_des_lieux_on: date | None = None
    """Day of the tenant's entry inspection, where one was recorded."""
    postcode: str | None = None
    """Of the home: whose public holidays legal working days leave out."""
    declared_to_insurer_on: date | None = None
    """Day the dommages-ouvrage insurer received the declaration."""
