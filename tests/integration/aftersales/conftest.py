"""A sandbox cooperative whose business time the test decides, its homes, and its people."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import Principal

OpenUnit = Callable[..., Any]
PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 16, 10, tzinfo=PARIS)


@dataclass
class Cooperative:
    """Calls the web as its staff or a household, and moves its clock."""

    web: Any
    room_unit: OpenUnit
    slug: str
    agent: str
    """Id of a member of staff whom households can be told of."""

    @property
    def staff(self) -> dict[str, str]:
        return dict(self.web.as_("staff", self.slug, self.agent))

    def resident(self, person: str) -> dict[str, str]:
        return dict(self.web.as_("resident", self.slug, person))

    async def now(self, instant: datetime) -> None:
        async with self.room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET business_now = :now WHERE coop = :coop"),
                {"now": instant, "coop": self.slug},
            )

    async def move_in(self, tenure: str = "tenant", **more: Any) -> dict[str, Any]:
        dwelling = {
            "coop": self.slug, "ref": new_id("ref"), "residence": "Les Aulnes", "floor_area_m2": 60,
            "heating": "collective", "postcode": "69100", "meters": [],
        } | more.pop("home", {})  # fmt: skip
        body = {
            "coop": self.slug, "dwelling": dwelling, "tenure": tenure, "moved_in_on": "2026-11-02",
            "household": [{"name": "Foyer 12", "email": f"{new_id('f')}@foyer.test", "right": "holder"}],
        } | more  # fmt: skip
        answer = await self.post("/move-ins", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def open(self, occupancy: str | None, **more: Any) -> dict[str, Any]:
        body = {
            "occupancy": occupancy, "place": "kitchen", "element": "tap", "symptom": "broken",
            "description": "Le robinet ne ferme plus.", "channel": "phone",
        } | more  # fmt: skip
        answer = await self.post("/tickets", {key: value for key, value in body.items() if value is not None})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def act(
        self, ticket: str, action: str, who: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        return await self.post(f"/tickets/{ticket}/actions", {"action": action, **more}, who)

    async def post(
        self, path: str, body: dict[str, Any], who: dict[str, str] | None = None
    ) -> httpx.Response:
        answer: httpx.Response = await self.web.client.post(
            f"/api/v1{path}", json=body, headers=who or self.staff
        )
        return answer

    async def get(self, path: str, who: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        answer: httpx.Response = await self.web.client.get(
            f"/api/v1{path}", headers=(who or self.staff) | headers
        )
        return answer

    async def told(self, subject: str) -> list[dict[str, Any]]:
        """Bodies of the events of one subject that the room wrote for this cooperative."""
        async with self.room_unit("aftersales") as unit:
            rows = await unit.session.execute(
                text(
                    "SELECT body FROM aftersales.outbox WHERE coop = :coop AND subject = :subject ORDER BY id"
                ),
                {"coop": self.slug, "subject": subject},
            )
            return [json.loads(row[0]) for row in rows]


@dataclass
class KnownPeople:
    """Identity: tokens and sessions are what the test says they are."""

    principals: dict[str, Principal] = field(default_factory=dict)
    sessions: dict[str, Principal] = field(default_factory=dict)

    def token(self, role: str, coop: str, person: str | None = None) -> str:
        token = new_id("tok")
        self.principals[token] = Principal(person or new_id("per"), Role(role), coop)
        return token

    async def of_token(self, token: str) -> Principal | None:
        return self.principals.get(token)

    async def of_session(self, cookie: str) -> Principal | None:
        return self.sessions.get(cookie)


@dataclass
class Office:
    """The web application, and how to call it as somebody."""

    client: httpx.AsyncClient
    tokens: KnownPeople

    def as_(self, role: str, coop: str, person: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.token(role, coop, person)}"}


@pytest.fixture(scope="session")
async def office(engines: Any) -> AsyncIterator[Any]:
    """The web application without the portal's live updates: only requests are needed here."""
    from deploy.web import build  # imports every room

    tokens = KnownPeople()
    app = build(engines.settings, engines.secrets, identity=tokens)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://palier.test") as client:
        yield Office(client, tokens)
    for database in (*app.state.databases.values(), app.state.accounts):
        await database.close()


@pytest.fixture
async def aulnes(office: Any, room_unit: OpenUnit, coop: str) -> Cooperative:
    agent = new_id("per")
    cooperative = Cooperative(office, room_unit, coop, agent)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true WHERE coop = :coop"), {"coop": coop}
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                " totp_generation, created_at) VALUES (:id, :coop, 'Agent 1', :email, '01 00 00 00 01',"
                " 'staff', 'plumbing', 'fr', 0, now())"
            ),
            {"id": agent, "coop": coop, "email": f"{agent}@coop.test"},
        )
    await cooperative.now(MONDAY)
    return cooperative
