"""The design system in a real browser: every block on one page, at both widths, languages and lights."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from playwright.async_api import expect

from contracts.codes import Category, Channel, Role
from contracts.metering import MeterSilent
from contracts.notifications import Delivered
from services.kit.ids import new_id
from services.kit.pages import RoomWeb, render
from services.kit.principal import Principal
from services.portal.app import create

pytestmark = pytest.mark.browser

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
OPERATOR = {"Authorization": "Bearer operator"}
DAY = [110 + 40 * (slot % 3) + (900 if slot in (14, 15, 38, 39, 40) else 0) for slot in range(48)]


@dataclass
class Doorman:
    """Knows one person of each role, by a token of the same name."""

    seen: dict[str, Principal] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def leave(self, token: str) -> None:
        self.gone.add(token)

    async def of_token(self, token: str) -> Principal | None:
        if token not in set(Role) - self.gone:
            return None
        who = Principal(new_id("per"), Role(token), "tilleuls", "Foyer 12", None, "csrf")
        return self.seen.setdefault(token, who)

    async def of_session(self, cookie: str) -> Principal | None:
        return None


@dataclass(frozen=True)
class Letter:
    key: str = "1"
    received: datetime = NOON
    sender: str = "palier@example.org"
    recipients: tuple[str, ...] = ("foyer12@example.org",)
    subject: str = "Votre demande n° 214 avance"
    text: str = "Bonjour,"
    sandbox: str = "tilleuls"


class Mailbox:
    def letters(self) -> list[Letter]:
        return [Letter(), Letter("2", subject="")]

    def letter(self, key: str) -> Letter:
        return Letter(key)


pages = APIRouter()


@pages.get("/style")
async def style(request: Request) -> Response:
    doorman: Doorman = request.app.state.identity
    request.state.who = await doorman.of_token("resident")
    start = NOON.replace(hour=23) - timedelta(days=2)
    line = {"label": "Électricité", "values": DAY, "unit": "W", "digits": 0}
    usual = {"label": "Habituel", "values": [value * 1.15 for value in DAY], "unit": "W", "digits": 0}
    costs = [1.8 + (day * 7 % 11) / 8 for day in range(30)]
    cost = {"label": "Coût", "values": costs, "unit": "€", "digits": 2}
    slots = [start + timedelta(minutes=30 * slot) for slot in range(48)]
    return render(
        request,
        "style/index.html",
        now=NOON,
        hours=lambda count: timedelta(hours=count),
        day=_chart("steps", slots, [line, usual], 1800),
        month=_chart("bars", [start - timedelta(days=30 - day) for day in range(30)], [cost], 86400),
    )


@pages.get("/style/part")
async def part(request: Request) -> Response:
    request.app.state.parts += 1
    return render(request, "style/part.html", count=request.app.state.parts)


def _chart(kind: str, instants: list[datetime], series: list[dict[str, Any]], span_s: int) -> dict[str, Any]:
    x = [int(instant.timestamp()) for instant in instants]
    return {"kind": kind, "x": x, "series": series, "span_s": span_s, "zone": "Europe/Paris"}


@pytest.fixture
async def app() -> FastAPI:
    app = create([RoomWeb("style", pages=[pages], folder=Path(__file__).parent / "style")])
    app.state.identity = Doorman()
    app.state.parts = 0
    app.state.mailbox = Mailbox()
    app.state.clock = lambda: NOON
    return app


@pytest.fixture
async def url(app: FastAPI, served: Any) -> AsyncIterator[str]:
    async with served(app) as address:
        yield address
        app.state.hub.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_every_block_fits_and_can_be_pressed(
    visitor: Any, url: str, width: int, language: str, dark: bool
) -> None:
    page = await visitor.open(f"{url}/style", width=width, language=language, dark=dark)
    await page.wait_for_selector("#month canvas")
    await page.wait_for_selector("#part input")
    await visitor.screenshot(page, f"style-{width}-{language}-{'dark' if dark else 'light'}")
    assert await visitor.flaws(page) == []


async def test_a_change_reloads_the_part_it_concerns_and_keeps_what_is_being_typed(
    visitor: Any, app: FastAPI, url: str
) -> None:
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    words = page.locator("#words")
    await words.fill("le radiateur")
    await words.focus()
    await _until_listening(app)

    app.state.hub.tell(_mail("tilleuls"))
    await page.locator("#part p", has_text="2").wait_for()

    await expect(words).to_have_value("le radiateur")
    assert await page.evaluate("document.activeElement.id") == "words"


async def test_another_cooperatives_change_is_not_told(visitor: Any, app: FastAPI, url: str) -> None:
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    await page.wait_for_selector("#words")
    await _until_listening(app)
    await page.evaluate("document.body.addEventListener('meters', () => (document.body.title = 'heard'))")

    app.state.hub.tell(_mail("acacias"))
    app.state.hub.tell(_silent("tilleuls"))
    await page.locator("body[title=heard]").wait_for()

    assert await page.locator("#part p").text_content() == "1"


async def test_a_session_that_ends_takes_the_page_away(visitor: Any, app: FastAPI, url: str) -> None:
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    await _until_listening(app)

    app.state.identity.leave("operator")
    app.state.hub.tell(_mail("tilleuls"))

    await page.wait_for_url(f"{url}/")
    await expect(page.locator("h1")).to_be_visible()


async def test_the_language_is_switched_and_remembered(visitor: Any, url: str) -> None:
    page = await visitor.open(url, width=visitor.phone, language="fr")
    assert await page.locator("html").get_attribute("lang") == "fr"
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("heading", name="Your home, explained by your cooperative").wait_for()
    await page.goto(f"{url}/contact")
    assert await page.locator("html").get_attribute("lang") == "en"


async def test_the_keyboard_reaches_everything(visitor: Any, url: str) -> None:
    visitor.allow("HTTP 403 .*/home")  # the key works; an operator has no home page
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    await page.wait_for_selector("#day canvas")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"

    await page.locator("#day .chart-canvas").focus()
    await page.keyboard.press("ArrowRight")
    assert "00:00" in (await page.locator("#day .chart-readout").text_content())

    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.className") == "list-item"
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await page.wait_for_url(f"{url}/home")


@pytest.mark.parametrize(
    ("role", "path", "name"),
    [(None, "/", "welcome"), (None, "/contact", "contact"), ("operator", "/mailbox", "mailbox")],
)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_portals_own_pages_fit(
    visitor: Any, url: str, role: str | None, path: str, name: str, width: int, language: str
) -> None:
    headers = {"Authorization": f"Bearer {role}"} if role else None
    page = await visitor.open(url + path, width=width, language=language, headers=headers)
    await visitor.screenshot(page, f"{name}-{width}-{language}")
    assert await visitor.flaws(page) == []


async def test_a_wrong_address_is_explained(visitor: Any, url: str) -> None:
    visitor.allow("HTTP 404 .*/nowhere")
    page = await visitor.open(f"{url}/nowhere", width=visitor.phone, language="fr")
    await page.get_by_role("heading", name="Il n’y a rien ici").wait_for()
    await visitor.screenshot(page, "error-360-fr")
    assert await visitor.flaws(page) == []


async def test_leaving_a_page_while_a_part_of_it_loads_is_no_fault(visitor: Any, url: str) -> None:
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    waits = asyncio.Event()

    async def never_answer(route: Any) -> None:
        waits.set()

    await page.route("**/slow", never_answer)
    await page.evaluate("() => void htmx.ajax('GET', '/slow', '#part')")
    await waits.wait()
    await page.goto(url)
    assert await visitor.leave() == []


async def test_a_part_that_cannot_be_loaded_is_a_fault(visitor: Any, url: str) -> None:
    visitor.allow("Failed to fetch")
    page = await visitor.open(f"{url}/style", headers=OPERATOR)
    await page.route("**/slow", lambda route: route.abort("connectionrefused"))
    await page.evaluate("() => void htmx.ajax('GET', '/slow', '#part')")
    await expect(page.locator("#toasts")).to_contain_text("connexion")
    visitor.allowed.clear()
    assert [text for text in await visitor.leave() if "Failed to fetch" in text]
    visitor.allow("Failed to fetch")


async def test_an_inline_script_would_not_run(visitor: Any, url: str) -> None:
    visitor.allow("policy: script-src|Content Security Policy")
    page = await visitor.open(url)
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))"
    )
    assert await page.evaluate("window.ran") is None
    assert visitor.complaints, "the browser reports what the policy refused"


async def _until_listening(app: FastAPI) -> None:
    async with asyncio.timeout(60):
        while not app.state.hub.open_pages:  # noqa: ASYNC110 - the hub owes tests no event
            await asyncio.sleep(0.02)


def _mail(coop: str) -> Delivered:
    return Delivered(
        coop=coop, intent=new_id("ntf"), person=new_id("per"), channel=Channel.EMAIL, category=Category.TIPS
    )


def _silent(coop: str) -> MeterSilent:
    return MeterSilent(coop=coop, meter=new_id("mtr"))
