"""Days of homes and households: which cannot be and are refused, which can hardly be and are asked about.

All are civil days of the dwelling's zone, compared with business time: a sandbox lives on its own clock.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from services.kit.i18n import mark as _
from services.kit.problems import invalid
from services.kit.unit import Unit
from services.members.actions.common import today

EARLIEST = date(1900, 1, 1)
"""Nobody moved in, and no works were received, before: such a day is a slip of the hand."""
OLDEST_HOUSE = date(1000, 1, 1)
"""Houses may be older than that, their days are not known so well."""
KEYS_LATER_AT_MOST = timedelta(days=366)
"""A livraison that lies further off than today and the move-in is a slip of the hand."""
MOST_YEARS_AHEAD = 12
"""Longer than any works take, and than anybody plans to move."""


@dataclass(frozen=True)
class Doubt:
    """Two days that can hardly both be right."""

    field: str
    code: str
    message: str
    """English; marked for the catalogue."""


def check_likely(unit: Unit, zone: str, pointer: str, day: date | None, earliest: date = EARLIEST) -> None:
    """Refuse a day that is a slip of the hand. Raises 422 `too_early` or `too_far_ahead`."""
    if day is None:
        return
    if day < earliest:
        raise invalid(pointer, "too_early", "This day cannot lie before %(year)s.", year=f"{earliest.year}")
    now = today(unit, zone)
    if (day.year - MOST_YEARS_AHEAD, day.month, day.day) > (now.year, now.month, now.day):
        raise invalid(
            pointer, "too_far_ahead", "This day lies more than %(years)s years ahead.", years=MOST_YEARS_AHEAD
        )


def check_received(unit: Unit, zone: str, pointer: str, day: date | None) -> None:
    """A réception is told of once it was held. Raises 422 `in_the_future`, else as `check_likely`."""
    check_likely(unit, zone, pointer, day)
    if day is not None and day > today(unit, zone):
        raise invalid(pointer, "in_the_future", "Record the réception once it has been held.")


def check_keys(unit: Unit, zone: str, pointer: str, day: date | None, moved_in_on: date) -> None:
    """The keys may be handed over some time after today or the move-in that is planned, not years after both.
    Raises 422 `in_the_future`, else as `check_likely`."""
    check_likely(unit, zone, pointer, day)
    if day is not None and day - max(today(unit, zone), moved_in_on) > KEYS_LATER_AT_MOST:
        raise invalid(pointer, "in_the_future", "The keys cannot come that long after the move-in.")


def doubts(reception_on: date | None, livraison_on: date | None, moved_in_on: date) -> list[Doubt]:
    """What is worth a second look: periods of the law are counted from these days."""
    found = []
    if reception_on and reception_on > moved_in_on:
        found.append(
            Doubt(
                "reception_on",
                "after_move_in",
                _("The réception is after the move-in: check both days."),
            )
        )
    if livraison_on and livraison_on > moved_in_on:
        found.append(
            Doubt(
                "livraison_on",
                "after_move_in",
                _("The livraison is after the move-in: check both days."),
            )
        )
    if reception_on and livraison_on and livraison_on < reception_on:
        found.append(
            Doubt(
                "livraison_on",
                "before_reception",
                _("The livraison is before the réception: that can be, but check both days."),
            )
        )
    return found
