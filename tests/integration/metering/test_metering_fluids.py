"""Four fluids on the real database: gas days, volumes that add up, conversion, water and heat beside them."""

import importlib
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.codes import Fluid, Kind, Quantity
from contracts.readings import Reading
from services.metering import forgetting
from services.metering.days import begin_sql, day_sql
from services.metering.fluids import calendar_of, first_hour_sql
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    PARIS,
    Home,
    a_home,
    days,
    reading,
    rows,
    send,
    settle_all,
    state,
    told,
)

pytestmark = pytest.mark.engines

GAS = calendar_of(Fluid.GAS, PARIS)
SPRING, AUTUMN = date(2026, 3, 28), date(2025, 10, 25)
"""Gas days in which clocks change."""
AT_SIX = datetime(2026, 1, 5, 5, tzinfo=UTC)
INSTANTS = st.integers(10**9, 2 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC))
CHANGES = st.builds(
    lambda year, month, minutes: datetime(year, month, 31, tzinfo=UTC) - timedelta(minutes=minutes),
    st.integers(2002, 2033), st.sampled_from([3, 10]), st.integers(-1_440, 8 * 1_440),
)  # fmt: skip
"""About the weeks when clocks change in Europe."""
FLUIDS = st.sampled_from(list(Fluid))
ZONES = [
    "Europe/Paris", "Europe/London", "Europe/Lisbon", "Europe/Athens", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Indian/Reunion", "UTC",
]  # fmt: skip


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.one_of(INSTANTS, CHANGES), min_size=1, max_size=60), st.sampled_from(ZONES), FLUIDS)
async def test_sql_and_python_name_the_same_day_for_every_instant(
    room_unit: OpenUnit, instants: list[datetime], zone: str, fluid: Fluid
) -> None:
    calendar, hour = calendar_of(fluid, zone), first_hour_sql("q")
    edges = [calendar.day(at.date()).starts_at for at in instants]
    instants += [at + timedelta(microseconds=shift) for at in edges for shift in (-1, 0)]
    day = day_sql("q.at", "q.zone", hour)
    found = await rows(
        room_unit,
        f"SELECT {day} AS day, {begin_sql(day, 'q.zone', hour)} AS begins"
        " FROM (SELECT unnest(CAST(:instants AS timestamptz[])) AS at, CAST(:zone AS text) AS zone,"
        " CAST(:fluid AS text) AS fluid) q",
        instants=instants,
        zone=zone,
        fluid=fluid.value,
    )
    assert [row.day for row in found] == [calendar.day_of(at) for at in instants]
    assert [row.begins for row in found] == [calendar.day(calendar.day_of(at)).starts_at for at in instants]


def indexes(home: Home, start: datetime, litres: Sequence[int], **more: object) -> list[Reading]:
    """A gas meter's index every half-hour, from `start` on."""
    total, found = 1_000_000, [reading(home, start, 1_000_000, "volume", **more)]
    for n, amount in enumerate(litres, 1):
        total += amount
        found.append(reading(home, start + timedelta(minutes=30 * n), total, "volume", **more))
    return found


async def test_a_gas_day_gathers_what_was_burnt_from_six_to_six(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    await send(room_unit, coop, indexes(home, AT_SIX, [10] * 48 + [20] * 48 + [30] * 48))
    await settle_all(room_unit)
    found = await days(room_unit, home)
    assert {day: row.value for day, row in found.items()} == {
        date(2026, 1, 5): 480, date(2026, 1, 6): 960, date(2026, 1, 7): 1_440,
    }  # fmt: skip
    first = (await told(room_unit, home))[0]
    assert first.starts_at == AT_SIX
    assert (first.fluid, first.quantity, first.slots) == (Fluid.GAS, Quantity.VOLUME, 48)


@pytest.mark.parametrize(("day", "slots"), [(SPRING, 46), (AUTUMN, 50)])
async def test_the_night_when_clocks_change_lies_in_the_gas_day_that_began_before_it(
    room_unit: OpenUnit, coop: str, day: date, slots: int
) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    start = GAS.day(day - timedelta(days=1)).starts_at
    await send(room_unit, coop, indexes(home, start, [10] * (48 + slots + 48)))
    await settle_all(room_unit)
    found = await days(room_unit, home)
    assert [(row.slots, row.value) for row in found.values()] == [(48, 480), (slots, 10 * slots), (48, 480)]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.integers(0, 900), min_size=96, max_size=150),
    st.integers(0, 47),
    st.sampled_from([SPRING, AUTUMN, date(2026, 1, 5)]),
    st.randoms(use_true_random=False),
)
async def test_volume_is_conserved_over_gas_days_in_any_order_and_repetition(
    room_unit: OpenUnit, coop: str, litres: list[int], late: int, day: date, order: random.Random
) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    start = GAS.day(day).starts_at + late * timedelta(minutes=30)
    readings = indexes(home, start, litres)
    mixed = [*readings, *order.sample(readings, len(readings) // 3)]
    order.shuffle(mixed)
    cut = order.randrange(len(mixed))
    for part in (mixed[:cut], mixed[cut:]):
        await send(room_unit, coop, part, size=40)
        await settle_all(room_unit)
    known = await rows(
        room_unit,
        "SELECT day, value, slots FROM metering.day WHERE meter = :meter AND quantity = 'volume'"
        " UNION ALL SELECT day, value, slots FROM metering.open_day WHERE meter = :meter"
        " AND quantity = 'volume' ORDER BY day",
        meter=home.meter,
    )
    assert sum(row.value for row in known) == sum(litres)
    assert [row.slots for row in known] == [GAS.day(row.day).slots for row in known]


async def test_a_households_gas_ends_and_begins_at_six(room_unit: OpenUnit, coop: str) -> None:
    """The hours before six of the first morning are the day before's: nobody's here."""
    home = await a_home(
        room_unit, coop, fluid="gas", moved_in_on=date(2026, 1, 6), moved_out_on=date(2026, 1, 7)
    )
    await send(room_unit, coop, indexes(home, AT_SIX, [10] * 192))
    await settle_all(room_unit)
    kept = await rows(
        room_unit, "SELECT min(instant), max(instant) FROM metering.reading WHERE meter = :meter",
        meter=home.meter,
    )  # fmt: skip
    zone = ZoneInfo(PARIS)
    assert tuple(kept[0]) == (datetime(2026, 1, 6, 6, tzinfo=zone), datetime(2026, 1, 8, 6, tzinfo=zone))
    assert {day: row.value for day, row in (await days(room_unit, home)).items()} == {
        date(2026, 1, 6): 480, date(2026, 1, 7): 480,
    }  # fmt: skip
    assert (await state(room_unit, home)).discarded_outside_occupancy == 96


async def test_what_a_household_takes_back_is_deleted_from_six_to_six(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="gas", moved_in_on=date(2026, 1, 6))
    await send(room_unit, coop, indexes(home, AT_SIX + timedelta(days=1), [10] * 96))
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        await forgetting.all_of(unit, home.occupancy)
    assert not await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter)
    assert not await days(room_unit, home)


async def test_each_fluid_keeps_its_own_unit(room_unit: OpenUnit, coop: str) -> None:
    """Cold and hot water in litres, heat in Wh; a hot water meter may count both and they are not added."""
    for fluid, registers in (
        ("water", ["volume"]), ("hot_water", ["volume", "heat"]), ("heat", ["heat"]),
        ("electricity", ["energy_import", "energy_export"]),
    ):  # fmt: skip
        home = await a_home(room_unit, coop, fluid=fluid)
        midnight = datetime(2026, 1, 4, 23, tzinfo=UTC)
        for n, register in enumerate(registers, 1):
            at = [midnight + timedelta(minutes=30 * k) for k in range(97)]
            await send(room_unit, coop, [reading(home, at[k], 100 + n * k, register) for k in range(97)])
        await settle_all(room_unit)
        found = [event for event in await told(room_unit, home) if event.day == date(2026, 1, 5)]
        assert {event.quantity.value: (event.unit.value, event.value) for event in found} == {
            register: ("L" if register == "volume" else "Wh", 48 * n)
            for n, register in enumerate(registers, 1)
        }
        assert {event.starts_at for event in found} == {midnight}


async def test_a_file_of_gas_days_and_half_hours_agree(room_unit: OpenUnit, coop: str) -> None:
    """An interval of 24 hours from six lies in one gas day, and in no other."""
    home = await a_home(room_unit, coop, fluid="gas")
    await send(
        room_unit, coop,
        [
            reading(
                home, GAS.day(date(2026, 1, 5) + timedelta(days=n)).starts_at, 5_100 + n, "volume@86400",
                kind=Kind.INTERVAL, step_s=86_400,
            )
            for n in range(4)
        ],
    )  # fmt: skip
    await settle_all(room_unit)
    found = await days(room_unit, home)
    assert [row.value for row in found.values()] == [5_100, 5_101, 5_102, 5_103]


async def test_silence_closes_a_gas_day_after_its_own_end(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    await send(room_unit, coop, indexes(home, AT_SIX, [10] * 47))
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        open_days = await unit.session.execute(
            text("SELECT day, ends_at FROM metering.open_day WHERE meter = :meter"), {"meter": home.meter}
        )
        assert [tuple(row) for row in open_days] == [(date(2026, 1, 5), AT_SIX + timedelta(days=1))]


async def test_gas_days_that_were_cut_at_midnight_are_settled_again(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    water = await a_home(room_unit, coop, fluid="water")
    for one in (home, water):
        await send(room_unit, coop, indexes(one, AT_SIX, [10] * 60))
    await settle_all(room_unit)
    migration = importlib.import_module("services.metering.migrations.0008_gas_factors")
    async with room_unit("metering") as unit:
        await (await unit.session.connection()).exec_driver_sql(migration.RECUT)
    marked = await rows(
        room_unit, "SELECT DISTINCT meter, day FROM metering.dirty_day WHERE coop = :coop", coop=coop
    )
    assert {row.meter for row in marked} == {home.meter}
    assert {row.day for row in marked} == {date(2026, 1, day) for day in (4, 5, 6)}
    await settle_all(room_unit)
    assert (await days(room_unit, home))[date(2026, 1, 5)].value == 480
