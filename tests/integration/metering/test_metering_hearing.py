"""Why an operator hears nothing of a meter: never heard, not readable, files only, or its topic is wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from contracts.codes import Reason, Role
from contracts.readings import Rejected
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering import handlers
from services.metering.astray import found
from services.metering.astray.lines import Astray
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, reading, rows, send, settle_all

pytestmark = pytest.mark.engines

NOW = datetime.now(UTC)


async def strays(room_unit: OpenUnit, *seen: Astray) -> None:
    async with room_unit("metering") as unit:
        await found.note(unit, seen)


def astray(device: str, seconds_ago: float, coop: str, id: str | None = None) -> Astray:
    return Astray(device, NOW - timedelta(seconds=seconds_ago), "meters", coop, id or device)


async def page_of(web: Web, coop: str, path: str) -> str:
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(new_id("per"), Role.OPERATOR, coop, csrf="x")
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Accept-Language": "en"}
    answer = await web.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def unreadable(room_unit: OpenUnit, home: Home) -> None:
    event = Rejected(
        coop=home.coop, id=new_id("rej"), received_at=NOW, topic=f"meters/{home.coop}/{home.meter}/p1",
        codec="p1", meter=home.meter, gateway=None, channel=None, reason=Reason.CHECKSUM, detail="x",
        payload_base64="",
    )  # fmt: skip
    async with room_unit("metering") as unit:
        await handlers.rejected([event], unit)


async def known_from_a_file(room_unit: OpenUnit, home: Home) -> None:
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO metering.series (coop, meter, quantity, occupancy)"
                " VALUES (:coop, :meter, 'energy_import', :occupancy)"
            ),
            {"coop": home.coop, "meter": home.meter, "occupancy": home.occupancy},
        )


async def test_what_is_not_heard_is_told_apart(room_unit: OpenUnit, web: Web, coop: str) -> None:
    never, garbled, filed, heard = [await a_home(room_unit, coop) for _ in range(4)]
    await unreadable(room_unit, garbled)
    await known_from_a_file(room_unit, filed)
    await send(room_unit, coop, [reading(heard, NOW - timedelta(hours=1), 5_000)])
    await settle_all(room_unit)
    operator = web.as_("operator", coop)
    said = (await web.client.get("/api/v1/operations/overview", headers=operator)).json()
    assert (said["meters"], said["meters_never_heard"]) == (4, 1)
    assert (said["meters_unreadable"], said["meters_files_only"]) == (1, 1)
    for state, home in (("unheard", never), ("unreadable", garbled), ("files", filed)):
        page = await page_of(web, coop, f"/fleet/meters?state={state}")
        others = {one.meter for one in (never, garbled, filed, heard)} - {home.meter}
        assert home.meter in page, state
        assert not [meter for meter in others if meter in page], state
    page = await page_of(web, coop, "/fragments/meters")
    assert f"/quarantine?status=all&amp;q={garbled.meter}" in page
    assert filed.meter not in page, "nobody expects it to say anything"


async def test_a_device_that_publishes_elsewhere_is_told_to_its_operators_only(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await strays(
        room_unit, astray(home.meter, 60, coop, "mtr_typo"), astray(home.meter, 30, "typo"),
        astray(new_id("mtr"), 30, coop),
    )  # fmt: skip
    operator = web.as_("operator", coop)
    said = (await web.client.get("/api/v1/operations/overview", headers=operator)).json()
    assert said["devices_astray"] == 1
    page = await page_of(web, coop, f"/fleet/meters/{home.meter}")
    assert "publishes to a topic that is not its own" in page
    assert "another cooperative" in page
    assert "2 messages reached nobody" in page
    page = await page_of(web, coop, "/fragments/meters")
    assert f"/fleet/meters/{home.meter}" in page
    assert home.meter in await page_of(web, coop, "/fleet/meters?state=astray")
    other = "c" + new_id("x")[-12:]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (:slug, 'Coopérative de test', 'Europe/Paris', false, now())"
            ),
            {"slug": other},
        )
    elsewhere = web.as_("operator", other)
    said = (await web.client.get("/api/v1/operations/overview", headers=elsewhere)).json()
    assert said["devices_astray"] == 0


async def test_a_log_that_is_read_again_counts_nothing_twice(room_unit: OpenUnit, coop: str) -> None:
    home = await a_home(room_unit, coop)
    seen = [astray(home.meter, ago, coop, "mtr_x") for ago in (50, 40, 30)]
    await strays(room_unit, *seen[:2])
    await strays(room_unit, *seen)
    kept = await rows(
        room_unit, "SELECT messages, wrong, coop FROM metering.astray WHERE device = :id", id=home.meter
    )
    assert [tuple(row) for row in kept] == [(3, "device", coop)]


async def test_what_was_mended_is_told_no_more_and_forgotten_after_a_month(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await strays(room_unit, astray(home.meter, 2 * 86_400, coop, "mtr_x"))
    async with room_unit("metering", coop) as unit:
        assert await found.lately(unit, home.meter) is None
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.astray SET last_at = now() - interval '31 days' WHERE device = :id"),
            {"id": home.meter},
        )
        await found.forget(unit)
    assert not await rows(room_unit, "SELECT 1 FROM metering.astray WHERE device = :id", id=home.meter)


async def test_a_gateway_that_nobody_mapped_yet_is_kept_too(room_unit: OpenUnit) -> None:
    gateway = new_id("gtw")
    await strays(room_unit, astray(gateway, 5, "typo"))
    kept = await rows(room_unit, "SELECT coop, wrong FROM metering.astray WHERE device = :id", id=gateway)
    assert [tuple(row) for row in kept] == [("", "start")]


async def test_a_sandbox_whose_clock_is_ahead_is_told_by_which_time_its_messages_are_judged(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    event = Rejected(
        coop=coop, id=new_id("rej"), received_at=NOW, topic=f"meters/{coop}/mtr_x/senml", codec="senml",
        meter=None, gateway=None, channel=None, reason=Reason.IN_FUTURE, detail="x", payload_base64="",
    )  # fmt: skip
    async with room_unit("metering") as unit:
        await handlers.rejected([event], unit)
    words = "what devices send is dated by the real one"
    assert words not in await page_of(web, coop, f"/quarantine/{event.id}")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": NOW + timedelta(days=120), "coop": coop},
        )
    assert words in await page_of(web, coop, f"/quarantine/{event.id}")
