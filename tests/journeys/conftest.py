"""A real browser that fails a test on any policy violation, console error, page error or failed request."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)
from starlette.types import ASGIApp

Served = Callable[[ASGIApp], AbstractAsyncContextManager[str]]

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PHONE, DESKTOP = 360, 1280
expect.set_options(timeout=60_000)  # a page on a machine that others keep busy
_HEIGHTS = {PHONE: 740, DESKTOP: 860}
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
_FAILED_TO_FETCH = "htmx:error: Failed to fetch"
_FLAWS = (Path(__file__).parent / "flaws.js").read_text()


@dataclass
class Visitor:
    """Somebody with a browser. Whatever the pages complain about is kept in `complaints`."""

    browser: Browser
    phone: int = PHONE
    desktop: int = DESKTOP
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    _broken_off: int = 0
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def open(
        self,
        url: str | None = None,
        *,
        width: int = DESKTOP,
        language: str = "fr",
        dark: bool = False,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Page:
        """A page in a fresh browser profile: `width` in CSS pixels, `language` as the browser asks for it."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": _HEIGHTS.get(width, 800)},
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            timezone_id="Europe/Paris",
            color_scheme="dark" if dark else "light",
            extra_http_headers=headers,
            has_touch=width < 500,
            **options,
        )
        self._contexts.append(context)
        await context.add_init_script(_REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("response", self._on_response)
        context.on("requestfailed", self._on_request_failed)
        context.set_default_timeout(60_000)
        page = await context.new_page()
        if url:
            await page.goto(url)
        return page

    def allow(self, pattern: str) -> None:
        """Expect a complaint: a regular expression, for instance `HTTP 409 /tickets/`."""
        self.allowed.append(pattern)

    async def screenshot(self, page: Page, name: str) -> Path:
        """Keep a picture of the whole page as `build/screenshots/<name>.png`."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        await page.screenshot(path=path, full_page=True)
        return path

    async def flaws(self, page: Page) -> list[str]:
        """What a reader would stumble over: content that sticks out sideways, controls without a name,
        and on a phone things too small to press. Should be empty."""
        width = page.viewport_size["width"] if page.viewport_size else DESKTOP
        found: list[str] = await page.evaluate(_FLAWS, 44 if width < 500 else 24)
        return found

    async def leave(self) -> list[str]:
        """Close everything and return the complaints nobody expected."""
        for context in self._contexts:
            await context.close()
        unexpected = [
            text for text in self.complaints if not any(re.search(known, text) for known in self.allowed)
        ]
        # Who leaves a page while a part of it loads breaks that off: htmx says so, once a request, and nobody
        # is there to read it. A request that failed for any other reason stays a complaint.
        for text in [text for text in unexpected if _FAILED_TO_FETCH in text][: self._broken_off]:
            unexpected.remove(text)
        return unexpected

    def _on_console(self, message: ConsoleMessage) -> None:
        # A failed response is reported by `_on_response`, with its status and address.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _on_request_failed(self, request: Request) -> None:
        if request.resource_type == "fetch" and request.failure == "net::ERR_ABORTED":
            self._broken_off += 1

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"HTTP {response.status} {response.url}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A visitor arrives last and leaves first: the site must not close under an open page."""
    for item in items:
        names = getattr(item, "fixturenames", [])
        if "visitor" in names:
            names.sort(key="visitor".__eq__)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for the whole run."""
    path = _find_chromium()
    if path is None:
        pytest.fail("the browser tests need Chromium: apt-get install chromium, or set PALIER_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def visitor(chromium: Browser) -> AsyncIterator[Visitor]:
    """`page = await visitor.open(url, width=PHONE, language="en")`; complaints fail the test at its end."""
    somebody = Visitor(chromium)
    yield somebody
    complaints = await somebody.leave()
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


@pytest.fixture(scope="session")
def served() -> Served:
    """`async with served(app) as url:` the application over real HTTP on loopback while the block runs."""
    return _served


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=2)
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves the test run's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _find_chromium() -> str | None:
    """`PALIER_CHROMIUM`, else the system's; None when there is none."""
    names = (os.environ.get("PALIER_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)
