"""A livraison on a phone: room by room, a photo, a network that fails, two signatures and the document."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import text

from contracts.codes import Role
from deploy.engines import Engines
from deploy.web import build
from services.aftersales.inspections import preparing
from services.kit.finishing import end
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from tests.conftest import KnownTokens, OpenUnit
from tests.journeys.conftest import PHONE, Served, Visitor
from tests.moving_in import moving_in
from tests.pictures import HEIC, drawn, photo

pytestmark = [pytest.mark.browser, pytest.mark.engines]


@dataclass
class Handover:
    """A home whose buyer gets the keys today, and who has which session."""

    visitor: Visitor
    url: str
    tokens: KnownTokens
    coop: str
    room_unit: OpenUnit
    moved: dict[str, Any] = field(default_factory=dict)

    async def move_in(self, tenure: str) -> str:
        """Today; returns the occupancy."""
        home = {"residence": "Les Aulnes", "ref": "A12", "meters": [{"fluid": "water", "serial": "W 12"}]}
        day = datetime.now(UTC).date().isoformat()
        body = moving_in(self.coop, dwelling=home, tenure=tenure, moved_in_on=day)
        headers = {"Authorization": f"Bearer {self.tokens.token('staff', self.coop)}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers) as client:
            answer = await client.post("/api/v1/move-ins", json=body)
        assert answer.status_code == 201, answer.text
        self.moved = answer.json()
        return str(self.moved["occupancy"])

    async def made(self) -> None:
        """Until every document that was ordered is made."""
        while True:
            async with self.room_unit("aftersales") as unit:
                left = await unit.session.execute(
                    text(
                        "SELECT count(*) FROM aftersales.inspection_document"
                        " WHERE coop = :coop AND sha256 IS NULL"
                    ),
                    {"coop": self.coop},
                )
                if left.scalar_one() == 0:
                    return
            await asyncio.sleep(0.1)

    async def page(
        self, role: Role, person: str, name: str, path: str, language: str = "fr", **options: Any
    ) -> Page:
        session = new_id("ses")
        self.tokens.sessions[session] = Principal(
            person, role, self.coop, name=name, language=language, csrf="c"
        )
        page = await self.visitor.open(language=language, **options)
        await page.context.add_cookies(
            [{"name": SESSION_COOKIE, "value": session, "url": self.url.replace("http:", "https:")}]
        )
        await page.goto(self.url + path)
        return page


@pytest.fixture
async def handover(
    engines: Engines, room_unit: OpenUnit, coop: str, visitor: Visitor, served: Served
) -> AsyncIterator[Handover]:
    tokens = KnownTokens()
    app: FastAPI = build(engines.settings, engines.secrets, identity=tokens)

    async def ready() -> bool:
        return True

    app.state.is_intake_ready = ready  # no device takes part
    maker = asyncio.create_task(make_documents(room_unit))
    async with served(app) as url:
        yield Handover(visitor, url, tokens, coop, room_unit)
        app.state.hub.close()
    await end([maker])


async def make_documents(room_unit: OpenUnit) -> None:
    """What the room does beside the web."""
    while True:
        if not await preparing.step(partial(room_unit, "aftersales")):
            await asyncio.sleep(0.3)


async def draw(page: Page, side: str) -> None:
    """A stroke of a finger on the pad."""
    pad = page.locator(f"#pad-{side}").locator("xpath=..").locator("canvas")
    await pad.hover(position={"x": 20, "y": 40})
    await page.mouse.down()
    for step in range(1, 12 if side == "household" else 8):
        await pad.hover(position={"x": 20 + 18 * step, "y": 20 if step % 2 else 70})
    await page.mouse.up()
    await expect(pad).to_have_attribute("data-drawn", "true")


async def sign(page: Page, side: str) -> None:
    form = page.locator("form[data-signs]").filter(has=page.locator(f"input[name=side][value={side}]"))
    await draw(page, side)
    await form.get_by_text("J’ai tout lu, et je signe.").click()
    await form.get_by_role("button", name="Signer").click()


async def test_a_buyer_gets_the_keys(handover: Handover, visitor: Visitor) -> None:
    occupancy = await handover.move_in("buyer_vefa")
    page = await handover.page(
        Role.STAFF, new_id("per"), "Agent 1", f"/occupancies/{occupancy}/inspection", width=PHONE
    )
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-new-phone")
    await page.get_by_role("button", name="Commencer").click()
    await expect(page.get_by_text("Pièces vues : 0 sur 7")).to_be_visible()
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-begun-phone")
    inspection = page.url.split("#")[0]

    # Six rooms are in order, each in one tap.
    rooms = ["Entrée ou couloir du logement", "Séjour", "Chambre", "Salle de bain", "Toilettes"]
    for number, room in enumerate(rooms, 1):
        await page.get_by_role("button", name=f"Rien à signaler – {room}").click()
        await expect(page.locator("progress")).to_have_attribute("value", str(number))
    await page.get_by_role("link", name="Balcon, terrasse", exact=True).click()
    await page.get_by_role("button", name="Rien à signaler dans cette pièce").click()
    await expect(page.locator("progress")).to_have_attribute("value", "6")

    # In the kitchen the tap leaks, and the network fails just then.
    await page.get_by_role("link", name="Cuisine", exact=True).click()
    assert await visitor.flaws(page) == []
    await page.locator("#f-element").select_option("tap")
    await expect(page.locator("#f-symptom option").nth(1)).to_have_attribute("value", "leak")
    await page.locator("#f-symptom").select_option("leak")
    await page.locator("#f-note").fill("Ça goutte sous l’évier.")
    await page.locator("#photos-files").set_input_files(
        {
            "name": "fuite.jpg",
            "mimeType": "image/jpeg",
            "buffer": photo(image=drawn(1600, 1200), orientation=6),
        }
    )
    visitor.allow("ERR_INTERNET_DISCONNECTED")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Noter ce défaut").click()
    waiting = page.locator("#add [data-waiting]")
    await expect(waiting).to_contain_text("Pas de réseau")
    await visitor.screenshot(page, "inspection-offline-phone")
    await page.context.set_offline(False)
    await expect(page.locator("#found img")).to_be_visible()
    await expect(page.locator("#found")).to_contain_text("Ça goutte sous l’évier.")
    await expect(page.locator("#f-note")).to_have_value("")
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-room-phone")

    # Meters and keys, then what was typed and not sent is there again on coming back.
    await page.get_by_role("link", name="Toutes les pièces").click()
    await expect(page).to_have_url(f"{inspection}#rooms")
    await page.wait_for_load_state("load")
    await page.locator("#handed-keys").get_by_label("Clé ou badge").fill("Porte d’entrée")
    await page.reload()
    await expect(page.locator("#handed-keys").get_by_label("Clé ou badge")).to_have_value("Porte d’entrée")
    await page.locator("#handed-keys").get_by_label("Combien").fill("3")
    await page.get_by_role("button", name="Ajouter aux clés").click()
    await expect(page.locator("#handed-keys")).to_contain_text("3 × Porte d’entrée")
    await page.locator("#meters").get_by_label("Index").first.fill("123,4")
    await page.get_by_role("button", name="Garder les relevés").click()
    await expect(page.get_by_role("link", name="Tout lire et signer")).to_be_visible()
    await visitor.screenshot(page, "inspection-ready-phone")

    # The buyer sees it at home too; both sign on the agent's phone.
    buyer = await handover.page(
        Role.RESIDENT, handover.moved["persons"][0]["id"], "Foyer 12", inspection.removeprefix(handover.url),
        width=PHONE,
    )  # fmt: skip
    await expect(buyer.get_by_text("1 défaut")).to_be_visible()
    assert await visitor.flaws(buyer) == []
    await page.get_by_role("link", name="Tout lire et signer").click()
    assert await visitor.flaws(page) == []
    await sign(page, "household")
    await expect(page.locator("#signatures")).to_contain_text("signé")
    await visitor.screenshot(page, "inspection-sign-phone")
    await sign(page, "cooperative")
    await expect(page.get_by_role("heading", name=re.compile("Signé des deux côtés"))).to_be_visible()
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-signed-phone")

    # The document is in the buyer's hands, with the photo and both signatures.
    await buyer.goto(inspection)
    async with buyer.expect_download() as downloading:
        await buyer.get_by_role("link", name="Télécharger le document signé (PDF)").click()
    download = await downloading.value
    assert re.fullmatch(r"livraison-\d{4}-\d\d-\d\d\.pdf", download.suggested_filename)
    path = await download.path()
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    words = "\n".join(one.extract_text() for one in pages)
    for said in (
        "Procès-verbal de livraison",
        "Ça goutte sous l’évier.",
        "123,4",
        "Porte d’entrée",
        "Agent 1",
    ):
        assert said in words, said
    assert sum(len(one.images) for one in pages) == 3
    await buyer.goto(f"{handover.url}/tickets")
    await buyer.get_by_text("Robinet, mitigeur – fuite").click()
    await expect(buyer.locator("#photos img")).to_have_count(1)

    # Another photo goes as soon as it is chosen, and comes back as a picture; so it does at the desk.
    await buyer.locator("#photos-files").set_input_files(
        {"name": "mur.png", "mimeType": "image/png", "buffer": photo("PNG", image=drawn(900, 700))}
    )
    await expect(buyer.locator("#photos img")).to_have_count(2)
    await expect(buyer.get_by_role("button", name="Reprendre")).to_have_count(1)
    assert await visitor.flaws(buyer) == []
    await visitor.screenshot(buyer, "ticket-photos-phone")
    ticket = re.findall(r"tkt_[a-z0-9]+", buyer.url)[0]
    await buyer.get_by_role("button", name="Reprendre").click()
    await expect(buyer.locator("#photos img")).to_have_count(1)

    desk = await handover.page(Role.STAFF, new_id("per"), "Agent 1", inspection.removeprefix(handover.url))
    assert await visitor.flaws(desk) == []
    await visitor.screenshot(desk, "inspection-signed-desk")
    await desk.goto(f"{handover.url}/desk/{ticket}")
    await expect(desk.locator("#photos img")).to_have_count(1)
    await visitor.screenshot(desk, "ticket-photos-desk")


async def test_a_tenant_moves_in_and_adds_what_was_forgotten_without_any_script(
    handover: Handover, visitor: Visitor
) -> None:
    occupancy = await handover.move_in("tenant")
    plain: dict[str, Any] = {"width": PHONE, "language": "en", "java_script_enabled": False}
    page = await handover.page(
        Role.CARETAKER, new_id("per"), "Caretaker 1", f"/occupancies/{occupancy}/inspection", **plain
    )
    await page.get_by_role("button", name="Begin").click()
    inspection = page.url.split("#")[0].removeprefix(handover.url)
    for room in ("Hallway of the dwelling", "Living room", "Kitchen", "Bedroom", "Bathroom", "Toilet room"):
        await page.get_by_role("button", name=f"Nothing wrong – {room}").click()
    await expect(page.get_by_text("6 of 6 rooms seen")).to_be_visible()
    await page.locator("#meters").get_by_label("If it cannot be read: why").fill("The plant room is locked")
    await page.get_by_role("button", name="Keep the readings").click()
    await page.locator("#handed-keys").get_by_label("Key or badge").fill("Front door")
    await page.get_by_role("button", name="Add to the keys").click()
    await page.get_by_role("link", name="Read it all and sign").click()
    for side in ("resident", "cooperative"):
        form = page.locator("form[data-signs]").filter(has_text=f"Sign as the {side}")
        await form.get_by_role("checkbox").check()
        await form.get_by_role("button").last.click()
    await expect(page.get_by_role("heading", name=re.compile("Signed by both"))).to_be_visible()

    tenant = await handover.page(
        Role.RESIDENT, handover.moved["persons"][0]["id"], "Foyer 12", inspection, **plain
    )
    await visitor.screenshot(tenant, "inspection-tenant-phone")
    await tenant.get_by_role("link", name="Add what was forgotten").click()
    await visitor.screenshot(tenant, "inspection-forgotten-phone")
    await tenant.get_by_label("Where?").select_option("bedroom")
    await tenant.get_by_label("What is it?").select_option("socket")
    await tenant.get_by_label("What is wrong with it?").select_option("loose")
    await tenant.get_by_label("In a few words").fill("Behind the bed.")
    await tenant.get_by_label("Choose photos").set_input_files(
        {"name": "socket.heic", "mimeType": "image/heic", "buffer": HEIC}
    )
    await tenant.get_by_role("button", name="Have it added").click()
    await expect(tenant.get_by_text("waits for the cooperative to take note")).to_be_visible()
    await tenant.get_by_role("link", name="Its request").click()
    await expect(tenant.locator("#photos img")).to_have_count(1)

    await page.reload()
    await page.get_by_role("button", name="Take note of it").click()
    await expect(page.get_by_text("taken note of")).to_be_visible()
    await handover.made()
    await page.reload()
    await expect(page.get_by_role("link", name="Download the addition (PDF)")).to_be_visible()
    await visitor.screenshot(page, "inspection-amended-phone")
