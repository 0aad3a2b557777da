"""A missed deadline that staff saw coming: warned at half, at four fifths and at the end, in their hours."""

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


def november(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS)


@pytest.fixture
async def town(site: Site, room_unit: OpenUnit, coop: str, visitor: Visitor, tmp_path: Path) -> Town:
    town = Town(site, room_unit, visitor, coop, tmp_path)
    await town.begin(november(16, 10))
    await town.move_in("tenant", moved_in_on="2026-03-01")
    return town


async def test_a_missed_repair_was_seen_coming(town: Town) -> None:
    ticket = (
        await town.post(
            "/tickets",
            {
                "occupancy": town.moved["occupancy"], "place": "landing", "element": "riser",
                "symptom": "noise", "description": "La colonne vibre.", "channel": "portal",
            },
            town.resident,
        )
    )["id"]  # fmt: skip
    await town.post(f"/tickets/{ticket}/actions", {"action": "acknowledge"})
    await town.post(f"/tickets/{ticket}/actions", {"action": "qualify"})
    await town.post(
        f"/tickets/{ticket}/actions", {"action": "assign", "assignee": town.agents[0], "team": "plumbing"}
    )
    await town.spread()
    mine, other = await town.desk("/messages"), await town.desk("/messages", number=2)

    # Half of the working time is over on Thursday at 9:30: said once, and not at seven in the morning.
    await town.hour(november(19, 7))
    await told(mine, 0)
    await town.hour(november(19, 10))
    await town.hour(november(19, 11))
    await told(mine, 1)
    await expect(mine.get_by_text("50 % du délai sont passés")).to_be_visible()
    await town.looks_well(mine, "deadline-messages-half")

    # Four fifths on Friday afternoon; nothing on Saturday; nobody else is troubled yet.
    await town.hour(november(20, 16))
    await told(mine, 1)
    await town.hour(november(20, 17))
    await town.hour(november(21, 11))
    await told(mine, 2)
    await expect(mine.get_by_text("80 % du délai sont passés")).to_be_visible()
    await told(other, 0)

    # On the last day the desk shows how little is left; the tab of what is late is still empty.
    await town.hour(november(23, 10))
    desk = await town.desk("/desk")
    await expect(desk.locator(".deadline-soon")).to_contain_text("reste 7 heures")
    await town.looks_well(desk, "deadline-desk-soon")
    await desk.get_by_role("navigation", name="Files").get_by_role("link", name="En retard").click()
    await expect(desk.get_by_text("Rien ici")).to_be_visible()
    await town.looks_well(desk, "deadline-desk-none-late")

    # Missed on Monday evening: on Tuesday morning everybody at the desk is told, and it stands under Late.
    await town.hour(november(23, 18))
    await told(mine, 2)
    await town.hour(november(24, 9, 30))
    await told(mine, 3)
    await told(other, 1)
    await expect(other.get_by_role("link", name="échéance dépassée")).to_be_visible()
    await town.looks_well(other, "deadline-messages-late")
    await other.get_by_role("link", name="échéance dépassée").click()
    await town.looks_well(other, "deadline-message")
    await desk.reload()
    await expect(desk.locator(".deadline-late")).to_contain_text("16 heures de retard")
    await town.looks_well(desk, "deadline-desk-late")
    home = await town.at_home(f"/tickets/{ticket}")
    await expect(home.locator("#now")).to_contain_text("nous sommes en retard")
    await town.looks_well(home, "deadline-household-late")

    # Done on Wednesday: kept, but late, on its page and in the report.
    await town.hour(november(25, 11))
    await desk.get_by_role("link", name="Colonne").first.click()
    await desk.locator("summary", has_text="Commencer les travaux").click()
    await desk.get_by_role("button", name="Commencer les travaux").click()
    await desk.locator("#f-finish-no_photo").select_option("not_visible")
    await desk.get_by_role("button", name="Travaux terminés").click()
    await expect(desk.get_by_text("tenue en retard")).to_be_visible()
    await town.looks_well(desk, "deadline-ticket-kept-late")
    await home.reload()
    await home.get_by_role("button", name="Oui, c'est réparé").click()
    await expect(home.get_by_text("Résolue").first).to_be_visible()
    await town.looks_well(home, "deadline-household-resolved")
    await desk.goto(f"{town.site.url}/reports/aftersales")
    row = desk.get_by_role("row").filter(has_text="Les Aulnes")
    await expect(row.get_by_role("cell").nth(1)).to_contain_text("à temps : 100 %")
    await expect(row.get_by_role("cell").nth(3)).to_contain_text("à temps : 0 %")
    await town.looks_well(desk, "deadline-report")


async def told(messages: Page, count: int) -> None:
    """So many warnings of the repair are among the messages."""
    await messages.goto(messages.url)
    await expect(messages.get_by_role("link", name="échéance").filter(has_text="réparer")).to_have_count(
        count
    )
