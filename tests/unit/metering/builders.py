"""Readings as the store hands them to the rules."""

from datetime import UTC, date, datetime, timedelta

from contracts.codes import Quantity
from services.metering.days import civil_day, microseconds
from services.metering.settle import Point, Settled, settle

DAY = date(2026, 1, 15)
MIDNIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)
"""Start of `DAY` in Paris."""


def at(minutes: float) -> int:
    """Microseconds of so many minutes into `DAY`."""
    return microseconds(MIDNIGHT + timedelta(minutes=minutes))


def register(minutes: float, wh: float, name: str = "energy_import") -> Point:
    return Point(name, "register", 0, at(minutes), round(wh * 1000))


def interval(minutes: float, step_minutes: int, wh: float, name: str = "energy_import") -> Point:
    step_s = step_minutes * 60
    return Point(f"{name}@{step_s}", "interval", step_s, at(minutes), round(wh * 1000))


def mean_power(minutes: float, step_s: int, watts: float) -> Point:
    return Point(f"power@{step_s}", "sample", step_s, at(minutes), round(watts * 1000))


def power(minutes: float, watts: float) -> Point:
    return Point("power", "sample", 0, at(minutes), round(watts * 1000))


def half_hourly(start_wh: int = 1000, step_wh: int = 100) -> list[Point]:
    """A register read each half-hour from midnight to midnight."""
    return [register(30 * i, start_wh + step_wh * i) for i in range(49)]


def settled(points: list[Point], day: date = DAY, zone: str = "Europe/Paris") -> Settled:
    return settle(points, civil_day(day, zone), Quantity.ENERGY_IMPORT)
