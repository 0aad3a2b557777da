"""Readings become days on the real database: once, whatever the order, and only with consent."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Kind, Quality
from contracts.members import ConsentChanged, ContractChanged
from contracts.readings import Reading
from services.metering import forgetting, handlers
from services.metering.packing import unpack
from tests import hours
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    Home,
    a_home,
    consent,
    contract,
    days,
    reading,
    rows,
    send,
    settle_all,
    state,
    told,
    withdraw,
)

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)
DAY = date(2026, 9, 2)
HALF_HOUR = timedelta(minutes=30)


def half_hours(home: Home, count: int, start: datetime = MIDNIGHT, wh: int = 100) -> list[Reading]:
    return [reading(home, start + n * HALF_HOUR, 5000 + wh * n) for n in range(count)]


async def test_a_day_of_registers_is_closed_and_told_once(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await contract(room_unit, home, date(2026, 1, 1), "base")
    await send(room_unit, coop, half_hours(home, 49))
    await settle_all(room_unit)
    (event,) = await told(room_unit, home)
    assert (event.day, event.value, event.revision, event.slots) == (DAY, 4800, 1, 48)
    assert event.values == (100,) * 48
    assert event.quality == {Quality.MEASURED: 48}
    assert event.cost_eur == "0.9605"
    assert (event.occupancy, event.dwelling) == (home.occupancy, home.dwelling)
    await send(room_unit, coop, half_hours(home, 49))
    await settle_all(room_unit)
    assert len(await told(room_unit, home)) == 1
    counts = await state(room_unit, home)
    assert (counts.received, counts.stored, counts.duplicate) == (98, 49, 49)


async def test_an_unfinished_day_stays_open_until_its_watermark_has_passed(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    readings = half_hours(home, 200)
    await send(room_unit, coop, readings[10:40])
    await settle_all(room_unit)
    assert await days(room_unit, home) == {}
    (shown,) = await rows(room_unit, "SELECT * FROM metering.open_day WHERE meter = :m", m=home.meter)
    assert (shown.day, shown.value) == (DAY, 2900)
    await send(room_unit, coop, readings[40:])
    await settle_all(room_unit)
    closed = await days(room_unit, home)
    assert [row.value for row in closed.values()] == [3800, 4800, 4800, 4800][: len(closed)]
    assert closed[DAY].quality == {"measured": 38, "missing": 10}


async def test_late_readings_reissue_the_day_with_a_higher_revision(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    readings = half_hours(home, 49)
    await send(room_unit, coop, readings[:10] + readings[20:])
    await settle_all(room_unit)
    await send(room_unit, coop, readings[10:20])
    await settle_all(room_unit)
    first, second = await told(room_unit, home)
    assert (first.revision, second.revision) == (1, 2)
    assert first.value == second.value == 4800
    assert first.quality[Quality.RECOVERED] == 11
    assert second.quality == {Quality.MEASURED: 48}
    assert (await state(room_unit, home)).late == 10


async def test_any_order_and_any_batches_give_the_same_days(room_unit: OpenUnit, coop: str) -> None:
    random = Random(7)
    straight, shuffled = [await a_home(room_unit, coop) for _ in range(2)]
    plan = [(MIDNIGHT + n * timedelta(minutes=17), 5000 + random.randrange(40) + 40 * n) for n in range(800)]
    plan = [(instant, 0 if n in (300, 301, 555) else wh) for n, (instant, wh) in enumerate(plan)]
    await send(room_unit, coop, [reading(straight, *item) for item in plan])
    await settle_all(room_unit)
    mixed = [reading(shuffled, *item) for item in plan * 2]
    random.shuffle(mixed)
    for n in range(0, len(mixed), 97):
        await send(room_unit, coop, mixed[n : n + 97], size=40)
        if n % 3 == 0:
            await settle_all(room_unit)
    await settle_all(room_unit)
    one, other = await days(room_unit, straight), await days(room_unit, shuffled)
    assert [(day, row.value, row.packed) for day, row in one.items()] == [
        (day, row.value, row.packed) for day, row in other.items()
    ]
    assert len(one) >= 9


async def test_without_consent_nothing_is_kept_but_the_count(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, consents=())
    await send(room_unit, coop, half_hours(home, 49))
    await settle_all(room_unit)
    assert await days(room_unit, home) == {}
    assert await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter) == []
    counts = await state(room_unit, home)
    assert (counts.received, counts.stored, counts.discarded_no_consent) == (49, 0, 49)


async def test_readings_outside_the_occupancy_are_discarded_and_counted(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop, moved_in_on=DAY, moved_out_on=DAY)
    await send(room_unit, coop, half_hours(home, 70, start=MIDNIGHT - 10 * HALF_HOUR))
    await settle_all(room_unit)
    counts = await state(room_unit, home)
    assert (counts.stored, counts.discarded_outside_occupancy) == (49, 21)
    assert {day: row.value for day, row in (await days(room_unit, home)).items()} == {DAY: 4800}


async def test_the_next_household_never_sees_the_last_ones_readings(room_unit: OpenUnit, coop: str) -> None:
    from sqlalchemy import text

    from services.kit.ids import new_id

    home = await a_home(room_unit, coop, moved_out_on=DAY)
    later = DAY + timedelta(days=10)
    occupancy = new_id("occ")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.occupancy (id, coop, dwelling, tenure, moved_in_on, quiet)"
                " VALUES (:id, :coop, :dwelling, 'tenant', :since, true)"
            ),
            {"id": occupancy, "coop": coop, "dwelling": home.dwelling, "since": later},
        )
    await consent(room_unit, Home(coop, home.dwelling, home.meter, occupancy, home.person), "half_hourly")
    start = MIDNIGHT + timedelta(days=10, hours=8)
    await send(
        room_unit,
        coop,
        half_hours(home, 49) + [reading(home, start + n * HALF_HOUR, 90_000 + n) for n in range(40)],
    )
    await settle_all(room_unit)
    closed = await days(room_unit, home)
    assert closed[DAY].occupancy == home.occupancy
    (shown,) = await rows(
        room_unit, "SELECT * FROM metering.open_day WHERE meter = :m AND day = :d", m=home.meter, d=later
    )
    assert shown.occupancy == occupancy
    assert shown.value == 32
    assert set(closed) == {DAY}


async def test_with_daily_alone_only_the_total_is_kept(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, consents=("daily",))
    await send(room_unit, coop, half_hours(home, 49))
    await settle_all(room_unit)
    closed = await days(room_unit, home)
    assert (closed[DAY].value, closed[DAY].packed) == (4800, None)
    (event,) = await told(room_unit, home)
    assert (event.value, event.values) == (4800, None)


async def test_withdrawing_half_hourly_drops_curves_and_readings_and_keeps_totals(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, half_hours(home, 97))
    await settle_all(room_unit)
    await withdraw(room_unit, home, "half_hourly")
    async with room_unit("metering", coop) as unit:
        await handlers.consent_changed(
            ConsentChanged(coop=coop, occupancy=home.occupancy, purpose="half_hourly", granted=False), unit
        )
    closed = await days(room_unit, home)
    assert [(row.value, row.packed) for row in closed.values()] == [(4800, None), (4800, None)]
    left = await rows(room_unit, "SELECT instant FROM metering.reading WHERE meter = :m", m=home.meter)
    assert len(left) <= 6
    await send(room_unit, coop, half_hours(home, 97)[5:20])
    await settle_all(room_unit)
    assert (await days(room_unit, home))[DAY].value == 4800


async def test_of_a_frozen_day_no_half_hour_is_left_whenever_it_came(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, consents=("daily",))
    more = {"kind": Kind.INTERVAL, "step_s": 1800}

    def curve(first: int, last: int) -> list[Reading]:
        return [
            reading(home, MIDNIGHT + n * HALF_HOUR, 100, "energy_import@1800", **more)
            for n in range(first, last)
        ]

    async def kept() -> list[Any]:
        query = "SELECT instant FROM metering.reading WHERE meter = :m AND instant < :end"
        return await rows(room_unit, query, m=home.meter, end=MIDNIGHT + timedelta(days=1))

    async def an_hour_passes() -> None:
        await hours.an_hour_passes(room_unit, "metering", handlers.an_hour)

    await send(room_unit, coop, [*curve(0, 40), *curve(48, 48 * 4)])
    await settle_all(room_unit)
    await send(room_unit, coop, curve(40, 44))  # late, and not settled when the hour passes
    await an_hour_passes()
    await settle_all(room_unit)
    assert (await days(room_unit, home))[DAY].value == 4400
    await an_hour_passes()
    assert await kept() == []
    await send(room_unit, coop, curve(44, 48))
    await settle_all(room_unit)
    assert await kept() == []
    assert (await days(room_unit, home))[DAY].value == 4400


async def test_withdrawing_everything_deletes_everything(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, half_hours(home, 60))
    await settle_all(room_unit)
    async with room_unit("metering", coop) as unit:
        await unit.session.execute(
            text("UPDATE metering.outbox SET published_at = now() WHERE about = :m"), {"m": home.meter}
        )
    for purpose in ("daily", "half_hourly"):
        await withdraw(room_unit, home, purpose)
    async with room_unit("metering", coop) as unit:
        await handlers.consent_changed(
            ConsentChanged(coop=coop, occupancy=home.occupancy, purpose="daily", granted=False), unit
        )
    for table in ("reading", "day", "open_day", "disagreement"):
        assert await rows(room_unit, f"SELECT 1 FROM metering.{table} WHERE meter = :m", m=home.meter) == []
    assert await rows(room_unit, "SELECT 1 FROM metering.outbox WHERE about = :m", m=home.meter) == []


async def test_a_new_contract_is_costed_again_and_told_again(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, half_hours(home, 97))
    await settle_all(room_unit)
    assert [event.cost_eur for event in await told(room_unit, home)] == [None, None]
    second = DAY + timedelta(days=1)
    await contract(room_unit, home, second, "peak_offpeak", offpeak=["22:00-06:00"])
    async with room_unit("metering", coop) as unit:
        await handlers.contract_changed(ContractChanged(coop=coop, meter=home.meter, valid_from=second), unit)
    await settle_all(room_unit)
    last = (await told(room_unit, home))[-1]
    assert (last.day, last.revision, last.cost_eur) == (second, 2, "0.9397")
    assert (await days(room_unit, home))[DAY].cost_reason == "no_contract"


async def test_another_value_for_the_same_key_is_a_conflict_and_the_first_stands(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, half_hours(home, 49))
    await send(room_unit, coop, [reading(home, MIDNIGHT + HALF_HOUR, 5555)])
    await settle_all(room_unit)
    assert (await days(room_unit, home))[DAY].value == 4800
    found = await rows(
        room_unit, "SELECT value_milli FROM metering.disagreement WHERE meter = :m", m=home.meter
    )
    assert [row.value_milli for row in found] == [5_555_000]


async def test_a_load_curve_and_its_peak_power(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    curve = [
        reading(home, MIDNIGHT + n * HALF_HOUR, 210, "energy_import@1800", kind=Kind.INTERVAL, step_s=1800)
        for n in range(48)
    ]
    peak = reading(home, MIDNIGHT + HALF_HOUR, 3456, "apparent_power", kind=Kind.SAMPLE)
    await send(room_unit, coop, [*curve, peak])
    await settle_all(room_unit)
    (event,) = await told(room_unit, home)
    assert (event.value, event.peak_va) == (210 * 48, 3456)
    assert [slot.value for slot in unpack((await days(room_unit, home))[DAY].packed)] == [210] * 48


async def test_day_totals_alone_are_priced_anew_where_one_price_holds(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, consents=("daily", "advice"))
    await send(room_unit, coop, half_hours(home, 49 + 80))
    await settle_all(room_unit)
    async with room_unit("metering", coop) as unit:
        await forgetting.freeze_daily_only(unit)
    left = await rows(room_unit, "SELECT instant FROM metering.reading WHERE meter = :m", m=home.meter)
    assert len(left) == 2 + 80
    await contract(room_unit, home, DAY, "base")
    async with room_unit("metering", coop) as unit:
        await handlers.contract_changed(ContractChanged(coop=coop, meter=home.meter, valid_from=DAY), unit)
    await settle_all(room_unit)
    assert [
        (event.revision, event.value, event.cost_eur, event.values)
        for event in await told(room_unit, home)
        if event.day == DAY
    ] == [(1, 4800, None, None), (2, 4800, "0.9605", None)]
    uses = await rows(room_unit, "SELECT * FROM metering.data_use WHERE occupancy = :o", o=home.occupancy)
    assert {(use.purpose, use.actor) for use in uses} == {("daily", "metering"), ("advice", "advice")}
