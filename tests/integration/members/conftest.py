"""The members room running on real engines, the web with its real identity, and devices that connect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from contracts.codes import Role
from deploy.engines import Engines
from services.kit.clock import system as system_clock
from services.kit.ids import new_id
from services.kit.room import Room
from services.kit.unit import Unit, work_unit
from services.members import app as members
from services.members.actions.accounts import issue_token
from tests.conftest import no_fault_of_ours
from tests.moving_in import moving_in


@dataclass
class Office:
    """The web application, and tokens of the roles that call it."""

    client: httpx.AsyncClient
    app: Any

    async def token(self, role: Role, coop: str, subject: str | None = None) -> dict[str, str]:
        async with work_unit(self.app.state.accounts, "members", system_clock) as unit:
            return {"Authorization": f"Bearer {await issue_token(unit, role, coop, subject)}"}

    async def new_coop(self, **extra: Any) -> "Cooperative":
        slug = "c" + new_id("x")[-12:]
        platform = await self.token(Role.OPERATOR, "*")
        body = {"slug": slug, "name": "Les Tilleuls", "zone": "Europe/Paris", **extra}
        answer = await self.client.post("/api/v1/coops", json=body, headers=platform)
        assert answer.status_code == 201, answer.text
        return Cooperative(self, slug, platform, await self.token(Role.STAFF, slug))


@dataclass
class Cooperative:
    """A cooperative of a test's own."""

    office: Office
    slug: str
    platform: dict[str, str]
    staff: dict[str, str]

    def dwelling(self, **extra: Any) -> dict[str, Any]:
        home: dict[str, Any] = moving_in(self.slug)["dwelling"]
        meters = [{"fluid": "electricity", "tariff": "peak_offpeak", "subscribed_kva": 6}]
        return home | {"floor_area_m2": 62.5, "heating": "electric", "meters": meters} | extra

    def household(self, **extra: Any) -> dict[str, Any]:
        return moving_in(self.slug) | {"dwelling": self.dwelling()} | extra

    async def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.office.client.post(f"/api/v1{path}", json=body, headers=self.staff | headers)

    async def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def resident(self, person: str) -> dict[str, str]:
        return await self.office.token(Role.RESIDENT, self.slug, person)


@pytest.fixture(scope="session")
async def office(engines: Engines) -> AsyncIterator[Office]:
    from deploy.web import build  # imports every room

    app = build(engines.settings, engines.secrets)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def intake_listens() -> bool:
        return True

    # Without the portal's live updates: only requests are needed here.
    app.state.is_intake_ready = intake_listens
    hooks = {"response": [no_fault_of_ours]}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://palier.test", event_hooks=hooks
    ) as client:
        yield Office(client, app)
    for database in (*app.state.databases.values(), app.state.accounts):
        await database.close()


@pytest.fixture
async def tilleuls(office: Office) -> Cooperative:
    return await office.new_coop()


@pytest.fixture(scope="session")
async def members_room(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """The room itself, answering the broker's questions."""
    ready = tmp_path_factory.mktemp("members") / "ready"
    room = Room("members", engines.settings, engines.secrets)
    members.build(room)
    running = asyncio.create_task(room.run(ready))
    async with asyncio.timeout(60):
        while not ready.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    yield room
    room.stopping.set()
    await asyncio.wait_for(running, 60)


OpenUnit = Callable[..., Any]
Told = Callable[[str, str], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def told(room_unit: OpenUnit) -> Told:
    """Bodies of the events of one subject that the members room wrote for a cooperative."""
    import json

    from sqlalchemy import text

    async def read(coop: str, subject: str) -> list[dict[str, Any]]:
        unit: Unit
        async with room_unit("members") as unit:
            rows = await unit.session.execute(
                text("SELECT body FROM members.outbox WHERE coop = :coop AND subject = :subject ORDER BY id"),
                {"coop": coop, "subject": subject},
            )
            return [json.loads(row[0]) for row in rows]

    return read
