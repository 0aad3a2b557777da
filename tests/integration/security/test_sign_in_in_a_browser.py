"""Cookies that only travel over TLS, on an instance that speaks plain HTTP on loopback: Chromium keeps them
there, because it trusts loopback as it trusts TLS."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from contracts.codes import Role
from deploy.engines import mail
from services.kit import secrets as kit_secrets
from services.kit.settings import Settings
from services.members import demo
from tests.house import House, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines, pytest.mark.browser]
EMAIL = "a12@foyer.example"
COOKIE = "__Host-palier"


def test_a_household_signs_in_out_and_in_by_one_click(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with running(tmp_path) as house, sync_playwright() as playwright:
        open_coop(house, "alouettes", sandbox=True)
        moved_in_on = datetime.now(UTC).date() - timedelta(days=30)
        home = move_in(house, "alouettes", "A12", moved_in_on=moved_in_on)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB")
        _by_link(page, house)
        cookie = next(one for one in page.context.cookies() if one["name"] == COOKIE)
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert page.evaluate("document.cookie") == ""
        page.goto(f"{house.endpoints['http']}/data")
        assert page.url.endswith("/data")
        page.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
        page.wait_for_url("**/sign-in")
        assert COOKIE not in {one["name"] for one in page.context.cookies()}
        page.context.add_cookies([cookie])  # a stolen copy is worth nothing after signing out
        page.goto(f"{house.endpoints['http']}/data")
        assert "/sign-in" in page.url
        secrets = kit_secrets.load(Settings.model_construct(data_dir=house.data_dir))
        path = demo.login_path(secrets, Role.RESIDENT, "alouettes", home.person)
        page.goto(house.endpoints["http"] + path)
        assert page.url.endswith("/home")
        browser.close()


def _by_link(page: Page, house: House) -> None:
    page.goto(f"{house.endpoints['http']}/sign-in")
    page.locator("form[action='/sign-in'] input[name=email]").fill(EMAIL)
    page.locator("form[action='/sign-in'] button").click()
    links: list[str] = []

    def arrived() -> bool:
        for letter in mail.letters(house.data_dir):
            links.extend(re.findall(r"http\S+/sign-in/confirm\?token=\S+", letter.text))
        return bool(links)

    eventually(arrived, 90, "the letter with the link")
    assert links[0].startswith(house.endpoints["http"])
    page.goto(links[0])
    page.locator("form[action='/sign-in/confirm'] button").click()
    page.wait_for_url("**/home")
