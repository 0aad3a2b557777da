"""The desk's queue: search, kept views, many at once, residences, and two people on one request."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from contracts.codes import Role
from services.kit.ids import new_id
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def at_the_desk(aulnes: Cooperative, person: str | None = None) -> Browser:
    return Browser(aulnes, Role.STAFF, person or aulnes.agent)


async def shown(staff: Browser, query: str) -> list[int]:
    """The numbers in the queue, from the top."""
    page = await staff.get(f"/desk?{query}")
    assert page.status_code == 200, page.text
    return [int(number) for number in re.findall(r"data-item><strong>(\d+)</strong>", page.text)]


async def two_requests(aulnes: Cooperative) -> tuple[dict[str, Any], dict[str, Any]]:
    moved = await aulnes.move_in()
    tap = await aulnes.open(moved["occupancy"], description="Le mitigeur de l'évier goutte la nuit.")
    heat = await aulnes.open(
        moved["occupancy"], element="radiator", symptom="no_heat", place="bedroom",
        description="Plus rien ne chauffe, le bébé a froid.",
    )  # fmt: skip
    return tap, heat


async def test_the_queue_and_the_request_name_the_door(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home={"ref": "B-217", "staircase": "B"})
    tap = await aulnes.open(moved["occupancy"])
    staff = at_the_desk(aulnes)
    for path in ("/desk", f"/desk/{tap['id']}"):
        page = (await staff.get(path)).text
        assert re.search(r"Les Aulnes · escalier B · logement B-217", page), path


async def test_a_request_is_found_by_what_one_remembers_of_it(aulnes: Cooperative) -> None:
    tap, heat = await two_requests(aulnes)
    staff = at_the_desk(aulnes)
    for asked, found in [
        ("mitigeur", [tap]),
        ("evier", [tap]),
        ("ÉVIER goutte", [tap]),
        ("évier bébé", []),
        ("bébés", [heat]),
        ("chauf", [heat]),
        ("radiateur", [heat]),
        (str(tap["number"]), [tap]),
        (f"n° {heat['number']}", [heat]),
        ("'; DROP TABLE ticket; --", []),
        ("100 % & | ! <->", []),
    ]:
        assert await shown(staff, f"q={quote(asked)}") == [one["number"] for one in found], asked


async def test_a_request_is_found_by_the_words_of_its_title(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    sink = await aulnes.open(
        moved["occupancy"], element="sink", symptom="blocked", place="kitchen", description="Rien ne part."
    )
    roof = await aulnes.open(
        moved["occupancy"], element="roof", symptom="leak", place="roof", description="Ça tombe au dernier."
    )
    staff = at_the_desk(aulnes)
    for asked, found in [
        ("bouché", [sink]),
        ("évier bouché", [sink]),
        ("blocked sinks", [sink]),
        ("toiture fuite", [roof]),
        ("fuites", [roof]),
        ("fuitte", [roof]),
        ("évier dernier", []),
        ("toiture dernier", [roof]),
        ("cuisine", [sink]),
        ("interfone", []),
    ]:
        assert await shown(staff, f"q={quote(asked)}") == [one["number"] for one in found], asked
    changed = await aulnes.act(sink["id"], "acknowledge", element="shower", symptom="leak", place="bathroom")
    assert changed.status_code == 200, changed.text
    assert await shown(staff, f"q={quote('évier bouché')}") == []
    assert await shown(staff, f"q={quote('douche fuite')}") == [sink["number"]]


async def test_what_was_written_later_is_found_and_what_was_erased_is_not(aulnes: Cooperative) -> None:
    tap, _ = await two_requests(aulnes)
    staff = at_the_desk(aulnes)
    await aulnes.post(f"/tickets/{tap['id']}/messages", {"body": "La vanne d'arrêt est grippée."})
    assert await shown(staff, "q=grippee") == [tap["number"]]
    async with aulnes.room_unit("aftersales") as unit:
        from services.aftersales import personal

        await personal.erase(unit, "per_nobody", [tap["occupancy"]])
    assert await shown(staff, "q=grippee") == []
    assert await shown(staff, "q=goutte") == []


async def test_a_home_and_a_household_are_found_by_their_names(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home={"ref": "LOT-77"})
    ticket = await aulnes.open(moved["occupancy"])
    staff = at_the_desk(aulnes)
    assert await shown(staff, "q=lot-77") == [ticket["number"]]
    async with aulnes.room_unit("aftersales") as unit:
        from services.aftersales import registry

        (person, *_) = await registry.household(unit, moved["occupancy"])
    assert ticket["number"] in await shown(staff, f"q={quote(person.name)}")


async def test_another_cooperatives_words_are_not_found(aulnes: Cooperative) -> None:
    tap, _ = await two_requests(aulnes)
    stranger = Browser(aulnes, Role.STAFF, new_id("per"))
    cookie = next(key for key in aulnes.web.tokens.sessions if key in stranger._cookie)
    mine = aulnes.web.tokens.sessions[cookie]
    aulnes.web.tokens.sessions[cookie] = mine.__class__(
        mine.id, Role.STAFF, "ailleurs", name="Agent 2", language="fr", csrf=mine.csrf
    )
    page = await stranger.get("/desk?q=mitigeur")
    assert tap["id"] not in page.text


async def test_a_view_is_kept_under_a_name_shared_and_forgotten(aulnes: Cooperative) -> None:
    await two_requests(aulnes)
    staff, colleague = at_the_desk(aulnes), at_the_desk(aulnes, new_id("per"))
    await staff.send("/desk/views", name="Chauffage  urgent", view="show=open&team=heating&evil=1")
    link = "/desk?show=open&amp;team=heating"
    assert link in (await staff.get("/desk")).text
    assert "Chauffage urgent" not in (await colleague.get("/desk")).text
    await staff.send("/desk/views", name="Chauffage urgent", view="team=heating", shared="true")
    page = (await colleague.get("/desk")).text
    assert page.count("Chauffage urgent") == 1
    view = re.search(r"/desk/views/(vue_\w+)/forget", (await staff.get("/desk?show=open&team=heating")).text)
    assert view is not None
    await colleague.send(f"/desk/views/{view[1]}/forget")
    assert "Chauffage urgent" in (await staff.get("/desk")).text
    await staff.send(f"/desk/views/{view[1]}/forget")
    assert "Chauffage urgent" not in (await staff.get("/desk")).text


async def test_many_are_taken_in_hand_at_once_and_one_that_moved_on_holds_nobody(aulnes: Cooperative) -> None:
    tap, heat = await two_requests(aulnes)
    third = await aulnes.open(tap["occupancy"], element="socket", symptom="broken")
    await aulnes.act(heat["id"], "acknowledge")
    staff = at_the_desk(aulnes)
    sent = await aulnes.web.client.post(
        "/desk/bulk",
        data={
            "csrf_token": "csrf-of-the-session", "action": "acknowledge", "view": "show=all",
            "tickets": [tap["id"], heat["id"], third["id"]],
        },
        headers=staff._headers() | {"Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    assert sent.status_code == 303
    page = (await staff.get(sent.headers["location"])).text
    assert f"n<sup>o</sup> {heat['number']}" in page or str(heat["number"]) in page
    for ticket in (tap, third):
        assert (await aulnes.get(f"/tickets/{ticket['id']}")).json()["state"] == "acknowledged"


async def test_a_residence_is_shown_door_by_door(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home={"ref": "A12", "staircase": "A", "floor": 1})
    await aulnes.move_in(home={"ref": "B3", "staircase": "B", "floor": 0})
    ticket = await aulnes.open(moved["occupancy"])
    staff = at_the_desk(aulnes)
    assert "Les Aulnes" in (await staff.get("/desk/residences")).text
    page = (await staff.get("/desk/residences?residence=Les+Aulnes")).text
    assert f'href="/desk?dwelling={moved["dwelling"]}"' in page
    assert page.index("A12") < page.index("B3")
    assert await shown(staff, f"dwelling={moved['dwelling']}") == [ticket["number"]]
    assert await shown(staff, "residence=Les+Aulnes&staircase=B") == []
    assert await shown(staff, "residence=Les+Aulnes&staircase=A") == [ticket["number"]]


async def test_two_people_on_one_request_lose_neither_an_act_nor_a_word(aulnes: Cooperative) -> None:
    tap, _ = await two_requests(aulnes)
    first, second = at_the_desk(aulnes), at_the_desk(aulnes, new_id("per"))
    seen_at = MONDAY.isoformat()
    await aulnes.now(MONDAY + timedelta(minutes=3))
    sent = await first.send(
        f"/desk/{tap['id']}/actions", action="acknowledge", version=str(tap["version"]), seen_at=seen_at
    )
    assert sent.status_code == 303
    await aulnes.post(f"/tickets/{tap['id']}/messages", {"body": "Je passe demain matin."})
    changed = await second.get(f"/desk/{tap['id']}/meanwhile?version={tap['version']}")
    assert (changed.status_code, changed.text.count(f'href="/desk/{tap["id"]}"')) == (200, 1)
    now = (await aulnes.get(f"/tickets/{tap['id']}")).json()["version"]
    same = await second.get(f"/desk/{tap['id']}/meanwhile?version={now}")
    assert (same.status_code, same.text.strip()) == (200, "")
    late = await second.send(
        f"/desk/{tap['id']}/actions", action="refuse", version=str(tap["version"]), seen_at=seen_at,
        reason="resident_upkeep", comment="Le joint est à votre charge.",
    )  # fmt: skip
    assert late.status_code == 409
    assert "Je passe demain matin." in late.text
    assert "Agent 1" in late.text
    assert "Le joint est à votre charge." in late.text
    assert (await aulnes.get(f"/tickets/{tap['id']}")).json()["state"] == "acknowledged"


async def test_the_queue_pages_through_requests_with_and_without_a_clock(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    numbers = {
        (await aulnes.open(moved["occupancy"], element=element, symptom="broken"))["number"]
        for element in ("tap", "sink", "shower", "toilet", "radiator")
    }
    async with aulnes.room_unit("aftersales") as unit:
        from sqlalchemy import text

        await unit.session.execute(
            text("UPDATE aftersales.ticket SET next_due_at = NULL WHERE coop = :coop AND number > 3"),
            {"coop": aulnes.slug},
        )
    seen: list[int] = []
    cursor = ""
    while True:
        body = (await aulnes.get(f"/tickets?limit=2{cursor}")).json()
        seen += [item["number"] for item in body["items"]]
        if not body["next_cursor"]:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert sorted(seen) == sorted(numbers)
    assert set(seen[-2:]) == {number for number in numbers if number > 3}
