"""A livraison on a phone: room by room, a photo, a network that fails, two signatures and the document."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect
from pypdf import PdfReader

from contracts.codes import Role
from deploy.engines import Engines
from deploy.web import build
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from tests.conftest import KnownTokens, OpenUnit
from tests.journeys.conftest import PHONE, Served, Visitor
from tests.moving_in import moving_in
from tests.pictures import drawn, photo

pytestmark = [pytest.mark.browser, pytest.mark.engines]


@dataclass
class Handover:
    """A home whose buyer gets the keys today, and who has which session."""

    visitor: Visitor
    url: str
    tokens: KnownTokens
    coop: str
    moved: dict[str, Any]

    async def page(self, role: Role, person: str, name: str, path: str, **options: Any) -> Page:
        session = new_id("ses")
        self.tokens.sessions[session] = Principal(person, role, self.coop, name=name, language="fr", csrf="c")
        page = await self.visitor.open(**options)
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
    async with served(app) as url:
        async with httpx.AsyncClient(base_url=url) as client:
            agent = tokens.token("staff", coop)
            home = {"residence": "Les Aulnes", "meters": [{"fluid": "water", "serial": "W 12"}]}
            body = moving_in(
                coop, dwelling=home, tenure="buyer_vefa",
                moved_in_on=datetime.now(UTC).date().isoformat(),
            )  # fmt: skip
            answer = await client.post(
                "/api/v1/move-ins", json=body, headers={"Authorization": f"Bearer {agent}"}
            )
            assert answer.status_code == 201, answer.text
        yield Handover(visitor, url, tokens, coop, answer.json())
        app.state.hub.close()


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
    occupancy = handover.moved["occupancy"]
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
