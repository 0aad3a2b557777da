"""An inspection on two phones, signed out, gone back or cut off while typing: nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import Principal
from tests.journeys.conftest import PHONE, Visitor
from tests.journeys.test_inspection import Handover, handover
from tests.pictures import drawn, photo

__all__ = ["handover"]
pytestmark = [pytest.mark.browser, pytest.mark.engines]
A_PHOTO: Any = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(image=drawn(1200, 900))}


async def begun(handover: Handover, tenure: str = "tenant") -> tuple[Page, str]:
    """A phone of the staff's in a home, and the inspection's address."""
    occupancy = await handover.move_in(tenure)
    page = await on_a_phone(handover, f"/occupancies/{occupancy}/inspection")
    await page.get_by_role("button", name="Commencer").click()
    await expect(page.locator("progress")).to_be_visible()
    return page, page.url.split("#")[0]


async def on_a_phone(handover: Handover, path: str, name: str = "Agent 1") -> Page:
    return await handover.page(Role.STAFF, new_id("per"), name, path, width=PHONE)


async def typed(page: Page, note: str) -> None:
    await page.locator("#f-element").select_option("tap")
    await page.locator("#f-symptom").select_option("leak")
    await page.locator("#f-note").fill(note)


async def test_who_is_signed_out_while_typing_signs_in_elsewhere_and_nothing_is_lost(
    handover: Handover, visitor: Visitor
) -> None:
    page, inspection = await begun(handover)
    await page.goto(f"{inspection}/rooms/room-kitchen")
    await typed(page, "Ça goutte sous l’évier.")
    await page.locator("#photos-files").set_input_files(A_PHOTO)
    ended = dict(handover.tokens.sessions)
    handover.tokens.sessions.clear()
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#add [data-signed-out]")).to_contain_text("Rien n’est perdu")
    await expect(page.locator("#f-note")).to_have_value("Ça goutte sous l’évier.")
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-signed-out-phone")

    def signs_in(person: str | None) -> None:
        """Another session, with another proof for its forms."""
        for cookie, who in ended.items():
            handover.tokens.sessions[cookie] = Principal(
                person or who.id or "", who.role, who.coop, name=who.name, language="fr", csrf="another"
            )

    # A colleague on the same device sends nothing of it.
    signs_in(new_id("per"))
    async with page.expect_response(lambda answer: answer.url == page.url):
        await page.evaluate("window.dispatchEvent(new Event('online'))")
    colleague = await page.context.new_page()
    await colleague.goto(page.url)
    await expect(colleague.locator("#f-element")).to_be_visible()
    await expect(colleague.get_by_text("Ça goutte sous l’évier.")).to_have_count(0)
    await colleague.close()
    await expect(page.locator("#f-note")).to_have_value("Ça goutte sous l’évier.")

    signs_in(None)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.locator("#found")).to_contain_text("Ça goutte sous l’évier.")
    await expect(page.locator("#found img")).to_have_count(1)
    await expect(page.locator("#f-note")).to_have_value("")


async def test_two_phones_in_one_home_keep_what_both_noted(handover: Handover, visitor: Visitor) -> None:
    first, inspection = await begun(handover)
    second = await on_a_phone(handover, inspection.removeprefix(handover.url), "Agent 2")
    for page, note in ((first, "Vu du premier."), (second, "Vu du second.")):
        await page.goto(f"{inspection}/rooms/room-kitchen")
        await typed(page, note)
    await first.get_by_role("button", name="Noter ce défaut").click()
    await expect(first.locator("#found")).to_contain_text("Vu du premier.")
    await second.get_by_role("button", name="Noter ce défaut").click()
    for note in ("Vu du premier.", "Vu du second."):
        await expect(second.locator("#found")).to_contain_text(note)

    # One removes a room while the other writes in it: what was typed is still there, and one is told why.
    for page in (first, second):
        await page.goto(f"{inspection}/rooms/room-bedroom")
    await typed(second, "La prise bouge.")
    await first.get_by_role("button", name="Le logement n’a pas cette pièce").click()
    await expect(first.locator("progress")).to_have_attribute("max", "5")
    visitor.allow("422")
    await second.get_by_role("button", name="Noter ce défaut").click()
    await expect(second.get_by_text("quelqu'un l'a retirée")).to_be_visible()
    await expect(second.get_by_text("La prise bouge.")).to_be_visible()
    assert await visitor.flaws(second) == []
    await visitor.screenshot(second, "inspection-room-gone-phone")


async def test_a_form_that_was_gone_back_to_is_noted_once(handover: Handover) -> None:
    page, inspection = await begun(handover)
    await page.goto(f"{inspection}/rooms/room-kitchen")
    await typed(page, "Le joint est usé.")
    before = await page.locator("#add input[name=finding]").get_attribute("value")
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#found article")).to_have_count(1)
    await page.go_back()
    await page.goto(f"{inspection}/rooms/room-kitchen")
    await expect(page.locator("#f-note")).to_have_value("")

    # The very page that was sent, as a browser may bring it back: its form is known.
    await typed(page, "Le joint est usé.")
    await page.locator("#add input[name=finding]").evaluate("(field, id) => (field.value = id)", before)
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#f-note")).to_have_value("")
    await expect(page.locator("#found article")).to_have_count(1)


async def test_a_page_that_is_closed_without_network_has_its_words_again(
    handover: Handover, visitor: Visitor
) -> None:
    page, inspection = await begun(handover, "buyer_vefa")
    await page.goto(f"{inspection}/rooms/room-kitchen")
    visitor.allow("ERR_INTERNET_DISCONNECTED")
    await page.context.set_offline(True)
    await typed(page, "Une rayure sur la vitre.")
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#add [data-waiting]")).to_be_visible()
    context = page.context
    await page.close(run_before_unload=False)
    await context.set_offline(False)
    again = await context.new_page()
    await again.goto(f"{inspection}/rooms/room-kitchen")
    await expect(again.locator("#f-note")).to_have_value("Une rayure sur la vitre.")
    await expect(again.locator("#f-element")).to_have_value("tap")
    await again.get_by_role("button", name="Noter ce défaut").click()
    await expect(again.locator("#found")).to_contain_text("Une rayure sur la vitre.")
