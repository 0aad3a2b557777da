"""Whatever the order, repetition, gaps or batches: the same day, and not a watt-hour lost."""

from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import Quantity
from services.metering.days import civil_day, day_of, instant_of, microseconds
from services.metering.packing import pack, unpack
from services.metering.settle import Point, Settled, settle
from services.metering.vee.day import Facts
from tests.unit.metering.builders import MIDNIGHT, interval, mean_power, register

PARIS = "Europe/Paris"
thorough = settings(deadline=None, max_examples=300)
"""A busy machine is not a failure."""

advances = st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 5_000)), min_size=2, max_size=120)
"""(seconds since the previous reading, watt-hours since then)"""


def known(day: Settled) -> int:
    """What the day's readings say, that which is held back included: short readings make high powers."""
    return day.value + sum(value or 0 for value in day.held)


def series(steps: list[tuple[int, int]], name: str = "energy_import") -> list[Point]:
    points, us, wh = [], microseconds(MIDNIGHT), 10_000
    for seconds, energy in steps:
        us, wh = us + seconds * 1_000_000, wh + energy
        points.append(Point(name, "register", 0, us, wh * 1000))
    return points


def days(
    points: list[Point], quantity: Quantity = Quantity.ENERGY_IMPORT, facts: Facts | None = None
) -> list[Settled]:
    first = day_of(instant_of(min(point.us for point in points)), PARIS)
    last = day_of(instant_of(max(point.us + point.step_s * 1_000_000 for point in points)), PARIS)
    return [
        settle(points, civil_day(first + timedelta(days=n), PARIS), quantity, facts=facts)
        for n in range((last - first).days + 1)
    ]


@thorough
@given(advances)
def test_settled_half_hours_add_up_to_the_registers_advance(steps: list[tuple[int, int]]) -> None:
    points = series(steps)
    assert sum(known(day) for day in days(points)) == (points[-1].value_milli - points[0].value_milli) // 1000


@thorough
@given(advances, advances)
def test_so_do_the_parts_of_a_total(high: list[tuple[int, int]], low: list[tuple[int, int]]) -> None:
    parts = [series(high, "energy_import.hp"), series(low, "energy_import.hc")]
    advance = sum(part[-1].value_milli - part[0].value_milli for part in parts)
    assert sum(known(day) for day in days(parts[0] + parts[1])) == advance // 1000


@thorough
@given(advances, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(steps: list[tuple[int, int]], random: Random) -> None:
    points = series(steps) + [interval(15 * n, 15, n % 7) for n in range(30)]
    points += [mean_power(n, 60, 100 + n) for n in range(90)]
    shuffled = points + random.choices(points, k=len(points))
    random.shuffle(shuffled)
    assert days(shuffled) == days(points)


@thorough
@given(advances, st.lists(st.integers(0, 119), max_size=3))
def test_isolated_zeros_change_no_total(steps: list[tuple[int, int]], wrong: list[int]) -> None:
    steps = [(seconds, max(1, energy)) for seconds, energy in steps]
    points = series([(60, 1)] * 30 + steps + [(60, 1)] * 30)
    broken = list(points)
    for index in {30 + 13 * n for n, _ in enumerate(wrong)}:
        broken[index] = broken[index]._replace(value_milli=0)
    assert sum(known(day) for day in days(broken)) == sum(known(day) for day in days(points))


@thorough
@given(st.lists(st.integers(0, 3_000), min_size=24, max_size=24), st.sampled_from([60, 30, 20, 10]))
def test_intervals_keep_their_energy(values: list[int], step: int) -> None:
    points = [interval(n * step, step, value) for n, value in enumerate(values)]
    assert sum(day.value for day in days(points)) == sum(values)


@thorough
@given(advances, st.integers(0, 3))
def test_a_packed_day_comes_back_exactly(steps: list[tuple[int, int]], extra: int) -> None:
    points = series(steps) + [interval(30 * n, 30, 5 * n) for n in range(10 * extra)]
    for day in days(points):
        assert unpack(pack(day.slots)) == day.slots


def test_a_day_does_not_depend_on_readings_far_from_it() -> None:
    points = [register(10 * n, 1000 + 3 * n) for n in range(-500, 700)]
    near = [point for point in points if abs(point.us - microseconds(MIDNIGHT)) < 86_400 * 2 * 1_000_000]
    civil = civil_day(date(2026, 1, 15), PARIS)
    assert settle(points, civil, Quantity.ENERGY_IMPORT) == settle(near, civil, Quantity.ENERGY_IMPORT)
