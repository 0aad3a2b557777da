"""From quarantine back to intake and on: an operator's retry ends in readings, or in quarantine again."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.msg import Msg

from contracts.codes import Reason
from contracts.readings import Reading, ReadingsBatch, Rejected, Retried
from deploy.engines import Engines
from services.intake.app import build as build_intake
from services.intake.codecs import CODECS, senml
from services.kit.broker import connect
from services.kit.ids import new_id
from services.kit.room import Room
from services.metering import handlers
from services.metering.app import build as build_metering
from tests.conftest import OpenUnit, Web
from tests.integration.intake.chain import until
from tests.integration.metering.homes import Home, a_home, batch, reading, rows, withdraw

pytestmark = pytest.mark.engines

CAME_AT = datetime(2026, 9, 1, 22, 5, tzinfo=UTC)


def message(home: Home, codec: str = "tomorrow", payload: bytes | None = None) -> Rejected:
    """What intake said of a message in a format it did not know."""
    records = [{"n": "energy_import", "u": "Wh", "t": int(CAME_AT.timestamp()) - n, "v": n} for n in range(3)]
    return Rejected(
        coop=home.coop,
        id=new_id("rej"),
        received_at=CAME_AT,
        topic=f"meters/{home.coop}/{home.meter}/{codec}",
        codec=codec,
        meter=home.meter,
        reason=Reason.UNKNOWN_CODEC,
        detail="no such codec",
        payload_base64=base64.b64encode(payload or json.dumps(records).encode()).decode(),
    )


async def quarantine(room_unit: OpenUnit, *rejected: Rejected) -> None:
    async with room_unit("metering") as unit:
        await handlers.rejected(list(rejected), unit)


async def row_of(room_unit: OpenUnit, rejected: Rejected) -> Any:
    (row,) = await rows(room_unit, "SELECT * FROM metering.quarantine WHERE id = :id", id=rejected.id)
    return row


async def ask(web: Web, home: Home, rejected: Rejected, action: str = "retry") -> Any:
    answer = await web.client.post(
        f"/api/v1/operations/rejected/{rejected.id}/{action}", headers=web.as_("operator", home.coop)
    )
    return answer.status_code, answer.json()


async def handed_over(room_unit: OpenUnit, rejected: Rejected) -> list[Retried]:
    found = await rows(
        room_unit,
        "SELECT body FROM metering.outbox WHERE about = :id AND subject = 'retried.v1' ORDER BY id",
        id=rejected.id,
    )
    return [Retried.model_validate_json(row.body) for row in found]


async def stored(room_unit: OpenUnit, home: Home) -> int:
    return len(await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter))


@pytest.fixture
async def flowing(engines: Engines) -> AsyncIterator[list[Retried]]:
    """Intake and metering at work; what goes back to intake is overheard, as the outbox does not keep it."""
    overheard: list[Retried] = []

    async def hear(message: Msg) -> None:
        overheard.append(Retried.model_validate_json(message.data))

    ear = await connect("admin", engines.settings, engines.secrets)
    await ear.subscribe(Retried.subject, cb=hear)
    await ear.flush()
    rooms = []
    for name, build in (("intake", build_intake), ("metering", build_metering)):
        room = Room(name, engines.settings, engines.secrets)
        build(room)
        rooms.append((room, asyncio.create_task(room.run())))
    yield overheard
    for room, task in rooms:
        room.stopping.set()
        await task
    await ear.close()


async def until_status(room_unit: OpenUnit, rejected: Rejected, status: str) -> Any:
    async def has_it() -> bool:
        return (await row_of(room_unit, rejected)).status == status

    await until(has_it)
    return await row_of(room_unit, rejected)


async def test_a_message_in_a_format_learnt_since_is_stored_once_however_often_it_comes_back(
    flowing: list[Retried],
    engines: Engines,
    room_unit: OpenUnit,
    web: Web,
    coop: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = await a_home(room_unit, coop)
    refused = message(home)
    await quarantine(room_unit, refused)
    monkeypatch.setitem(CODECS, "tomorrow", senml.decode)
    assert await ask(web, home, refused) == (202, {"id": refused.id, "status": "retry"})
    row = await until_status(room_unit, refused, "retried")
    assert row.payload is None
    kept = await rows(
        room_unit, "SELECT codec, received_at FROM metering.reading WHERE meter = :m", m=home.meter
    )
    assert {(reading.codec, reading.received_at) for reading in kept} == {("tomorrow", CAME_AT)}
    assert len(kept) == 3
    (back,) = [one for one in flowing if one.id == refused.id]
    client = await connect("admin", engines.settings, engines.secrets)
    try:
        js = client.jetstream()
        for again in (back, back.model_copy(update={"asked_at": datetime.now(UTC)})):
            headers = {"Nats-Msg-Id": str(uuid4())}
            await js.publish(
                again.subject, again.model_dump_json().encode(), headers=headers, stream=again.stream
            )
        later = message(home, codec="senml", payload=b"{oops")  # behind them in the queue
        await quarantine(room_unit, later)
        await ask(web, home, later)
        await until_status(room_unit, later, "waiting")
    finally:
        await client.close()
    assert await stored(room_unit, home) == 3
    assert (await row_of(room_unit, refused)).status == "retried"
    assert (await ask(web, home, refused))[0] == 409


async def test_a_message_that_still_cannot_be_read_waits_again_with_its_reason_of_today(
    flowing: list[Retried], room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    refused = message(home, codec="senml", payload=b"{oops")
    await quarantine(room_unit, refused)
    for tries in (1, 2):
        assert (await ask(web, home, refused))[0] == 202
        row = await until_status(room_unit, refused, "waiting")
        assert (row.reason, row.payload, row.received_at) == ("not_json", b"{oops", CAME_AT)
        assert len([one for one in flowing if one.id == refused.id]) == tries
    assert len(await rows(room_unit, "SELECT 1 FROM metering.quarantine WHERE coop = :c", c=coop)) == 1
    shown = await web.client.get(
        f"/api/v1/operations/rejected/{refused.id}", headers=web.as_("operator", home.coop)
    )
    assert shown.json()["legal_actions"] == ["retry", "discard"]


async def test_an_answer_to_an_earlier_try_does_not_end_the_later_one(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    refused = message(home)
    await quarantine(room_unit, refused)
    await ask(web, home, refused)
    await ask(web, home, refused)
    first, second = await handed_over(room_unit, refused)
    assert first.asked_at < second.asked_at
    answers = [refused.model_copy(update={"asked_at": back.asked_at}) for back in (first, second)]
    await quarantine(room_unit, answers[0])
    assert (await row_of(room_unit, refused)).status == "retry"
    await quarantine(room_unit, refused)  # the first rejection of all, delivered once more
    assert (await row_of(room_unit, refused)).status == "retry"
    await quarantine(room_unit, answers[1])
    assert (await row_of(room_unit, refused)).status == "waiting"


async def test_what_is_discarded_or_forgotten_on_its_way_does_not_come_back(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    given_up, forgotten, withdrawn = (message(home) for _ in range(3))
    await quarantine(room_unit, given_up, forgotten, withdrawn)
    for refused in (given_up, forgotten, withdrawn):
        await ask(web, home, refused)
    assert (await ask(web, home, given_up, "discard"))[0] == 200
    await rows(room_unit, "DELETE FROM metering.quarantine WHERE id = :id RETURNING id", id=forgotten.id)
    await withdraw(room_unit, home, "half_hourly")
    await withdraw(room_unit, home, "daily")
    for refused in (given_up, forgotten, withdrawn):
        (back,) = await handed_over(room_unit, refused)
        await quarantine(room_unit, refused.model_copy(update={"asked_at": back.asked_at}))
    left = await rows(room_unit, "SELECT * FROM metering.quarantine WHERE coop = :c", c=coop)
    assert {(row.id, row.status, row.payload) for row in left} == {
        (given_up.id, "discarded", None),
        (withdrawn.id, "discarded", None),
    }


async def test_a_message_that_holds_no_reading_any_more_ends_its_quarantine(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    refused = message(home)
    await quarantine(room_unit, refused)
    await ask(web, home, refused)
    empty: list[Reading] = []
    async with room_unit("metering") as unit:
        answer = batch(coop, empty, CAME_AT).model_copy(update={"rejected": refused.id})
        assert isinstance(answer, ReadingsBatch)
        await handlers.readings([answer], unit)
    row = await row_of(room_unit, refused)
    assert (row.status, row.payload) == ("retried", None)


async def test_only_the_platforms_operator_may_retry_what_names_no_cooperative(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    refused = message(home).model_copy(update={"coop": None, "meter": None, "topic": "shellies/kitchen"})
    await quarantine(room_unit, refused)
    assert (await ask(web, home, refused))[0] == 404
    answer = await web.client.post(
        f"/api/v1/operations/rejected/{refused.id}/retry", headers=web.as_("operator", "*")
    )
    assert answer.status_code == 202
    (back,) = await handed_over(room_unit, refused)
    assert (back.coop, back.topic) == ("palier", "shellies/kitchen")


async def test_a_device_that_calls_its_codec_reading_cannot_speak_for_another(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home, neighbour = await a_home(room_unit, coop), await a_home(room_unit, coop)
    forged = reading(neighbour, CAME_AT - timedelta(hours=1), 9).model_dump_json(by_alias=True).encode()
    refused = message(home, codec="reading", payload=forged)
    await quarantine(room_unit, refused)
    await ask(web, home, refused)
    async with room_unit("metering") as unit:
        await handlers.retry(unit)
    assert await stored(room_unit, neighbour) == 0
    assert len(await handed_over(room_unit, refused)) == 1, "it goes to intake, as any message"
