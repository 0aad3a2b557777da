"""Staff give a job, a contractor proposes visits by its link, the household picks one, it is finished."""

from __future__ import annotations

import mailbox
import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from PIL import Image
from playwright.async_api import Page, expect
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales.parties import posting
from services.kit.ids import new_id
from services.kit.settings import Settings
from tests.conftest import OpenUnit
from tests.journeys.test_metering_pages import Doorman, Site, site
from tests.moving_in import moving_in

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.engines]
PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 16, 10, tzinfo=PARIS)
PHONE, DESKTOP = 360, 1280


@dataclass
class Street:
    """A sandbox cooperative with one household, whose tap leaks, and a plumber."""

    site: Site
    room_unit: OpenUnit
    coop: str
    agent: str
    person: str
    ticket: str
    party: str

    @property
    def staff(self) -> dict[str, str]:
        return self.site.doorman.headers(Role.STAFF, self.coop, self.agent)

    @property
    def resident(self) -> dict[str, str]:
        return self.site.doorman.headers(Role.RESIDENT, self.coop, self.person)

    async def now(self, instant: datetime) -> None:
        async with self.room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET business_now = :now WHERE coop = :coop"),
                {"now": instant, "coop": self.coop},
            )

    async def newest_link(self, folder: Any) -> str:
        """The personal link of the newest letter, once it has left."""
        room: Any = SimpleNamespace(
            settings=Settings(data_dir=folder, public_url=self.site.url), unit=self.room_unit_of
        )
        while await posting.step(room):
            pass
        box = mailbox.Maildir(folder / "mailbox", create=True)
        # Letters of other cooperatives may wait in the same database; the folder lists files in no order.
        letters = [
            bytes(part.get_payload(decode=True)).decode()
            for key in sorted(
                box.keys(), key=lambda key: (folder / "mailbox" / "new" / key).stat().st_mtime_ns
            )
            for part in box[key].walk()
            if part.get_content_type() == "text/plain"
        ]
        pattern = rf"http://\S+/contractor/{re.escape(self.coop)}\.\S+"
        found = [link for words in letters for link in re.findall(pattern, words)]
        assert found, letters
        return str(found[-1])

    def room_unit_of(self) -> Any:
        return self.room_unit("aftersales")


@pytest.fixture
async def street(site: Site, room_unit: OpenUnit, coop: str) -> Street:
    agent = new_id("per")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": MONDAY, "coop": coop},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                " totp_generation, created_at) VALUES (:id, :coop, 'Agent 1', :email, '01 00 00 00 01',"
                " 'staff', 'plumbing', 'fr', 0, now())"
            ),
            {"id": agent, "coop": coop, "email": f"{agent}@coop.test"},
        )
    doorman: Doorman = site.doorman
    staff = doorman.headers(Role.STAFF, coop, agent)
    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers=staff, timeout=30) as api:
        building = await made(
            api, "/buildings", {"coop": coop, "ref": "Bâtiment A", "residence": "Les Aulnes"}
        )
        home = {
            "residence": "Les Aulnes", "building": building["id"], "ref": "A-12", "staircase": "1",
            "floor": "3", "meters": [],
        }  # fmt: skip
        household = [
            {
                "name": "Camille Foyer-12",
                "email": "f12@foyer.test",
                "mobile": "06 00 00 00 12",
                "right": "holder",
            }
        ]
        body = moving_in(coop, dwelling=home, household=household, tenure="tenant", moved_in_on="2026-11-02")
        moved = await made(api, "/move-ins", body)
        party = await made(
            api,
            "/parties",
            {
                "kind": "contractor", "name": "Plomberie 2", "email": "p2@firm.test", "trades": ["plumbing"],
                "phone": "01 00 00 00 22",
            },
        )  # fmt: skip
        ticket = await made(
            api,
            "/tickets",
            {
                "occupancy": moved["occupancy"], "place": "landing", "element": "riser", "symptom": "noise",
                "description": "La colonne vibre dès qu’on ouvre l’eau chez nous.", "channel": "phone",
            },
        )  # fmt: skip
        for action in ("acknowledge", "qualify"):
            done = await api.post(f"/tickets/{ticket['id']}/actions", json={"action": action})
            assert done.status_code == 200, done.text
    return Street(site, room_unit, coop, agent, moved["persons"][0]["id"], ticket["id"], party["id"])


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def looked_at(visitor: Any, page: Page, name: str) -> None:
    """A picture, and nothing that a reader would stumble over."""
    await visitor.screenshot(page, f"visits-{name}")
    assert await visitor.flaws(page) == []


async def test_from_the_desk_to_the_finished_work(visitor: Any, street: Street, tmp_path: Any) -> None:
    url, ticket = street.site.url, street.ticket
    # Staff read the proposal and its reasons, and give the job in one tap.
    desk = await visitor.open(f"{url}/desk/{ticket}", headers=street.staff)
    route = desk.get_by_role("region", name="Qui fait les travaux")
    await expect(route).to_contain_text("contrat d'entretien")
    await visitor.screenshot(desk, "visits-desk-proposal-1280")
    await route.get_by_role("button", name="Confier").click()
    await expect(route).to_contain_text("Confiée à : Plomberie 2")

    # The contractor opens the link of its letter on a phone and proposes two visits.
    phone = await visitor.open(await street.newest_link(tmp_path), width=PHONE)
    await expect(phone.get_by_role("heading", level=1)).to_contain_text("bruit")
    await expect(phone.get_by_text("Camille")).to_have_count(0)
    await looked_at(visitor, phone, "job-assigned-360")
    await phone.get_by_text("En proposer plusieurs, au choix").click()
    for row, (day, start, end) in enumerate(
        (("2026-11-18", "08:00", "10:00"), ("2026-11-19", "14:00", "16:00"))
    ):
        await phone.locator("input[name=day]").nth(row).fill(day)
        await phone.locator("input[name=start]").nth(row).fill(start)
        await phone.locator("input[name=end]").nth(row).fill(end)
    await phone.get_by_role("button", name="Proposer").click()
    await expect(phone.get_by_text("Proposés, l’habitant choisit :")).to_be_visible()
    await looked_at(visitor, phone, "job-proposed-360")

    # The household chooses on its phone.
    home = await visitor.open(f"{url}/tickets/{ticket}", width=PHONE, headers=street.resident)
    visit = home.get_by_role("region", name="Le rendez-vous")
    await expect(visit.get_by_role("button")).to_have_count(2)
    await looked_at(visitor, home, "household-choice-360")
    await visit.get_by_role("button", name="19 novembre").click()
    await expect(visit).to_contain_text("jeudi 19 novembre, 14:00–16:00")
    await home.goto(f"{url}/tickets/{ticket}/visit")
    await looked_at(visitor, home, "household-visit-360")

    # On the day: the number is there, the contractor is on the way, the household sees when.
    await street.now(datetime(2026, 11, 19, 13, 40, tzinfo=PARIS))
    await phone.reload()
    await expect(phone.get_by_text("06 00 00 00 12")).to_be_visible()
    await looked_at(visitor, phone, "job-day-360")
    await phone.get_by_label("J’arrive dans environ").select_option("30")
    await phone.get_by_role("button", name="Je suis en route").click()
    await home.goto(f"{url}/tickets/{ticket}")
    await expect(visit).to_contain_text("Attendu vers 14:10")
    await looked_at(visitor, home, "household-on-the-way-360")

    # The week of the desk, wide and narrow.
    await desk.goto(f"{url}/calendar")
    await expect(desk.get_by_text("14:00–16:00")).to_be_visible()
    await looked_at(visitor, desk, "calendar-1280")
    await desk.keyboard.press("j")
    await expect(desk.locator("a.visit")).to_be_focused()
    await desk.keyboard.press("n")
    await expect(desk.get_by_text("Aucune visite cette semaine")).to_be_visible()
    await desk.keyboard.press("p")
    await expect(desk.get_by_text("14:00–16:00")).to_be_visible()
    small = await visitor.open(f"{url}/calendar", width=PHONE, headers=street.staff)
    await looked_at(visitor, small, "calendar-360")

    # Begun, finished with a photo: the household has the last word.
    await phone.get_by_role("button", name="Je commence les travaux").click()
    await phone.get_by_label("Réparé", exact=True).check()
    await phone.get_by_label("En un mot").fill("Collier resserré, silencieux.")
    await phone.locator("#result-files").set_input_files(
        {"name": "apres.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    await looked_at(visitor, phone, "job-finish-360")
    await phone.locator("#finish").get_by_role("button", name="Envoyer").click()
    await expect(phone.get_by_text("Votre travail est fait")).to_be_visible()
    await expect(phone.get_by_text("06 00 00 00 12")).to_have_count(0)
    await looked_at(visitor, phone, "job-done-360")
    wide = await visitor.open(phone.url, language="en")
    await looked_at(visitor, wide, "job-done-1280-en")
    await home.reload()
    await expect(home.get_by_text("Travaux faits, à vérifier").first).to_be_visible()
    await expect(home.get_by_role("img", name=re.compile("Photo 1"))).to_be_visible()
    await desk.goto(f"{url}/desk/{ticket}")
    await visitor.screenshot(desk, "visits-desk-done-1280")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_the_pages_around_it(visitor: Any, street: Street, tmp_path: Any, width: int) -> None:
    url = street.site.url
    desk = await visitor.open(f"{url}/parties", width=width, headers=street.staff)
    await looked_at(visitor, desk, f"parties-{width}")
    for path, name in (
        ("/parties/new", "party-new"), (f"/parties/{street.party}", "party"), ("/routing", "routing"),
        ("/calendar/hours?host=plumbing", "hours"),
        (f"/desk/{street.ticket}/route", "route"), (f"/desk/{street.ticket}/visit", "desk-visit"),
        ("/settings/visits", "settings-visits"), ("/settings/plants", "settings-plants"),
        ("/homes/residences", "residences"), ("/reports/aftersales", "reports"),
    ):  # fmt: skip
        await desk.goto(url + path)
        await looked_at(visitor, desk, f"{name}-{width}")
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=street.staff, timeout=30) as api:
        body = {"host": street.party, "weekday": 3, "starts": "08:00", "ends": "12:00"}
        await made(api, "/availability", body)
        done = await api.post(
            f"/tickets/{street.ticket}/actions", json={"action": "assign", "party": street.party}
        )
        assert done.status_code == 200, done.text
    link = (await street.newest_link(tmp_path)).split("/jobs/")[0]
    guest = await visitor.open(link, width=width, language="en")
    await expect(guest.get_by_role("heading", level=1)).to_have_text("My jobs")
    await looked_at(visitor, guest, f"jobs-{width}-en")
    await guest.goto(f"{link}/hours")
    await looked_at(visitor, guest, f"contractor-hours-{width}-en")
    visitor.allow(r"HTTP (404|429) .*/contractor/")
    await guest.goto(f"{url}/contractor/{street.coop}.{'x' * 32}")
    await expect(guest.get_by_role("heading", level=1)).to_have_text("This link has ended")
    await looked_at(visitor, guest, f"contractor-gone-{width}-en")
    await guest.get_by_role("button", name="Send me a new link").click()
    await expect(guest.get_by_text("If this link was yours")).to_be_visible()
    await looked_at(visitor, guest, f"contractor-asked-{width}-en")
    # On a phone a row of tabs shows the one that is open.
    await desk.goto(f"{url}/settings/plants")
    await expect(desk.locator('.tabs [aria-current="page"]')).to_be_in_viewport(ratio=0.9)
    await desk.goto(f"{url}/desk?show=all")
    await expect(desk.locator('.tabs [aria-current="page"]')).to_be_in_viewport(ratio=0.9)
    await desk.goto(f"{url}/parties/{street.party}")
    await expect(desk.get_by_text("Sert jusqu’au")).to_be_visible()
    await looked_at(visitor, desk, f"party-with-link-{width}")
    home = await visitor.open(f"{url}/tickets/{street.ticket}/visit", width=width, headers=street.resident)
    await home.get_by_role("button", name="novembre").first.click()
    await street.now(datetime(2026, 11, 19, 13, tzinfo=PARIS))
    await home.goto(f"{url}/tickets/{street.ticket}/visit")
    await home.get_by_role("button", name="Personne n’est venu").click()
    await expect(home.get_by_text("nous en sommes désolés").first).to_be_visible()
    await looked_at(visitor, home, f"household-missed-{width}")
    await home.goto(f"{url}/tickets/{street.ticket}/visit")
    await home.get_by_role("button", name="Créer l’adresse").click()
    await looked_at(visitor, home, f"calendar-link-{width}")


def a_photo() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (640, 480), (20, 90, 70)).save(picture, "JPEG")
    return picture.getvalue()
