"""A buyer at the keys: a réserve, its notice, the firm's link, fixed only half, fixed, signed by both."""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect
from pypdf import PdfReader

from tests.conftest import OpenUnit
from tests.journeys.aftersales_town import PARIS, RECEPTION, Town
from tests.journeys.conftest import PHONE, Visitor
from tests.journeys.test_inspection import sign
from tests.journeys.test_metering_pages import Site, site
from tests.pictures import drawn, photo

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]
KEYS = datetime(2026, 11, 16, 10, tzinfo=PARIS)
A_PHOTO = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=photo(image=drawn(800, 600)))


@pytest.fixture
async def town(site: Site, room_unit: OpenUnit, coop: str, visitor: Visitor, tmp_path: Path) -> Town:
    town = Town(site, room_unit, visitor, coop, tmp_path)
    await town.begin(KEYS)
    await town.move_in(
        "buyer_vefa",
        home={"reception_on": RECEPTION},
        moved_in_on="2026-11-16",
        livraison_on="2026-11-16",
    )
    return town


async def test_from_the_keys_to_the_two_signatures(town: Town, visitor: Visitor) -> None:
    firm = await town.contractor(warranties=["parfait_achevement", "biennale"], address="1 rue du Chantier")
    ticket = await handed_over(town, visitor)

    # The household sees its réserve, its windows, and who owes what.
    home = await town.at_home("/home/file")
    await expect(home.get_by_role("heading", name="Garantie de parfait achèvement")).to_be_visible()
    await expect(home.get_by_text("Jusqu'au 30 octobre 2027 inclus").first).to_be_visible()
    await town.looks_well(home, "keys-windows")

    # Nothing is given to a firm before its written notice is stored.
    desk = await town.desk(f"/desk/{ticket}")
    await town.looks_well(desk, "keys-desk-submitted")
    listed = desk.get_by_role("listitem").filter(has_text="Lister les défauts apparents")
    await expect(listed).to_contain_text("tenu")  # the signed livraison lists it
    await desk.get_by_role("button", name="Prendre en main").click()
    await desk.get_by_role("button", name="Qualifier").click()
    notices = desk.locator("#notices")
    await expect(notices).to_contain_text("Personne n’est envoyé avant")
    refused = await town.call("POST", f"/tickets/{ticket}/actions", {"action": "assign", "party": firm})
    assert refused.status_code == 409
    assert "notify_debtor" in refused.json()["legal_actions"]
    await town.looks_well(desk, "keys-desk-qualified")
    route = desk.locator("#route")
    await expect(route).to_contain_text("D’abord la lettre")
    await expect(route.get_by_role("button", name="Confier")).to_have_count(0)

    # The letter to the firm is written from the facts, stored with its digest, and leaves by e-mail.
    await desk.goto(f"{town.site.url}/desk/{ticket}")
    await notices.get_by_text("Écrire une lettre avec vos précisions").click()
    await notices.locator("#notice-to").select_option(firm)
    await notices.get_by_label("Précisions à ajouter").fill("Raccord sous l’évier.")
    await notices.get_by_role("button", name="Rédiger et enregistrer la lettre").click()
    await expect(notices).to_contain_text("Plomberie 2")
    address = await notices.get_by_role("link", name="Lire la lettre (PDF)").get_attribute("href")
    letter = read(await (await desk.request.get(f"{town.site.url}{address}")).body())
    assert "1792-6" in letter
    assert "Raccord sous l’évier." in letter
    assert any("Raccord sous l’évier." in words for words in await town.letters())
    await town.hour(KEYS.replace(hour=11))
    await desk.reload()
    await expect(notices).to_contain_text("Plomberie 2")
    await town.looks_well(desk, "keys-desk-notified")

    # Only now is the firm sent; it proposes visits by its link, on a phone.
    await route.get_by_label("Confier à").select_option(firm)
    await route.get_by_role("button", name="Confier").click()
    await expect(route).to_contain_text("Confiée à : Plomberie 2")
    phone = await town.open(await town.link_of_job(ticket), width=PHONE)
    await expect(phone.get_by_role("link", name=re.compile("garantie|réserve", re.I)).first).to_be_visible()
    await town.looks_well(phone, "keys-job")
    await propose(phone, "2026-11-19", "14:00", "16:00")

    # The household picks it, the firm comes: its work is done, but only half.
    await home.goto(f"{town.site.url}/tickets/{ticket}")
    visit = home.locator("#visit")
    await town.looks_well(home, "keys-household-slots")
    await visit.get_by_role("button", name="19 novembre").click()
    await expect(visit).to_contain_text("jeudi 19 novembre, 14:00–16:00")
    await town.set_clock(datetime(2026, 11, 19, 14, 5, tzinfo=PARIS))
    await finish(phone, "Joint remplacé.")
    await town.looks_well(phone, "keys-job-done")
    await home.reload()
    await expect(home.get_by_text("Travaux faits, à vérifier").first).to_be_visible()
    await expect(home.get_by_role("button", name="Oui, c'est réparé")).to_have_count(0)
    await town.looks_well(home, "keys-household-done")
    await home.get_by_role("button", name="Cela ne marche qu’en partie.").click()
    await expect(home.get_by_role("button", name="Je signe")).to_have_count(0)
    await town.looks_well(home, "keys-household-half")

    # The same firm comes back; silence of two months closes nothing.
    await phone.reload()
    await expect(phone.get_by_text("Cela ne marche qu’en partie.")).to_be_visible()
    await town.looks_well(phone, "keys-job-again")
    await propose(phone, "2026-11-23", "08:00", "10:00")
    await home.reload()
    await visit.get_by_role("button", name="23 novembre").click()
    await town.set_clock(datetime(2026, 11, 23, 8, 10, tzinfo=PARIS))
    await finish(phone, "Flexible changé aussi.")
    for instant in (datetime(2026, 12, 9, 10, tzinfo=PARIS), datetime(2027, 1, 25, 10, tzinfo=PARIS)):
        await town.hour(instant)
    await home.reload()
    await expect(home.get_by_text("Travaux faits, à vérifier").first).to_be_visible()

    # Both sign, and only then it is over.
    await home.get_by_role("button", name="Je signe : c’est réparé").click()
    await expect(home.get_by_text("Vous avez signé ; la coopérative signe à son tour.")).to_be_visible()
    await town.looks_well(home, "keys-household-signed")
    await desk.goto(f"{town.site.url}/desk/{ticket}")
    await desk.get_by_role("button", name="Signer la levée").click()
    await expect(desk.get_by_text("Résolue").first).to_be_visible()
    await town.looks_well(desk, "keys-desk-signed")
    await home.reload()
    await home.get_by_text("Tout ce qui a été fait avant").click()
    await expect(home.get_by_text("À moitié réparé").first).to_be_visible()
    await town.looks_well(home, "keys-household-resolved")
    await home.goto(f"{town.site.url}/home/file")
    await expect(home.get_by_text("2 délais terminés")).to_be_visible()
    await expect(home.get_by_text("Une question pour vous")).to_have_count(0)


async def propose(phone: Page, day: str, start: str, end: str) -> None:
    await phone.locator("input[name=day]").first.fill(day)
    await phone.locator("input[name=start]").first.fill(start)
    await phone.locator("input[name=end]").first.fill(end)
    await phone.get_by_role("button", name="Proposer").click()
    await expect(phone.get_by_text("Proposés, l’habitant choisit :")).to_be_visible()


async def finish(phone: Page, words: str) -> None:
    """The firm arrives, works, and says what came of it, with a photo."""
    await phone.reload()
    await phone.get_by_role("button", name="Je commence les travaux").click()
    await phone.get_by_label("Réparé", exact=True).check()
    await phone.get_by_label("En un mot").fill(words)
    await phone.locator("#result-files").set_input_files(A_PHOTO)
    await phone.locator("#finish").get_by_role("button", name="Envoyer").click()
    await expect(phone.get_by_text("Votre travail est fait")).to_be_visible()


def read(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)


async def handed_over(town: Town, visitor: Visitor) -> str:
    """The guided livraison on the agent's phone; the id of the request that its réserve became."""
    page = await town.desk(f"/occupancies/{town.moved['occupancy']}/inspection", width=PHONE)
    await page.get_by_role("button", name="Commencer").click()
    await expect(page.get_by_text("Pièces vues : 0 sur 7")).to_be_visible()
    rooms = ["Entrée ou couloir du logement", "Séjour", "Chambre", "Salle de bain", "Toilettes"]
    for number, room in enumerate(rooms, 1):
        await page.get_by_role("button", name=f"Rien à signaler – {room}").click()
        await expect(page.locator("progress")).to_have_attribute("value", str(number))
    await page.get_by_role("button", name="Rien à signaler – Balcon, terrasse").click()
    await expect(page.locator("progress")).to_have_attribute("value", "6")
    await page.get_by_role("link", name="Cuisine", exact=True).click()
    await page.locator("#f-element").select_option("tap")
    await expect(page.locator("#f-symptom option").nth(1)).to_have_attribute("value", "leak")
    await page.locator("#f-symptom").select_option("leak")
    await page.locator("#f-note").fill("Ça goutte sous l’évier.")
    await page.locator("#photos-files").set_input_files(A_PHOTO)
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#found img")).to_be_visible()
    await page.get_by_role("link", name="Toutes les pièces").click()
    await page.locator("#handed-keys").get_by_label("Clé ou badge").fill("Porte d’entrée")
    await page.locator("#handed-keys").get_by_label("Combien").fill("3")
    await page.get_by_role("button", name="Ajouter aux clés").click()
    await expect(page.locator("#handed-keys")).to_contain_text("3 × Porte d’entrée")
    await page.get_by_role("link", name="Tout lire et signer").click()
    await sign(page, "household")
    await expect(page.locator("#signatures")).to_contain_text("signé")
    await sign(page, "cooperative")
    await expect(page.get_by_role("heading", name=re.compile("Signé des deux côtés"))).to_be_visible()
    await town.looks_well(page, "keys-signed")

    buyer = await town.at_home(page.url.removeprefix(town.site.url))
    await expect(buyer.get_by_text("est en préparation")).to_be_visible()
    await town.prepare_documents()
    async with buyer.expect_download() as downloading:  # the page shows it by itself
        await buyer.get_by_role("link", name="Télécharger le document signé (PDF)").click()
    path = await (await downloading.value).path()
    assert "Ça goutte sous l’évier." in read(path.read_bytes())
    await buyer.goto(f"{town.site.url}/tickets")
    await buyer.get_by_role("link", name="Robinet, mitigeur – fuite").click()
    await expect(buyer.get_by_role("heading", level=1)).to_contain_text("Robinet")
    await town.looks_well(buyer, "keys-household-submitted")
    return buyer.url.rsplit("/", 1)[1]
