"""Days that somebody tells of what has happened: neither still to come nor of another century's houses."""

from datetime import date, timedelta

from services.aftersales.tables import load
from services.kit.problems import invalid
from services.kit.registry import local_today
from services.kit.unit import Unit

EARLIEST = date(1900, 1, 1)
"""No defect, equipment or act of the house's is told of before: such a day is a slip of the hand."""


async def check_past(unit: Unit, pointer: str, day: date) -> None:
    """Refuse a day after the cooperative's civil today, and one before 1900."""
    if day > await local_today(unit):
        raise invalid(pointer, "in_the_future", "This day cannot lie after today.")
    check_not_ancient(pointer, day)


def check_not_ancient(pointer: str, day: date) -> None:
    """Refuse a day before 1900."""
    if day < EARLIEST:
        raise invalid(pointer, "too_early", "This day cannot lie before 1900.")


def check_declared(pointer: str, day: date, noticed_on: date, reception_on: date | None) -> None:
    """Refuse a day on which no insurer can have been told of a damage: before the works were received, or so
    long before it was found (`noticed_on`) that it is a slip of the hand."""
    if reception_on is not None and day < reception_on:
        raise invalid(pointer, "too_early", "No damage is declared before the works were received.")
    if day < noticed_on - timedelta(days=load("deadlines")["declared_before_found"]["calendar_days"]):
        raise invalid(pointer, "too_early", "No damage is declared before it was found.")
