"""Real homes: every civil day's energy is the file's to the watt-hour."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.codes import Quality, Quantity
from services.metering.days import civil_day, day_of, microseconds
from services.metering.settle import Point, settle
from tests.real_homes import LONDON, PARIS, british_hours, french_minutes


@pytest.fixture(scope="module")
def hours(shared_data: Path) -> list[tuple[datetime, int]]:
    """(start of the hour, watt-hours)"""
    return british_hours(shared_data)


def as_registers(hours: list[tuple[datetime, int]]) -> list[Point]:
    index, points = 1_234_567, []
    for start, wh in hours:
        points.append(Point("energy_import", "register", 0, microseconds(start), index * 1000))
        index += wh
    end = hours[-1][0] + timedelta(hours=1)
    return [*points, Point("energy_import", "register", 0, microseconds(end), index * 1000)]


def as_intervals(hours: list[tuple[datetime, int]]) -> list[Point]:
    return [Point("energy_import@3600", "interval", 3600, microseconds(at), wh * 1000) for at, wh in hours]


@pytest.mark.parametrize("form", [as_registers, as_intervals])
def test_two_and_a_half_years_of_a_real_home_day_by_day(hours, form) -> None:  # type: ignore[no-untyped-def]
    expected: dict[date, int] = defaultdict(int)
    for start, wh in hours:
        expected[day_of(start, LONDON)] += wh
    points = form(hours)
    slots: dict[date, int] = {}
    for day in expected:
        civil = civil_day(day, LONDON)
        low, high = civil.start_us - 86_400_000_000 * 2, civil.end_us + 86_400_000_000 * 2
        near = [point for point in points if low <= point.us <= high]
        settled = settle(near, civil, Quantity.ENERGY_IMPORT)
        assert settled.value == expected[day], day
        slots[day] = len(settled.slots)
    odd = {day: count for day, count in slots.items() if count != 48}
    assert odd == {
        date(2020, 10, 25): 50,
        date(2021, 3, 28): 46,
        date(2021, 10, 31): 50,
        date(2022, 3, 27): 46,
        date(2022, 10, 30): 50,
    }


def test_two_days_of_one_minute_powers_of_a_real_french_house(shared_data: Path) -> None:
    energy, points = defaultdict[date, Decimal](Decimal), []
    for start, watts in french_minutes(shared_data):
        energy[day_of(start, PARIS)] += watts / 60
        points.append(Point("power@60", "sample", 60, microseconds(start), int(watts * 1000)))
    assert len(points) == 2880
    for day, wh in energy.items():
        settled = settle(points, civil_day(day, PARIS), Quantity.ENERGY_IMPORT)
        assert settled.value == round(wh)
        assert {slot.quality for slot in settled.slots} == {Quality.MEASURED}
        assert settled.is_complete
