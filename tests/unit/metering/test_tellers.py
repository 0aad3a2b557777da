"""A register that was silent, or stood still, and somebody else who was there."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Check, Quality
from services.metering.days import microseconds
from services.metering.settle import Point, Settled
from services.metering.slots import Source
from tests.unit.metering.builders import MIDNIGHT, interval, mean_power, register, settled
from tests.unit.metering.test_settle_properties import days, known, thorough

USE = [90 + (n * 137) % 761 for n in range(48)]
"""An uneven day, in watt-hours."""
FIRST = 5_000


def curve(values: list[int], first_minute: int = 0) -> list[Point]:
    return [interval(first_minute + 30 * n, 30, wh) for n, wh in enumerate(values)]


def index(*slots: int, off: int = 0) -> list[Point]:
    """The register read before these half-hours."""
    return [register(30 * n, FIRST + sum(USE[:n]) + (off if n else 0)) for n in slots]


def values(day: Settled) -> list[int | None]:
    return [slot.value for slot in day.slots]


@pytest.mark.parametrize("read", [(0, 48), (0, 12, 24, 36, 48)])
def test_a_few_indices_do_not_flatten_a_curve_that_was_measured(read: tuple[int, ...]) -> None:
    day = settled(index(*read) + curve(USE))
    assert values(day) == USE
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}
    assert day.findings == ()
    assert day.is_complete


def test_the_energy_stays_the_registers_where_the_curve_is_a_little_off() -> None:
    day = settled(index(0, 48, off=60) + curve(USE))
    assert day.value == sum(USE) + 60
    assert all(abs((value or 0) - wh) <= 3 for value, wh in zip(values(day), USE, strict=True))


def test_a_curve_that_tells_another_story_is_not_believed_about_the_gap() -> None:
    day = settled(index(0, 48) + curve([2 * wh for wh in USE]))
    assert day.value == sum(USE)
    assert {slot.quality for slot in day.slots} == {Quality.RECOVERED}
    assert Check.SUM in {finding.check for finding in day.findings}


def test_the_minutes_fill_the_break_of_a_register() -> None:
    minutes = [mean_power(n, 60, 2 * USE[n // 30]) for n in range(1440)]
    day = settled(index(*range(17), *range(40, 49)) + minutes)
    assert values(day) == USE
    assert {slot.source for slot in day.slots} == {Source.REGISTER}
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}


def test_an_hourly_curve_measured_no_half_hour() -> None:
    hours = [interval(60 * n, 60, USE[2 * n] + USE[2 * n + 1]) for n in range(24)]
    day = settled(index(0, 48) + hours)
    assert {slot.quality for slot in day.slots} == {Quality.RECOVERED}


def of_two_tariffs(frozen: range) -> list[Point]:
    """Read every ten minutes, peak until noon and off-peak after; the total stands still at some readings."""
    points = []
    for n in range(145):
        total = sum(USE[: n // 3]) + (n % 3) * USE[min(n // 3, 47)] // 3
        noon = sum(USE[:24])
        points += [
            register(10 * n, 20_000 + min(total, noon), "energy_import.hp"),
            register(10 * n + 1, 30_000 + max(total - noon, 0), "energy_import.hc"),
        ]
        if n not in frozen:
            points.append(register(10 * n, FIRST + total))
        else:
            points.append(register(10 * n, FIRST + sum(USE[: frozen.start // 3])))
    return points


def test_a_total_that_stood_still_while_its_parts_went_on_is_no_zero_and_no_peak() -> None:
    frozen = range(60, 96)
    day = settled(of_two_tariffs(frozen))
    assert day.value == sum(USE)
    assert all(abs((value or 0) - wh) <= 40 for value, wh in zip(values(day), USE, strict=True))
    (found,) = [finding for finding in day.findings if finding.check is Check.STUCK]
    assert (found.first_slot, found.last_slot) == (20, 31)
    assert found.detail["parts"] == pytest.approx(sum(USE[20:31]), abs=500)


def test_a_total_and_its_parts_read_at_other_instants_are_no_conflict() -> None:
    day = settled([point for n, point in enumerate(of_two_tariffs(range(0))) if n % 3 != 2 or n % 2])
    assert not any(slot.is_conflict for slot in day.slots)
    assert day.findings == ()


@thorough
@given(
    st.lists(st.integers(0, 3_000), min_size=144, max_size=144),
    st.sets(st.integers(1, 143), max_size=8),
    st.integers(0, 40),
)
def test_days_that_share_a_gap_agree_on_the_index_at_midnight(
    use: list[int], read: set[int], off: int
) -> None:
    """Three days of half-hours, and an index now and then that says a little more."""
    half_hour = timedelta(minutes=30) // timedelta(microseconds=1)
    points = [
        Point(
            "energy_import", "register", 0, microseconds(MIDNIGHT) + n * half_hour,
            1_000 * (9_000 + sum(use[:n]) + n * off // 144),
        )
        for n in sorted({0, 144} | read)
    ]  # fmt: skip
    found = days(points + [interval(30 * n, 30, wh) for n, wh in enumerate(use)])
    assert sum(known(day) for day in found) == sum(use) + off
