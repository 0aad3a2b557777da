"""Tips for households and what became of them. Published by `advice`."""

from datetime import date
from typing import ClassVar

from contracts.base import Event, MeterId, Money, OccupancyId, TipId
from contracts.codes import Rule


class TipRaised(Event):
    """A tip was made for a household. Its words are the reader's language's; here are its numbers."""

    subject: ClassVar[str] = "advice.tip_raised.v1"
    tip: TipId
    occupancy: OccupancyId
    meter: MeterId
    rule: Rule
    variant: str
    """Which text of the rule applies, e.g. `too_high`."""
    kwh_year: int
    eur_year: Money
    raised_on: date
    expires_on: date
    evidence: dict[str, str | int | float | None]


class TipOutcome(Event):
    """What was measured after a tip: its saving with its uncertainty, or that nothing can be seen."""

    subject: ClassVar[str] = "advice.tip_outcome.v1"
    tip: TipId
    occupancy: OccupancyId
    rule: Rule
    outcome: str
    kwh_year: int | None = None
