"""A household reads the dates that protect it and answers in two taps; staff keep file and settings."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales.dwelling_file import asking
from services.kit.ids import new_id
from tests.conftest import OpenUnit
from tests.journeys.conftest import Visitor
from tests.journeys.test_metering_pages import Site, site  # noqa: F401
from tests.moving_in import moving_in

pytestmark = [pytest.mark.browser, pytest.mark.engines]
PARIS = ZoneInfo("Europe/Paris")
WIDTHS = pytest.mark.parametrize("width", [360, 1280])


class House:
    """A sandbox cooperative with one household, seen by itself and by the staff."""

    def __init__(self, at: Site, room_unit: OpenUnit, coop: str) -> None:
        self.site, self.room_unit, self.coop, self.agent = at, room_unit, coop, new_id("per")

    async def begin(self, tenure: str, now: datetime, **more: Any) -> None:
        async with self.room_unit("members") as unit:
            await unit.session.execute(
                text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
                {"now": now, "coop": self.coop},
            )
            await unit.session.execute(
                text(
                    "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                    " totp_generation, created_at) VALUES (:id, :coop, 'Agent 1', :email, '01 00 00 00 01',"
                    " 'staff', 'plumbing', 'fr', 0, now())"
                ),
                {"id": self.agent, "coop": self.coop, "email": f"{self.agent}@coop.test"},
            )
        building = await self.post(
            "/buildings", {"coop": self.coop, "ref": "Bât. A", "residence": "Les Aulnes"}
        )
        home = {"residence": "Les Aulnes", "ref": "A12", "building": building["id"], "meters": []} | more.pop(
            "home", {}
        )
        self.moved = await self.post("/move-ins", moving_in(self.coop, dwelling=home, tenure=tenure, **more))

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.site.url) as client:
            answer = await client.post(f"/api/v1{path}", json=body, headers=self.staff)
            assert answer.status_code < 300, answer.text
            return dict(answer.json())

    async def ask(self) -> None:
        async with self.room_unit("aftersales", self.coop) as unit:
            await asking.ask(unit)

    @property
    def staff(self) -> dict[str, str]:
        return self.site.doorman.headers(Role.STAFF, self.coop, self.agent)

    @property
    def resident(self) -> dict[str, str]:
        return self.site.doorman.headers(Role.RESIDENT, self.coop, self.moved["persons"][0]["id"])


@pytest.fixture
def house(site: Site, room_unit: OpenUnit, coop: str) -> House:  # noqa: F811
    return House(site, room_unit, coop)


@WIDTHS
async def test_a_buyer_is_asked_before_the_month_ends_and_answers_in_two_taps(
    house: House, visitor: Visitor, width: int
) -> None:
    await house.begin(
        "buyer_vefa",
        datetime(2026, 11, 27, 10, tzinfo=PARIS),
        home={"reception_on": "2026-06-30"},
        moved_in_on="2026-11-02",
        livraison_on="2026-11-02",
    )
    await house.ask()
    page = await visitor.open(f"{house.site.url}/home", width=width, headers=house.resident)
    card = page.get_by_role("region", name="Les dates qui vous protègent").first
    await expect(card.get_by_text("Signaler les défauts visibles")).to_be_visible()
    await card.get_by_role("link", name="Tout va bien dans votre logement").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tout va bien dans votre logement ?")
    await expect(page.get_by_text("5 jours restants")).to_be_visible()
    await page.reload()
    await visitor.screenshot(page, f"check-in-{width}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("button", name="Tout va bien").click()
    await expect(page.get_by_text("Merci : tout va bien.")).to_be_visible()
    await page.get_by_role("button", name="Quelque chose ne va pas").click()
    await expect(page).to_have_url(re.compile("/tickets/new"))
    await page.goto(f"{house.site.url}/home/file")
    await expect(page.get_by_role("heading", name="Garantie de parfait achèvement")).to_be_visible()
    await expect(page.get_by_role("link", name="Signaler un problème à ce titre").first).to_be_visible()
    await visitor.screenshot(page, f"home-file-{width}")
    assert await visitor.flaws(page) == []


@WIDTHS
async def test_staff_enter_the_missing_reception_and_the_replaced_boiler(
    house: House, visitor: Visitor, width: int
) -> None:
    await house.begin("tenant", datetime(2026, 11, 16, 10, tzinfo=PARIS), moved_in_on="2026-11-14")
    await house.ask()
    dwelling = house.moved["dwelling"]
    page = await visitor.open(f"{house.site.url}/dwellings/{dwelling}/file", width=width, headers=house.staff)
    missing = page.get_by_text("La date de réception des travaux n'est pas enregistrée").first
    await expect(missing).to_be_visible()
    dates = page.locator("#dates")
    await dates.get_by_label("Jour").first.fill("2026-06-30")
    await dates.get_by_role("button", name="Enregistrer").first.click()
    await expect(page.get_by_text("Jusqu'au 30 juin 2027 inclus")).to_be_visible()
    equipment = page.locator("#equipment")
    await equipment.get_by_text("Enregistrer un équipement").click()
    await equipment.get_by_label("Équipement").select_option("boiler")
    await equipment.get_by_label("Installé le").fill("2026-10-01")
    await equipment.get_by_role("button", name="Enregistrer").last.click()
    await expect(page.get_by_role("heading", name="Contrat de l'installateur")).to_be_visible()
    await page.reload()
    await visitor.screenshot(page, f"staff-file-{width}")
    assert await visitor.flaws(page) == []


@WIDTHS
async def test_staff_set_a_season_and_a_rule_and_see_who_changed_what(
    house: House, visitor: Visitor, width: int
) -> None:
    await house.begin("psla", datetime(2026, 11, 16, 10, tzinfo=PARIS), moved_in_on="2026-11-14")
    page = await visitor.open(f"{house.site.url}/settings/aftersales", width=width, headers=house.staff)
    heating = page.locator("#heating")
    await heating.get_by_text("Choisir une saison").click()
    await heating.get_by_label("Immeuble").select_option(label="Les Aulnes, Bât. A")
    await heating.get_by_role("button", name="Enregistrer").click()
    await expect(page.locator("#heating").get_by_text("Les Aulnes, Bât. A").first).to_be_visible()
    rule = page.locator("#rule")
    await rule.get_by_text("Ajouter une règle").click()
    await rule.get_by_label("Qui doit agir").select_option("cooperative")
    await rule.get_by_label("Métier").select_option("plumbing")
    await rule.get_by_label("Sur quoi elle repose").fill("Contrat multiservices")
    await rule.get_by_role("button", name="Ajouter la règle").click()
    await expect(page.locator("#rule").get_by_text("Contrat multiservices")).to_be_visible()
    terms = page.locator("#terms")
    await terms.get_by_text("Décider").click()
    await terms.get_by_label("Délai").select_option("acoustique:brs")
    await terms.get_by_label("Sur quoi elle repose").fill("Avis du notaire")
    await terms.get_by_role("button", name="Enregistrer").click()
    changes = page.locator("#changes")
    await expect(changes.get_by_text("Saison de chauffe")).to_be_visible()
    await expect(changes.get_by_text("Agent 1").first).to_be_visible()
    await visitor.screenshot(page, f"settings-{width}")
    assert await visitor.flaws(page) == []


@WIDTHS
async def test_a_refusal_says_what_to_do_next_and_the_month_is_reported(
    house: House, visitor: Visitor, width: int
) -> None:
    await house.begin("tenant", datetime(2026, 11, 16, 10, tzinfo=PARIS), moved_in_on="2026-11-02")
    words = {"place": "kitchen", "element": "tap", "symptom": "leak", "description": "Ça goutte"}
    occupancy = house.moved["occupancy"]
    refused = await house.post("/tickets", {"occupancy": occupancy, **words})
    fixed = await house.post("/tickets", {"occupancy": occupancy, **words, "symptom": "broken"})
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (refused, {"action": "acknowledge", "assignee": house.agent}),
        (refused, {"action": "refuse", "reason": "resident_upkeep", "comment": "Le joint est à changer."}),
        (fixed, {"action": "acknowledge", "assignee": house.agent}),
        (fixed, {"action": "qualify"}),
        (fixed, {"action": "assign", "team": "plumbing"}),
        (fixed, {"action": "start"}),
        (fixed, {"action": "finish", "comment": "Mitigeur remplacé."}),
    ]
    for ticket, step in steps:
        await house.post(f"/tickets/{ticket['id']}/actions", step)
    page = await visitor.open(
        f"{house.site.url}/tickets/{refused['id']}", width=width, headers=house.resident
    )
    await expect(page.get_by_text("commission départementale de conciliation")).to_be_visible()
    await visitor.screenshot(page, f"refusal-{width}")
    assert await visitor.flaws(page) == []
    await page.goto(f"{house.site.url}/tickets/{fixed['id']}")
    opinion = page.locator("#opinion")
    await opinion.get_by_text("En dire plus").click()
    await page.locator("#opinion").get_by_text("Rapide").click()
    await opinion.get_by_role("button", name="Bien", exact=True).click()
    await expect(page.locator("#opinion").get_by_text("Vous avez dit")).to_be_visible()
    await page.reload()  # a picture of the page itself, not of one page becoming another
    await visitor.screenshot(page, f"opinion-{width}")
    assert await visitor.flaws(page) == []
    desk = await visitor.open(f"{house.site.url}/reports/aftersales", width=width, headers=house.staff)
    await expect(desk.get_by_text("novembre 2026")).to_be_visible()
    await visitor.screenshot(desk, f"reports-{width}")
    assert await visitor.flaws(desk) == []
