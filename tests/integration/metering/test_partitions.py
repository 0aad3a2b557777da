"""Readings lie in partitions made ahead and dropped whole; what lacks one is stored all the same."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.codes import Kind
from deploy.engines import Engines
from services.metering import partitions, retention, silence
from services.metering.packing import unpack
from tests.conftest import OpenUnit
from tests.integration.metering.homes import (
    Home,
    a_home,
    days,
    reading,
    rows,
    send,
    settle_all,
    told,
)

pytestmark = pytest.mark.engines

HALF_HOUR = timedelta(minutes=30)
RULES = retention.rules(datetime.now(UTC).date())
HOT = RULES.readings_days


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def spans(room_unit: OpenUnit) -> set[tuple[date, date]]:
    found = await rows(room_unit, "SELECT first, until FROM metering.reading_partitions()")
    return {(row.first, row.until) for row in found}


async def home_of(room_unit: OpenUnit, home: Home) -> set[str]:
    found = await rows(
        room_unit,
        "SELECT DISTINCT tableoid::regclass::text AS place FROM metering.reading_row WHERE meter = :m",
        m=home.meter,
    )  # fmt: skip
    return {row.place for row in found}


async def make_ahead(room_unit: OpenUnit) -> date:
    """Returns the day as of which they are made; the next may begin while a test runs."""
    async with room_unit("metering") as unit:
        await partitions.make_ahead(unit)
    return unit.wall.date()


async def test_a_week_is_ready_ahead_and_making_it_again_changes_nothing(room_unit: OpenUnit) -> None:
    today = await make_ahead(room_unit)
    before = await spans(room_unit)
    for ahead in range(-HOT, RULES.ahead_days + 1):
        day = today + timedelta(days=ahead)
        assert any(first <= day < until for first, until in before), day
    async with room_unit("metering", clock=lambda: midnight(today)) as unit:
        assert await partitions.make_ahead(unit) == 0
    assert await spans(room_unit) == before


async def test_history_gets_whole_months_and_days_near_the_hot_window(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    old = datetime(2003, 5, 17, 22, tzinfo=UTC)
    await send(room_unit, coop, [reading(home, old + n * HALF_HOUR, 100 * n) for n in range(60)])
    assert (date(2003, 5, 1), date(2003, 6, 1)) in await spans(room_unit)
    assert await home_of(room_unit, home) == {"metering.reading__p200305"}
    await settle_all(room_unit)
    assert (await days(room_unit, home))[date(2003, 5, 18)].value == 4800


async def test_a_missing_partition_is_an_alarm_and_not_an_error(
    room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        return None

    home = await a_home(room_unit, coop)
    far = datetime.now(UTC).date() + timedelta(days=21)
    at = midnight(far) + timedelta(hours=6)
    with monkeypatch.context() as patched:  # nobody made it, and nobody can make it now
        patched.setattr(partitions, "find_homes", nothing)
        async with room_unit("metering") as unit:
            await unit.session.execute(
                text(
                    "INSERT INTO metering.reading_row SELECT :m, 'energy_import', :at, :coop,"
                    " 'energy_import', 'register', 0, 5000, 'senml', now()"
                ),
                {"m": home.meter, "at": at, "coop": coop},
            )
    assert await home_of(room_unit, home) == {"metering.reading__pdefault"}
    async with room_unit("metering") as unit:
        assert await partitions.count_missing(unit) >= 1
    await make_ahead(room_unit)
    assert await home_of(room_unit, home) == {f"metering.reading__p{far:%Y%m%d}"}
    async with room_unit("metering") as unit:
        assert await partitions.count_missing(unit) == 0


async def test_readings_are_stored_while_somebody_else_holds_the_table(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    old = datetime(2004, 2, 10, tzinfo=UTC)
    url = str(engines.settings.database_url)
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("LOCK TABLE ONLY metering.reading_row IN SHARE UPDATE EXCLUSIVE MODE")
        await send(room_unit, coop, [reading(home, old, 100), reading(home, old + HALF_HOUR, 200)])
    assert await home_of(room_unit, home) == {"metering.reading__pdefault"}
    assert len(await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter)) == 2


@pytest.mark.parametrize(
    ("first", "until"),
    [
        ("2003-05-01", "2003-05-03"), ("1999-05-01", "1999-05-02"), ("2003-05-02", "2003-06-02"),
        ("2999-01-01", "2999-01-02"), (None, "2003-05-02"),
    ],
)  # fmt: skip
async def test_only_a_day_or_a_month_can_be_made(room_unit: OpenUnit, first: str | None, until: str) -> None:
    with pytest.raises(DBAPIError, match="a partition is one UTC day or month"):
        async with room_unit("metering") as unit:
            await unit.session.execute(
                text("SELECT metering.add_reading_partition(CAST(:f AS date), CAST(:u AS date))"),
                {"f": first, "u": until},
            )


async def test_nobody_can_drop_what_is_recent(room_unit: OpenUnit) -> None:
    today = await make_ahead(room_unit)
    with pytest.raises(DBAPIError, match="the last week is never dropped"):
        async with room_unit("metering") as unit:
            await unit.session.execute(
                text("SELECT metering.drop_reading_partition(:f, :u)"),
                {"f": today, "u": today + timedelta(days=1)},
            )


async def test_a_partition_says_nothing_to_who_asks_it_directly(room_unit: OpenUnit) -> None:
    today = await make_ahead(room_unit)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with room_unit("metering") as unit:
            await unit.session.execute(text(f"SELECT 1 FROM metering.reading__p{today:%Y%m%d}"))


OLD = datetime(2005, 7, 3, 22, tzinfo=UTC)
"""Midnight in Paris, in a month of this test's own."""


async def dropped(room_unit: OpenUnit, first: date, until: date) -> None:
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("SELECT metering.drop_reading_partition(:f, :u)"), {"f": first, "u": until}
        )
        partitions._known.until = 0.0


async def test_a_day_whose_readings_are_gone_keeps_what_it_said(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    day, curve = date(2005, 7, 4), {"kind": Kind.INTERVAL, "step_s": 1800}
    await send(
        room_unit,
        coop,
        [reading(home, OLD + n * HALF_HOUR, 100, "energy_import@1800", **curve) for n in range(20)]
        + [reading(home, OLD + n * HALF_HOUR, 100, "energy_import@1800", **curve) for n in range(28, 48 * 4)],
    )
    await settle_all(room_unit)
    before = (await days(room_unit, home))[day]
    await dropped(room_unit, date(2005, 7, 1), date(2005, 8, 1))
    assert await home_of(room_unit, home) == set()
    await send(
        room_unit, coop,
        [reading(home, OLD + n * HALF_HOUR, 70, "energy_import@1800", **curve) for n in range(16, 24)],
    )  # fmt: skip
    await settle_all(room_unit)
    after = (await days(room_unit, home))[day]
    assert before.value <= after.value
    async with room_unit("metering") as unit:
        answer = (
            await unit.session.execute(
                text("SELECT packed FROM metering.day WHERE meter = :m AND day = :d"),
                {"m": home.meter, "d": day},
            )
        ).scalar_one()
    slots = unpack(answer)
    assert [slot.value for slot in slots[:16]] == [100] * 16
    assert [slot.value for slot in slots[16:20]] == [100] * 4, "of the same rank, the first stands"
    assert all(slot.is_conflict for slot in slots[16:20])
    assert [slot.value for slot in slots[20:24]] == [70] * 4, "what was unknown is filled"
    assert [slot.value for slot in slots[28:]] == [100] * 20
    assert len(await told(room_unit, home)) >= 5


async def test_another_home_s_dropped_readings_do_not_decide_what_a_late_file_means(
    room_unit: OpenUnit, coop: str
) -> None:
    """One layout for all: a month that is over for one meter begins with its first file for another."""
    start = datetime(2008, 5, 4, 22, tzinfo=UTC)
    points = [(start + n * HALF_HOUR, 1000 + 10 * n) for n in range(48 * 3 + 1)]
    over = await a_home(room_unit, coop)
    await send(room_unit, coop, [reading(over, at, wh) for at, wh in points])
    await settle_all(room_unit)
    await dropped(room_unit, date(2008, 5, 1), date(2008, 6, 1))
    await rows(room_unit, "SELECT pg_sleep(1)")  # days are told to the second

    at_once, in_parts = await a_home(room_unit, coop), await a_home(room_unit, coop)
    await send(room_unit, coop, [reading(at_once, at, 1000 + 50 * n) for n, (at, _) in enumerate(points)])
    own = [reading(in_parts, at, 1000 + 50 * n) for n, (at, _) in enumerate(points)]
    for part in (own[::5], own[1::5], own[2::5] + own[3::5] + own[4::5]):
        await send(room_unit, coop, part)
        await settle_all(room_unit)
    expected = {day: (one.value, one.quality) for day, one in (await days(room_unit, at_once)).items()}
    assert {
        day: (one.value, one.quality) for day, one in (await days(room_unit, in_parts)).items()
    } == expected
    assert expected[date(2008, 5, 6)] == (50 * 48, {"measured": 48})


async def test_a_day_that_outlived_its_readings_stands_however_often_it_is_told(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    start, day = datetime(2009, 5, 4, 22, tzinfo=UTC), date(2009, 5, 6)
    curve = {"kind": Kind.INTERVAL, "step_s": 1800}

    async def say(wh: int, slots: Iterable[int]) -> None:
        await send(
            room_unit, coop,
            [reading(home, start + n * HALF_HOUR, wh, "energy_import@1800", **curve) for n in slots],
        )  # fmt: skip
        await settle_all(room_unit)

    await say(100, [n for n in range(48 * 4) if n != 60 and n != 61])
    await dropped(room_unit, date(2009, 5, 1), date(2009, 6, 1))
    await say(70, [60])
    told_again = (await days(room_unit, home))[day]
    assert told_again.is_on_record
    await say(30, [61, 62])
    slots = unpack((await days(room_unit, home))[day].packed)
    assert [slots[n].value for n in (11, 12, 13, 14, 15)] == [100, 70, 30, 100, 100]
    assert slots[14].is_conflict, "of the same rank, the first stands"


async def test_energy_used_while_a_meter_was_unheard_is_not_lost_with_its_old_readings(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    start = datetime(2006, 3, 5, 23, tzinfo=UTC)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    spoken = [reading(home, start + n * HALF_HOUR, 1000 + 100 * n) for n in range(48 * 2 + 31)]
    await send(room_unit, coop, spoken, received_at=an_hour_ago)
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        await silence.close_quiet_days(unit)
    await settle_all(room_unit)
    assert (await days(room_unit, home))[date(2006, 3, 8)].quality["measured"] == 30
    await dropped(room_unit, date(2006, 3, 1), date(2006, 4, 1))
    assert await home_of(room_unit, home) == {"metering.reading__pdefault"}
    again = start + timedelta(days=60)
    last = 1000 + 100 * 48 * 60
    await send(room_unit, coop, [reading(home, again + n * HALF_HOUR, last + 100 * n) for n in range(96)])
    await settle_all(room_unit)
    known = await days(room_unit, home)
    opened = await rows(room_unit, "SELECT day, value FROM metering.open_day WHERE meter = :m", m=home.meter)
    total = sum(row.value for row in known.values()) + sum(row.value for row in opened)
    assert total == (last + 100 * 95) - 1000


async def test_who_deletes_a_households_readings_is_not_undone_for_a_drop(
    room_unit: OpenUnit, coop: str
) -> None:
    """Deleting locks the tables, then their partitions. It was waited for, and waited for who dropped one."""
    home = await a_home(room_unit, coop)
    start = datetime(2008, 3, 9, 23, tzinfo=UTC)
    await send(room_unit, coop, [reading(home, start + n * HALF_HOUR, 100 * n) for n in range(49)])
    await settle_all(room_unit)
    month = (date(2008, 3, 1), date(2008, 4, 1))
    async with room_unit("metering") as deleting:
        await deleting.session.execute(text("LOCK TABLE ONLY metering.reading_row IN ROW EXCLUSIVE MODE"))
        dropping = asyncio.create_task(dropped(room_unit, *month))
        await asyncio.wait([dropping], timeout=0.4)
        assert not dropping.done()
        async with asyncio.timeout(60):
            await deleting.session.execute(
                text("DELETE FROM metering.reading_row WHERE meter = :meter"), {"meter": home.meter}
            )
        await deleting.session.commit()
        await dropping
    assert month not in await spans(room_unit)
    assert await home_of(room_unit, home) == set()


async def test_what_comes_in_while_a_partition_is_dropped_is_not_lost(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    start = datetime(2008, 5, 9, 22, tzinfo=UTC)
    month = (date(2008, 5, 1), date(2008, 6, 1))
    later = datetime.now(UTC) + timedelta(days=HOT + 1)
    await send(room_unit, coop, [reading(home, start + n * HALF_HOUR, 100 * n) for n in range(49)])
    await settle_all(room_unit)
    async with room_unit("metering", clock=lambda: later) as unit:
        assert await partitions.is_past(unit, month)
    await send(room_unit, coop, [reading(home, start + timedelta(minutes=5), 7)])
    with pytest.raises(partitions.Meanwhile):
        async with room_unit("metering", clock=lambda: later) as unit:
            await partitions.drop(unit, month)
    assert month in await spans(room_unit)
    assert len(await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter)) == 50


async def test_what_is_past_its_time_goes_once_it_is_settled(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    start = datetime(2007, 9, 9, 22, tzinfo=UTC)
    more = {"kind": Kind.INTERVAL, "step_s": 1800}
    await send(
        room_unit, coop,
        [reading(home, start + n * HALF_HOUR, 100, "energy_import@1800", **more) for n in range(48)],
    )  # fmt: skip
    month = (date(2007, 9, 1), date(2007, 10, 1))
    later = datetime.now(UTC) + timedelta(days=HOT + 1)
    async with room_unit("metering") as unit:
        assert month in await partitions.old(unit)
        assert not await partitions.is_past(unit, month), "it came only just now"
    async with room_unit("metering", clock=lambda: later) as unit:
        assert not await partitions.is_past(unit, month), "its day is not settled"
    await settle_all(room_unit)
    async with room_unit("metering", clock=lambda: later) as unit:
        assert await partitions.is_past(unit, month)
        await partitions.drop(unit, month)
    assert await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter) == []
    assert (await days(room_unit, home))[date(2007, 9, 10)].value == 4800
