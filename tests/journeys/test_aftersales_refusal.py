"""A refusal says why, by which text and what can be done; contested, another person answers it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.conftest import OpenUnit
from tests.journeys.aftersales_town import PARIS, Town
from tests.journeys.conftest import Visitor
from tests.journeys.test_metering_pages import Site, site

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]
MONDAY = datetime(2026, 11, 16, 10, tzinfo=PARIS)
THURSDAY = datetime(2026, 11, 19, 10, tzinfo=PARIS)


@pytest.fixture
async def town(site: Site, room_unit: OpenUnit, coop: str, visitor: Visitor, tmp_path: Path) -> Town:
    town = Town(site, room_unit, visitor, coop, tmp_path)
    await town.begin(MONDAY)
    await town.move_in("tenant", moved_in_on="2026-03-01")
    return town


async def test_a_refusal_is_explained_contested_and_upheld(town: Town) -> None:
    home, desk = await refused_and_contested(town, "upheld")
    await answer(desk, "uphold", "Le joint est d’origine et intact : il suffit de le resserrer.")
    await expect(desk.get_by_text("Non prise en charge").first).to_be_visible()
    await town.looks_well(desk, "refusal-desk-upheld")
    await town.spread()
    await home.reload()
    refusal = home.locator("#refusal")
    await expect(refusal).to_contain_text("il suffit de le resserrer")
    await expect(refusal).to_contain_text("Agent 2")
    await expect(refusal).to_contain_text("commission départementale de conciliation")
    await expect(home.get_by_role("button", name="Contester le refus")).to_have_count(0)
    await expect(refusal).not_to_contain_text("Pas d'accord")
    await town.looks_well(home, "refusal-household-upheld")
    await home.goto(f"{town.site.url}/messages")
    await home.get_by_role("link", name="maintenu").first.click()
    await expect(home.get_by_role("heading", level=1)).to_contain_text("maintenu")
    await town.looks_well(home, "refusal-message-upheld")


async def test_a_refusal_is_explained_contested_and_overturned(town: Town) -> None:
    home, desk = await refused_and_contested(town, "overturned")
    await answer(desk, "overturn", "Le mitigeur a quinze ans : il est usé, nous le remplaçons.")
    await expect(desk.get_by_text("Prise en main").first).to_be_visible()
    await town.looks_well(desk, "refusal-desk-overturned")
    await town.spread()
    await home.reload()
    await expect(home.locator("#refusal")).to_have_count(0)
    await expect(home.get_by_text("nous le remplaçons")).to_be_visible()
    await desk.get_by_label("Cause").select_option(label="Vétusté")
    await desk.get_by_label("Qui doit agir", exact=True).select_option("cooperative")
    await desk.get_by_role("button", name="Qualifier").click()
    await home.reload()
    await expect(home.get_by_role("region", name="Qui s’en occupe")).to_contain_text("La coopérative")
    await town.looks_well(home, "refusal-household-overturned")
    await home.goto(f"{town.site.url}/messages")
    await town.looks_well(home, "refusal-messages-overturned")


async def refused_and_contested(town: Town, name: str) -> tuple[Page, Page]:
    """The household's page and the one of the second person at the desk, once the refusal is contested."""
    ticket = (
        await town.post(
            "/tickets",
            {
                "occupancy": town.moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
                "description": "Le mitigeur goutte jour et nuit.", "channel": "portal",
            },
            town.resident,
        )
    )["id"]  # fmt: skip
    desk = await town.desk(f"/desk/{ticket}")
    await desk.get_by_role("button", name="Prendre en main").click()
    await desk.get_by_text("Autre chose", exact=True).click()
    await desk.locator("summary", has_text="Ne pas prendre en charge").click()
    form = desk.locator("form").filter(has=desk.locator("button[value=refuse]"))
    await form.get_by_label("Raison").select_option(label="Entretien courant de l'habitant")
    await form.get_by_label("Quelques mots pour l'habitant").fill(
        "Resserrer le joint est de l’entretien courant."
    )
    await town.looks_well(desk, f"refusal-desk-writing-{name}")
    await form.get_by_role("button").click()
    await expect(desk.get_by_text("Non prise en charge").first).to_be_visible()
    await town.spread()

    # Reason, words of a person, the text it rests on, and what can be done next, in one place.
    home = await town.at_home(f"/tickets/{ticket}")
    refusal = home.locator("#refusal")
    await expect(refusal).to_contain_text("Entretien courant de l'habitant")
    await expect(refusal).to_contain_text("décret 87-712")
    await expect(refusal).to_contain_text("Resserrer le joint est de l’entretien courant.")
    await expect(refusal).to_contain_text("usée par l'âge ou défectueuse, dites-le")
    await expect(refusal.get_by_text("Décret 87-712", exact=True)).to_be_visible()
    await town.looks_well(home, f"refusal-household-{name}")

    # One form, reached and sent by keyboard alone.
    why = home.get_by_label("Pourquoi n’êtes-vous pas d’accord ?")
    await why.focus()
    await home.keyboard.type("Le joint a quinze ans, il est usé.")
    await home.keyboard.press("Tab")
    await expect(home.get_by_role("button", name="Contester le refus")).to_be_focused()
    await home.keyboard.press("Enter")
    await expect(home.get_by_text("Refus contesté").first).to_be_visible()
    await town.looks_well(home, f"refusal-household-contested-{name}")

    # Whoever refused does not answer; somebody else does, within a promised time that is on the page.
    await town.hour(THURSDAY)
    await desk.reload()
    await expect(desk.get_by_role("button", name="Maintenir le refus")).to_have_count(0)
    other = await town.desk(f"/desk/{ticket}", number=2)
    await expect(other.get_by_text("Le joint a quinze ans, il est usé.").first).to_be_visible()
    await town.looks_well(other, f"refusal-desk-contested-{name}")
    return home, other


async def answer(desk: Page, action: str, words: str) -> None:
    form = desk.locator("form").filter(has=desk.locator(f"button[value={action}]"))
    if not await form.is_visible():
        await desk.locator("details").filter(has=form).last.locator("summary").click()
    await form.get_by_label("Quelques mots pour l'habitant").fill(words)
    await form.locator(f"button[value={action}]").click()
