"""A household drops its Enedis file on a page and sees its past appear, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
from playwright.async_api import Page, expect

from contracts.codes import Role
from tests.conftest import OpenUnit
from tests.integration.metering.files_of_homes import PRM, Worker, enedis, half_hours
from tests.integration.metering.homes import Home, a_home, settle_all
from tests.journeys.test_metering_pages import Site, site

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]

FIRST = date(2025, 3, 1)
WIDTHS = pytest.mark.parametrize("width", [360, 1280])


@asynccontextmanager
async def at_work(room_unit: OpenUnit) -> AsyncIterator[None]:
    """A worker that imports what comes, meanwhile."""
    worker = Worker(room_unit)

    async def work() -> None:
        while True:
            await worker.work()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def choose(page: Page, content: bytes, name: str = f"mes-mesures_{PRM}.csv") -> None:
    await page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


@WIDTHS
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_two_years_of_a_life_appear(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str, width: int, language: str, dark: bool
) -> None:
    home = await a_home(room_unit, coop)
    look = {"width": width, "language": language, "dark": dark, "headers": site.resident(home)}
    page = await visitor.open(f"{site.url}/imports", **look)
    fr = language == "fr"
    name = f"{width}-{language}-{'dark' if dark else 'light'}"
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Importer un fichier" if fr else "Import a file"
    )
    await visitor.screenshot(page, f"imports-form-{name}")
    assert await visitor.flaws(page) == []

    wrong = {half_hours(FIRST, 1)[3]: "beaucoup"}
    await choose(page, enedis(FIRST, 500, more=wrong))
    await page.get_by_role("button", name="Importer" if fr else "Import", exact=True).click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await visitor.screenshot(page, f"imports-progress-{name}")
    assert await visitor.flaws(page) == []
    async with at_work(room_unit):
        done = "C’est fait. Les journées se remplissent" if fr else "Done. The days fill in"
        await expect(page.get_by_role("status").filter(has_text=done)).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    recognised = page.get_by_role("region", name="Ce qui a été reconnu" if fr else "What was recognised")
    await expect(recognised).to_contain_text("30 minutes")
    await expect(recognised).to_contain_text("puissance moyenne en W" if fr else "mean power in W")
    refused = page.get_by_role("region", name="Lignes refusées" if fr else "Refused lines")
    await expect(refused).to_contain_text("beaucoup")
    await visitor.screenshot(page, f"imports-done-{name}")
    assert await visitor.flaws(page) == []

    await settle_all(room_unit)
    await page.get_by_role("link", name="Voir ces journées" if fr else "See these days").click()
    await expect(page.locator("#month-bars canvas")).to_be_visible()


async def test_without_scripts_the_form_works_all_the_same(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    page = await visitor.open(f"{site.url}/imports", headers=site.resident(home), java_script_enabled=False)
    await choose(page, enedis(FIRST, 3))
    await page.get_by_role("button", name="Importer", exact=True).click()
    async with at_work(room_unit), asyncio.timeout(60):
        while await page.get_by_text("144", exact=True).count() == 0:  # who has no scripts looks again
            await page.reload()
    await expect(page.get_by_text("144", exact=True)).to_be_visible()


async def test_an_import_is_stopped_and_taken_back(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    page = await visitor.open(f"{site.url}/imports", headers=site.resident(home))
    await choose(page, enedis(FIRST, 3))
    await page.get_by_role("button", name="Importer", exact=True).click()
    await page.get_by_role("button", name="Arrêter").click()
    await expect(page.get_by_role("status").filter(has_text="Arrêté à la demande")).to_be_visible()

    await page.get_by_role("link", name="Importer un autre fichier").click()
    await choose(page, enedis(FIRST, 3))
    await page.get_by_role("button", name="Importer", exact=True).click()
    async with at_work(room_unit):
        await page.get_by_text("Annuler cet import").click()
        await page.get_by_role("button", name="Annuler l’import").click()
        taken_back = page.get_by_role("status").filter(has_text="Tout ce que ce fichier avait apporté")
        await expect(taken_back).to_be_visible()


async def test_what_cannot_be_imported_is_told_on_the_form(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    visitor.allow(r"HTTP 422 .*/imports")
    page = await visitor.open(f"{site.url}/imports", headers=site.resident(home))
    await choose(page, b"\x89PNG\r\n\x1a\n" + bytes(300), "photo.png")
    await page.get_by_role("button", name="Importer", exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await choose(
        page, b"quand;combien\n2025-03-01 00:00;1,5\n2025-03-01 01:00;1,7\n2025-03-01 02:00;1,1\n", "x.csv"
    )
    await page.get_by_role("button", name="Importer", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("il ne dit pas tout")
    await expect(page.get_by_label("Unité")).to_be_visible()


async def test_a_household_that_allows_nothing_is_told_what_to_allow_first(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop, consents=())
    page = await visitor.open(f"{site.url}/imports", headers=site.resident(home))
    await expect(page.get_by_text("Choisissez d’abord ce que vous autorisez")).to_be_visible()
    await expect(page.locator("input[type=file]")).to_have_count(0)


@WIDTHS
async def test_an_operator_imports_by_meter(
    visitor: Any, site: Site, room_unit: OpenUnit, coop: str, width: int
) -> None:
    home: Home = await a_home(room_unit, coop)
    headers = site.doorman.headers(Role.OPERATOR, coop)
    visitor.allow(r"HTTP 404 .*/imports")
    page = await visitor.open(f"{site.url}/imports", headers=headers, width=width)
    await page.get_by_label("Identifiant du compteur").fill("mtr_nobody")
    await choose(page, enedis(FIRST, 2))
    await page.get_by_role("button", name="Importer", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Ce compteur n’existe pas.")
    await page.get_by_label("Identifiant du compteur").fill(home.meter)
    await choose(page, enedis(FIRST, 2))
    await page.get_by_label("Vérifier seulement").check()
    await page.get_by_role("button", name="Importer", exact=True).click()
    async with at_work(room_unit):
        await expect(page.get_by_text("Voici ce qui changerait.")).to_be_visible()
    assert await visitor.flaws(page) == []
    await page.get_by_role("link", name="L’importer maintenant").click()
    await expect(page.get_by_text(home.meter).first).to_be_visible()
    assert await visitor.flaws(page) == []
