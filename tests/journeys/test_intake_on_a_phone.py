"""A tired parent tells what is wrong on a phone: safety, some taps or a sentence, sent; staff take a call."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales.intake.safety import safety
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE
from services.members.actions.accounts import open_session
from tests.journeys.test_tips_and_messages import Household, app, home
from tests.pictures import photo as picture

__all__ = ["app", "home"]
pytestmark = [pytest.mark.browser, pytest.mark.engines]
TICKET = re.compile(r"/tickets/tkt_\w+")
MOST_TAPS = 5
MOST_TAPS_FROM_HOME = 8


class Taps:
    """Counts what a thumb does after the safety question."""

    def __init__(self, home: Household, page: Page, shots: str) -> None:
        self.count = 0
        self._home, self._page, self._shots = home, page, shots

    async def on(self, role: str, name: str) -> None:
        await self.look()
        await self._page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        await self._page.wait_for_load_state()
        self.count += 1

    async def look(self) -> None:
        """A picture of the step, which has no flaw."""
        await self._home.visitor.screenshot(self._page, f"intake-{self._shots}-{self.count}")
        assert await self._home.visitor.flaws(self._page) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Non, personne n'est en danger|Cuisine|Robinet, mitigeur|Fuite|Envoyer ma demande"),
        ("en", "No, nobody is in danger|Kitchen|Tap|Leak|Send my request"),
    ],
)
async def test_a_known_thing_takes_five_taps_at_most(home: Household, language: str, words: str) -> None:
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360, language=language)
    nobody, place, thing, complaint, send = words.split("|")
    await home.visitor.screenshot(page, f"intake-taps-{language}-safety")
    assert await home.visitor.flaws(page) == []
    await page.get_by_role("button", name=nobody).click()
    taps = Taps(home, page, f"taps-{language}")
    for name in (place, thing, complaint):
        await taps.on("link", name)
    await taps.on("button", send)
    assert taps.count <= MOST_TAPS
    await expect(page).to_have_url(TICKET)
    await taps.look()
    await expect(page.locator("main")).to_contain_text("n° 1" if language == "fr" else "no. 1")


async def test_one_sentence_without_any_script_and_back_keeps_it(home: Household) -> None:
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360, java_script_enabled=False)
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    said = "Le robinet de la cuisine fuit et le volet de la chambre est bloqué"
    await page.get_by_label("Dites-le avec vos mots").fill(said)
    await page.get_by_role("button", name="Continuer").click()
    await expect(page.locator("main")).to_contain_text("parce que vous avez écrit «\u00a0robinet\u00a0»")
    await home.visitor.screenshot(page, "intake-sentence-understood")
    await page.go_back()
    await page.reload()
    await expect(page.get_by_label("Dites-le avec vos mots")).to_have_value(said)
    await page.go_forward()
    await page.get_by_role("button", name="Oui, continuer").click()
    await page.get_by_label("Le matin").check()
    await page.get_by_label("Vendredi").check()
    await page.get_by_label("Comment entrer").fill("Sonner deux fois")
    await home.visitor.screenshot(page, "intake-sentence-last")
    await page.get_by_role("button", name="Envoyer mes demandes").click()
    await expect(page).to_have_url(TICKET)
    await expect(page.locator("main")).to_contain_text("Sonner deux fois")
    assert await home.visitor.flaws(page) == []
    folded = page.locator(".card-folded").first  # what matters fits on two screens of a phone
    assert await folded.evaluate("(card) => card.getBoundingClientRect().top + scrollY") < 2 * 740
    await home.visitor.screenshot(page, "intake-sentence-sent")
    sent = page.url.split("?")[0]
    await page.goto(f"{home.url}/tickets/new")
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    for choice in ("Cuisine", "Robinet, mitigeur", "Coincé"):
        await page.get_by_role("link", name=choice, exact=True).click()
    assert await home.visitor.flaws(page) == []
    await home.visitor.screenshot(page, "intake-again")
    await page.get_by_role("button", name="Ajouter ceci à la demande n° 1").click()
    await expect(page).to_have_url(f"{sent}#messages")


async def test_words_of_danger_show_the_number_and_one_tap_tells_it(home: Household) -> None:
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360)
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    await page.get_by_label("Dites-le avec vos mots").fill("ça sent le gaz dans la cuisine")
    await page.get_by_role("button", name="Continuer").click()
    await expect(page.get_by_role("link", name="0 800 47 33 33")).to_have_attribute("href", "tel:0800473333")
    assert await home.visitor.flaws(page) == []
    await home.visitor.screenshot(page, "intake-danger")
    await page.get_by_role("button", name="J'ai appelé : prévenir ma coopérative").click()
    await expect(page).to_have_url(TICKET)
    await home.visitor.screenshot(page, "intake-danger-told")


async def test_what_was_typed_survives_the_end_of_the_session(home: Household) -> None:
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360)
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    said = "la fenêtre du salon ne ferme plus"
    await page.get_by_label("Dites-le avec vos mots").fill(said)
    begun = page.url
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Continuer").click()
    await expect(page).to_have_url(re.compile(r"/sign-in\?next=/tickets/new/drf_"))
    await home.sign_in(page)
    await page.goto(f"{home.url}/tickets/new")
    await expect(page.get_by_role("link", name="Continuer")).to_be_visible()
    assert await home.visitor.flaws(page) == []
    await page.get_by_role("link", name="Continuer").click()
    await expect(page).to_have_url(begun)
    await expect(page.get_by_label("Dites-le avec vos mots")).to_have_value(
        "la fenêtre du salon ne ferme plus"
    )


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_call_is_taken_at_the_desk(home: Household, width: int) -> None:
    agent = new_id("per")
    async with home.open_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                " totp_generation, created_at) VALUES (:id, :coop, 'Agent 1', :email, '01 00 00 00 01',"
                " 'staff', 'plumbing', 'fr', 0, now())"
            ),
            {"id": agent, "coop": home.coop, "email": f"{agent}@coop.test"},
        )
        session = await open_session(unit, agent, Role.STAFF, home.coop, None)
    page = await home.visitor.open(width=width, reduced_motion="reduce")
    await page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": session, "url": home.url.replace("http:", "https:")}]
    )
    await page.goto(f"{home.url}/desk/new")
    await page.get_by_label("Nom, logement ou résidence").fill("foyer tilleuls")
    await page.get_by_role("button", name="Rechercher").click()
    await home.visitor.screenshot(page, f"intake-desk-{width}-whom")
    await page.get_by_role("link", name="Foyer 12").click()
    await page.get_by_label("Ce qu'ils disent").fill(
        "plus d'eau chaude depuis hier et le volet du salon est coincé"
    )
    await page.get_by_role("button", name="Proposer").click()
    await expect(page.get_by_label("Quoi", exact=True)).to_have_value("water_heater")
    assert await home.visitor.flaws(page) == []
    await home.visitor.screenshot(page, f"intake-desk-{width}-proposed")
    await page.get_by_role("button", name="Enregistrer la demande").click()
    await expect(page).to_have_url(re.compile(r"/desk/tkt_\w+"))
    await expect(page.locator("main")).to_contain_text("Téléphone")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_from_the_first_page_to_the_answer_in_eight_taps_with_a_photo_and_no_letter_typed(
    home: Household, language: str
) -> None:
    report, nobody, place, thing, complaint, photo, files, when, send = {
        "fr": "Signaler un problème|Non, personne n'est en danger|Cuisine|Robinet, mitigeur|Fuite|Une photo"
        "|Choisir des photos|Le matin|Envoyer ma demande",
        "en": "Report a problem|No, nobody is in danger|Kitchen|Tap|Leak|A photo"
        "|Choose photos|Mornings|Send my request",
    }[language].split("|")
    page = await home.page("/", reduced_motion="reduce", width=360, language=language)
    taps = Taps(home, page, f"minute-{language}")
    await taps.on("link", report)
    await taps.on("button", nobody)
    for name in (place, thing, complaint):
        await taps.on("link", name)
    await taps.look()
    async with page.expect_file_chooser() as chosen:
        await page.get_by_role("group", name=photo).get_by_label(files).click()
    await (await chosen.value).set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    taps.count += 1
    await page.get_by_text(when, exact=True).click()
    taps.count += 1
    await taps.on("button", send)
    await expect(page).to_have_url(TICKET)
    await taps.look()
    assert taps.count <= MOST_TAPS_FROM_HOME
    await expect(page.locator("main")).to_contain_text("n° 1" if language == "fr" else "no. 1")
    await expect(page.locator("main img").first).to_be_visible()
    await expect(page.locator("main")).to_contain_text(when)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_what_to_do_first_and_whom_to_call_fit_on_the_first_screen_without_any_script(
    home: Household, language: str
) -> None:
    page = await home.page(
        "/tickets/new", reduced_motion="reduce", width=360, language=language, java_script_enabled=False
    )
    for danger in safety():
        await page.goto(f"{home.url}/tickets/new/danger/{danger.code}")
        await expect(page.get_by_text(danger.first[language], exact=True)).to_be_in_viewport()
        calls = page.locator("main a[href^='tel:']")
        if await calls.count():
            await expect(calls.first).to_be_in_viewport()
        await home.visitor.screenshot(page, f"intake-danger-{language}-{danger.code}")


async def test_two_problems_and_what_makes_them_urgent_are_shown_before_anything_is_sent(
    home: Household,
) -> None:
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360)
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    await page.get_by_label("Dites-le avec vos mots").fill(
        "Plus d'eau chaude avec un bébé et le volet de la chambre est bloqué"
    )
    await page.get_by_role("button", name="Continuer").click()
    await expect(page.get_by_role("heading", name="2 problèmes ?")).to_be_visible()
    await expect(page.locator("main")).to_contain_text(
        "nous le traitons comme « très urgent » au lieu de « urgent »"
    )
    assert await home.visitor.flaws(page) == []
    await home.visitor.screenshot(page, "intake-urgent-understood")
    await page.get_by_role("button", name="Oui, continuer").click()
    await expect(page.get_by_label(re.compile("^Bébé, personne âgée"))).to_be_checked()
    assert await home.visitor.flaws(page) == []
    await home.visitor.screenshot(page, "intake-urgent-last")
    await page.get_by_role("button", name="Envoyer mes demandes").click()
    await expect(page.locator("main")).to_contain_text("Une personne fragile vit dans le logement")
