"""Faults that can be told from the truth change nothing, bit for bit; what is held back is never counted."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Quality, Quantity, Severity
from services.metering.days import civil_day
from services.metering.settle import Point, finish, settle
from services.metering.vee.day import Facts
from services.metering.vee.profile import Past
from tests.unit.metering.builders import DAY, interval, register
from tests.unit.metering.test_settle_properties import PARIS, days, series, thorough

NINE_KVA = Facts(subscribed_kva=9)
lives = st.tuples(
    st.sampled_from([1, 5, 10, 30]),
    st.integers(1_000_000, 20_000_000),
    st.lists(st.integers(0, 70), min_size=60, max_size=150),
)
"""(minutes between readings, first index, watt-hours a minute at most 4.2 kW)"""
faults = st.lists(
    st.tuples(
        st.sampled_from(["zeros", "lower", "higher", "jitter", "repeat"]),
        st.integers(1, 5),
        st.integers(1, 20),
    ),
    max_size=4,
)
"""(what goes wrong, how many readings, where within its stretch)"""


def life(step: int, index: int, rates: list[int]) -> list[Point]:
    points = []
    for n, rate in enumerate(rates):
        points.append(register(step * n - 600, index))
        index += rate * step
    return points


def broken(clean: list[Point], step: int, wrong: list[tuple[str, int, int]]) -> list[Point]:
    """Faulty readings between true ones, each fault well apart from the next and from the end."""
    points = list(clean)
    for n, (kind, count, where) in enumerate(wrong):
        at = 12 * n + 8 + where % 4
        true = clean[at]
        for i in range(1, count + 1):
            us = true.us + step * 60_000_000 * i // (count + 2)
            value = {
                "zeros": 0,
                "lower": true.value_milli // 3 + i,
                "higher": true.value_milli * 2 + i,
                "jitter": true.value_milli - 100_000 // i,
                "repeat": true.value_milli,
            }[kind]
            if kind != "repeat":
                points.append(true._replace(us=us, value_milli=value))
            else:
                points.append(true)
    return points


@thorough
@given(lives, faults, st.randoms(use_true_random=False))
def test_faults_that_pass_leave_the_same_half_hours(
    lived: tuple[int, int, list[int]], wrong: list[tuple[str, int, int]], random: Random
) -> None:
    step, index, rates = lived
    clean = life(step, index, rates)
    faulty = broken(clean, step, wrong)
    faulty += random.choices(faulty, k=len(faulty) // 2)
    random.shuffle(faulty)
    assert [day.slots for day in days(faulty)] == [day.slots for day in days(clean)]


@thorough
@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 60_000)), min_size=2, max_size=120),
    st.sampled_from([None, 3, 9]),
)
def test_what_is_counted_and_what_is_held_is_the_registers_advance(
    steps: list[tuple[int, int]], kva: int | None
) -> None:
    points = series(steps)
    facts = Facts(subscribed_kva=kva)
    counted = held = 0
    for settled in days(points, facts=facts):
        counted += settled.value
        held += sum(value or 0 for value in settled.held)
        for slot in settled.slots:
            assert (slot.quality is Quality.SUSPECT) <= (slot.value is None)
    assert counted + held == (points[-1].value_milli - points[0].value_milli) // 1000


@thorough
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 60_000)), min_size=48, max_size=48),
)
def test_nothing_held_back_ever_counts(values: list[int | None]) -> None:
    civil = civil_day(DAY, PARIS)
    points = [interval(30 * n, 30, wh) for n, wh in enumerate(values) if wh is not None]
    settled = settle(points, civil, Quantity.ENERGY_IMPORT, facts=NINE_KVA)
    told = finish(settled, civil, Quantity.ENERGY_IMPORT, facts=NINE_KVA, past=Past(PARIS))
    held = {i for finding in told.findings if finding.severity is Severity.HOLD for i in finding.slots}
    assert held == {i for i, wh in enumerate(values) if wh is not None and wh > 6_750}
    for i, slot in enumerate(told.slots):
        assert (i in held) == (slot.quality is Quality.SUSPECT)
        assert slot.value is None or i not in held
    assert sum(value or 0 for value in told.held) + settled.value == sum(wh or 0 for wh in values)


@thorough
@given(
    st.lists(st.integers(0, 3_000), min_size=48, max_size=48),
    st.lists(st.integers(0, 3_000), min_size=48, max_size=48),
    st.sampled_from([10, 30]),
)
def test_a_file_over_lived_days_equals_the_file(file: list[int], lived: list[int], step: int) -> None:
    imported = [interval(30 * n, 30, wh, "energy_import.file") for n, wh in enumerate(file)]
    index, points = 5_000, []
    for n in range(48):
        for minute in range(0, 30, step):
            points.append(register(30 * n + minute, index + lived[n] * minute // 30))
        index += lived[n]
    points.append(register(1_440, index))
    points += [interval(30 * n, 30, wh) for n, wh in enumerate(lived)]
    civil = civil_day(DAY, PARIS)
    alone = settle(imported, civil, Quantity.ENERGY_IMPORT)
    assert settle(imported + points, civil, Quantity.ENERGY_IMPORT).slots == alone.slots
