"""Two people on one visit: what a page that shows another one asks for is refused, told, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_contractor_link import a_firm
from tests.integration.aftersales.test_pages import Browser
from tests.integration.aftersales.test_parties_pages import desk, household, proposed

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def hidden(page: httpx.Response) -> dict[str, str]:
    """What the page tells of the visit it shows."""
    return {
        name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("seen", "seen_steps")
    }


def slots(page: httpx.Response) -> list[str]:
    return [part.split('"')[0] for part in page.text.split('name="slot" value="')[1:]]


async def a_visit_to_choose(aulnes: Cooperative) -> tuple[Browser, Browser, Browser, str, Any]:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    await proposed(firm, ticket)
    return desk(aulnes), desk(aulnes, Role.CARETAKER), home, ticket, firm


async def arranged(aulnes: Cooperative, ticket: str) -> list[tuple[str, str]]:
    found = (await aulnes.get(f"/tickets/{ticket}/visits")).json()["visits"]
    return [(one["state"], one["starts_at"][:10]) for one in found]


async def test_of_three_who_choose_on_pages_without_a_visit_the_first_has_it(aulnes: Cooperative) -> None:
    anna, bruno, home, ticket, _ = await a_visit_to_choose(aulnes)
    at_desk, at_home = f"/desk/{ticket}/visit", f"/tickets/{ticket}/visit"
    pages = [await anna.get(at_desk), await bruno.get(at_desk), await home.get(at_home)]
    first, second = slots(pages[0])
    assert (await anna.send(at_desk, slot=first, **hidden(pages[0]))).status_code == 303
    for browser, page, seen in ((bruno, at_desk, pages[1]), (home, at_home, pages[2])):
        refused = await browser.send(page, slot=second, **hidden(seen))
        assert refused.status_code == 409
        assert "Ce qui s’est passé entre-temps" in refused.text
        assert "Rendez-vous fixé" in refused.text
        assert "Vous aviez choisi : lundi 23 novembre, 14:00–16:00." in refused.text
        assert await arranged(aulnes, ticket) == [("booked", "2026-11-20")]
        again = await browser.send(page, slot=second, **hidden(refused))
        assert again.status_code == 303, "the page that came back shows the visit as it is"
        assert await arranged(aulnes, ticket) == [("booked", "2026-11-23")]
        back = await browser.send(page, slot=first, **hidden(await browser.get(page)))
        assert back.status_code == 303


async def test_a_stale_page_cancels_nothing_that_was_moved(aulnes: Cooperative) -> None:
    anna, bruno, home, ticket, _ = await a_visit_to_choose(aulnes)
    at_desk, at_home = f"/desk/{ticket}/visit", f"/tickets/{ticket}/visit"
    first, second = slots(await anna.get(at_desk))
    await anna.send(at_desk, slot=first)
    stale, stale_at_home = await bruno.get(at_desk), await home.get(at_home)
    assert (await anna.send(at_desk, slot=second, **hidden(await anna.get(at_desk)))).status_code == 303
    for browser, page, seen in ((bruno, at_desk, stale), (home, at_home, stale_at_home)):
        refused = await browser.send(f"{page}/cancel", **hidden(seen))
        assert refused.status_code == 409
        assert "rien n’a été annulé" in refused.text
    missed = await bruno.send(f"{at_desk}/missed", side="member", **hidden(stale))
    assert missed.status_code == 409
    assert 'value="member" checked' in missed.text
    assert await arranged(aulnes, ticket) == [("booked", "2026-11-23")]
    fresh = hidden(await bruno.get(at_desk))
    assert (await bruno.send(f"{at_desk}/cancel", **fresh)).status_code == 303
    assert await arranged(aulnes, ticket) == [("cancelled", "2026-11-23")]


async def test_what_does_not_touch_the_visit_bothers_nobody_and_twice_the_same_is_once(
    aulnes: Cooperative,
) -> None:
    anna, _, home, ticket, _ = await a_visit_to_choose(aulnes)
    page = await home.get(f"/tickets/{ticket}/visit")
    await anna.send(f"/desk/{ticket}/messages", body="Pensez à dégager l’évier.")
    for _time in range(2):
        sent = await home.send(f"/tickets/{ticket}/visit", slot=slots(page)[0], **hidden(page))
        assert sent.status_code == 303
    history = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert [one["action"] for one in history].count("schedule") == 1


async def test_a_window_chosen_on_the_requests_own_page_is_held_against_the_visit_it_showed(
    aulnes: Cooperative,
) -> None:
    anna, _, home, ticket, _ = await a_visit_to_choose(aulnes)
    page = await home.get(f"/tickets/{ticket}")
    first, second = slots(page)
    await anna.send(f"/desk/{ticket}/visit", slot=first)
    refused = await home.send(f"/tickets/{ticket}/visit", slot=second, **hidden(page))
    assert refused.status_code == 409
    assert await arranged(aulnes, ticket) == [("booked", "2026-11-20")]


async def test_a_firm_moves_by_its_link_only_the_visit_that_its_page_showed(aulnes: Cooperative) -> None:
    anna, _, _, ticket, firm = await a_visit_to_choose(aulnes)
    seen = (await firm.get(f"/jobs/{ticket}")).text.split('name="seen" value="')[1].split('"')[0]
    await anna.send(f"/desk/{ticket}/visit", slot=slots(await anna.get(f"/desk/{ticket}/visit"))[0])
    agreed = await firm.send(f"/jobs/{ticket}/agreed", day="2026-11-25", start="09:00", seen=seen)
    assert agreed.status_code == 409
    assert 'value="2026-11-25"' in agreed.text
    assert "a changé entre-temps" in agreed.text
    called_off = await firm.send(f"/jobs/{ticket}/cannot-come", seen=seen)
    assert called_off.status_code == 409
    assert await arranged(aulnes, ticket) == [("booked", "2026-11-20")]
