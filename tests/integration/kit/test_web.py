"""The web furniture on the real database: deny by default, one transaction, one answer per key."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field
from sqlalchemy import text

from contracts.members import ConsentChanged
from deploy.engines import Engines
from services.kit import problems
from services.kit.clock import system
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.web import (
    Page,
    PageQuery,
    RoomUnit,
    Who,
    api_router,
    conflict,
    invalid,
    not_found,
    page_of,
    roles,
)
from tests.conftest import KnownTokens, OpenUnit

pytestmark = pytest.mark.engines


class Wish(BaseModel):
    what: str = Field(min_length=3)
    amounts: list[int] = []


router = api_router("members")


@router.post("/wishes", status_code=201, **roles("staff"))
async def wish(body: Wish, unit: RoomUnit, who: Who) -> dict[str, str]:
    unit.emit(
        ConsentChanged(coop=unit.coop or "", occupancy=new_id("occ"), purpose="daily", granted=True)  # type: ignore[arg-type]
    )
    if body.what == "impossible":
        raise conflict("not_now", "Not now.", legal_actions=["wait"])
    if body.what == "nonsense":
        raise invalid("/what", "nonsense", "Say something else.")
    return {"id": new_id("wsh"), "secret": "shown once"}


@router.get("/wishes/{wish}", **roles("staff", "resident"))
async def read(wish: str, unit: RoomUnit) -> dict[str, str]:
    raise not_found()


@router.get("/numbers", **roles("staff"))
async def numbers(query: PageQuery) -> Page[int]:
    after = query.after()
    start = after[0] + 1 if after else 0
    return page_of(list(range(start, min(start + query.limit + 1, 10))), query, lambda n: [n])


@pytest.fixture(scope="module")
async def caller(engines: Engines) -> AsyncIterator[tuple[httpx.AsyncClient, KnownTokens]]:
    app = FastAPI()
    app.include_router(router)
    problems.install(app)
    assert engines.settings.database_url
    database = Database(engines.settings.database_url, engines.secrets, "members_web")
    tokens = KnownTokens()
    app.state.databases = {"members": database}
    app.state.identity = tokens
    app.state.clock = system
    app.state.secrets = engines.secrets
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://palier.test/api/v1") as client:
        yield client, tokens
    await database.close()


Caller = tuple[httpx.AsyncClient, KnownTokens]


def bearer(tokens: KnownTokens, role: str, coop: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.token(role, coop)}"}


async def outbox_size(room_unit: OpenUnit, coop: str) -> int:
    async with room_unit("members") as unit:
        rows = await unit.session.execute(
            text("SELECT count(*) FROM members.outbox WHERE coop = :coop"), {"coop": coop}
        )
        return int(rows.scalar_one())


def test_a_route_without_roles_does_not_exist() -> None:
    with pytest.raises(ValueError, match="names no roles"):

        @api_router("members").get("/open")
        async def forgotten() -> None: ...


async def test_no_token_is_401_and_the_wrong_role_403(caller: Caller, coop: str) -> None:
    client, tokens = caller
    nobody = await client.post("/wishes", json={"what": "bread"})
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    resident = await client.post("/wishes", json={"what": "bread"}, headers=bearer(tokens, "resident", coop))
    assert resident.status_code == 403
    assert resident.headers["content-type"] == "application/problem+json"


async def test_a_bad_request_names_the_field(caller: Caller, coop: str) -> None:
    client, tokens = caller
    response = await client.post(
        "/wishes", json={"what": "ab", "amounts": [1, "x"]}, headers=bearer(tokens, "staff", coop)
    )
    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {"/what", "/amounts/1"}


async def test_a_refused_action_changes_nothing_and_says_what_is_legal(
    caller: Caller, room_unit: OpenUnit, coop: str
) -> None:
    client, tokens = caller
    headers = bearer(tokens, "staff", coop)
    refused = await client.post("/wishes", json={"what": "impossible"}, headers=headers)
    assert (refused.status_code, refused.json()["legal_actions"]) == (409, ["wait"])
    assert await outbox_size(room_unit, coop) == 0
    done = await client.post("/wishes", json={"what": "bread"}, headers=headers)
    assert done.status_code == 201
    assert await outbox_size(room_unit, coop) == 1


async def test_the_same_key_gives_the_same_answer_once(
    caller: Caller, room_unit: OpenUnit, coop: str
) -> None:
    client, tokens = caller
    headers = bearer(tokens, "staff", coop) | {"Idempotency-Key": "order-0001"}
    answers = await asyncio.gather(
        *(client.post("/wishes", json={"what": "bread"}, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await outbox_size(room_unit, coop) == 1
    other = await client.post("/wishes", json={"what": "butter"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    async with room_unit("members") as unit:
        sealed = (await unit.session.execute(text("SELECT sealed FROM members.idempotency"))).scalars()
        assert all(b"shown once" not in bytes(value) for value in sealed)


async def test_a_failed_request_can_be_sent_again_with_its_key(caller: Caller, coop: str) -> None:
    client, tokens = caller
    headers = bearer(tokens, "staff", coop) | {"Idempotency-Key": "order-0002"}
    first = await client.post("/wishes", json={"what": "nonsense"}, headers=headers)
    again = await client.post("/wishes", json={"what": "bread"}, headers=headers)
    assert (first.status_code, again.status_code) == (422, 201)


async def test_pages_follow_their_cursor_to_the_end(caller: Caller, coop: str) -> None:
    client, tokens = caller
    headers = bearer(tokens, "staff", coop)
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        url = "/numbers?limit=4" + (f"&cursor={cursor}" if cursor else "")
        page = (await client.get(url, headers=headers)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == list(range(10))
    broken = await client.get("/numbers?cursor=%00", headers=headers)
    assert broken.status_code == 422
