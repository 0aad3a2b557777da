"""What every answer says to the browser, and what no other site can make a browser do."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import pytest

from services.kit import html_paper
from services.kit.principal import SESSION_COOKIE
from services.portal.security import HEADERS
from tests.integration.security.access import ACCESS, PAGES
from tests.integration.security.test_who_may_do_what import call, path_of

if TYPE_CHECKING:
    from tests.integration.security.conftest import Town

pytestmark = pytest.mark.engines
UNSAFE_PAGES = sorted(key for key in PAGES if key.split()[0] in ("POST", "PUT", "PATCH", "DELETE"))
READ_WITH_A_TRACE = {
    "GET /api/v1/meters/{meter}/days": "an operator's look is written where the household reads it",
    "GET /api/v1/meters/{meter}/curve": "the same",
    "GET /api/v1/meters/{meter}/edits": "the same",
    "GET /fleet/meters/{meter}": "the same",
    "GET /api/v1/operations/rejected/{id}": "the row is locked while it is read",
    "GET /quarantine/{id}": "the same",
    "GET /messages/{message}": "who reads a message has read it",
}


FILES = ("image/jpeg", "application/pdf")
"""What is no page of ours may be held even tighter."""
PAPERS = {"GET /inspections/{inspection}/documents/{document}/page"}
"""Documents as pages: nothing at all runs in them, their own rules of style are known by their digest."""


def somebody(key: str) -> str:
    """A caller who gets through, a signed-in one where there is one."""
    may = ACCESS[key].may
    return min(may - {"anyone", "platform"} or may, default="anyone")


@pytest.mark.parametrize("key", sorted(ACCESS))
async def test_every_answer_carries_every_header(town: Town, key: str) -> None:
    for caller in {somebody(key), "anyone"}:
        answer = await call(town, key, caller)
        for name, value in HEADERS.items():
            if name == "Cache-Control" and answer.headers[name] != value:
                assert "no-cache" in answer.headers[name] or "immutable" in answer.headers[name]
            elif name == "Content-Security-Policy" and answer.headers.get("content-type") in FILES:
                assert answer.headers[name] in (value, "default-src 'none'; sandbox")
            elif name == "Content-Security-Policy" and key in PAPERS and answer.status_code == 200:
                assert answer.headers[name] == html_paper.POLICY
            else:
                assert answer.headers[name] == value, (caller, name)
        assert "x-powered-by" not in answer.headers
        for cookie in answer.headers.get_list("set-cookie"):
            assert_is_guarded(cookie)


def assert_is_guarded(cookie: str) -> None:
    (morsel,) = SimpleCookie(cookie).values()
    assert morsel["secure"], cookie
    assert morsel["httponly"], cookie
    assert morsel["samesite"].lower() in ("lax", "strict"), cookie
    assert morsel["path"] == "/", cookie
    assert not morsel["domain"], cookie
    assert morsel.key.startswith("__Host-") or morsel.key == "palier_lang"


@pytest.mark.parametrize("key", UNSAFE_PAGES)
async def test_another_site_can_make_nobody_s_browser_do_anything(town: Town, key: str) -> None:
    caller = somebody(key)
    session = {"Cookie": town.browser(caller).get("Cookie", "")}
    fill = ACCESS[key].body
    form = fill(town, caller) if fill else {}
    for origin in (
        {"Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.palier.test"},
        {"Origin": "null"},
        {},
    ):
        answer = await town.client.post(path_of(town, key), data=form, headers=session | origin)
        assert answer.status_code == 403, (origin, answer.status_code)


@pytest.mark.parametrize("key", UNSAFE_PAGES)
async def test_a_form_without_its_page_s_token_changes_nothing(town: Town, key: str) -> None:
    if key in ("POST /language", "POST /contractor/{token}/ask"):  # no session stands behind it
        return
    for token in ({}, {"X-CSRF-Token": "another"}, {"X-CSRF-Token": ""}):
        headers = town.browser(somebody(key))
        headers.pop("X-CSRF-Token", None)
        if "Cookie" not in headers:
            continue
        answer = await town.client.post(path_of(town, key), headers=headers | token)
        assert answer.status_code == 403, (token, answer.status_code)


async def test_a_session_changes_nothing_over_the_api(town: Town) -> None:
    """The API has no anti-forgery token, so a cookie is not enough there."""
    for caller, path in (("resident", f"tickets/{town.home.ticket}/messages"), ("staff", "buildings")):
        cookie = {"Cookie": town.browser(caller)["Cookie"]}
        answer = await town.client.post(f"/api/v1/{path}", json={"body": "x"}, headers=cookie)
        assert answer.status_code == 403


@pytest.mark.parametrize("key", sorted(key for key in ACCESS if key.startswith("GET")))
async def test_looking_changes_nothing(town: Town, key: str) -> None:
    if key in READ_WITH_A_TRACE:
        return
    for caller in sorted(ACCESS[key].may):
        for database in town.app.state.databases.values():
            database.has_written = False
        await call(town, key, caller)
        written = [room for room, one in town.app.state.databases.items() if one.has_written]
        assert not written, f"{key} by {caller} wrote to {written}"


@pytest.mark.parametrize(
    "path",
    [
        "docs",
        "redoc",
        "openapi.json",
        "api/v1/docs",
        "metrics",
        "livez",
        "readyz",
        "healthz",
        "debug",
        ".env",
    ],
)
async def test_what_is_for_operations_or_developers_is_not_on_the_public_port(town: Town, path: str) -> None:
    assert (await town.client.get(f"/{path}")).status_code == 404


async def test_an_unknown_session_is_nobody_and_says_nothing(town: Town) -> None:
    for cookie in ("", "x", "tok_" + "0" * 26, "é" * 10):
        header = f"{SESSION_COOKIE}={cookie}".encode()
        answer = await town.client.get("/data", headers={b"Cookie": header})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/data")


async def test_errors_tell_nothing_of_the_inside(town: Town) -> None:
    for path in ("/tickets/%00", "/api/v1/tickets/%00", "/api/v1/tickets?cursor=%00", "/static/../pages.py"):
        answer = await town.client.get(path, headers=town.program("resident"))
        assert answer.status_code < 500, path
        for inside in ("Traceback", "psycopg", "SELECT", "services/", "sqlalchemy"):
            assert inside not in answer.text
