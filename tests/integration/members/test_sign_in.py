"""Signing in: a link once and in its own browser, password and code, invitations, sessions that end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.kit.clock import system
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE
from services.kit.unit import work_unit
from services.members import demo
from services.members.actions.accounts import Invitee, invite
from services.members.identity import Identity

if TYPE_CHECKING:
    from tests.conftest import OpenUnit
from tests.integration.members.conftest import Cooperative, Office

pytestmark = pytest.mark.engines
SAME_SITE = {"origin": "https://palier.test"}


@asynccontextmanager
async def browser(office: Office, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with cookies of its own, that says where its requests come from."""
    client_address = (f"10.{new_id('x')[-6:]}", 4000)  # limits count per address: each browser has its own
    transport = httpx.ASGITransport(app=office.app, raise_app_exceptions=False, client=client_address)
    options: dict[str, Any] = {"transport": transport, "headers": SAME_SITE | headers}
    async with httpx.AsyncClient(base_url="https://palier.test", **options) as client:
        yield client


@pytest.fixture
def letters(office: Office) -> list[EmailMessage]:
    """What would have been sent."""
    sent: list[EmailMessage] = []

    async def send(_settings: Any, message: EmailMessage, _is_simulated: bool) -> None:
        sent.append(message)

    office.app.state.send_mail = send
    return sent


def link_in(message: EmailMessage) -> str:
    found = re.search(r"https?://\S+(/sign-in/confirm\?token=\S+)", message.get_content())
    assert found
    return found[1]


async def household(coop: Cooperative) -> tuple[str, str]:
    email = f"{new_id('f')}@foyer.test"
    member = {"name": "Foyer 12", "email": email, "right": "holder"}
    moved = await coop.made("/move-ins", coop.household(household=[member]))
    return email, moved["occupancy"]


async def confirm(client: httpx.AsyncClient, link: str) -> httpx.Response:
    token = link.partition("token=")[2]
    return await client.post("/sign-in/confirm", data={"token": token})


@pytest.fixture(autouse=True)
async def _nobody_tried_before(room_unit: OpenUnit) -> None:
    """Limits count tries by address of the caller, which is the same for every test of a run."""
    async with room_unit("members") as unit:
        await unit.session.execute(text("DELETE FROM members.attempt"))


async def test_a_household_signs_in_by_its_link_once(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    email, _ = await household(tilleuls)
    async with browser(office) as client:
        asked = await client.post("/sign-in", data={"email": email.upper()})
        assert asked.status_code == 200
        link = link_in(letters[0])
        for _look in range(2):  # looking uses nothing up, as when a mail program opens the link
            assert (await client.get(link)).status_code == 200
        entered = await confirm(client, link)
        assert entered.status_code == 303
        cookie = entered.headers["set-cookie"]
        assert all(word in cookie for word in (SESSION_COOKIE, "HttpOnly", "Secure", "SameSite=lax"))
        assert (await client.get("/data")).status_code == 200
        assert (await confirm(httpx_without_session(client), link)).status_code in (403, 422)


def httpx_without_session(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.cookies.delete(SESSION_COOKIE)
    return client


async def test_a_link_opens_only_in_the_browser_that_asked(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    email, _ = await household(tilleuls)
    async with browser(office) as asking, browser(office) as thief:
        await asking.post("/sign-in", data={"email": email})
        await thief.post("/sign-in", data={"email": "someone@else.test"})
        assert (await confirm(thief, link_in(letters[0]))).status_code == 422
        assert (await confirm(asking, link_in(letters[0]))).status_code == 303


async def test_known_and_unknown_addresses_get_the_same_answer(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    email, _ = await household(tilleuls)
    async with browser(office) as client:
        pages = [
            (await client.post("/sign-in", data={"email": address})).text.replace(address, "…")
            for address in (email, "nobody@foyer.test")
        ]
    assert pages[0] == pages[1]
    assert len(letters) == 1


async def test_a_link_is_too_old_after_ten_minutes(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    email, _ = await household(tilleuls)
    async with browser(office) as client:
        await client.post("/sign-in", data={"email": email})
        office.app.state.clock = lambda: datetime.now(UTC) + timedelta(minutes=10, seconds=1)
        try:
            late = await confirm(client, link_in(letters[0]))
        finally:
            office.app.state.clock = system
    assert late.status_code == 422


async def test_too_many_tries_for_one_address_are_refused_for_a_while(
    office: Office, letters: list[EmailMessage]
) -> None:
    data = {"email": f"{new_id('f')}@foyer.test", "password": "x", "code": "000000"}
    async with browser(office) as client:
        answers = [(await client.post("/sign-in", data=data)).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]
        passwords = [(await client.post("/sign-in/staff", data=data)).status_code for _ in range(11)]
        assert passwords == [422] * 10 + [429]


async def test_another_site_cannot_sign_anybody_in(office: Office) -> None:
    async with browser(office, origin="https://evil.test") as client:
        assert (await client.post("/sign-in", data={"email": "a@b.fr"})).status_code == 403


async def invited(office: Office, coop: str) -> tuple[str, str]:
    email = f"{new_id('s')}@coop.test"
    async with work_unit(office.app.state.accounts, "members", system) as unit:
        _, token = await invite(unit, Invitee("Accueil 3", email, Role.STAFF, coop))
    return email, token


def code_of(page: str, at: datetime) -> str:
    seed = re.search(r"secret=([A-Z2-7]+)", page)
    assert seed
    return pyotp.TOTP(seed[1]).at(at)


async def test_staff_open_their_account_and_sign_in_with_password_and_code(
    office: Office, tilleuls: Cooperative
) -> None:
    email, token = await invited(office, tilleuls.slug)
    path, now = f"/invitation/{token}", datetime.now(UTC)
    async with browser(office) as client:
        page = (await client.get(path)).text
        assert email in page
        weak = await client.post(path, data={"password": "short", "code": code_of(page, now)})
        assert weak.status_code == 422
        good = {"password": "le chat mange la mouche", "code": code_of(page, now)}
        opened = await client.post(path, data=good)
        assert opened.status_code == 303, opened.text
    async with browser(office) as other:
        assert (await other.get(path)).status_code == 404
        replayed = await other.post("/sign-in/staff", data={"email": email} | good)
        assert replayed.status_code == 422  # the code of the opening does not work twice
        later = now + timedelta(seconds=30)
        fresh = {"email": email, "password": good["password"], "code": code_of(page, later), "next": "/desk"}
        wrong = await other.post("/sign-in/staff", data=fresh | {"password": "le chien mange la mouche"})
        assert wrong.status_code == 422
        entered = await other.post("/sign-in/staff", data=fresh)
        assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
        assert (await other.post("/sign-in/staff", data=fresh)).status_code in (403, 422)


async def test_no_sign_in_leads_to_another_site(office: Office, tilleuls: Cooperative) -> None:
    from services.members.doors import local

    for elsewhere in ("https://evil.test", "//evil.test", "/\\evil.test", "/a\r\nb", "javascript:x"):
        assert local(elsewhere) == "/"
    assert local("/tickets/tkt_1?x=1") == "/tickets/tkt_1?x=1"


async def signed_in(client: httpx.AsyncClient, coop: Cooperative, letters: list[EmailMessage]) -> str:
    email, occupancy = await household(coop)
    await client.post("/sign-in", data={"email": email})
    await confirm(client, link_in(letters[-1]))
    return occupancy


async def test_a_household_allows_and_stops_each_use_by_itself(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    for language, word in (("en", "Not allowed"), ("fr", "Non autorisé")):
        async with browser(office, **{"accept-language": language}) as client:
            client.cookies.set("palier_lang", language)
            occupancy = await signed_in(client, tilleuls, letters)
            page = (await client.get("/data")).text
            assert page.count(word) == 4
            csrf = re.search(r'name="csrf_token" value="(\w+)"', page)
            assert csrf
            path = f"/data/{occupancy}/daily"
            assert (await client.post(path, data={"granted": "true"})).status_code == 403
            saved = await client.post(path, data={"granted": "true", "csrf_token": csrf[1]})
            assert saved.status_code == 303
            assert (await client.get("/data")).text.count(word) == 3
            await client.post(path, data={"granted": "false", "csrf_token": csrf[1]})
            assert (await client.get("/data")).text.count(word) == 4


async def test_signing_out_ends_the_session_itself(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    async with browser(office) as client:
        await signed_in(client, tilleuls, letters)
        cookie = client.cookies[SESSION_COOKIE]
        csrf = re.search(r'name="csrf_token" value="(\w+)"', (await client.get("/data")).text)
        assert csrf
        assert (await client.post("/sign-out", data={"csrf_token": csrf[1]})).status_code == 303
        client.cookies.set(SESSION_COOKIE, cookie, domain="palier.test")
        assert (await client.get("/data")).status_code == 303  # to sign in again


async def test_a_session_idles_out(
    office: Office, tilleuls: Cooperative, letters: list[EmailMessage]
) -> None:
    async with browser(office) as client:
        await signed_in(client, tilleuls, letters)
        cookie = client.cookies[SESSION_COOKIE]
    accounts = office.app.state.accounts
    assert await Identity(accounts).of_session(cookie)
    assert await Identity(accounts, lambda: datetime.now(UTC) + timedelta(days=31)).of_session(cookie) is None
    assert await Identity(accounts).of_session("something else") is None


async def test_one_click_logins_open_sandboxes_only(office: Office, tilleuls: Cooperative) -> None:
    secrets = office.app.state.secrets
    box = await office.new_coop(sandbox=True)
    moved = await box.made("/move-ins", box.household())
    person = moved["persons"][0]["id"]
    async with browser(office) as client:
        path = demo.login_path(secrets, Role.RESIDENT, box.slug, person)
        assert (await client.get(path[:-1] + ("0" if path[-1] != "0" else "1"))).status_code == 404
        assert (
            await client.get(demo.login_path(secrets, Role.STAFF, tilleuls.slug, person))
        ).status_code == 404
        assert (await client.get(path)).status_code == 303
        assert (await client.get("/data")).status_code == 200


async def test_a_revoked_or_unknown_token_is_nobody(office: Office) -> None:
    assert await Identity(office.app.state.accounts).of_token("palier_nothing") is None
