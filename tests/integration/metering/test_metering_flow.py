"""The operator's numbers are the database's: every reading received is in exactly one place."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Reason, Role
from contracts.readings import ReadingsBatch, Rejected
from deploy.engines import Engines
from services.kit.broker import connect
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering import handlers
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, batch, reading, rows, send, settle_all

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 1, 4, 23, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


async def overview(web: Web, coop: str) -> Any:
    answer = await web.client.get("/api/v1/operations/overview", headers=web.as_("operator", coop))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fragment(web: Web, coop: str, name: str, language: str = "en") -> str:
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(new_id("per"), Role.OPERATOR, coop, csrf="x")
    answer = await web.client.get(
        f"/{name}", headers={"Cookie": f"{SESSION_COOKIE}={cookie}", "Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return answer.text


async def garbled(room_unit: OpenUnit, coop: str, count: int) -> list[str]:
    ids = [new_id("rej") for _ in range(count)]
    events = [
        Rejected(
            coop=coop, id=id, reason=Reason.NOT_JSON, detail="Expecting value.", codec="senml", meter=None,
            topic=f"meters/{coop}/mtr_x/senml", payload_base64="eyJuIjo=", received_at=datetime.now(UTC),
        )
        for id in ids
    ]  # fmt: skip
    async with room_unit("metering") as unit:
        await handlers.rejected(events, unit)
    return ids


async def a_busy_cooperative(room_unit: OpenUnit, coop: str) -> Home:
    """Stored, repeated, contradicted, late, refused, homeless and unreadable: one of everything."""
    home = await a_home(room_unit, coop)
    stored = [reading(home, MIDNIGHT + n * HALF_HOUR, 7_000 + 100 * n) for n in range(60) if n != 20]
    await send(room_unit, coop, stored)
    await settle_all(room_unit)
    await send(room_unit, coop, stored[:10])
    await send(room_unit, coop, [reading(home, MIDNIGHT, 6_999)])
    await send(room_unit, coop, [reading(home, MIDNIGHT + 20 * HALF_HOUR, 9_001)])
    unwilling = await a_home(room_unit, coop, consents=())
    await send(room_unit, coop, [reading(unwilling, MIDNIGHT + n * HALF_HOUR, 7_000) for n in range(5)])
    later = await a_home(room_unit, coop, moved_in_on=date(2026, 6, 1))
    await send(room_unit, coop, [reading(later, MIDNIGHT + n * HALF_HOUR, 7_000) for n in range(4)])
    nobody = Home(coop, home.dwelling, new_id("mtr"), home.occupancy, home.person)
    await send(room_unit, coop, [reading(nobody, MIDNIGHT + n * HALF_HOUR, 7_000) for n in range(3)])
    await garbled(room_unit, coop, 2)
    await settle_all(room_unit)
    return home


async def test_every_reading_received_is_in_exactly_one_place(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    await a_busy_cooperative(room_unit, coop)
    flow = await overview(web, coop)
    discarded = flow["readings_discarded"]
    assert (discarded["no_consent"], discarded["outside_occupancy"]) == (5, 4)
    assert (flow["readings_stored"], flow["readings_duplicate"], flow["readings_late"]) == (60, 11, 1)
    (unplaced,) = await rows(
        room_unit,
        "SELECT count(*) AS n FROM metering.quarantine WHERE coop = :c AND codec = 'reading'",
        c=coop,
    )
    assert flow["readings_received"] == 60 + 11 + 5 + 4 + unplaced.n == 83
    (kept,) = await rows(room_unit, "SELECT count(*) AS n FROM metering.reading WHERE coop = :c", c=coop)
    assert flow["readings_stored"] == kept.n
    (aside,) = await rows(room_unit, "SELECT count(*) AS n FROM metering.quarantine WHERE coop = :c", c=coop)
    assert flow["readings_rejected"] == aside.n == 5
    assert flow["meters"] == 3


async def test_the_page_says_the_same_numbers(room_unit: OpenUnit, web: Web, coop: str) -> None:
    await a_busy_cooperative(room_unit, coop)
    page = await fragment(web, coop, "fragments/flow")
    for figure, words in (
        ("11", "already known"), ("5", "does not allow its data"), ("4", "nobody lived there"),
        ("3", "the reading has no known place"),
    ):  # fmt: skip
        assert re.search(f'<dt class="number">{figure}</dt><dd>[^<]*{words}', page), words
    assert ">83<" in page
    assert ">60<" in page
    assert "2 messages could not be read" in page


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Les bacs à sable comptent ici"), ("en", "Sandboxes count here")]
)
async def test_who_sees_all_cooperatives_is_told_that_sandboxes_count(
    web: Web, coop: str, language: str, words: str
) -> None:
    assert words in await fragment(web, "*", "fragments/flow", language)
    assert words not in await fragment(web, coop, "fragments/flow", language)


async def test_giving_up_or_placing_a_reading_keeps_the_sum(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_busy_cooperative(room_unit, coop)
    operator = web.as_("operator", coop)
    before = await overview(web, coop)
    body = {"action": "discard", "reason": "unknown_meter"}
    answer = await web.client.post("/api/v1/operations/rejected/actions", json=body, headers=operator)
    assert (answer.json()["done"], answer.json()["left"]) == (3, 0)
    assert (await overview(web, coop))["readings_received"] == before["readings_received"]
    gateway = new_id("gtw")
    lost = reading(home, MIDNIGHT + 70 * HALF_HOUR, 14_000)
    await send(room_unit, coop, [lost.model_copy(update={"meter": None, "gateway": gateway, "channel": "a"})])
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("INSERT INTO members.gateway (id, coop, codec) VALUES (:id, :coop, 'zlinky')"),
            {"id": gateway, "coop": coop},
        )
        await unit.session.execute(
            text("INSERT INTO members.channel (gateway, channel, coop, meter) VALUES (:g, 'a', :c, :m)"),
            {"g": gateway, "c": coop, "m": home.meter},
        )
    waiting = await overview(web, coop)
    assert waiting["readings_received"] == before["readings_received"] + 1
    body = {"action": "retry", "q": gateway}
    answer = await web.client.post("/api/v1/operations/rejected/actions", json=body, headers=operator)
    assert answer.json()["done"] == 1
    async with room_unit("metering") as unit:
        await handlers.retry(unit)
    after = await overview(web, coop)
    assert after["readings_received"] == waiting["readings_received"]
    assert after["readings_stored"] == before["readings_stored"] + 1


async def test_bulk_decisions_concern_what_was_shown_and_nothing_else(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    await garbled(room_unit, coop, 3)
    seen_until = datetime.now(UTC)
    (later,) = await garbled(room_unit, coop, 1)
    stranger = "c" + new_id("x")[-12:]
    body = {"action": "discard", "until": seen_until.isoformat()}
    elsewhere = await web.client.post(
        "/api/v1/operations/rejected/actions", json=body, headers=web.as_("operator", stranger)
    )
    assert elsewhere.status_code == 404 or elsewhere.json()["done"] == 0
    answer = await web.client.post(
        "/api/v1/operations/rejected/actions", json=body, headers=web.as_("operator", coop)
    )
    assert answer.json()["done"] == 3
    left = await rows(
        room_unit, "SELECT id FROM metering.quarantine WHERE coop = :c AND status = 'waiting'", c=coop
    )
    assert [row.id for row in left] == [later]


async def test_messages_retried_in_bulk_go_back_to_intake(room_unit: OpenUnit, web: Web, coop: str) -> None:
    ids = await garbled(room_unit, coop, 3)
    answer = await web.client.post(
        "/api/v1/operations/rejected/actions",
        json={"action": "retry", "reason": "not_json"},
        headers=web.as_("operator", coop),
    )
    assert answer.json() == {"action": "retry", "done": 3, "left": 0}
    told = await rows(
        room_unit, "SELECT about FROM metering.outbox WHERE coop = :c AND subject = 'retried.v1'", c=coop
    )
    assert {row.about for row in told} == set(ids)


async def test_silent_meters_are_those_of_the_database(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_busy_cooperative(room_unit, coop)
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.meter_state SET silent_since = now() WHERE meter = :m"), {"m": home.meter}
        )
    assert (await overview(web, coop))["meters_silent"] == 1
    page = await fragment(web, coop, "fragments/meters")
    assert f"/fleet/meters/{home.meter}" in page


async def test_what_waits_to_be_settled_is_lag(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, [reading(home, MIDNIGHT + n * HALF_HOUR, 7_000 + n) for n in range(3)])
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.dirty_day SET marked_at = now() - interval '90 s' WHERE meter = :m"),
            {"m": home.meter},
        )
    assert (await overview(web, coop))["lag_seconds"] >= 90
    await settle_all(room_unit)
    assert (await overview(web, coop))["lag_seconds"] < 90


async def test_what_waits_on_the_bus_is_lag_too(
    engines: Engines, room_unit: OpenUnit, web: Web, coop: str
) -> None:
    """Without a worker the database knows nothing of readings that were acknowledged to their devices."""
    home = await a_home(room_unit, coop)
    client = await connect("admin", engines.settings, engines.secrets)
    try:
        js = client.jetstream()
        before = (await overview(web, coop))["batches_waiting"]
        body = batch(coop, [reading(home, MIDNIGHT, 7_000)]).model_dump_json(by_alias=True).encode()
        ack = await js.publish(ReadingsBatch.subject, body, stream="READINGS")
        flow = await overview(web, coop)
        assert flow["batches_waiting"] == before + 1
        assert flow["lag_seconds"] > 0
        await js.delete_msg("READINGS", ack.seq)
    finally:
        await client.close()


@pytest.mark.parametrize(("language", "words"), [("fr", "JSON non valide"), ("en", "Not valid JSON")])
async def test_why_a_message_is_here_is_said_in_the_readers_language_first(
    room_unit: OpenUnit, web: Web, coop: str, language: str, words: str
) -> None:
    (id,) = await garbled(room_unit, coop, 1)
    page = await fragment(web, coop, f"quarantine/{id}", language)
    assert page.index(f"<dd>{words}") < page.index('<span lang="en">Expecting value.</span>')
