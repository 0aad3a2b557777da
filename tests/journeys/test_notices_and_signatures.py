"""A buyer's réserve: the letter before the firm, half-fixed, two signatures; and a contested refusal."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales.parties import links
from services.aftersales.parties.model import Party
from services.kit.ids import new_id
from tests.conftest import OpenUnit
from tests.journeys.test_contractor_visit import DESKTOP, MONDAY, PHONE
from tests.journeys.test_metering_pages import Site, site
from tests.moving_in import moving_in
from tests.pictures import drawn, photo

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]


async def a_new_home(
    site: Site, room_unit: OpenUnit, coop: str, tenure: str = "buyer_vefa"
) -> dict[str, Any]:
    """A sandbox with two agents, a builder, and a household; who they are and how they sign in."""
    agents = [new_id("per"), new_id("per")]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": MONDAY, "coop": coop},
        )
        for number, agent in enumerate(agents, 1):
            await unit.session.execute(
                text(
                    "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                    " totp_generation, created_at) VALUES (:id, :coop, :name, :email, '01 00 00 00 01',"
                    " 'staff', 'joinery', 'fr', 0, now())"
                ),
                {"id": agent, "coop": coop, "name": f"Agent {number}", "email": f"{agent}@coop.test"},
            )
    async with room_unit("aftersales", coop) as unit:
        unit.session.add(
            Party(
                id=new_id("pty"), coop=coop, kind="contractor", name="Entreprise Menuiserie 4",
                email="contact@menuiserie4.test", address="4 rue du Chantier\n00000 Ville",
                reference="LOT-06", trades=[], buildings=[], warranties=["parfait_achevement", "biennale"],
            )
        )  # fmt: skip
    staff = [site.doorman.headers(Role.STAFF, coop, agent) for agent in agents]
    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers=staff[0], timeout=30) as api:
        home = {"residence": "Les Aulnes", "ref": "B-04", "meters": [], "reception_on": "2026-06-30"}
        dates = {"livraison_on": "2026-09-01"} if tenure == "buyer_vefa" else {}
        body = moving_in(coop, dwelling=home, tenure=tenure, moved_in_on="2026-09-01", **dates)
        moved = (await api.post("/move-ins", json=body)).json()
        told = {
            "occupancy": moved["occupancy"], "place": "bedroom", "element": "shutter", "symptom": "broken",
            "description": "Le volet de la chambre reste bloqué à mi-hauteur.", "channel": "phone",
        }  # fmt: skip
        ticket = (await api.post("/tickets", json=told)).json()["id"]
        shots = [("photos", (f"{number}.jpg", photo(image=drawn(800, 600)))) for number in (1, 2)]
        assert (await api.post(f"/tickets/{ticket}/photos", files=shots)).status_code == 201
    resident = site.doorman.headers(Role.RESIDENT, coop, moved["persons"][0]["id"])
    return {"staff": staff, "resident": resident, "ticket": ticket}


async def test_the_letter_comes_before_the_firm_and_two_signatures_end_it(
    site: Site, room_unit: OpenUnit, coop: str, visitor: Any
) -> None:
    home = await a_new_home(site, room_unit, coop)
    desk = await visitor.open(
        f"{site.url}/desk/{home['ticket']}", width=DESKTOP, headers=home["staff"][0], language="fr"
    )
    await press(desk, "Prendre en main")
    await press(desk, "Qualifier")
    await expect(desk.get_by_text("Une garantie court et son débiteur")).to_be_visible()
    await expect(desk.locator("button[value=assign]")).to_have_count(0)
    await seen(visitor, desk, "notice-asked-desk")
    await desk.get_by_text("Écrire une lettre avec vos précisions").click()
    await desk.get_by_label("Précisions à ajouter").fill("Lame centrale voilée.")
    await expect(desk.get_by_label("Photo 2")).to_be_checked()
    await seen(visitor, desk, "notice-photos-desk")
    await desk.get_by_label("Photo 2").uncheck()
    await desk.get_by_role("button", name="Rédiger et enregistrer la lettre").click()
    await desk.get_by_text("1 annexe", exact=True).click()
    await expect(desk.get_by_text("remise par la coopérative")).to_be_visible()
    await seen(visitor, desk, "notice-annexes-desk")
    narrow = await visitor.open(desk.url, width=PHONE, headers=home["staff"][0], language="fr")
    await narrow.get_by_text("1 annexe", exact=True).click()
    await seen(visitor, narrow, "notice-annexes-desk-phone")
    english = await visitor.open(desk.url, width=DESKTOP, headers=home["staff"][0], language="en")
    await english.get_by_text("1 annex", exact=True).click()
    await expect(english.get_by_text("given by the cooperative")).to_be_visible()
    await expect(desk.get_by_text("Entreprise Menuiserie 4", exact=False).first).to_be_visible()
    await desk.get_by_text("Ajouter ce qui prouve sa réception").click()
    await desk.get_by_label("Quoi", exact=True).select_option("commitment")
    await desk.get_by_label("Jour", exact=True).fill("2026-11-16")
    await desk.get_by_label("Ce qui a été répondu ou promis").fill("Passage le 23 novembre.")
    await desk.get_by_role("button", name="Conserver cette preuve").click()
    await expect(desk.get_by_text("Passage le 23 novembre.").first).to_be_visible()
    await expect(desk.get_by_text("La réception est prouvée")).to_be_visible()
    await seen(visitor, desk, "notice-proved-desk")
    await read_by_the_firm(site, room_unit, coop, home, visitor)
    await desk.locator("#f-body").fill("Nous vous rappelons demain.")
    for action in ("Confier", "Commencer les travaux", "Travaux terminés"):
        await press(desk, action)
        # What is typed in another form of the page outlives each of them, until it is sent.
        await expect(desk.locator("#f-body")).to_have_value("Nous vous rappelons demain.")
    await desk.locator("#f-body").fill("")
    mine = await visitor.open(
        f"{site.url}/tickets/{home['ticket']}", width=PHONE, headers=home["resident"], language="fr"
    )
    await expect(mine.get_by_text("deux signatures")).to_be_visible()
    await expect(mine.get_by_role("link", name="Lire la lettre (PDF)")).to_be_visible()
    await mine.get_by_text("1 annexe", exact=True).click()
    await seen(visitor, mine, "sign-off-phone")
    await mine.get_by_role("button", name="Cela ne marche qu’en partie.").click()
    await expect(mine.locator("#now").get_by_text("Confiée")).to_be_visible()
    await desk.reload()
    for action in ("Commencer les travaux", "Travaux terminés"):
        await press(desk, action)
    await press(desk, "Signer la levée")
    await mine.reload()
    await mine.get_by_role("button", name="Je signe : c’est réparé").click()
    await expect(mine.locator("#now").get_by_text("Résolue")).to_be_visible()
    await seen(visitor, mine, "signed-phone")


async def test_a_refusal_is_contested_and_somebody_else_answers(
    site: Site, room_unit: OpenUnit, coop: str, visitor: Any
) -> None:
    home = await a_new_home(site, room_unit, coop, "tenant")
    desk = await visitor.open(
        f"{site.url}/desk/{home['ticket']}", width=DESKTOP, headers=home["staff"][0], language="fr"
    )
    await press(desk, "Prendre en main")
    for line in await desk.locator("details.more:has(button[value=refuse]) > summary").all():
        await line.click()
    form = desk.locator("form").filter(has=desk.locator("button[value=refuse]"))
    await form.locator("select[name=reason]").select_option("resident_upkeep")
    await form.locator("textarea[name=comment]").fill("Le graissage du volet est à votre charge.")
    await form.locator("button[value=refuse]").click()
    mine = await visitor.open(
        f"{site.url}/tickets/{home['ticket']}", width=PHONE, headers=home["resident"], language="fr"
    )
    await expect(mine.get_by_text("Le graissage du volet").first).to_be_visible()
    await seen(visitor, mine, "refused-phone")
    await mine.get_by_label("Pourquoi n’êtes-vous pas d’accord ?").fill(
        "Le moteur est cassé, pas le graissage."
    )
    await mine.get_by_role("button", name="Contester le refus").click()
    await expect(mine.get_by_text("réexamine le refus")).to_be_visible()
    await seen(visitor, mine, "contested-phone")
    await desk.reload()
    await expect(desk.locator("button[value=uphold]")).to_have_count(0)
    other = await visitor.open(
        f"{site.url}/desk/{home['ticket']}", width=DESKTOP, headers=home["staff"][1], language="fr"
    )
    form = other.locator("form").filter(has=other.locator("button[value=overturn]"))
    await form.locator("textarea[name=comment]").fill("Vous avez raison : nous le réparons.")
    await form.locator("button[value=overturn]").click()
    await expect(other.locator("button[value=qualify]")).to_be_visible()
    await seen(visitor, other, "overturned-desk")


async def test_a_tenants_home_is_repaired_by_our_own_team_once_the_letter_is_stored(
    site: Site, room_unit: OpenUnit, coop: str, visitor: Any
) -> None:
    home = await a_new_home(site, room_unit, coop, "tenant")
    desk = await visitor.open(
        f"{site.url}/desk/{home['ticket']}", width=DESKTOP, headers=home["staff"][0], language="fr"
    )
    await press(desk, "Prendre en main")
    await press(desk, "Qualifier")
    await expect(desk.get_by_text("Personne n’est envoyé avant que la lettre")).to_be_visible()
    await expect(desk.get_by_label("Confier à")).to_have_count(0)
    await seen(visitor, desk, "tenant-letter-first-desk")
    await press(desk, "Écrire à qui doit la réparation")
    await expect(desk.get_by_text("Conservée, aucun envoi enregistré")).to_be_visible()
    await expect(desk.get_by_text("Le courriel part dans les minutes")).to_be_visible()
    await desk.get_by_label("Confier à").select_option("joinery")
    await press(desk, "Confier")
    mine = await visitor.open(
        f"{site.url}/tickets/{home['ticket']}", width=PHONE, headers=home["resident"], language="fr"
    )
    await mine.get_by_text("Je ne peux laisser entrer personne").click()
    await mine.get_by_label("Jusqu’à quand, ou pourquoi ?").fill("Je rentre lundi.")
    await seen(visitor, mine, "tenant-away-phone")
    await mine.get_by_role("button", name="Attendre que je le dise").click()
    await expect(mine.locator("#now").get_by_text("En attente d'accès")).to_be_visible()
    await seen(visitor, mine, "tenant-waiting-phone")
    await mine.get_by_role("button", name="Je suis là : vous pouvez venir").click()
    await expect(mine.locator("#now").get_by_text("Confiée")).to_be_visible()
    await desk.reload()
    await seen(visitor, desk, "tenant-given-desk")
    narrow = await visitor.open(
        f"{site.url}/desk/{home['ticket']}", width=PHONE, headers=home["staff"][0], language="fr"
    )
    await seen(visitor, narrow, "tenant-given-desk-phone")


async def read_by_the_firm(
    site: Site, room_unit: OpenUnit, coop: str, home: dict[str, Any], visitor: Any
) -> None:
    """Its personal link leads to the letter and to what went with it, without any account."""
    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers=home["staff"][0]) as api:
        [notice] = (await api.get(f"/tickets/{home['ticket']}/notices")).json()["notices"]
    async with room_unit("aftersales", coop) as unit:
        token = await links.mint(unit, await unit.session.get_one(Party, notice["party"]))
    for width in (PHONE, DESKTOP):
        page = await visitor.open(
            f"{site.url}/contractor/{token}/notices/{notice['id']}", width=width, language="fr"
        )
        await expect(page.get_by_text(notice["annexes"][0]["sha256"][:16])).to_be_visible()
        await expect(page.get_by_role("link", name="Lire la lettre (PDF)")).to_be_visible()
        await seen(visitor, page, f"notice-firm-{width}")


async def press(page: Page, label: str) -> None:
    """Open the line that holds the action if it is closed, press it, and wait for the page it leads to."""
    button = page.get_by_role("button", name=label, exact=True).first
    if await button.count() == 0:
        await page.locator("summary", has_text=label).first.click()
        button = page.get_by_role("button", name=label, exact=True).first
    if label == "Travaux terminés":
        await page.locator("#f-finish-no_photo").select_option("not_visible")
    async with page.expect_navigation():
        await button.click()


async def seen(visitor: Any, page: Page, name: str) -> None:
    """Keep a picture, and find nothing a reader would stumble over."""
    await visitor.screenshot(page, name)
    assert await visitor.flaws(page) == []
