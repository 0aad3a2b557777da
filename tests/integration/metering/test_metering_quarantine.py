"""What cannot be placed waits, is retried once mapped, and is never stored twice."""

import base64
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from contracts.codes import Reason
from contracts.members import ChannelsMapped
from contracts.readings import Reading, Rejected
from services.kit.ids import new_id
from services.metering import handlers
from tests.conftest import OpenUnit
from tests.hours import an_hour_passes
from tests.integration.metering.homes import Home, a_home, days, reading, rows, send, settle_all

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 9, 1, 22, tzinfo=UTC)


def behind(gateway: str, channel: str, home: Home) -> list[Reading]:
    half_hours = (reading(home, MIDNIGHT + n * timedelta(minutes=30), 5000 + 100 * n) for n in range(49))
    return [
        one.model_copy(update={"meter": None, "gateway": gateway, "channel": channel}) for one in half_hours
    ]


async def a_gateway(room_unit: OpenUnit, coop: str) -> str:
    gateway = new_id("gtw")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("INSERT INTO members.gateway (id, coop, codec) VALUES (:id, :coop, 'wmbusmeters')"),
            {"id": gateway, "coop": coop},
        )
    return gateway


async def map_channel(
    room_unit: OpenUnit, gateway: str, channel: str, home: Home, is_told: bool = True
) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.channel (gateway, channel, coop, meter)"
                " VALUES (:gateway, :channel, :coop, :meter)"
            ),
            {"gateway": gateway, "channel": channel, "coop": home.coop, "meter": home.meter},
        )
    if not is_told:
        return
    async with room_unit("metering", home.coop) as unit:
        await handlers.channels_mapped(
            ChannelsMapped(coop=home.coop, gateway=gateway, channels=(channel,)), unit
        )


async def quarantined(room_unit: OpenUnit, gateway: str) -> list[str]:
    found = await rows(
        room_unit, "SELECT reason, status FROM metering.quarantine WHERE gateway = :g", g=gateway
    )
    return [f"{row.reason} {row.status}" for row in found]


async def test_an_unknown_channel_waits_and_is_stored_once_mapped(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    gateway = await a_gateway(room_unit, coop)
    readings = behind(gateway, "cold water 3", home)
    await send(room_unit, coop, readings)
    await send(room_unit, coop, readings)
    assert await quarantined(room_unit, gateway) == ["unknown_meter waiting"] * 49
    await map_channel(room_unit, gateway, "another", home)
    assert await quarantined(room_unit, gateway) == ["unknown_meter waiting"] * 49
    await map_channel(room_unit, gateway, "cold water 3", home)
    assert await quarantined(room_unit, gateway) == ["unknown_meter retried"] * 49
    await send(room_unit, coop, readings)
    await settle_all(room_unit)
    assert {day: row.value for day, row in (await days(room_unit, home)).items()} == {date(2026, 9, 2): 4800}


async def test_what_came_just_as_its_channel_was_mapped_is_found_within_the_hour(
    room_unit: OpenUnit, coop: str
) -> None:
    """It was looked up before the mapping and kept aside after the mapping was told."""
    home = await a_home(room_unit, coop)
    gateway = await a_gateway(room_unit, coop)
    await send(room_unit, coop, behind(gateway, "late", home))
    await map_channel(room_unit, gateway, "late", home, is_told=False)
    await an_hour_passes(room_unit, "metering", handlers.an_hour)
    async with room_unit("metering") as unit:
        await handlers.retry(unit)
    assert await quarantined(room_unit, gateway) == ["unknown_meter retried"] * 49


async def test_a_retry_without_a_meter_waits_again_with_its_value(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    gateway = await a_gateway(room_unit, coop)
    await send(room_unit, coop, behind(gateway, "x", home)[:1])
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.quarantine SET status = 'retry' WHERE gateway = :g"), {"g": gateway}
        )
        await handlers.retry(unit)
    (row,) = await rows(room_unit, "SELECT * FROM metering.quarantine WHERE gateway = :g", g=gateway)
    assert row.status == "waiting"
    assert Reading.model_validate_json(row.payload).channel == "x"


async def test_another_cooperatives_meter_is_unknown_here(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, "elsewhere", [reading(home, MIDNIGHT, 1)])
    assert await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter) == []
    (row,) = await rows(room_unit, "SELECT * FROM metering.quarantine WHERE meter = :m", m=home.meter)
    assert (row.coop, row.reason) == ("elsewhere", "unknown_meter")


async def test_a_rejected_message_is_kept_whole_and_once(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    silent_home = await a_home(room_unit, coop, consents=())
    kept, unwanted, foreign = (
        Rejected(
            coop=of.coop if of else None,
            id=new_id("rej"),
            received_at=datetime.now(UTC),
            topic="meters/…",
            meter=of.meter if of else None,
            reason=Reason.NOT_JSON,
            detail="Expecting value: line 1",
            payload_base64=base64.b64encode(b"{garbage").decode(),
        )
        for of in (home, silent_home, None)
    )
    for _ in range(2):
        async with room_unit("metering") as unit:
            await handlers.rejected([kept, unwanted, foreign], unit)
    found = {
        row.id: row
        for row in await rows(
            room_unit,
            "SELECT * FROM metering.quarantine WHERE id = ANY(:ids)",
            ids=[kept.id, unwanted.id, foreign.id],
        )
    }
    assert (found[kept.id].payload, found[kept.id].status) == (b"{garbage", "waiting")
    assert (found[unwanted.id].payload, found[unwanted.id].status) == (None, "discarded")
    assert found[foreign.id].coop == ""


async def test_names_that_the_database_cannot_keep_harm_nobody(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    gateway = await a_gateway(room_unit, coop)
    strange = behind(gateway, "a\x00b", home)[0]
    good = reading(home, MIDNIGHT, 1, codec="a\tb\\")
    await send(room_unit, coop, [strange, good])
    assert await quarantined(room_unit, gateway) == ["unknown_meter waiting"]
    stored = await rows(room_unit, "SELECT codec FROM metering.reading WHERE meter = :m", m=home.meter)
    assert [row.codec for row in stored] == ["a\tb\\"]


async def test_a_meter_does_not_count_what_its_fluid_has_not(room_unit: OpenUnit, coop: str) -> None:
    lamp, tap = await a_home(room_unit, coop), await a_home(room_unit, coop, fluid="water")
    wrong = [reading(lamp, MIDNIGHT, 5, "volume"), reading(tap, MIDNIGHT, 5, "energy_import")]
    right = [reading(lamp, MIDNIGHT, 5), reading(tap, MIDNIGHT, 5, "volume")]
    await send(room_unit, coop, [*wrong, *right])
    for home, register in ((lamp, "energy_import"), (tap, "volume")):
        stored = await rows(room_unit, "SELECT register FROM metering.reading WHERE meter = :m", m=home.meter)
        assert [row.register for row in stored] == [register]
        kept = await rows(
            room_unit, "SELECT reason, detail FROM metering.quarantine WHERE meter = :m", m=home.meter
        )
        assert [(row.reason, "another meter" in row.detail) for row in kept] == [("unknown_quantity", True)]


async def test_a_device_cannot_pass_for_a_correction(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    fields = {"kind": "interval", "step_s": 1800}
    await send(room_unit, coop, [reading(home, MIDNIGHT, 9, "energy_import.edited@1800", **fields)])
    assert await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter) == []
    await send(
        room_unit, coop, [reading(home, MIDNIGHT, 9, "energy_import.edited@1800", **fields, codec="edited")]
    )
    stored = await rows(room_unit, "SELECT register FROM metering.reading WHERE meter = :m", m=home.meter)
    assert [row.register for row in stored] == ["energy_import.edited@1800"]
