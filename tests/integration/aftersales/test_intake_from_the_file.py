"""A report that starts from a check-in or from a date of the dwelling's file, followed to its request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.aftersales.test_dwelling_file import NEW, hour
from tests.integration.aftersales.test_pages import Browser, at_home

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def asked(aulnes: Cooperative) -> tuple[Browser, dict[str, Any], str]:
    """A household, its browser and the check-in it was asked."""
    browser, moved = await at_home(aulnes, home=NEW, moved_in_on="2026-11-14")
    await hour(aulnes, 2026, 11, 17, 10)
    return browser, moved, (await check_ins(aulnes, moved))[0]["id"]


async def check_ins(aulnes: Cooperative, moved: dict[str, Any]) -> list[dict[str, Any]]:
    body = (await aulnes.get(f"/occupancies/{moved['occupancy']}/check-ins")).json()
    return list(body["check_ins"])


async def test_a_check_in_is_answered_and_linked_by_the_request_it_led_to(aulnes: Cooperative) -> None:
    browser, moved, check_in = await asked(aulnes)
    wrong = await browser.send(f"/check-ins/{check_in}", answer="problem")
    first = await browser.get(wrong.headers["location"])
    assert f'name="check_in" value="{check_in}"' in first.text
    draft = (await browser.send("/tickets/new/start", check_in=check_in)).headers["location"]
    await browser.send(draft, text="Le robinet de la cuisine fuit.")
    sent = await browser.send(f"{draft}/send", problem="kitchen.tap.leak", text="Le robinet fuit.")
    ticket = sent.headers["location"].split("?")[0].rpartition("/")[2]
    (row, *_) = await check_ins(aulnes, moved)
    assert (row["answer"], row["tickets"]) == ("problem", [ticket])
    assert f'href="/tickets/{ticket}"' in (await browser.get(f"/check-ins/{check_in}")).text


async def test_who_reports_from_the_letter_s_page_has_answered_it(aulnes: Cooperative) -> None:
    """Also without the tap on "something is wrong"."""
    browser, moved, check_in = await asked(aulnes)
    draft = (await browser.send("/tickets/new/start", check_in=check_in)).headers["location"]
    assert (await check_ins(aulnes, moved))[0]["answer"] is None
    await browser.send(f"{draft}/send", problem="kitchen.tap.leak", text="Le robinet fuit.")
    assert (await check_ins(aulnes, moved))[0]["answer"] == "problem"


def content(answer: httpx.Response) -> str:
    """What the page says; above it stands only the reader's own address, for another language."""
    assert answer.status_code == 200
    return answer.text.partition("<main")[2]


async def test_another_household_s_check_in_is_neither_answered_nor_linked(aulnes: Cooperative) -> None:
    _, moved, check_in = await asked(aulnes)
    neighbour, _ = await at_home(aulnes)
    assert check_in not in content(await neighbour.get(f"/tickets/new?check_in={check_in}"))
    draft = (await neighbour.send("/tickets/new/start", check_in=check_in)).headers["location"]
    await neighbour.send(f"{draft}/send", problem="kitchen.tap.leak", text="Le robinet fuit.")
    (row, *_) = await check_ins(aulnes, moved)
    assert (row["answer"], row["tickets"]) == (None, [])


async def test_a_report_under_a_window_starts_from_what_the_window_is_about(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    assert 'name="trade" value="heating"' in (await browser.get("/tickets/new?window=edl_heating")).text
    assert 'name="trade"' not in (await browser.get("/tickets/new?window=decennale")).text
    page = await browser.get("/tickets/new?window=installer_contract&element=boiler")
    assert 'name="element" value="boiler"' in page.text
    begun = await browser.send("/tickets/new/start", element="boiler")
    assert begun.headers["location"].endswith("/wrong?element=boiler")
    nonsense = await browser.get("/tickets/new?window=%22&element=%22&trade=%22&check_in=%22")
    assert nonsense.status_code == 200
    assert 'name="element"' not in nonsense.text


async def test_a_danger_told_from_a_check_in_answers_it_too(aulnes: Cooperative) -> None:
    browser, moved, check_in = await asked(aulnes)
    first = (await browser.get(f"/tickets/new?check_in={check_in}")).text
    assert f'href="/tickets/new/danger/flood?check_in={check_in}"' in first
    page = (await browser.get(f"/tickets/new/danger/flood?check_in={check_in}")).text
    assert f'name="check_in" value="{check_in}"' in page
    sent = await browser.send("/tickets/new/danger/flood", check_in=check_in)
    ticket = sent.headers["location"].split("?")[0].rpartition("/")[2]
    (row, *_) = await check_ins(aulnes, moved)
    assert (row["answer"], row["tickets"]) == ("problem", [ticket])
    neighbour, _ = await at_home(aulnes)
    assert check_in not in content(await neighbour.get(f"/tickets/new/danger/flood?check_in={check_in}"))
