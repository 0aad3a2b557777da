"""A visit recorded as missed on the household's side: it says that it was there; staff choose alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from contracts.codes import Role
from tests.journeys.test_contractor_visit import MONDAY, Street, made, street
from tests.journeys.test_metering_pages import site
from tests.moving_in import moving_in

__all__ = ["site", "street"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]
WIDTHS = (360, 1280)


async def opened(visitor: Any, street: Street, who: dict[str, str], path: str, width: int) -> Page:
    page: Page = await visitor.open(f"{street.site.url}{path}", width=width, headers=who)
    return page


@pytest.mark.parametrize("width", WIDTHS)
async def test_who_was_there_says_so_in_one_tap(visitor: Any, street: Street, width: int) -> None:
    at = MONDAY + timedelta(days=1)
    async with httpx.AsyncClient(base_url=f"{street.site.url}/api/v1", headers=street.staff) as api:
        for action, more in (
            ("assign", {"team": "plumbing"}),
            ("schedule", {"appointment_at": at.isoformat()}),
        ):
            done = await api.post(f"/tickets/{street.ticket}/actions", json={"action": action, **more})
            assert done.status_code == 200, done.text
    page = await opened(visitor, street, street.resident, f"/tickets/{street.ticket}", width)
    await expect(page.get_by_text("10:00–12:00").first).to_be_visible()
    await visitor.screenshot(page, f"visit-fixed-{width}")
    await street.now(at + timedelta(hours=3))
    async with httpx.AsyncClient(base_url=f"{street.site.url}/api/v1", headers=street.staff) as api:
        missed = {"action": "missed", "side": "member"}
        done = await api.post(f"/tickets/{street.ticket}/actions", json=missed)
        assert done.status_code == 200, done.text
    await page.goto(f"{street.site.url}/tickets/{street.ticket}")
    await expect(page.get_by_text("D’autres rendez-vous vous seront proposés")).to_be_visible()
    await expect(page.get_by_text("ci-dessous")).to_have_count(0)
    assert await visitor.flaws(page) == []
    await page.get_by_role("button", name="J’étais là").click()
    await expect(page.get_by_text("les deux paroles sont notées")).to_be_visible()
    await visitor.screenshot(page, f"visit-contested-{width}")
    desk = await opened(visitor, street, street.staff, f"/desk/{street.ticket}", width)
    await expect(desk.get_by_text("Le foyer dit qu’il était là").first).to_be_visible()
    assert await visitor.flaws(desk) == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_one_s_own_upkeep_can_be_disputed_before_any_refusal(
    visitor: Any, street: Street, width: int
) -> None:
    async with httpx.AsyncClient(base_url=f"{street.site.url}/api/v1", headers=street.staff) as api:
        home = {"residence": "Les Aulnes", "ref": "A-14", "meters": []}
        holder = {"name": "Foyer 14", "right": "holder", "email": "f14@foyer.test"}
        moved = await made(
            api, "/move-ins",
            moving_in(street.coop, dwelling=home, household=[holder],
                      tenure="tenant", moved_in_on="2024-03-02"),
        )  # fmt: skip
        ticket = await made(
            api, "/tickets",
            {"occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "limescale",
             "description": "Du calcaire.", "channel": "phone"},
        )  # fmt: skip
        assert ticket["responsible"] == "resident"
    person = street.site.doorman.headers(Role.RESIDENT, street.coop, moved["persons"][0]["id"])
    page = await opened(visitor, street, person, f"/tickets/{ticket['id']}", width)
    await expect(page.locator("#disagree")).to_be_visible()
    await expect(page.get_by_text("L’habitant", exact=True)).to_have_count(0)
    assert await visitor.flaws(page) == []
    await visitor.screenshot(page, f"own-upkeep-{width}")
    await page.get_by_label("Pourquoi n’êtes-vous pas d’accord").fill("Le robinet a vingt ans.")
    await page.get_by_role("button", name="Demander une nouvelle lecture").click()
    await expect(page.get_by_text("Le robinet a vingt ans.").first).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_last_one_cannot_switch_off_the_mail_about_dangers(
    visitor: Any, street: Street, width: int
) -> None:
    page = await opened(visitor, street, street.staff, "/preferences", width)
    mail = page.locator("input[name='safety.email']")
    await expect(mail).to_be_checked()
    assert await visitor.flaws(page) == []
    await mail.uncheck()
    await expect(page.get_by_text("vous êtes la dernière personne")).to_be_visible()
    await expect(page.locator("input[name='safety.email']")).to_be_checked()
    await visitor.screenshot(page, f"staff-preferences-{width}")
