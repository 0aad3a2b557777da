"""An operator works on single meters in a real browser: looks, decides, undoes; staff record an exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from contracts.codes import Role
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, reading, rows, send, settle_all
from tests.journeys.test_metering_pages import Doorman, Site

pytestmark = [pytest.mark.browser, pytest.mark.engines]

MIDNIGHT = datetime(2026, 11, 9, 23, tzinfo=UTC)
DAY = date(2026, 11, 10)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
WIDTHS = pytest.mark.parametrize("width", [360, 1280])
LOOKS = pytest.mark.parametrize(("language", "dark"), [("fr", False), ("en", True)], ids=["fr", "en-dark"])


@pytest.fixture
async def site(engines: Any, served: Any) -> AsyncIterator[Site]:
    from deploy.web import build  # imports every room

    doorman = Doorman()
    app = build(engines.settings, engines.secrets, identity=doorman)
    async with served(app) as url:
        yield Site(url, doorman)
        app.state.hub.close()


@pytest.fixture
async def village(room_unit: OpenUnit, coop: str) -> str:
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": NOW, "coop": coop},
        )
    return coop


async def a_doubtful_day(room_unit: OpenUnit, coop: str) -> Home:
    """Eleven days of 100 Wh a half-hour; on the tenth the register falls for an hour and a half, as when
    a device sends another of its registers."""
    home = await a_home(room_unit, coop, moved_in_on=date(2026, 11, 1))
    start = MIDNIGHT - timedelta(days=9)
    sent = []
    for slot in range(11 * 48 + 10):
        glitch = 9 * 48 + 20 <= slot < 9 * 48 + 23
        sent.append(
            reading(home, start + slot * timedelta(minutes=30), 12 if glitch else 500_000 + 100 * slot)
        )
    await send(room_unit, coop, sent)
    await settle_all(room_unit)
    return home


@WIDTHS
@LOOKS
async def test_an_operator_reads_a_meter_and_decides(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int, language: str, dark: bool
) -> None:
    home = await a_doubtful_day(room_unit, village)
    look = {"width": width, "language": language, "dark": dark, "headers": site.operator(village)}
    is_fr = language == "fr"
    name = f"{width}-{language}"
    page = await visitor.open(f"{site.url}/fleet/meters", **look)
    await page.get_by_role("link", name="Électricité" if is_fr else "Electricity").wait_for()
    await visitor.screenshot(page, f"fleet-meters-{name}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("link", name="Électricité" if is_fr else "Electricity").click()
    await page.goto(f"{site.url}/fleet/meters/{home.meter}?day={DAY}")
    await page.wait_for_selector("#meter-day canvas")
    await visitor.screenshot(page, f"fleet-meter-{name}")
    assert await visitor.flaws(page) == []
    await page.locator("#f-from_slot").select_option("20")
    await page.locator("#f-to_slot").select_option("22")
    await page.locator("input[name=kind][value=set]").check()
    await page.locator("#f-amounts").fill("300 x")
    await page.locator("#f-why").fill("Relevé fait sur place")
    visitor.allow("HTTP 422")
    await page.locator("#decide button").click()
    await expect(page.get_by_role("alert")).to_contain_text("entiers" if is_fr else "whole numbers")
    await expect(page.locator("#f-why")).to_have_value("Relevé fait sur place")
    await page.locator("#f-amounts").fill("330")
    await page.locator("#decide button").click()
    await page.wait_for_url("**done=edited**")
    await settle_all(room_unit)
    decided = page.locator("#edits")
    await expect(decided).to_contain_text("Relevé fait sur place")
    await expect(page.locator("#day")).to_contain_text("corrigé" if is_fr else "corrected")
    await visitor.screenshot(page, f"fleet-meter-decided-{name}")
    assert await visitor.flaws(page) == []
    await decided.get_by_text("Annuler" if is_fr else "Undo").first.click()
    await decided.get_by_label("Pourquoi" if is_fr else "Why").fill("C’était le voisin")
    await decided.get_by_role("button", name="Annuler" if is_fr else "Undo").click()
    await page.wait_for_url("**done=undone**")
    await expect(page.locator("#edits")).to_contain_text("C’était le voisin")
    found = await rows(
        room_unit, "SELECT kind, amounts, undone_why FROM metering.edit WHERE meter = :m", m=home.meter
    )
    assert [(row.kind, row.amounts, row.undone_why) for row in found] == [
        ("set", [110, 110, 110], "C’était le voisin")
    ]


async def test_the_household_reads_on_its_day_what_the_cooperative_corrected(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_doubtful_day(room_unit, village)
    operator = await visitor.open(
        f"{site.url}/fleet/meters/{home.meter}?day={DAY}&from_slot=20&to_slot=21",
        headers=site.operator(village),
    )
    await operator.locator("#f-why").fill("Capteur débranché pendant les travaux")
    await operator.locator("#decide button").click()
    await operator.wait_for_url("**done=edited**")
    page = await visitor.open(f"{site.url}/consumption?day={DAY}", headers=site.resident(home))
    known = page.get_by_role("region", name="D’où viennent ces chiffres")
    await expect(known).to_contain_text("De 10:00 à 11:00 : confirmé par la coopérative")
    await expect(known).to_contain_text("Capteur débranché pendant les travaux")
    await page.goto(f"{site.url}/data/uses")
    await expect(page.locator("main")).to_contain_text("A corrigé ou confirmé des demi-heures")


@WIDTHS
async def test_days_to_look_at_are_worked_down(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int
) -> None:
    """What is held back is listed, opened, confirmed, and leaves the list."""
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1))
    start = MIDNIGHT - timedelta(days=2)
    half_hours = [
        reading(home, start + n * timedelta(minutes=30), 500_000 + 100 * n) for n in range(3 * 48 - 6)
    ]
    falls = [reading(home, start + n * timedelta(minutes=30), 20 + n) for n in range(3 * 48 - 6, 3 * 48 - 3)]
    await send(room_unit, village, half_hours + falls)
    await settle_all(room_unit)
    look = {"width": width, "headers": site.operator(village)}
    page = await visitor.open(f"{site.url}/fleet/held", **look)
    listed = page.locator("main tbody tr")
    await expect(listed).to_have_count(1)
    await visitor.screenshot(page, f"fleet-held-{width}")
    assert await visitor.flaws(page) == []
    await page.locator("#f-residence").select_option("Les Tilleuls")
    await page.get_by_role("button", name="Filtrer").click()
    await page.wait_for_url("**residence=Les+Tilleuls**")
    await expect(listed).to_have_count(1)
    await listed.get_by_role("link").click()
    await page.get_by_role("link", name="Décider").first.click()
    await page.locator("input[name=kind][value=discard]").check()
    await page.locator("#f-why").fill("Compteur remplacé sans prévenir")
    await page.locator("#decide button").click()
    await page.wait_for_url("**done=edited**")
    await settle_all(room_unit)
    await page.goto(f"{site.url}/fleet/held")
    await expect(page.locator("main")).to_contain_text("Rien n’est mis de côté")
    await page.goto(f"{site.url}/fleet")
    await expect(page.get_by_text("Rien n’est mis de côté")).to_be_visible()


@WIDTHS
async def test_staff_record_that_a_meter_was_replaced(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1))
    look = {"width": width, "headers": site.doorman.headers(Role.STAFF, village)}
    page = await visitor.open(f"{site.url}/homes", **look)
    await page.get_by_role("link", name="Compteurs – Les Tilleuls").click()
    await page.get_by_text("Noter que le compteur a été remplacé").click()
    await page.get_by_label("Jour du remplacement").fill("2026-11-12")
    await page.get_by_label("Dernier index de l’ancien compteur").fill("24 310")
    visitor.allow("HTTP 422")
    await page.get_by_role("button", name="Noter le remplacement").click()
    await expect(page.get_by_text("Vérifiez ceci.")).to_be_visible()
    await page.get_by_label("Dernier index de l’ancien compteur").fill("24310,5")
    await page.get_by_label("Premier index du nouveau compteur").fill("0")
    await page.get_by_label("Numéro de série du nouveau compteur").fill("B-2")
    await visitor.screenshot(page, f"meter-exchange-form-{width}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("button", name="Noter le remplacement").click()
    await page.wait_for_url("**done=exchanged")
    await expect(page.locator("main")).to_contain_text("Remplacé le 12 novembre 2026")
    await visitor.screenshot(page, f"meter-exchange-{width}")
    assert await visitor.flaws(page) == []
    operator = await visitor.open(f"{site.url}/fleet/meters/{home.meter}", headers=site.operator(village))
    await expect(operator.get_by_role("region", name="Compteurs remplacés ici")).to_contain_text("24 310,5")
    await page.get_by_text("Annuler ce remplacement").click()
    await page.get_by_label("Pourquoi").fill("Mauvais logement")
    await page.get_by_role("button", name="Annuler", exact=True).click()
    await page.wait_for_url("**done=undone")
    await expect(page.locator("main")).to_contain_text("Mauvais logement")


@WIDTHS
async def test_the_quarantine_is_decided_in_bulk(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int
) -> None:
    from tests.journeys.test_metering_pages import garbled

    await garbled(room_unit, village, 4)
    look = {"width": width, "headers": site.operator(village)}
    page = await visitor.open(f"{site.url}/quarantine?reason=not_json&q=mtr_", **look)
    await page.get_by_text("Décider des 4 messages d’un coup").click()
    await visitor.screenshot(page, f"quarantine-bulk-{width}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Tout écarter définitivement").click()
    await page.wait_for_url("**done=discard-4**")
    await expect(page.locator("main")).to_contain_text("4 messages ont été écartés.")
    left = await rows(
        room_unit, "SELECT DISTINCT status, payload FROM metering.quarantine WHERE coop = :c", c=village
    )
    assert [(row.status, row.payload) for row in left] == [("discarded", None)]
