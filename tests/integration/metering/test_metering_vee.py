"""Validation and estimation on the real database: what is told, what is kept beside it, in whatever order."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from contracts.codes import Check, Kind, Quality
from contracts.members import ConsentChanged
from contracts.readings import Reading
from services.metering import handlers
from services.metering.packing import unpack
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    Home,
    a_home,
    batch,
    contract,
    days,
    reading,
    rows,
    send,
    settle_all,
    told,
    withdraw,
)

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)
DAY = date(2026, 9, 2)
HALF_HOUR = timedelta(minutes=30)
WEEK = timedelta(weeks=1)
EVENING = range(36, 42)


def use(n: int) -> int:
    """Watt-hours of the n-th half-hour since midnight of `DAY`, high in the evening."""
    return 500 + n % 7 if n % 48 in EVENING else 60 + n % 5


def curve(home: Home, first: int, last: int) -> list[Reading]:
    return [
        reading(home, MIDNIGHT + n * HALF_HOUR, use(n), "energy_import@1800", kind=Kind.INTERVAL, step_s=1800)
        for n in range(first, last)
    ]


def findings(row: Any, check: Check) -> list[dict[str, Any]]:
    return [found for found in row.findings or () if found["check"] == check]


async def test_a_spike_is_told_as_unknown_and_kept_beside_the_day(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await contract(room_unit, home, date(2026, 1, 1), "base")
    index = [5_000 + 100 * n + (39_000 if n > 20 else 0) for n in range(49 + 80)]
    await send(room_unit, coop, [reading(home, MIDNIGHT + n * HALF_HOUR, wh) for n, wh in enumerate(index)])
    await settle_all(room_unit)
    event = next(event for event in await told(room_unit, home) if event.day == DAY)
    assert event.values is not None
    assert (event.value, event.values[20], event.cost_eur) == (4_700, None, "0.9405")
    assert event.quality == {Quality.MEASURED: 47, Quality.SUSPECT: 1}
    (spike,) = findings((await days(room_unit, home))[DAY], Check.SPIKE)
    assert spike == {
        "check": "spike", "first_slot": 20, "last_slot": 20, "severity": "hold",
        "detail": {"value": 39_100, "limit": 4_500},
    }  # fmt: skip


async def test_an_open_day_shows_what_is_held(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    points = [reading(home, MIDNIGHT + n * HALF_HOUR, 5_000 + 100 * n) for n in range(20)]
    await send(room_unit, coop, [*points, reading(home, MIDNIGHT + 20 * HALF_HOUR, 3)])
    await settle_all(room_unit)
    (shown,) = await rows(room_unit, "SELECT * FROM metering.open_day WHERE meter = :m", m=home.meter)
    (drop,) = findings(shown, Check.REGISTER_DROP)
    assert (drop["severity"], drop["first_slot"], shown.value) == ("hold", 19, 1_900)
    await send(room_unit, coop, [reading(home, MIDNIGHT + 21 * HALF_HOUR, 7_100)])
    await settle_all(room_unit)
    (shown,) = await rows(room_unit, "SELECT * FROM metering.open_day WHERE meter = :m", m=home.meter)
    assert shown.value == 2_100
    assert findings(shown, Check.REGISTER_DROP) == []


async def test_a_gap_is_filled_from_like_days_whatever_came_first(room_unit: OpenUnit, coop: str) -> None:
    homes = [await a_home(room_unit, coop) for _ in range(3)]
    weeks = 5

    def of(home: Home) -> list[Reading]:
        """Five weeks, then a day without its afternoon and evening, then two days more."""
        start = -48 * 7 * weeks
        return [*curve(home, start, 24), *curve(home, 44, 48 * 4)]

    straight, backwards, shuffled = (of(home) for home in homes)
    await send(room_unit, coop, straight)
    await settle_all(room_unit)
    for n in range(len(backwards), 0, -500):
        await send(room_unit, coop, backwards[max(0, n - 500) : n])
        await settle_all(room_unit)
    Random(3).shuffle(shuffled)
    for n in range(0, len(shuffled), 300):
        await send(room_unit, coop, shuffled[n : n + 300])
        if n % 900 == 0:
            await settle_all(room_unit)
    await settle_all(room_unit)
    one, *others = [await days(room_unit, home) for home in homes]
    slots = unpack(one[DAY].packed)
    assert {slot.quality for slot in slots[24:44]} == {Quality.ESTIMATED}
    assert all(abs((slots[n].value or 0) - use(n)) <= 6 for n in range(24, 44))
    assert one[DAY].value == sum(slot.value or 0 for slot in slots)
    assert [found["detail"] for found in findings(one[DAY], Check.GAP)] == [{"left": "estimated"}]
    for other in others:
        assert {day: (row.value, row.packed) for day, row in other.items()} == {
            day: (row.value, row.packed) for day, row in one.items()
        }


async def test_a_day_that_leans_on_one_that_changed_is_told_again(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    start = -48 * 7 * 3
    late = curve(home, start + 24, start + 44)
    others = [*curve(home, start, start + 24), *curve(home, start + 44, 24), *curve(home, 44, 48 * 4)]
    await send(room_unit, coop, others)
    await settle_all(room_unit)
    first = (await days(room_unit, home))[DAY]
    assert first.quality == {"measured": 28, "missing": 20}
    await send(room_unit, coop, late)
    await settle_all(room_unit)
    again = (await days(room_unit, home))[DAY]
    assert again.quality == {"measured": 28, "estimated": 20}
    assert again.revision == first.revision + 1


async def test_an_outages_energy_takes_the_shape_of_like_days_over_midnight(
    room_unit: OpenUnit, coop: str
) -> None:
    straight, backwards = [await a_home(room_unit, coop) for _ in range(2)]
    start = -48 * 7 * 4

    def of(home: Home) -> list[Reading]:
        index, points = 5_000, []
        for n in range(start, 48 * 4 + 1):
            if not 30 < n < 60:
                points.append(reading(home, MIDNIGHT + n * HALF_HOUR, index))
            index += use(n)
        return points

    await send(room_unit, coop, of(straight))
    await settle_all(room_unit)
    points = of(backwards)
    for n in range(len(points), 0, -400):
        await send(room_unit, coop, points[max(0, n - 400) : n])
        await settle_all(room_unit)
    one, other = await days(room_unit, straight), await days(room_unit, backwards)
    evening = unpack(one[DAY].packed)[36:42]
    assert {slot.quality for slot in evening} == {Quality.RECOVERED}
    assert all((slot.value or 0) > 400 for slot in evening)
    both = [DAY, DAY + timedelta(days=1)]
    assert sum(one[day].value for day in both) == sum(use(n) for n in range(96))
    assert {day: row.packed for day, row in other.items()} == {day: row.packed for day, row in one.items()}


async def test_a_register_read_every_minute_with_faults_at_midnight_settles_the_same_in_any_order(
    room_unit: OpenUnit, coop: str
) -> None:
    clean, straight, shuffled = [await a_home(room_unit, coop) for _ in range(3)]
    minute = timedelta(minutes=1)
    true = [(MIDNIGHT + n * minute, 900_000 + 9 * n) for n in range(-180, 3 * 1_440 + 1, 1)]
    true = [
        (at, wh)
        for at, wh in true
        if (at - MIDNIGHT) % timedelta(days=1) < 120 * minute
        or (at - MIDNIGHT) % timedelta(days=1) > 1_300 * minute
        or at.minute % 30 == 0
    ]
    wrong = [(MIDNIGHT + n * minute - minute / 2, 0) for n in (*range(-4, 5), *range(1_438, 1_446))]
    wrong += [(MIDNIGHT + n * minute + minute / 3, 7_300_000) for n in range(2 * 1_440 - 9, 2 * 1_440 + 3)]
    await send(room_unit, coop, [reading(clean, *item) for item in true])
    await settle_all(room_unit)
    await send(room_unit, coop, [reading(straight, *item) for item in sorted(true + wrong)])
    await settle_all(room_unit)
    mixed = [reading(shuffled, *item) for item in true + wrong]
    Random(5).shuffle(mixed)
    for n in range(0, len(mixed), 101):
        await send(room_unit, coop, mixed[n : n + 101])
        if n % 3 == 0:
            await settle_all(room_unit)
    await settle_all(room_unit)
    expected = {day: (row.value, row.packed) for day, row in (await days(room_unit, clean)).items()}
    assert [value for value, _ in expected.values()][1:] == [12_960] * 3
    for home in (straight, shuffled):
        found = await days(room_unit, home)
        assert {day: (row.value, row.packed) for day, row in found.items()} == expected


async def test_a_clock_an_hour_ahead_and_a_second_value_are_shown(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, zone="UTC")
    now = datetime.now(UTC)
    midnight = (now - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(49):
        instant = midnight + n * HALF_HOUR
        values = [reading(home, instant, 5_000 + use(n) + 600 * n)]
        if n == 30:
            values.append(reading(home, instant, 9_999))
        async with room_unit("metering") as unit:
            await handlers.readings([batch(coop, values, instant - timedelta(hours=1))], unit)
    await settle_all(room_unit)
    (row,) = (await days(room_unit, home)).values()
    assert [found["detail"] for found in findings(row, Check.CLOCK_DRIFT)] == [{"seconds": 3_600}]
    (second,) = findings(row, Check.CONFLICT)
    assert (second["first_slot"], second["last_slot"], second["detail"]) == (30, 30, {"readings": 1})


async def test_without_half_hourly_consent_findings_say_neither_when_nor_how_much(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop, consents=("daily",))
    index = [5_000 + 100 * n + (390_000 if n > 20 else 0) for n in range(49 + 80)]
    await send(room_unit, coop, [reading(home, MIDNIGHT + n * HALF_HOUR, wh) for n, wh in enumerate(index)])
    await settle_all(room_unit)
    (spike,) = findings((await days(room_unit, home))[DAY], Check.SPIKE)
    assert spike == {"check": "spike", "first_slot": 0, "last_slot": 47, "severity": "hold", "detail": {}}


async def test_with_the_curve_goes_what_was_found_in_it(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    index = [5_000 + 100 * n + (39_000 if n in range(21, 60) or n > 70 else 0) for n in range(49 + 80)]
    await send(room_unit, coop, [reading(home, MIDNIGHT + n * HALF_HOUR, wh) for n, wh in enumerate(index)])
    await settle_all(room_unit)
    assert (await days(room_unit, home))[DAY].findings
    await withdraw(room_unit, home, "half_hourly")
    async with room_unit("metering", coop) as unit:
        await handlers.consent_changed(
            ConsentChanged(coop=coop, occupancy=home.occupancy, purpose="half_hourly", granted=False), unit
        )
    assert {row.findings for row in (await days(room_unit, home)).values()} == {None}
    opened = await rows(room_unit, "SELECT * FROM metering.open_day WHERE meter = :m", m=home.meter)
    assert {row.findings for row in opened} <= {None}


@pytest.mark.parametrize("comes_last", ["register", "curve", "mixed"])
async def test_a_curve_tells_how_the_energy_between_two_indices_went_over_midnight(
    room_unit: OpenUnit, coop: str, comes_last: str
) -> None:
    """An index each morning at seven and a curve: the days add up to the index, whatever came first."""
    home = await a_home(room_unit, coop)
    index = [reading(home, MIDNIGHT + n * HALF_HOUR, 9_000 + sum(map(use, range(n)))) for n in (14, 62, 110)]
    lived = curve(home, 0, 144)
    first, last = (lived, index) if comes_last == "register" else (index, lived)
    if comes_last == "mixed":
        first, last = lived[:40] + index[1:], index[:1] + lived[40:]
    for part in (first, last[: len(last) // 2], last[len(last) // 2 :]):
        await send(room_unit, coop, part)
        await settle_all(room_unit)
    known = await rows(
        room_unit,
        "SELECT day, packed FROM metering.day WHERE meter = :meter"
        " UNION ALL SELECT day, packed FROM metering.open_day WHERE meter = :meter ORDER BY day",
        meter=home.meter,
    )
    slots = [slot for row in known for slot in unpack(row.packed)]
    assert [slot.value for slot in slots] == [use(n) for n in range(144)]
    assert {slot.quality for slot in slots} == {Quality.MEASURED}
