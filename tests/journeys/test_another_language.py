"""Who changes the language stays where they were, and keeps what they had typed, ticked and chosen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys.test_tips_and_messages import Household, app, home
from tests.pictures import photo as picture

__all__ = ["app", "home"]
pytestmark = [pytest.mark.browser, pytest.mark.engines]


async def last_page(home: Household, **options: Any) -> Page:
    """The last page of a report that a few taps made."""
    page = await home.page("/tickets/new", reduced_motion="reduce", width=360, **options)
    await page.get_by_role("button", name="Non, personne n'est en danger").click()
    for name in ("Cuisine", "Robinet, mitigeur", "Fuite"):
        await page.get_by_role("link", name=name, exact=True).first.click()
        await page.wait_for_load_state()
    await expect(page).to_have_url(re.compile(r"/last\?problem="))
    return page


async def test_the_last_page_of_a_report_keeps_words_times_and_the_way_in(home: Household) -> None:
    page = await last_page(home)
    address = page.url
    await page.get_by_label("Avec vos mots").fill("Ça goutte")
    await page.get_by_label("Le matin").check()
    await page.get_by_label("Vendredi").check()
    await page.get_by_label("Comment entrer").fill("Sonner deux fois")
    await page.get_by_text("Cela a commencé plus tôt").click()
    await page.locator("[name=since]").fill("2026-01-05")
    await page.locator("input[type=file]").last.set_input_files(
        {"name": "fuite.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page).to_have_url(address)
    await expect(page.locator("[name=text]")).to_have_value("Ça goutte")
    await expect(page.locator("[name=access_note]")).to_have_value("Sonner deux fois")
    await expect(page.locator("[name=since]")).to_have_value("2026-01-05")
    await expect(page.locator("[name=availability]:checked")).to_have_count(2)
    await expect(page.get_by_role("status").filter(has_text="Choose your photos again")).to_be_visible()
    await home.visitor.screenshot(page, "another-language-last")
    assert await home.visitor.flaws(page) == []
    await page.reload()
    await expect(page.locator("[name=availability]:checked")).to_have_count(0)


async def test_without_a_script_the_place_is_kept(home: Household) -> None:
    page = await last_page(home, java_script_enabled=False)
    address = page.url
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page).to_have_url(address)
