"""Intervals by the day: each reading has one place, told by its key; the order of coming changes nothing."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metering.copying import Series
from services.metering.interval_rows import DAY_US, Split, split, step_s

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP_US = 1_800_000_000
START = 20_000 * DAY_US + 22 * 3_600_000_000


def series(points: list[tuple[int, int]], register: str = "energy_import@1800", **more: object) -> Series:
    fields = {"codec": "load-curve", "received_at": NOON} | more
    return Series(
        "mtr_1", register, "les-lilas", "energy_import", "interval", 1800, points=points, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def values(found: Split) -> dict[int, int]:
    return {us: value for key, row in found.days.items() for us, value in row.points(key)}


@pytest.mark.parametrize(
    ("register", "step"),
    [
        ("energy_import@1800", 1800), ("energy_export.hp@900", 900), ("volume.file@86400", 86400),
        ("heat@600", 600), ("energy_import@60", None), ("energy_import@0600", None), ("power@1800", None),
        ("energy_import", None), ("energy_import.hp", None), ("energy_import@700", None),
        ("energy_import@172800", None),
    ],
)  # fmt: skip
def test_the_name_of_a_register_says_whether_it_is_packed(register: str, step: int | None) -> None:
    assert step_s(register) == step


POINTS = st.lists(
    st.tuples(
        st.one_of(
            st.integers(0, 150).map(lambda n: START + n * STEP_US),
            st.integers(0, 150).map(lambda n: START + n * 600_000_000),
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=80,
)


@given(points=POINTS, cuts=st.lists(st.integers(1, 40), max_size=6))
def test_each_reading_has_its_one_place_however_it_is_cut(
    points: list[tuple[int, int]], cuts: list[int]
) -> None:
    pieces, rest = [], points
    for cut in cuts:
        pieces, rest = [*pieces, rest[:cut]], rest[cut:]
    found = split([series(piece) for piece in [*pieces, rest]])
    first: dict[int, int] = {}
    others = defaultdict(set)
    for us, value in points:
        if us % STEP_US == 0 and first.setdefault(us, value) != value:
            others[us].add(value)
    assert values(found) == first
    told = defaultdict(set)
    for one in found.others:
        told[one.us].add(one.value_milli)
    assert told == others, "what contradicts the first word is not lost"
    single = [point for one in found.singles for point in one.points]
    assert single == [point for point in points if point[0] % STEP_US]


@given(seed=st.integers(0, 10_000), count=st.integers(1, 120))
def test_any_order_and_repetition_gives_the_same_rows(seed: int, count: int) -> None:
    random = Random(seed)
    points = [(START + n * STEP_US, random.randrange(10**6)) for n in range(count)]
    mixed = points + random.sample(points, count // 2)
    random.shuffle(mixed)
    one, other = split([series(points)]), split([series([point]) for point in mixed])
    assert values(one) == values(other) == dict(points)
    assert not one.others
    assert not other.others


def test_where_a_value_comes_from_is_kept_with_it_where_that_differs() -> None:
    later = NOON + timedelta(hours=1)
    found = split(
        [
            series([(START, 1), (START + STEP_US, 2)]),
            series([(START + STEP_US, 9), (START + 2 * STEP_US, 3)], received_at=later),
        ]
    )
    (row,) = found.days.values()
    assert row.codecs == ["load-curve"]
    assert row.received_at[44:47] == [NOON, NOON, later]
    (other,) = found.others
    assert (other.us, other.value_milli, other.received_at) == (START + STEP_US, 9, later)
