"""Huge, deep, endless and dawdling requests: refused without harm to the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from deploy import listener
from services.portal import patience
from services.portal.patience import Allowance

if TYPE_CHECKING:
    from tests.integration.security.conftest import Town

pytestmark = pytest.mark.engines
MIB = 1024 * 1024


async def test_a_huge_body_is_refused_by_its_announcement_and_by_its_bytes(town: Town) -> None:
    headers = town.program("resident") | {"Content-Type": "application/json"}
    path = f"/api/v1/tickets/{town.home.ticket}/messages"
    announced = await town.client.post(path, content=b"x" * (MIB + 1), headers=headers)
    assert announced.status_code == 413
    assert announced.json()["code"] == "too_large"

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b'{"body":"' + b"x" * 65536

    assert (await town.client.post(path, content=endless(), headers=headers)).status_code == 413
    page = town.browser("resident") | {"Content-Type": "application/x-www-form-urlencoded"}
    form = await town.client.post(
        f"/tickets/{town.home.ticket}/messages", content=b"x" * 2 * MIB, headers=page
    )
    assert form.status_code == 413


async def test_deep_json_is_a_bad_request(town: Town) -> None:
    headers = town.program("resident") | {"Content-Type": "application/json"}
    for body in ("[" * 200_000, '{"body":' * 50_000, "[" * 100_000 + "]" * 100_000, "1e999999", "NaN"):
        answer = await town.client.post(
            f"/api/v1/tickets/{town.home.ticket}/messages", content=body, headers=headers
        )
        assert answer.status_code in (400, 422), answer.text[:200]


async def test_fields_nobody_asked_for_are_refused(town: Town) -> None:
    """A resident cannot write what is not theirs to say (mass assignment)."""
    body = {
        "occupancy": town.home.occupancy, "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "x", "coop": town.abroad.coop, "priority": "emergency", "state": "closed",
    }  # fmt: skip
    answer = await town.client.post("/api/v1/tickets", json=body, headers=town.program("resident"))
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} >= {"/coop", "/priority", "/state"}


async def test_a_body_that_trickles_is_not_waited_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "USUAL", Allowance(MIB, 0.3))
    async with served(town) as (reader, writer):
        head = "POST /sign-in HTTP/1.1\r\nHost: palier.test\r\nOrigin: http://palier.test\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail="
        writer.write(head.encode())
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 60)


async def test_who_sends_slowly_holds_no_connection_to_the_database(town: Town) -> None:
    held = {}

    async def slowly(room: str, *pieces: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            held[room] = town.app.state.databases[room].engine.pool.checkedout()
            yield piece

    said = town.program("resident") | {"Content-Type": "application/json"}
    path = f"/api/v1/tickets/{town.home.ticket}/messages"
    body = slowly("aftersales", b'{"body":', b'"Merci"}')
    answer = await town.client.post(path, content=body, headers=said)
    assert answer.status_code == 201, answer.text
    form = town.browser("resident") | {"Content-Type": "multipart/form-data; boundary=x"}
    body = slowly(
        "metering", b'--x\r\nContent-Disposition: form-data; name="meter"\r\n\r\n', b"1\r\n--x--\r\n"
    )
    assert (await town.client.post("/imports", content=body, headers=form)).status_code in (404, 422)
    assert held == {"aftersales": 0, "metering": 0}


async def test_a_large_body_is_taken_only_where_files_belong(town: Town) -> None:
    """Anywhere else it would be read into memory."""
    for path in (f"/api/v1/imports/{town.home.file_import}/actions", "/api/v1/replays"):
        headers = town.program("operator") | {"Content-Type": "application/json"}
        answer = await town.client.post(path, content=b"x" * (MIB + 1), headers=headers)
        assert answer.status_code == 413, path
    page = town.browser("resident") | {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/imports", f"/imports/{town.home.file_import}/undo"):
        answer = await town.client.post(path, content=b"x" * (MIB + 1), headers=page)
        assert answer.status_code == 413, path


async def test_a_head_that_trickles_is_cut_off(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.5)
    for first in (b"", b"GET / HTTP/1.1\r\nHost: palier.test\r\nX-Slow: "):
        async with served(town) as (reader, writer):
            writer.write(first)
            assert await asyncio.wait_for(reader.read(), 60) == b""


async def test_a_request_within_its_time_is_answered_twice_on_one_connection(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 2.0)
    async with served(town) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET /static/nothing HTTP/1.1\r\nHost: palier.test\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            assert b" 404 " in head.splitlines()[0]
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))


async def test_a_head_without_end_is_refused(town: Town) -> None:
    async with served(town) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: palier.test\r\nX-Long: " + b"x" * 200_000)
        with contextlib.suppress(ConnectionError):
            assert (await asyncio.wait_for(reader.read(), 60)).split()[1:2] in ([], [b"400"], [b"431"])


async def test_a_key_is_kept_as_nobody_can_read_it(town: Town) -> None:
    """A repeated POST answers with a meter's password: it is stored sealed, under a keyed name."""
    headers = town.program("staff") | {"Idempotency-Key": "a-key-of-the-caller-0001"}
    path = f"/api/v1/meters/{town.home.meter}/credential"
    first = await town.client.post(path, headers=headers)
    password = first.json()["mqtt_password"]
    assert password
    assert json.dumps(first.json())
    stranger = town.program("staff_abroad") | {"Idempotency-Key": "a-key-of-the-caller-0001"}
    assert (await town.client.post(path, headers=stranger)).status_code == 404


@contextlib.asynccontextmanager
async def served(town: Town) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the real listener in front of the application."""

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        town.app, host="127.0.0.1", port=0, log_config=None, lifespan="off", http=listener.Listener,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        server.should_exit = True
        await running
