"""A household reads its consumption and an operator decides about the quarantine, in a real browser."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from contracts.codes import Reason, Role
from contracts.readings import Rejected
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.metering import handlers
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, contract, reading, send, settle_all

pytestmark = [pytest.mark.browser, pytest.mark.engines]

MIDNIGHT = datetime(2026, 10, 31, 23, tzinfo=UTC)
"""The first of November in Paris; the cooperative's own clock says the twenty-second, ten o'clock."""
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
WIDTHS = pytest.mark.parametrize("width", [360, 1280])


@dataclass
class Doorman:
    """Knows the people a test names."""

    known: dict[str, Principal] = field(default_factory=dict)

    def headers(self, role: Role, coop: str, person: str | None = None) -> dict[str, str]:
        token = new_id("tok")
        self.known[token] = Principal(person or new_id("per"), role, coop, "Foyer 12")
        return {"Authorization": f"Bearer {token}"}

    async def of_token(self, token: str) -> Principal | None:
        return self.known.get(token)

    async def of_session(self, cookie: str) -> Principal | None:
        return None


@dataclass
class Site:
    url: str
    doorman: Doorman

    def resident(self, home: Home) -> dict[str, str]:
        return self.doorman.headers(Role.RESIDENT, home.coop, home.person)

    def operator(self, coop: str) -> dict[str, str]:
        return self.doorman.headers(Role.OPERATOR, coop)


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
    """A sandbox cooperative on the twenty-second of November."""
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, business_now = :now WHERE coop = :coop"),
            {"now": NOW, "coop": coop},
        )
    return coop


async def a_household(room_unit: OpenUnit, coop: str, **more: Any) -> Home:
    """Three weeks of November: 200 W by day, four times as much from 19:00 to 21:00, Sundays double; the
    meter said nothing for an hour on the eighteenth."""
    home = await a_home(room_unit, coop, moved_in_on=date(2026, 11, 1), **more)
    await contract(room_unit, home, date(2026, 1, 1), "base")
    index, sent = 500_000, []
    for slot in range(21 * 48 + 18):
        at = MIDNIGHT + slot * timedelta(minutes=30)
        day, hour = 1 + slot // 48, slot % 48 / 2
        if not (day == 18 and hour in (3.5, 4.0)):
            sent.append(reading(home, at, index))
        index += (400 if 19 <= hour < 21 else 100) * (2 if day % 7 == 1 else 1)
    await send(room_unit, coop, sent)
    await settle_all(room_unit)
    return home


@WIDTHS
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_household_sees_its_euros_first(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int, language: str, dark: bool
) -> None:
    home = await a_household(room_unit, village)
    look = {"width": width, "language": language, "dark": dark, "headers": site.resident(home)}
    page = await visitor.open(f"{site.url}/home", **look)
    hero = page.locator(".hero")
    await hero.wait_for()
    words = await hero.inner_text()
    assert ("€1.20" if language == "en" else "1,20\xa0€") in words
    assert ("6.0 kWh" if language == "en" else "6,0 kWh") in words
    assert ("Much like a usual Saturday" if language == "en" else "Comme un samedi habituel") in words
    month = page.get_by_role("region", name="November 2026" if language == "en" else "Novembre 2026")
    assert ("none missing" if language == "en" else "rien ne manque") in await month.inner_text()
    await page.wait_for_selector("#consumption-bars canvas")
    name = f"{width}-{language}-{'dark' if dark else 'light'}"
    await visitor.screenshot(page, f"metering-home-{name}")
    assert await visitor.flaws(page) == []
    for path, drawn, shot in (
        ("/consumption?day=2026-11-18", "#day-curve canvas", "day"),
        ("/consumption/month", "#month-bars canvas", "month"),
        ("/data/uses", "main h1", "uses"),
    ):
        await page.goto(site.url + path)
        await page.wait_for_selector(drawn)
        await visitor.screenshot(page, f"metering-{shot}-{name}")
        assert await visitor.flaws(page) == [], path


async def test_what_was_not_measured_is_said_in_words(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village)
    page = await visitor.open(f"{site.url}/consumption?day=2026-11-18", headers=site.resident(home))
    known = page.get_by_role("region", name="D’où viennent ces chiffres")
    assert "1 h 30 min déduites des index d’avant et d’après." in await known.inner_text()
    await known.get_by_text("À quelles heures").click()
    assert "de 03:00 à 04:30 : déduit" in await known.inner_text()
    await page.get_by_label("Le jour d’avant").click()
    await page.wait_for_url("**day=2026-11-17")
    assert "Tout a été mesuré par votre compteur." in await page.locator("main").inner_text()


async def test_the_chart_is_reached_and_read_by_keyboard(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village)
    page = await visitor.open(f"{site.url}/consumption?day=2026-11-20", headers=site.resident(home))
    await page.wait_for_selector("#day-curve canvas")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('#day-curve .chart-canvas')"):
            break
    else:
        pytest.fail("the chart is not reached by the Tab key")
    await page.keyboard.press("ArrowRight")
    readout = page.locator("#day-curve .chart-readout")
    assert "200 W" in await readout.inner_text()
    assert "vendredi habituel" in (await readout.inner_text()).lower()
    await page.get_by_text("Voir en tableau").click()
    await expect(page.locator("#day-curve tbody tr")).to_have_count(48)


async def test_without_consent_nothing_is_shown_and_the_choice_is_one_step_away(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village, consents=())
    page = await visitor.open(f"{site.url}/home", headers=site.resident(home))
    mine = page.get_by_role("region", name="Ma consommation").first
    await mine.get_by_text("Votre foyer ne l’a pas encore autorisé").wait_for()
    choice = mine.get_by_role("link", name="Choisir ce que j’autorise")
    assert await choice.get_attribute("href") == "/data"
    assert "€" not in await mine.inner_text()


async def test_a_silent_meter_is_said_to_be_silent_and_since_when(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village)
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.meter_state SET silent_since = :now WHERE meter = :meter"),
            {"now": NOW, "meter": home.meter},
        )
    page = await visitor.open(f"{site.url}/home", headers=site.resident(home))
    await page.get_by_text("Votre compteur ne répond plus").wait_for()
    assert "depuis le dimanche 22 novembre, 08:30" in await page.locator("main").inner_text()
    page = await visitor.open(f"{site.url}/fleet", headers=site.operator(village))
    table = page.get_by_role("table", name="Les compteurs qui ne disent rien")
    assert "22 nov. 2026, 08:30" in await table.inner_text()


async def test_water_is_a_tab_of_its_own_in_litres_without_a_price(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village)
    water = Home(home.coop, home.dwelling, new_id("mtr"), home.occupancy, home.person)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.meter (id, coop, dwelling, fluid, zone)"
                " VALUES (:id, :coop, :dwelling, 'water', 'Europe/Paris')"
            ),
            {"id": water.meter, "coop": village, "dwelling": home.dwelling},
        )
    hourly = [reading(water, MIDNIGHT + n * timedelta(hours=1), 5 * n, "volume") for n in range(21 * 24 + 1)]
    await send(room_unit, village, hourly)
    await settle_all(room_unit)
    page = await visitor.open(f"{site.url}/consumption", headers=site.resident(home), width=360)
    await page.get_by_role("link", name="Eau froide").click()
    await page.wait_for_selector("#day-curve canvas")
    assert "120 L" in await page.locator("main").inner_text()
    assert "€" not in await page.locator("main").inner_text()
    assert await visitor.flaws(page) == []


async def test_a_household_takes_its_own_figures_away_and_no_others(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home, neighbour = await a_household(room_unit, village), await a_home(room_unit, village)
    page = await visitor.open(f"{site.url}/consumption/month", headers=site.resident(home), language="en")
    days = await _csv(page, f"{site.url}/consumption/download?meter={home.meter}")
    assert days[0] == [
        "day",
        "amount (Wh)",
        "cost (EUR)",
        "half-hours measured",
        "half-hours of the day",
        "state",
    ]
    assert days[1] == ["2026-11-01", "12000", "2.4012", "48", "48", "closed"]
    assert (days[-1][0], days[-1][-1]) == ("2026-11-22", "open")
    slots = await _csv(
        page, f"{site.url}/consumption/download?meter={home.meter}&detail=half-hours&month=2026-11"
    )
    assert slots[1] == ["2026-11-01T00:00:00+01:00", "200", "measured"]
    visitor.allow("HTTP 404")
    for path in ("consumption?meter=", "consumption/month?meter=", "consumption/download?meter="):
        answer = await page.request.get(f"{site.url}/{path}{neighbour.meter}")
        assert answer.status == 404, path
    assert (await page.request.get(f"{site.url}/data/uses?home={neighbour.occupancy}")).status == 404


async def test_the_household_reads_that_an_operator_looked(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_household(room_unit, village)
    page = await visitor.open(f"{site.url}/data/uses", headers=site.resident(home))
    assert "Personne n’a regardé vos données" in await page.locator("main").inner_text()
    operator = await visitor.open(headers=site.operator(village))
    looked = await operator.request.get(f"{site.url}/api/v1/meters/{home.meter}/days")
    assert looked.status == 200
    await page.reload()
    words = await page.locator("main").inner_text()
    assert "Une personne a regardé vos données 1 jour sur les 30 derniers." in words
    assert "Un gestionnaire des compteurs de votre coopérative" in words


async def unplaced(room_unit: OpenUnit, coop: str, home: Home, gateway: str) -> None:
    """One reading behind a gateway that does not know the device's name yet."""
    one = reading(home, NOW, 7_000).model_copy(
        update={"meter": None, "gateway": gateway, "channel": "compteur du palier"}
    )
    await send(room_unit, coop, [one])


async def garbled(room_unit: OpenUnit, coop: str, count: int) -> None:
    events = [
        Rejected(
            coop=coop, id=new_id("rej"), reason=Reason.NOT_JSON, detail="Expecting value.",
            topic=f"meters/{coop}/mtr_{n}/senml", codec="senml", meter=None,
            payload_base64="eyJuIjo=", received_at=NOW - timedelta(minutes=n),
        )
        for n in range(count)
    ]  # fmt: skip
    async with room_unit("metering") as unit:
        await handlers.rejected(events, unit)


@WIDTHS
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_an_operator_retries_a_quarantined_reading(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int, language: str
) -> None:
    home, gateway = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1)), new_id("gtw")
    await unplaced(room_unit, village, home, gateway)
    await garbled(room_unit, village, 3)
    look = {"width": width, "language": language, "headers": site.operator(village)}
    page = await visitor.open(f"{site.url}/fleet", **look)
    retry = page.get_by_role(
        "button", name=f"{'Retry' if language == 'en' else 'Réessayer'} – gateways/{village}/{gateway}"
    )
    await retry.wait_for()
    await page.wait_for_selector("text=Days open" if language == "en" else "text=Jours ouverts")
    await visitor.screenshot(page, f"metering-fleet-{width}-{language}")
    assert await visitor.flaws(page) == []
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("INSERT INTO members.gateway (id, coop, codec) VALUES (:id, :coop, 'zlinky')"),
            {"id": gateway, "coop": village},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.channel (gateway, channel, coop, meter)"
                " VALUES (:gateway, 'compteur du palier', :coop, :meter)"
            ),
            {"gateway": gateway, "coop": village, "meter": home.meter},
        )
    await retry.click()
    await page.wait_for_url("**/quarantine/*?done=retry")
    async with room_unit("metering") as unit:
        await handlers.retry(unit)
    found = "It found its place" if language == "en" else "Il a trouvé sa place"
    await page.get_by_text(found).wait_for()
    await page.goto(f"{site.url}/quarantine")
    await visitor.screenshot(page, f"metering-quarantine-{width}-{language}")
    assert await visitor.flaws(page) == []
    assert gateway not in await page.locator("main").inner_text()


@WIDTHS
async def test_giving_a_message_up_is_confirmed_and_final(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int
) -> None:
    await garbled(room_unit, village, 1)
    look = {"width": width, "headers": site.operator(village)}
    page = await visitor.open(f"{site.url}/quarantine", **look)
    await page.get_by_role("link", name="JSON non valide").click()
    main = page.locator("main")
    await page.get_by_role("button", name="Écarter définitivement").wait_for()
    assert '{"n":' in await main.inner_text()
    await visitor.screenshot(page, f"metering-quarantined-{width}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("button", name="Écarter définitivement").click()
    assert "done=" not in page.url  # the box is not ticked: nothing was sent
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Écarter définitivement").click()
    await page.get_by_text("Ce message a été écarté.").wait_for()
    assert '{"n":' not in await main.inner_text()
    await expect(page.get_by_role("button", name="Réessayer")).to_have_count(0)


async def test_the_quarantines_filters_and_pages_are_addresses(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    await garbled(room_unit, village, 7)
    page = await visitor.open(f"{site.url}/quarantine?limit=5", headers=site.operator(village))
    rows = page.locator("main tbody tr")
    await expect(rows).to_have_count(5)
    await page.get_by_role("link", name="Suivant").click()
    await page.wait_for_url("**cursor=**")
    await expect(rows).to_have_count(2)
    await page.get_by_label("Adresse, compteur ou détail").fill("mtr_3/")
    await page.get_by_role("button", name="Filtrer").click()
    await page.wait_for_url("**q=mtr_3**")
    await expect(rows).to_have_count(1)
    await page.get_by_role("link", name="Écartés").click()
    await page.get_by_text("Aucun message ne répond à ces filtres.").wait_for()


async def _csv(page: Any, url: str) -> list[list[str]]:
    answer = await page.request.get(url, headers={"Accept-Language": "en-GB"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = (await answer.body()).decode("utf-8-sig")
    return await asyncio.to_thread(lambda: list(csv.reader(io.StringIO(text))))
