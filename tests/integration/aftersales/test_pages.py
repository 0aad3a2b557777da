"""The pages of households and of the desk, without a browser: what is shown and what a form does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.codes import Role
from services.kit.principal import SESSION_COOKIE, Principal

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
CSRF = "csrf-of-the-session"


class Browser:
    """A signed-in person's browser: keeps the session, proves its forms are its own."""

    def __init__(self, aulnes: Cooperative, role: Role, person: str, language: str = "fr") -> None:
        self._client = aulnes.web.client
        self._cookie = f"session-{person}"
        aulnes.web.tokens.sessions[self._cookie] = Principal(
            person, role, aulnes.slug, name="Foyer 12", language=language, csrf=CSRF
        )

    async def get(self, path: str) -> httpx.Response:
        answer: httpx.Response = await self._client.get(path, headers=self._headers())
        return answer

    async def send(self, path: str, **form: str | list[str]) -> httpx.Response:
        answer: httpx.Response = await self._client.post(
            path,
            data={"csrf_token": CSRF, **form},
            headers=self._headers() | {"Sec-Fetch-Site": "same-origin"},
        )
        return answer

    async def bring(self, path: str, files: list[Any], **form: str) -> httpx.Response:
        """A form with files."""
        answer: httpx.Response = await self._client.post(
            path,
            data={"csrf_token": CSRF, **form},
            files=files,
            headers=self._headers() | {"Sec-Fetch-Site": "same-origin"},
        )
        return answer

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self._cookie}"}


async def at_home(aulnes: Cooperative, **more: Any) -> tuple[Browser, dict[str, Any]]:
    moved = await aulnes.move_in(**more)
    return Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"]), moved


async def begin(browser: Browser) -> str:
    """Nobody is in danger: the address of a new report."""
    begun = await browser.send("/tickets/new/start")
    assert begun.status_code == 303, begun.text
    return str(begun.headers["location"])


async def report(browser: Browser, element: str = "tap", symptom: str = "leak") -> str:
    draft = await begin(browser)
    sent = await browser.send(
        f"{draft}/send", problem=f"kitchen.{element}.{symptom}", text="Ça goutte depuis hier."
    )
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"]).split("?")[0]


async def test_a_household_sees_what_comes_next(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    page = await browser.get(await report(browser))
    assert page.status_code == 200
    for words in (
        "Ça goutte depuis hier.",
        "Votre interlocuteur\u00a0: Agent 1",
        "Première réponse",
        "Historique",
    ):
        assert words in page.text
    assert "Robinet" in (await browser.get("/tickets")).text
    assert "Robinet" in (await browser.get("/fragments/tickets")).text


async def test_another_households_page_does_not_exist(aulnes: Cooperative) -> None:
    mine, _ = await at_home(aulnes)
    theirs, _ = await at_home(aulnes)
    path = await report(theirs)
    assert (await mine.get(path)).status_code == 404
    assert (await mine.send(f"{path}/actions", action="cancel")).status_code == 404
    assert (await mine.get("/desk")).status_code == 403


async def test_staff_take_it_through_and_the_household_has_the_last_word(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes, home={"reception_on": "2026-06-30"})
    staff = Browser(aulnes, Role.STAFF, aulnes.agent, "en")
    path = await report(browser)
    desk = path.replace("/tickets/", "/desk/")
    queue = await staff.get("/desk")
    assert desk in queue.text
    steps: list[dict[str, str]] = [
        {"action": "acknowledge"},
        {"action": "qualify", "cause": "defect", "priority": "p3", "responsible": "cooperative"},
        {"action": "notify_debtor"},
        {"action": "assign", "team": "plumbing", "assignee": aulnes.agent},
        {"action": "schedule", "appointment_at": "2026-11-18T09:00"},
        {"action": "start"},
        {"action": "finish", "comment": "Mitigeur remplacé."},
    ]
    for version, form in enumerate(steps, 1):
        page = await staff.get(desk)
        offered = f'action="{desk}/route"' if form["action"] == "assign" else f'value="{form["action"]}"'
        assert offered in page.text
        sent = await staff.send(f"{desk}/actions", version=str(version), **form)
        assert sent.status_code == 303, sent.text
    done = await browser.get(path)
    assert "Oui, c'est réparé" in done.text
    assert "Mitigeur remplacé." in done.text
    assert (await browser.send(f"{path}/actions", action="reopen")).status_code == 422
    assert (await browser.send(f"{path}/actions", action="confirm")).status_code == 303
    assert "Résolue" in (await browser.get(path)).text
    assert (await staff.get(path)).headers["location"] == desk


async def test_a_stale_page_says_so_and_shows_what_is_possible(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent, "en")
    desk = (await report(browser)).replace("/tickets/", "/desk/")
    assert (await staff.send(f"{desk}/actions", action="acknowledge", version="1")).status_code == 303
    late = await staff.send(f"{desk}/actions", action="acknowledge", version="1")
    assert late.status_code == 409
    assert "Somebody changed this request meanwhile" in late.text
    assert 'value="qualify"' in late.text


async def test_the_desks_filters_live_in_the_address(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    staff = Browser(aulnes, Role.CARETAKER, aulnes.agent)
    desk = (await report(browser)).replace("/tickets/", "/desk/")
    for query, is_shown in [
        ("show=new", True),
        ("show=waiting", False),
        ("team=plumbing&residence=Les+Aulnes&priority=p3", True),
        ("team=heating", False),
        ("show=overdue", False),
    ]:
        page = await staff.get(f"/desk?{query}")
        assert page.status_code == 200
        assert (desk in page.text) is is_shown


async def test_messages_go_both_ways(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    path = await report(browser)
    desk = path.replace("/tickets/", "/desk/")
    await browser.send(f"{path}/messages", body="Je suis là le soir <b>seulement</b>.")
    await staff.send(f"{desk}/messages", body="Nous passerons à 18 h.")
    assert "le soir &lt;b&gt;" in (await staff.get(desk)).text
    answer = (await browser.get(path)).text
    assert "Nous passerons à 18 h." in answer
    assert "Agent 1" in answer


async def test_the_words_people_say_lead_to_the_same_pages(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    path = await report(browser)
    for said, meant in [
        ("/demandes", "/tickets"),
        ("/demandes/nouvelle", "/tickets/new"),
        (path.replace("/tickets", "/demandes"), path),
    ]:
        assert (await browser.get(said)).headers["location"] == meant


async def test_the_menu_leads_to_the_requests_and_the_desk(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    assert '<a href="/tickets"' in (await browser.get("/tickets")).text
    assert '<a href="/desk"' in (await staff.get("/desk")).text
