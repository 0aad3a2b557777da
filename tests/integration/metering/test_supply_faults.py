"""Faults of the supply: raised once with what they were seen in, cleared, and never without ground."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from contracts.codes import Kind
from contracts.members import ConsentChanged
from contracts.metering import SupplyFault, SupplyFaultCleared
from contracts.readings import Reading
from services.metering import handlers
from services.metering.supply_faults.looking import look
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, reading, rows, send, settle_all, withdraw

pytestmark = pytest.mark.engines
PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2026, 1, 1)
FALLS = date(2026, 1, 13)


def begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS)


def counted(home: Home, register: str, per_slot: Sequence[int], first: date = FIRST) -> list[Reading]:
    """An index read every half-hour; `per_slot` is what went through in each of a day's, day after day."""
    index, found = 0, [reading(home, begin(first), 0, register)]
    for at, amount in enumerate(per_slot, 1):
        index += amount
        found.append(reading(home, begin(first) + at * timedelta(minutes=30), index, register))
    return found


async def now(room_unit: OpenUnit, coop: str, instant: datetime) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": instant, "coop": coop},
        )


async def look_at(room_unit: OpenUnit, coop: str) -> None:
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        await unit.enter(coop)
        await look(unit)
        await unit.session.execute(
            text(
                "UPDATE metering.supply_look SET voltage_until = voltage_until - interval '1 hour'"
                " WHERE coop = :coop"
            ),
            {"coop": coop},
        )


async def told(room_unit: OpenUnit, coop: str, subject: str) -> list[dict[str, Any]]:
    found = await rows(
        room_unit,
        "SELECT body FROM metering.outbox WHERE coop = :coop AND subject = :subject ORDER BY id",
        coop=coop,
        subject=subject,
    )
    return [json.loads(row.body) for row in found]


async def warm_homes(room_unit: OpenUnit, coop: str, count: int, fallen: int, **more: Any) -> list[Home]:
    """Homes that heat 18 kWh a day for twelve days; then so many of them stop."""
    homes = [await a_home(room_unit, coop, fluid="heat", **more) for _ in range(count)]
    for at, home in enumerate(homes):
        heat = [375] * 48 * 12 + ([0] if at < fallen else [375]) * 48
        await send(room_unit, coop, counted(home, "heat", heat))
    await now(room_unit, coop, begin(FALLS + timedelta(days=3)))
    return homes


async def test_heating_that_falls_in_several_homes_is_raised_once_each(
    room_unit: OpenUnit, coop: str
) -> None:
    homes = await warm_homes(room_unit, coop, 4, fallen=3)
    await look_at(room_unit, coop)
    found = await told(room_unit, coop, SupplyFault.subject)
    assert {one["meter"] for one in found} == {home.meter for home in homes[:3]}
    one = next(one for one in found if one["meter"] == homes[0].meter)
    assert (one["fault"], one["kind"], one["first_day"]) == ("no_heating", "heating", FALLS.isoformat())
    assert one["evidence"] == {"days": 1, "wh_day": 0, "usual_wh_day": 18_000, "homes": 3}
    assert one["occupancy"] == homes[0].occupancy
    [seen] = await rows(
        room_unit, "SELECT evidence FROM metering.supply_fault WHERE meter = :meter", meter=homes[0].meter
    )
    assert len(seen.evidence["curve"]["values"]) == 3 * 48
    [use] = await rows(
        room_unit,
        "SELECT purpose, actor, why FROM metering.data_use WHERE occupancy = :id AND why = 'supply_fault'",
        id=homes[0].occupancy,
    )
    assert (use.purpose, use.actor) == ("half_hourly", "aftersales")
    await look_at(room_unit, coop)
    assert len(await told(room_unit, coop, SupplyFault.subject)) == 3


async def test_it_is_cleared_when_the_home_heats_again(room_unit: OpenUnit, coop: str) -> None:
    homes = await warm_homes(room_unit, coop, 3, fallen=3)
    await look_at(room_unit, coop)
    for home in homes:
        again = [reading(home, begin(FALLS) + timedelta(days=1), 18_000 * 12, "heat")]
        again += [
            reading(home, begin(FALLS) + timedelta(days=1, minutes=30 * at), 18_000 * 12 + 375 * at, "heat")
            for at in range(1, 49)
        ]
        await send(room_unit, coop, again)
    await now(room_unit, coop, begin(FALLS + timedelta(days=4)))
    await look_at(room_unit, coop)
    cleared = await told(room_unit, coop, SupplyFaultCleared.subject)
    assert {(one["meter"], one["because"]) for one in cleared} == {(home.meter, "well") for home in homes}


async def test_one_home_that_falls_alone_waits_for_a_second_day(room_unit: OpenUnit, coop: str) -> None:
    await warm_homes(room_unit, coop, 4, fallen=1)
    await look_at(room_unit, coop)
    assert await told(room_unit, coop, SupplyFault.subject) == []


async def test_who_allows_day_totals_only_gives_day_totals_only(room_unit: OpenUnit, coop: str) -> None:
    homes = await warm_homes(room_unit, coop, 3, fallen=3, consents=("daily",))
    await look_at(room_unit, coop)
    assert len(await told(room_unit, coop, SupplyFault.subject)) == 3
    [seen] = await rows(
        room_unit, "SELECT evidence FROM metering.supply_fault WHERE meter = :meter", meter=homes[0].meter
    )
    assert "curve" not in seen.evidence
    assert seen.evidence["days"][-1] == {"day": FALLS.isoformat(), "value": 0}


async def test_without_consent_nothing_is_seen_and_a_withdrawal_forgets(
    room_unit: OpenUnit, coop: str
) -> None:
    await warm_homes(room_unit, coop, 3, fallen=3, consents=())
    await look_at(room_unit, coop)
    assert await told(room_unit, coop, SupplyFault.subject) == []
    [home, *_] = await warm_homes(room_unit, coop, 3, fallen=3)
    await look_at(room_unit, coop)
    for purpose in ("half_hourly", "daily"):
        await withdraw(room_unit, home, purpose)
    async with room_unit("metering") as unit:
        await unit.enter(coop)
        await handlers.consent_changed(
            ConsentChanged(
                coop=coop, occupancy=home.occupancy, purpose="half_hourly", granted=False, by=home.person
            ),
            unit,
        )
    [gone] = await told(room_unit, coop, SupplyFaultCleared.subject)
    assert (gone["meter"], gone["because"]) == (home.meter, "no_ground")
    left = await rows(room_unit, "SELECT 1 FROM metering.supply_fault WHERE meter = :m", m=home.meter)
    assert left == []


async def test_water_that_never_stops_at_night(room_unit: OpenUnit, coop: str) -> None:
    drips, sleeps = [await a_home(room_unit, coop, fluid="water") for _ in range(2)]
    await send(room_unit, coop, counted(drips, "volume", [3] * 48 * 4))
    night = [0 if 2 <= at < 12 else 8 for at in range(48)]
    await send(room_unit, coop, counted(sleeps, "volume", night * 4))
    await now(room_unit, coop, begin(FIRST + timedelta(days=7)))
    await look_at(room_unit, coop)
    [fault] = await told(room_unit, coop, SupplyFault.subject)
    assert (fault["meter"], fault["fault"]) == (drips.meter, "night_flow")
    assert fault["evidence"] == {"nights": 4, "least_l_hour": 6, "litres_night": 24}
    assert fault["first_day"] == FIRST.isoformat()


async def test_a_leak_that_goes_on_is_told_again_with_all_its_nights(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="water")
    last = date(2026, 2, 2)
    dry = [0 if 2 <= at < 12 else 8 for at in range(48)]
    litres = dry * (last - FIRST).days + [3] * 48 * 19
    for nights in (3, 6, 19):
        ends = (last - FIRST).days + nights
        await send(room_unit, coop, counted(home, "volume", litres[: 48 * ends]))
        await now(room_unit, coop, begin(FIRST + timedelta(days=ends + 3)))
        await look_at(room_unit, coop)
    found = await told(room_unit, coop, SupplyFault.subject)
    assert [one["evidence"]["nights"] for one in found] == [3, 6, 19]
    assert {(one["id"], one["first_day"]) for one in found} == {(found[0]["id"], "2026-02-02")}
    [seen] = await rows(
        room_unit, "SELECT evidence FROM metering.supply_fault WHERE meter = :m", m=home.meter
    )
    assert len(seen.evidence["curve"]["values"]) == 7 * 48


@pytest.mark.parametrize("every", [60, 300, 600])
async def test_a_spike_is_nothing_and_an_hour_is_a_fault_however_often_a_meter_reads(
    room_unit: OpenUnit, coop: str, every: int
) -> None:
    """Read some seconds past the ten minutes: meters do not wait for the clock."""
    spiky, high = [await a_home(room_unit, coop) for _ in range(2)]
    at = datetime(2026, 1, 12, 10, 0, 7, tzinfo=UTC)
    for home, is_high in ((spiky, range(40 * 60, 41 * 60)), (high, range(40 * 60, 100 * 60))):
        volts = [
            reading(
                home, at + timedelta(seconds=second), 258 if second in is_high else 235, "voltage",
                kind=Kind.SAMPLE,
            )
            for second in range(0, 3 * 3_600, every)
        ]  # fmt: skip
        await send(room_unit, coop, volts)
    await now(room_unit, coop, at + timedelta(hours=4))
    await look_at(room_unit, coop)
    [fault] = await told(room_unit, coop, SupplyFault.subject)
    assert (fault["meter"], fault["fault"], fault["evidence"]["minutes"]) == (high.meter, "overvoltage", 60)


async def test_a_voltage_out_of_its_limits_for_an_hour(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    silent = await a_home(room_unit, coop, consents=("daily",))
    at = datetime(2026, 1, 12, 10, tzinfo=UTC)
    for one in (home, silent):
        volts = [(at + timedelta(minutes=2 * n), 258 if n >= 30 else 235) for n in range(90)]
        await send(
            room_unit,
            coop,
            [reading(one, when, volt, "voltage", kind=Kind.SAMPLE) for when, volt in volts],
        )
    await now(room_unit, coop, at + timedelta(hours=4))
    await look_at(room_unit, coop)
    [fault] = await told(room_unit, coop, SupplyFault.subject)
    assert (fault["meter"], fault["fault"]) == (home.meter, "overvoltage")
    assert fault["evidence"] == {"highest_v": 258, "limit_v": 253, "minutes": 120}
    await now(room_unit, coop, at + timedelta(days=3))
    await look_at(room_unit, coop)
    assert [one["because"] for one in await told(room_unit, coop, SupplyFaultCleared.subject)] == []


async def test_a_meter_unheard_for_a_week(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, counted(home, "energy_import", [100] * 48))
    await now(room_unit, coop, begin(FIRST + timedelta(days=12)))
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.meter_state SET silent_since = :at WHERE meter = :meter"),
            {"at": begin(FIRST + timedelta(days=2)), "meter": home.meter},
        )
    await look_at(room_unit, coop)
    [fault] = await told(room_unit, coop, SupplyFault.subject)
    assert (fault["fault"], fault["evidence"]) == ("meter_silent", {"hours": 264})
    assert fault["since"].startswith("2026-01-01T23:00"), "since it was last heard, not since it was missed"
