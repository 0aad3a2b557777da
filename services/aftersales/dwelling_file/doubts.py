"""Days of a home that can hardly all be right: staff look again, for legal periods are counted from them."""

from datetime import date
from typing import Literal

from services.aftersales.dwelling_file.showing import DatesOut

Doubt = Literal[
    "reception_to_come", "reception_after_move_in", "livraison_after_move_in", "livraison_before_reception"
]


def doubts(dates: DatesOut, today: date) -> list[Doubt]:
    """What of the days that are known goes badly together; all are civil days of the home. A livraison before
    the réception is possible, though rare: it is asked about all the same."""
    found: list[Doubt] = []
    if dates.reception_on is not None and dates.reception_on > today:
        found.append("reception_to_come")
    elif _is_after(dates.reception_on, dates.moved_in_on):
        found.append("reception_after_move_in")
    if _is_after(dates.livraison_on, dates.moved_in_on):
        found.append("livraison_after_move_in")
    if _is_after(dates.reception_on, dates.livraison_on):
        found.append("livraison_before_reception")
    return found


def _is_after(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day > other
