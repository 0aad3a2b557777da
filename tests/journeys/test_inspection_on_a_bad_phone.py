"""An inspection on a phone with a bad network, held on its side, signed with a finger; and listened to."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from contracts.codes import Role
from tests.journeys.conftest import PHONE, Visitor
from tests.journeys.test_inspection import Handover, handover
from tests.journeys.test_inspection_interrupted import begun, typed
from tests.pictures import HEIC

__all__ = ["handover"]
pytestmark = [pytest.mark.browser, pytest.mark.engines]
ROOMS = ("hallway", "living_room", "kitchen", "bedroom", "bathroom", "toilet_room")


def heavy(size: int = 12 * 2**20) -> Any:
    """A photo of an iPhone with much beside it."""
    rest = size - len(HEIC)
    raw = HEIC + struct.pack(">I", rest) + b"free" + bytes(rest - 8)
    return {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": raw}


_STANDS_STILL = """() => {
    const at = scrollY;
    return new Promise((done) => setTimeout(() => done(scrollY === at), 150));
}"""
"""The page has stopped scrolling: what is focused by itself scrolls too."""


async def gone_through(page: Page, inspection: str) -> None:
    """All is in order; the meter is read and one key handed over."""
    for room in ROOMS:
        await page.goto(f"{inspection}/rooms/room-{room}")
        await page.get_by_role("button", name="Rien à signaler dans cette pièce").click()
        await expect(page.locator("progress")).to_be_visible()
    await page.locator("#meters input[name^=index]").first.fill("1 234,5")
    await page.get_by_role("button", name="Garder les relevés").click()
    await expect(page.get_by_text("L'index d'un compteur manque")).to_have_count(0)
    await page.locator("#handed-keys input[name=what]").fill("Porte d’entrée")
    await page.get_by_role("button", name="Ajouter aux clés").click()
    await expect(page.get_by_role("link", name="Tout lire et signer")).to_be_visible()


async def stroke(page: Page, side: str) -> None:
    """A finger on the pad: touches, not a mouse."""
    pad = page.locator(f"#pad-{side}").locator("xpath=..").locator("canvas")
    await pad.scroll_into_view_if_needed()
    await page.wait_for_function(_STANDS_STILL)
    box = await pad.bounding_box()
    assert box is not None
    devtools = await page.context.new_cdp_session(page)
    for step in range(10):
        x, y = box["x"] + box["width"] * (step + 1) / 12, box["y"] + box["height"] * (0.3 + 0.4 * (step % 2))
        kind = "touchMove" if step else "touchStart"
        await devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(pad).to_have_attribute("data-drawn", "true")


async def sign(page: Page, side: str) -> None:
    form = page.locator("form[data-signs]").filter(has=page.locator(f"input[name=side][value={side}]"))
    await form.get_by_text("J’ai tout lu, et je signe.").click()
    await form.get_by_role("button", name="Signer").click()


async def test_without_network_one_stays_on_the_page_and_what_was_pressed_is_done_later(
    handover: Handover, visitor: Visitor
) -> None:
    page, inspection = await begun(handover)
    visitor.allow("net::ERR_INTERNET_DISCONNECTED")
    await page.goto(f"{inspection}/rooms/room-kitchen")
    await typed(page, "Ça goutte.")
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#found")).to_contain_text("Ça goutte.")
    await expect(page.locator("#found")).to_be_in_viewport()
    await page.context.set_offline(True)
    await page.get_by_role("link", name="Toutes les pièces").click()
    await expect(page.locator("[data-offline]")).to_contain_text("Pas de réseau")
    await expect(page.get_by_role("heading", name="Cuisine")).to_be_visible()
    await page.get_by_text("Ajouter des photos, ou retirer").click()
    remove = page.locator("form[action$='/remove']")
    await remove.get_by_role("button").click()
    await expect(remove.locator("[data-waiting]")).to_be_visible()
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, "inspection-offline-phone")
    await page.context.set_offline(False)
    await expect(page).to_have_url(f"{inspection}#rooms")
    await expect(page.locator("[data-offline]")).to_be_hidden()
    await expect(page.locator(".room", has_text="Cuisine")).to_contain_text("à voir")


async def test_a_photo_of_twelve_megabytes_is_said_to_be_on_its_way(handover: Handover) -> None:
    page, inspection = await begun(handover)
    await page.goto(f"{inspection}/rooms/room-kitchen")
    await typed(page, "Ça goutte.")
    await page.locator("#photos-files").set_input_files(heavy())
    arrived: asyncio.Future[Route] = asyncio.get_running_loop().create_future()

    async def hold(route: Route) -> None:
        if arrived.done():
            await route.continue_()
        else:
            arrived.set_result(route)

    await page.route("**/photos", hold)
    await page.get_by_role("button", name="Noter ce défaut").click()
    await expect(page.locator("#add [data-sending]")).to_contain_text("Envoi en cours")
    await (await arrived).continue_()
    await expect(page.locator("#found img")).to_have_count(1)
    await expect(page.locator("#add [data-sending]")).to_be_hidden()


async def test_what_is_refused_has_the_focus_and_leads_to_its_field(
    handover: Handover, visitor: Visitor
) -> None:
    page, inspection = await begun(handover)
    visitor.allow("HTTP 422 ")
    await page.locator("#meters input[name^=index]").first.fill("beaucoup")
    await page.get_by_role("button", name="Garder les relevés").click()
    await expect(page.locator("#problem")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("Notez l'index comme un nombre")
    await expect(page.locator("#meters input[name^=index]").first).to_have_value("beaucoup")
    # Whoever reloads it there finds the page, not an address that only takes forms.
    assert page.url == inspection
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("alert").get_by_role("link", name="Y aller")).to_be_focused()
    assert await visitor.flaws(page) == []
    await expect(page.locator("main")).to_match_aria_snapshot("""
      - alert:
        - link "Y aller"
      - progressbar "Pièces vues"
      - region "Pièce par pièce":
        - heading "Pièce par pièce" [level=2]
        - list:
          - listitem:
            - link "Entrée ou couloir du logement"
            - button "Rien à signaler – Entrée ou couloir du logement"
            - link "Un défaut – Entrée ou couloir du logement"
      - region "Compteurs":
        - group "Eau froide W 12":
          - textbox "Index"
          - 'textbox "S’il ne peut pas être lu : pourquoi"'
      - region "Clés et badges":
        - textbox "Clé ou badge"
        - spinbutton "Combien"
      - region "Observations":
        - textbox /Ce que chacun veut voir écrit/
    """)


async def test_it_is_signed_with_a_finger_on_a_phone_on_its_side_and_later_by_the_other(
    handover: Handover, visitor: Visitor
) -> None:
    page, inspection = await begun(handover)
    await gone_through(page, inspection)
    await page.set_viewport_size({"width": 740, "height": 360})
    await page.goto(f"{inspection}/sign")
    pad = await page.locator("canvas.pad").first.bounding_box()
    assert pad is not None
    assert pad["height"] < 200, "half of the screen is left to scroll by"
    assert await visitor.flaws(page) == []
    await stroke(page, "cooperative")
    await sign(page, "cooperative")
    await expect(page.locator("#signatures")).to_contain_text("signé")
    await visitor.screenshot(page, "inspection-sign-landscape")

    # Somebody changes the record in another tab: who signs then reads it anew, and so does who had signed.
    household = handover.moved["persons"][0]["id"]
    path = inspection.removeprefix(handover.url)
    theirs = await handover.page(Role.RESIDENT, household, "Foyer 12", f"{path}/sign", width=PHONE)
    other_tab = await page.context.new_page()
    await other_tab.goto(inspection)
    await other_tab.locator("#remarks textarea").fill("Une clé reste chez la gardienne.")
    await other_tab.get_by_role("button", name="Garder les observations").click()
    await expect(other_tab.locator("#remarks textarea")).to_have_value("Une clé reste chez la gardienne.")
    visitor.allow("HTTP 409 ")
    await stroke(theirs, "household")
    await sign(theirs, "household")
    await expect(theirs.locator("#problem")).to_be_focused()
    await expect(theirs.get_by_text("Une clé reste chez la gardienne.")).to_be_visible()
    await stroke(theirs, "household")
    await sign(theirs, "household")
    await expect(theirs.locator("#signatures")).to_contain_text("Foyer 12")

    # The cooperative signs later, without network at first.
    visitor.allow("net::ERR_INTERNET_DISCONNECTED")
    await page.goto(f"{inspection}/sign")
    await stroke(page, "cooperative")
    await page.context.set_offline(True)
    await sign(page, "cooperative")
    await expect(page.locator("form[data-signs] [data-waiting]")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_role("heading", name="Signé des deux côtés")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Signé des deux côtés")).to_be_visible()

    # What both signed can be listened to.
    await theirs.goto(inspection)
    await theirs.get_by_role("link", name="Le lire en page web").click()
    await expect(theirs.locator("main")).to_match_aria_snapshot("""
      - heading "État des lieux d’entrée" [level=1]
      - heading "Pièce par pièce" [level=2]
      - heading "Cuisine" [level=3]
      - heading "Signatures" [level=2]
    """)
    assert await theirs.evaluate("document.documentElement.scrollWidth") <= PHONE
    await expect(theirs.get_by_role("img", name="Foyer 12")).to_be_visible()
    await visitor.screenshot(theirs, "inspection-as-a-page-phone")
