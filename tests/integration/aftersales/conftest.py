"""A sandbox cooperative whose business time the test decides, its homes, and its people."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from services.kit.ids import new_id
from tests.conftest import OpenUnit, Web
from tests.moving_in import moving_in

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 16, 10, tzinfo=PARIS)


@dataclass
class Cooperative:
    """Calls the web as its staff or a household, and moves its clock."""

    web: Web
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
        home = {"residence": "Les Aulnes", "meters": []} | more.pop("home", {})
        body = moving_in(self.slug, dwelling=home, **({"tenure": tenure, "moved_in_on": "2026-11-02"} | more))
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


@pytest.fixture
async def aulnes(web: Web, room_unit: OpenUnit, coop: str) -> Cooperative:
    agent = new_id("per")
    cooperative = Cooperative(web, room_unit, coop, agent)
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
