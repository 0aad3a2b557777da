"""A household reads a tip, answers, takes it back; is told things; chooses what it hears; has an account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect
from sqlalchemy import text

from contracts.advice import TipRaised
from contracts.codes import Category, Fluid, Purpose, Quality, Quantity, Role, Rule, Unit
from contracts.metering import DayClosed
from deploy.engines import Engines
from deploy.web import build
from services.advice import handlers
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE
from services.kit.unit import Unit as UnitOfWork
from services.members.actions.accounts import issue_token, open_session
from services.notifications.actions import tell
from services.notifications.intents import Intent
from tests.unit.advice.homes import day

pytestmark = [pytest.mark.browser, pytest.mark.engines]
OpenUnit = Callable[..., AbstractAsyncContextManager[UnitOfWork]]
WASTEFUL_W, MODEST_W = 194, 54


@dataclass
class Household:
    """One person in one home, signed in with a real session."""

    visitor: Any
    app: FastAPI
    url: str
    open_unit: OpenUnit
    coop: str
    occupancy: str
    person: str
    meter: str

    async def page(self, path: str, *, width: int = 1280, language: str = "fr", **options: Any) -> Page:
        page: Page = await self.visitor.open(width=width, language=language, **options)
        await self.sign_in(page)
        await page.context.add_cookies([{"name": "palier_lang", "value": language, "url": self.url}])
        await page.goto(self.url + path)
        return page

    async def sign_in(self, page: Page) -> None:
        async with self.open_unit("members") as unit:
            session = await open_session(unit, self.person, Role.RESIDENT, self.coop, None)
        await page.context.add_cookies(
            [{"name": SESSION_COOKIE, "value": session, "url": self.url.replace("http:", "https:")}]
        )

    async def allows(self, *purposes: Purpose) -> None:
        async with self.open_unit("members", self.coop) as unit:
            for purpose in purposes:
                await unit.session.execute(
                    text(
                        "INSERT INTO members.consent (id, coop, occupancy, purpose, text_version, granted_at,"
                        " granted_by, channel)"
                        " VALUES (:id, :coop, :occupancy, :purpose, '1', now(), :by, 'self')"
                    ),
                    {"id": new_id("cst"), "coop": self.coop, "occupancy": self.occupancy,
                     "purpose": purpose.value, "by": self.person},
                )  # fmt: skip

    async def lives(self, nights: int, floor_w: int = WASTEFUL_W) -> None:
        """Allows tips, and lives through `nights` days that end yesterday."""
        await self.allows(Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE)
        today = datetime.now(UTC).date()
        async with self.open_unit("advice", self.coop) as unit:
            for back in range(nights, 0, -1):
                await handlers.day_closed(self.closed(today - timedelta(days=back), floor_w), unit)
                await unit.session.flush()

    async def hears(self, count: int) -> None:
        """`count` visits are arranged, one after the other."""
        for number in range(1, count + 1):
            facts = {
                "number": number, "element": "tap", "action": "schedule", "state": "scheduled",
                "appointment_at": "2026-11-24T09:00:00+00:00",
            }  # fmt: skip
            key = f"visit:{number}:{self.person}"
            intent = Intent(self.person, Category.TICKETS, "ticket_changed", key, new_id("tkt"), facts)
            async with self.open_unit("notifications", self.coop) as unit:
                await tell(unit, self.coop, [intent])

    async def one(self, room: str, query: str) -> Any:
        async with self.open_unit(room, self.coop) as unit:
            values = {"person": self.person, "occupancy": self.occupancy}
            return (await unit.session.execute(text(query), values)).scalar_one()

    async def change(self, room: str, query: str) -> None:
        async with self.open_unit(room, self.coop) as unit:
            await unit.session.execute(text(query), {"occupancy": self.occupancy})

    def closed(self, on: date, floor_w: int) -> DayClosed:
        made = day(on, floor_w)
        return DayClosed(
            coop=self.coop, meter=self.meter, dwelling=new_id("dwl"), occupancy=self.occupancy,
            fluid=Fluid.ELECTRICITY, quantity=Quantity.ENERGY_IMPORT, unit=Unit.WH, day=on,
            zone="Europe/Paris", starts_at=datetime(on.year, on.month, on.day, tzinfo=UTC), revision=1,
            slots=len(made.values), value=made.energy_wh, values=made.values,
            quality={Quality.MEASURED: len(made.values)},
        )  # fmt: skip


@pytest.fixture
async def app(engines: Engines) -> FastAPI:
    app = build(engines.settings, engines.secrets)

    async def ready() -> bool:
        return True

    app.state.is_intake_ready = ready  # no device takes part
    return app


@pytest.fixture
async def home(
    visitor: Any, app: FastAPI, served: Any, room_unit: OpenUnit, coop: str
) -> AsyncIterator[Household]:
    async with served(app) as url:
        async with room_unit("members") as unit:
            token = await issue_token(unit, Role.STAFF, coop)
        body = {
            "coop": coop,
            "dwelling": {
                "coop": coop, "ref": "A12", "residence": "Les Tilleuls", "floor_area_m2": 62,
                "heating": "district", "postcode": "69100",
                "meters": [{"fluid": "electricity", "subscribed_kva": 6, "tariff": "base"}],
            },
            "household": [{"name": "Foyer 12", "email": f"{new_id('x')}@foyer.test", "right": "holder"}],
            "tenure": "tenant", "moved_in_on": "2025-01-05", "quiet": True,
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
            made = (await client.post("/api/v1/move-ins", json=body)).raise_for_status().json()
        person, meter = made["persons"][0]["id"], made["meters"][0]["id"]
        yield Household(visitor, app, url, room_unit, coop, made["occupancy"], person, meter)
        app.state.hub.close()


STATUS = "SELECT status FROM advice.tip WHERE occupancy = :occupancy"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_a_tip_says_its_euros_its_evidence_and_how_sure_it_is(
    home: Household, width: int, language: str, dark: bool
) -> None:
    await home.lives(30)
    page = await home.page("/tips", width=width, language=language, dark=dark)
    card = page.locator("article.card")
    said = await page.locator("#tips").inner_text()
    expected = {
        "fr": ("€ par an", "194 W", "28 prises en compte", "Assez sûrs", "Valable jusqu"),
        "en": ("a year", "194 W", "28 counted", "Fairly sure", "Valid until"),
    }
    for words in expected[language]:
        assert words in said.replace("\xa0", " ")
    await card.locator("summary").first.click()
    await card.locator("canvas").wait_for()
    await home.visitor.screenshot(page, f"tips-{width}-{language}-{'dark' if dark else 'light'}")
    assert await home.visitor.flaws(page) == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_an_answer_shows_at_once_and_can_be_taken_back(home: Household, width: int) -> None:
    await home.lives(30)
    page = await home.page("/tips", width=width)
    await page.get_by_role("button", name="C’est fait").click()
    await page.get_by_text("Merci, votre réponse est notée.").wait_for()
    await expect(page.get_by_text("nous comparons les semaines d’avant et d’après")).to_be_visible()
    await home.visitor.screenshot(page, f"tips-answered-{width}-fr")
    assert await home.one("advice", STATUS) == "done"

    await page.get_by_role("button", name="Annuler ma réponse").click()
    await page.get_by_role("button", name="C’est fait").wait_for()
    assert await home.one("advice", STATUS) == "open"

    await page.get_by_role("button", name="Pas pour moi").click()
    await page.get_by_text("Nous ne répéterons pas ce genre de conseil.").wait_for()
    await page.goto(f"{home.url}/tips")
    await expect(
        page.get_by_role("region", name="Conseils précédents").get_by_text("Pas pour vous")
    ).to_be_visible()


async def test_the_keyboard_alone_answers_and_undoes(home: Household) -> None:
    await home.lives(30)
    page = await home.page("/tips")
    await _tab_to(page, "C’est fait")
    await page.keyboard.press("Enter")
    await page.get_by_text("Merci, votre réponse est notée.").wait_for()
    await page.wait_for_function("document.activeElement.textContent === 'Annuler ma réponse'")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="C’est fait").wait_for()
    assert await home.one("advice", STATUS) == "open"


async def test_a_doubt_keeps_its_words_while_the_page_reloads_by_itself(home: Household) -> None:
    await home.lives(30)
    page = await home.page("/tips")
    await page.locator("summary", has_text="J’en doute").click()
    words = page.locator("textarea")
    await words.fill("Mon congélateur est neuf.")
    async with page.expect_response(lambda answer: answer.url.endswith("/tips")):
        await page.evaluate("htmx.trigger(document.body, 'tips')")
    await page.wait_for_timeout(200)  # the new content is merged after the answer
    await expect(words).to_have_value("Mon congélateur est neuf.")
    await expect(words).to_be_visible()

    await page.get_by_role("button", name="Envoyer mon doute").click()
    await page.get_by_text("Votre doute est gardé avec les chiffres.").wait_for()
    query = "SELECT comment FROM advice.feedback WHERE person = :person"
    assert await home.one("advice", query) == "Mon congélateur est neuf."


async def test_a_new_tip_appears_by_itself(home: Household) -> None:
    await home.lives(27)
    page = await home.page("/tips")
    await expect(page.get_by_text("27 sur 28")).to_be_visible()
    async with home.open_unit("advice", home.coop) as unit:
        await handlers.day_closed(home.closed(datetime.now(UTC).date(), WASTEFUL_W), unit)
    tip = await home.one("advice", "SELECT id FROM advice.tip WHERE occupancy = :occupancy")
    today = datetime.now(UTC).date()
    while not home.app.state.hub.open_pages:  # the hub owes tests no event
        await page.wait_for_timeout(20)
    event = TipRaised(
        coop=home.coop, tip=tip, occupancy=home.occupancy, meter=home.meter, rule=Rule.STANDBY_LOAD,
        variant="notice", kwh_year=1, eur_year="1.00", raised_on=today, expires_on=today, evidence={},
    )  # fmt: skip
    home.app.state.hub.tell(event)
    await page.get_by_role("button", name="C’est fait").wait_for()


async def test_tips_answer_without_scripts(home: Household) -> None:
    await home.lives(30)
    page = await home.page("/tips", java_script_enabled=False)
    await page.get_by_role("button", name="C’est fait").click()
    await expect(page.get_by_text("Merci, votre réponse est notée.")).to_be_visible()
    await page.get_by_role("button", name="Annuler ma réponse").click()
    await expect(page.get_by_role("button", name="C’est fait")).to_be_visible()


async def test_what_was_measured_is_said_honestly(home: Household) -> None:
    await home.lives(30)
    await home.change(
        "advice",
        'UPDATE advice.tip SET status = \'done\', outcome = \'{"code": "not_detectable", "change": -4.0,'
        ' "band": 15.0, "unit": "W", "kwh_year": null, "days_before": 52, "days_after": 49}\''
        " WHERE occupancy = :occupancy",
    )
    page = await home.page("/tips", width=360, language="en")
    said = await page.get_by_role("region", name="Earlier tips").inner_text()
    assert "Not detectable: the difference (-4 W) is smaller" in said
    assert "52 days before compared with 49 days after" in said
    await home.visitor.screenshot(page, "tips-outcome-360-en")


async def test_without_leave_the_page_says_where_to_give_it(home: Household) -> None:
    page = await home.page("/tips", width=360)
    await expect(page.get_by_text("Les conseils sont désactivés")).to_be_visible()
    await page.get_by_role("link", name="Choisir ce que j’autorise").click()
    await page.wait_for_url(f"{home.url}/data#advice-{home.occupancy}")


async def test_a_modest_home_is_told_that_all_is_well(home: Household) -> None:
    await home.lives(30, MODEST_W)
    page = await home.page("/tips", width=360)
    said = (await page.locator(".hero").inner_text()).replace("\xa0", " ")
    assert "54 watts" in said
    assert "95 € par an" in said
    assert "Tout va bien" in said
    await home.visitor.screenshot(page, "tips-fine-360-fr")
    assert await home.visitor.flaws(page) == []


async def test_a_neighbours_tip_is_not_found(home: Household) -> None:
    await home.lives(30)
    tip = await home.one("advice", "SELECT id FROM advice.tip WHERE occupancy = :occupancy")
    async with home.open_unit("members", home.coop) as unit:
        stranger = await issue_token(unit, Role.RESIDENT, home.coop, await _somebody(unit, home.coop))
    headers = {"Authorization": f"Bearer {stranger}", "Origin": home.url}
    async with httpx.AsyncClient(base_url=home.url, headers=headers) as client:
        for path in (f"/tips/{tip}/answer", f"/tips/{tip}/undo"):
            assert (await client.post(path, data={"answer": "done"})).status_code == 404
    assert await home.one("advice", STATUS) == "open"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_messages_are_new_until_opened_and_have_pages(
    home: Household, width: int, language: str
) -> None:
    await home.hears(23)
    page = await home.page("/messages", width=width, language=language)
    lines = page.locator("main a.list-item")
    await expect(lines).to_have_count(20)
    new = {"fr": "Nouveau", "en": "New"}[language]
    await expect(lines.first.get_by_text(new, exact=True)).to_be_visible()
    await home.visitor.screenshot(page, f"messages-{width}-{language}-light")
    assert await home.visitor.flaws(page) == []

    await lines.first.click()
    how = {"fr": "Ici, dans l’application", "en": "Here, in the application"}[language]
    await expect(page.get_by_text(how)).to_be_visible()
    see = {"fr": "Voir la demande", "en": "See the request"}[language]
    assert (await page.get_by_role("link", name=see).get_attribute("href") or "").startswith("/tickets/tkt_")
    await home.visitor.screenshot(page, f"message-{width}-{language}-light")
    assert await home.visitor.flaws(page) == []

    await page.go_back()
    await page.reload()
    await expect(lines.first.get_by_text(new, exact=True)).to_have_count(0)
    await page.locator("a[rel=next]").click()
    await page.wait_for_url("**before=**")
    await expect(lines).to_have_count(3)


async def test_the_first_page_shows_the_best_tip_and_the_latest_messages(home: Household) -> None:
    await home.lives(30)
    await home.hears(4)
    page = await home.page("/home", width=360)
    tips = page.get_by_role("region", name="Mes conseils").first
    await tips.get_by_role("link", name="Voir comment faire").wait_for()
    messages = page.get_by_role("region", name="Mes messages").first
    await messages.get_by_text("4 nouveaux messages").wait_for()
    await expect(messages.locator("a.list-item")).to_have_count(3)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_preferences_are_saved_without_reload_and_survive_one(
    home: Household, width: int, dark: bool
) -> None:
    page = await home.page("/preferences", width=width, dark=dark)
    tips = page.get_by_role("group", name="Conseils").get_by_label("Par e-mail")
    await expect(tips).to_be_checked()
    await tips.press("Space")
    await page.get_by_text("Votre choix est enregistré.").wait_for()
    assert await tips.evaluate("(element) => element === document.activeElement")
    await page.reload()
    await expect(tips).not_to_be_checked()
    await expect(page.get_by_role("group", name="Demandes").get_by_label("Par e-mail")).to_be_checked()
    always = page.get_by_role("region", name="Toujours actif")
    await expect(always.locator("input")).to_have_count(0)
    await expect(always.get_by_text("Sécurité", exact=True)).to_be_visible()
    await home.visitor.screenshot(page, f"preferences-{width}-fr-{'dark' if dark else 'light'}")
    assert await home.visitor.flaws(page) == []


async def test_preferences_work_without_scripts(home: Household) -> None:
    page = await home.page("/preferences", java_script_enabled=False)
    await page.get_by_role("group", name="Demandes").get_by_label("Par e-mail").uncheck()
    await page.get_by_role("button", name="Enregistrer mon choix").click()
    await expect(page.get_by_text("Votre choix est enregistré.")).to_be_visible()
    await expect(page.get_by_role("group", name="Demandes").get_by_label("Par e-mail")).not_to_be_checked()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_ones_own_account_is_changed_and_faults_stay_beside_their_field(
    home: Household, width: int, language: str
) -> None:
    home.visitor.allow("HTTP 422 .*/account")
    page = await home.page("/account", width=width, language=language)
    await page.locator("#f-mobile").fill("bonjour")
    await page.locator("main form").first.get_by_role("button").click()
    await page.locator("#e-mobile").wait_for()
    await expect(page.locator("#f-mobile")).to_have_value("bonjour")

    await page.locator("#f-mobile").fill("06 00 00 00 12")
    await page.get_by_label("English").check()
    await page.locator("main form").first.get_by_role("button").click()
    await page.get_by_text("Your account is up to date.").wait_for()
    assert (
        await home.one("members", "SELECT mobile FROM members.person WHERE id = :person") == "06 00 00 00 12"
    )
    await home.visitor.screenshot(page, f"account-{width}-en-light")
    assert await home.visitor.flaws(page) == []


async def test_signing_out_everywhere_ends_the_other_browser_too(home: Household) -> None:
    elsewhere = await home.page("/preferences")
    page = await home.page("/account")
    await expect(page.get_by_text("Ce navigateur")).to_have_count(1)
    await page.get_by_role("button", name="Me déconnecter partout").click()
    await page.wait_for_url(f"{home.url}/sign-in")
    await elsewhere.goto(f"{home.url}/preferences")
    assert "/sign-in" in elsewhere.url


async def _tab_to(page: Page, label: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == label:
            return
    raise AssertionError(f"the Tab key never reaches {label!r}")


async def _somebody(unit: UnitOfWork, coop: str) -> str:
    person = new_id("per")
    await unit.session.execute(
        text(
            "INSERT INTO members.person (id, coop, name, language, created_at)"
            " VALUES (:id, :coop, 'Foyer 13', 'fr', now())"
        ),
        {"id": person, "coop": coop},
    )
    return person
