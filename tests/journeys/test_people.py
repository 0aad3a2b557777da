"""The product as people meet it: invitation, sign-in link, consent, a request from first word to thanks."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from deploy.engines import mail
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Publication
from tests.house import Home, House, move_in, running
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.engines, pytest.mark.browser]

COOP = "tilleuls"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("people")) as up:
        up.command("coop", "add", COOP, "--name", "Les Tilleuls")
        yield up


async def accept_invitation(visitor: Visitor, house: House, role: str) -> Page:
    """The account's owner opens the invitation, chooses a password and a second factor."""
    invited = await asyncio.to_thread(
        house.command, "staff", "invite", f"{role}@tilleuls.example", "--name", f"Account {role}",
        "--coop", COOP, "--role", role, "--language", "en", "--json",
    )  # fmt: skip
    page = await visitor.open(json.loads(invited)["link"], language="en")
    seed = (await page.locator("dl code").inner_text()).replace(" ", "")
    await page.locator("input[name=password]").fill("a landing that neighbours share")
    await page.locator("input[name=code]").fill(pyotp.TOTP(seed).now())
    await page.get_by_role("button", name="Open my account").click()
    return page


async def sign_in_by_link(visitor: Visitor, house: House, email: str) -> Page:
    """A member asks for a link, finds it in the mailbox, and confirms."""
    page = await visitor.open(f"{house.endpoints['http']}/sign-in", width=PHONE, language="en")
    await page.locator("form[action='/sign-in'] input[name=email]").fill(email)
    await page.locator("form[action='/sign-in'] button").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Look in your mailbox")
    link = await asyncio.to_thread(link_sent_to, house.data_dir, email)
    await page.goto(link)
    await page.get_by_role("button", name="Open my pages").click()
    await expect(page).to_have_url(re.compile("/home$"))
    return page


def link_sent_to(data_dir: Path, email: str) -> str:
    """The sign-in link of the newest letter to `email`; the letter is sent after the page answered."""
    for _ in range(200):
        for letter in mail.letters(data_dir):
            found = re.search(r"http://\S+/sign-in/confirm\?token=\S+", letter.text)
            if email in letter.recipients and found:
                return found[0]
        time.sleep(0.05)
    raise AssertionError("no sign-in letter came")


def publish_yesterday(house: House, home: Home) -> None:
    """A load curve of yesterday: 48 half-hours of 200 Wh."""
    start = datetime.now(UTC).astimezone().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
        days=1
    )
    body = {"start": start.isoformat(), "step": "PT30M", "quantity": "energy_import", "unit": "Wh"}
    with Fleet(house.endpoints["mqtt"], home.devices, Ledger()) as fleet:
        fleet.publish(
            Publication(
                at=start,
                device=home.device.username,
                meter=home.meter,
                topic=home.device.topic_for("load-curve"),
                payload=json.dumps(body | {"values": [200] * 48}).encode(),
            )
        )
        fleet.drain()


async def test_from_the_keys_to_a_repair_that_is_confirmed(visitor: Visitor, house: House) -> None:
    desk = await accept_invitation(visitor, house, "staff")
    await expect(desk).to_have_url(re.compile("/desk$"))
    home = await asyncio.to_thread(
        move_in,
        house,
        COOP,
        "T12",
        moved_in_on=date(2026, 1, 5),
        consents=(),
        dwelling={"zone": "UTC"},
        language="en",
    )

    # The household signs in, and nothing is kept of its readings before it says so.
    phone = await sign_in_by_link(visitor, house, "t12@foyer.example")
    await expect(phone.get_by_text("Reach a person").first).to_be_visible()
    await phone.goto(f"{house.endpoints['http']}/data")
    for _ in range(2):
        await phone.get_by_role("button", name=re.compile("^Allow it")).first.click()
        await expect(phone.get_by_text("Your choice is saved and in force.")).to_be_visible()
    await phone.goto(f"{house.endpoints['http']}/home")
    await asyncio.to_thread(publish_yesterday, house, home)
    await expect(phone.get_by_text("€").first).to_be_visible()
    assert await visitor.flaws(phone) == []

    # It reports a dead radiator.
    await phone.get_by_role("link", name="Report a problem").first.click()
    await phone.get_by_role("button", name="No, nobody is in danger").click()
    await phone.get_by_role("link", name="Living room").click()
    await phone.get_by_role("link", name=re.compile("[Rr]adiator")).first.click()
    await phone.get_by_role("link", name="No heating").click()
    await phone.get_by_label("In your words").fill("The radiator of the living room stays cold.")
    await phone.get_by_role("button", name="Send my request").click()
    await expect(phone.get_by_text("Your request is recorded.")).to_be_visible()

    # The desk sees it come, and a named person takes it to its end by legal steps only.
    row = desk.get_by_role("link", name=re.compile("[Rr]adiator")).first
    await expect(row).to_be_visible()
    await row.click()
    for action in ("acknowledge", "qualify", "assign", "start", "finish"):
        await take(desk, action)
    await expect(desk.get_by_text("Work done, to be checked").first).to_be_visible()
    assert await visitor.flaws(desk) == []

    # The household hears of it without reloading, and has the last word.
    await expect(phone.locator("#now")).to_contain_text("fixed", ignore_case=True)
    await phone.reload()
    await phone.get_by_role("button", name="Yes, it is fixed").click()
    await expect(phone.get_by_role("button", name="Yes, it is fixed")).to_have_count(0)
    told = [
        letter.subject for letter in mail.letters(house.data_dir) if "t12@foyer.example" in letter.recipients
    ]
    assert len(told) >= 3


async def take(desk: Page, action: str) -> None:
    """One step of the staff's: the button of the action, behind its summary when it is not the first."""
    button = desk.locator(f"button[name=action][value={action}]")
    if action == "assign":  # who does the work has its own place on the page
        button = desk.locator("#route").get_by_role("button", name="Give it", exact=True)
    if not await button.is_visible():
        await desk.locator("details", has=button).locator("summary").click()
    form = desk.locator("form", has=button)
    comment = form.locator("textarea")
    if await comment.count():
        await comment.fill("The valve was stuck and has been replaced.")
    contact = form.locator("select[name=assignee]")
    if await contact.count():
        await contact.select_option(index=1)
    await button.click()
    await desk.wait_for_load_state()


async def test_an_operator_sees_the_flow_and_a_stranger_nothing(visitor: Visitor, house: House) -> None:
    page = await accept_invitation(visitor, house, "operator")
    await expect(page).to_have_url(re.compile("/fleet$"))
    await expect(page.get_by_text("Readings").first).to_be_visible()
    stranger = await visitor.open(f"{house.endpoints['http']}/fleet", language="en")
    await expect(stranger).to_have_url(re.compile("/sign-in"))
    visitor.allow("HTTP 403")
    await page.goto(f"{house.endpoints['http']}/desk")
    await expect(page.locator("main")).to_be_visible()
