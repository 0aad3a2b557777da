"""Households in dwellings: which periods go together, and who of a household sees it when.

All dates are civil days of the dwelling's zone; a last day is part of the period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.codes import Right


@dataclass(frozen=True)
class Period:
    """From `first` to `last` inclusive; without `last` it goes on."""

    first: date
    last: date | None = None

    def overlaps(self, other: "Period") -> bool:
        """True when some day belongs to both."""
        starts_in_time = other.last is None or self.first <= other.last
        return starts_in_time and (self.last is None or other.first <= self.last)

    def includes(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Reach:
    """How a member of a household can be written to."""

    right: Right
    email: str | None = None
    mobile: str | None = None
    postal: str | None = None

    @property
    def is_reachable(self) -> bool:
        return bool(self.email or self.mobile or self.postal)


def first_overlap(new: Period, standing: Iterable[Period]) -> Period | None:
    """The period that `new` cannot stand beside: a dwelling has one household at a time."""
    return next((period for period in standing if period.overlaps(new)), None)


def missing_in(household: Sequence[Reach]) -> tuple[str, str] | None:
    """The first fault of a household as (JSON pointer, code): it needs a holder, and each holder and
    co-holder must be reachable by e-mail, mobile or post."""
    if not any(member.right is Right.HOLDER for member in household):
        return "/household", "no_holder"
    for place, member in enumerate(household):
        if member.right in (Right.HOLDER, Right.CO_HOLDER) and not member.is_reachable:
            return f"/household/{place}", "unreachable"
    return None


def end_fault(moved_in_on: date, already: date | None, moved_out_on: date) -> str | None:
    """Why a household cannot end on this day: `before_move_in` or `already_ended`."""
    if already is not None:
        return "already_ended"
    return "before_move_in" if moved_out_on < moved_in_on else None


def sees(until_on: date | None, today: date) -> bool:
    """Whether a person sees the household today: who leaves it before the others stops seeing.

    They see it from the day they are recorded, to prepare the move. Those who leave with the household
    keep seeing its own period, as anyone may read their data.
    """
    return until_on is None or today <= until_on


def may_decide(right: Right) -> bool:
    """Whether this right carries decisions for the household, such as consents: a carer helps only."""
    return right is not Right.CARER
