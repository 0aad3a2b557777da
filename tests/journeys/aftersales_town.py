"""A sandbox cooperative with two people at its desk: a journey decides its time and reads its letters."""

from __future__ import annotations

import json
import mailbox
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Page
from sqlalchemy import text

from contracts.base import Event
from contracts.codes import Role
from services.aftersales import duties
from services.aftersales.inspections import preparing
from services.aftersales.parties import posting
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.settings import Settings
from services.notifications import app as notifications
from tests.conftest import OpenUnit
from tests.journeys.conftest import DESKTOP, PHONE, Visitor
from tests.journeys.test_metering_pages import Site
from tests.moving_in import moving_in

PARIS = ZoneInfo("Europe/Paris")
RECEPTION = "2026-10-30"


@dataclass
class _Handlers:
    """Stands where the room does while notifications is composed, and keeps what each event leads to."""

    of: dict[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def on(self, event: type[Event], handler: Any) -> None:
        self.of[event.subject] = (event, handler)

    def handle_together(self) -> None:
        """Here each event has a unit of its own."""

    def background(self, name: str, loop: Any) -> None:
        """Nothing leaves for people here: their messages are read on the pages."""


@dataclass
class Town:
    """Opens pages as its staff, its household or its contractor, and moves its clock."""

    site: Site
    room_unit: OpenUnit
    visitor: Visitor
    coop: str
    folder: Path
    agents: list[str] = field(default_factory=list)
    moved: dict[str, Any] = field(default_factory=dict)
    _told: int = 0

    async def begin(self, now: datetime) -> None:
        async with self.room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET sandbox = true WHERE coop = :coop"), {"coop": self.coop}
            )
            for number in (1, 2):
                agent = new_id("per")
                await unit.session.execute(
                    text(
                        "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                        " totp_generation, created_at) VALUES (:id, :coop, :name, :email, '01 00 00 00 01',"
                        " 'staff', :team, 'fr', 0, now())"
                    ),
                    {
                        "id": agent,
                        "coop": self.coop,
                        "name": f"Agent {number}",
                        "email": f"{agent}@coop.test",
                        "team": ("plumbing", "joinery")[number - 1],
                    },
                )
                self.agents.append(agent)
        await self.set_clock(now)

    async def set_clock(self, now: datetime) -> None:
        async with self.room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET business_now = :now WHERE coop = :coop"),
                {"now": now, "coop": self.coop},
            )

    async def hour(self, now: datetime) -> None:
        """The clock moves there, and the room does what it does every hour."""
        await self.set_clock(now)
        async with self.room_unit("aftersales") as unit:
            await unit.enter(self.coop)
            await duties.do_all(unit)
        await self.spread()

    async def prepare_documents(self) -> None:
        """What the room does beside its requests: documents that signatures ordered are made."""
        while await preparing.step(partial(self.room_unit, "aftersales")):
            pass

    async def spread(self) -> None:
        """What after-sales told since the last time becomes messages of those whom it concerns."""
        heard: Any = _Handlers()
        notifications.build(heard)
        async with self.room_unit("aftersales") as unit:
            found = await unit.session.execute(
                text("SELECT subject, body FROM aftersales.outbox WHERE coop = :coop ORDER BY id"),
                {"coop": self.coop},
            )
            rows = found.all()
        for subject, body in rows[self._told :]:
            if subject in heard.of:
                kind, handler = heard.of[subject]
                async with self.room_unit("notifications") as unit:
                    await unit.enter(self.coop)
                    await handler(kind.model_validate(json.loads(body)), unit)
        self._told = len(rows)

    async def move_in(self, tenure: str, **more: Any) -> None:
        building = await self.post(
            "/buildings", {"coop": self.coop, "ref": "Bâtiment A", "residence": "Les Aulnes"}
        )
        home = {
            "residence": "Les Aulnes", "building": building["id"], "ref": "A-12", "staircase": "1",
            "floor": "3", "meters": [],
        } | more.pop("home", {})  # fmt: skip
        person = {
            "name": "Camille Foyer-12", "email": "f12@foyer.test", "mobile": "06 00 00 00 12",
            "right": "holder", "language": "fr",
        }  # fmt: skip
        body = moving_in(self.coop, dwelling=home, household=[person], tenure=tenure, **more)
        self.moved = await self.post("/move-ins", body)

    async def contractor(self, **more: Any) -> str:
        body = {
            "kind": "contractor", "name": "Plomberie 2", "email": "p2@firm.test",
            "phone": "01 00 00 00 22", "trades": ["plumbing"],
        } | more  # fmt: skip
        return str((await self.post("/parties", body))["id"])

    async def post(
        self, path: str, body: dict[str, Any], who: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = await self.call("POST", path, body, who)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        who: dict[str, str] | None = None,
    ) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"{self.site.url}/api/v1", timeout=30) as client:
            return await client.request(method, path, json=body, headers=who or self.staff())

    def staff(self, number: int = 1) -> dict[str, str]:
        return self._known(Role.STAFF, self.agents[number - 1], f"Agent {number}")

    @property
    def resident(self) -> dict[str, str]:
        return self._known(Role.RESIDENT, self.moved["persons"][0]["id"], "Camille Foyer-12")

    def _known(self, role: Role, person: str, name: str) -> dict[str, str]:
        token = new_id("tok")
        self.site.doorman.known[token] = Principal(person, role, self.coop, name)
        return {"Authorization": f"Bearer {token}"}

    async def desk(self, path: str, number: int = 1, width: int = DESKTOP) -> Page:
        return await self.open(self.site.url + path, width=width, headers=self.staff(number))

    async def at_home(self, path: str, width: int = PHONE) -> Page:
        return await self.open(self.site.url + path, width=width, headers=self.resident)

    async def open(self, url: str, **options: Any) -> Page:
        """With patience: a machine that others keep busy."""
        page = await self.visitor.open(**options)
        page.context.set_default_timeout(60_000)
        await page.goto(url)
        return page

    async def letters(self) -> list[str]:
        """The words of all letters to firms, once they have left."""
        room: Any = SimpleNamespace(
            settings=Settings(data_dir=self.folder, public_url=self.site.url),
            unit=lambda: self.room_unit("aftersales"),
        )
        while await posting.step(room):
            pass
        box = mailbox.Maildir(self.folder / "mailbox", create=True)
        return [
            bytes(part.get_payload(decode=True)).decode()
            for one in box
            for part in one.walk()
            if part.get_content_type() == "text/plain"
        ]

    async def link_of_job(self, ticket: str) -> str:
        """The personal link in the letter that gave this job."""
        letters = await self.letters()
        found = [
            link
            for words in letters
            for link in re.findall(r"http://\S+/contractor/\S+", words)
            if ticket in link
        ]
        assert found, letters
        return str(found[-1])

    async def looks_well(self, page: Page, name: str) -> None:
        """A picture, and nothing that a reader would stumble over, at this width and at the other one."""
        self.visitor.allow("Transition was aborted.*Viewport size changed")
        width = page.viewport_size["width"] if page.viewport_size else DESKTOP
        other = DESKTOP if width == PHONE else PHONE
        for one in (other, width):
            await page.set_viewport_size({"width": one, "height": 860})
            await self.visitor.screenshot(page, f"aftersales-{name}-{one}")
            flaws = await self.visitor.flaws(page)
            assert flaws == [], f"{name} at {one}: {flaws}"
