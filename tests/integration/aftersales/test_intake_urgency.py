"""How pressing it is, from the words to the decision: proposed, confirmed, corrected, forgotten."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from contracts.codes import Role
from services.aftersales import personal
from tests.integration.aftersales.test_pages import Browser, at_home, begin

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
SAID = "Plus d'eau chaude depuis hier, nous avons un bébé"
FRAIL = "Une personne fragile vit dans le logement : la demande est plus urgente que d'habitude."


async def ticket_of(aulnes: Cooperative, occupancy: str) -> dict[str, object]:
    (found,) = (await aulnes.get(f"/tickets?occupancy={occupancy}")).json()["items"]
    return dict((await aulnes.get(f"/tickets/{found['id']}")).json())


@pytest.mark.parametrize(
    ("language", "proposed", "reason"),
    [
        (
            "fr",
            "Vous avez écrit «\u00a0bébé\u00a0» : nous le traitons comme « très urgent » au lieu de"
            " « urgent ».",
            FRAIL,
        ),
        (
            "en",
            "You wrote “bébé”: we treat it as “very urgent” instead of “urgent”.",
            "Somebody frail lives in the home: the request is more urgent than usual.",
        ),
    ],
)
async def test_a_sentence_proposes_how_urgent_it_is_and_the_household_confirms(
    aulnes: Cooperative, language: str, proposed: str, reason: str
) -> None:
    moved = await aulnes.move_in()
    browser = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"], language)
    draft = await begin(browser)
    await browser.send(draft, text=SAID)
    assert proposed in html.unescape((await browser.get(f"{draft}/understood")).text)
    problem = "whole_dwelling.water_heater.no_hot_water"
    last = (await browser.get(f"{draft}/last?problem={problem}")).text
    assert 'name="urgency" value="frail" checked' in last
    assert 'name="since" type="date" value="2026-11-15"' in last.replace("\n", "")
    sent = await browser.send(
        f"{draft}/send", problem=problem, text=SAID, urgency="frail", urgency_asked=["frail", "lasting"]
    )
    ticket = await ticket_of(aulnes, moved["occupancy"])
    assert ticket["priority"] == "p1"
    assert FRAIL in str(ticket["reasons"])
    assert reason in html.unescape((await browser.get(sent.headers["location"])).text)


async def test_what_the_household_takes_back_does_not_count(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    problem = "whole_dwelling.water_heater.no_hot_water"
    await browser.send(f"{draft}/send", problem=problem, text=SAID, urgency_asked=["frail", "lasting"])
    ticket = await ticket_of(aulnes, moved["occupancy"])
    assert ticket["priority"] == "p2"
    assert FRAIL not in str(ticket["reasons"])


async def test_over_the_api_it_is_proposed_and_taken(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    resident = aulnes.resident(moved["persons"][0]["id"])
    found = (await aulnes.post("/tickets/proposals", {"text": SAID, "language": "fr"}, resident)).json()
    first = found["proposals"][0]
    assert (first["usual_priority"], first["priority"]) == ("p2", "p1")
    assert [(one["code"], one["words"]) for one in first["urgency"]] == [("frail", "bébé")]
    assert found["since"] == "2026-11-15"
    body = {
        "occupancy": moved["occupancy"], "place": "bathroom", "element": first["element"],
        "symptom": first["symptom"], "description": SAID, "urgency": ["frail"],
    }  # fmt: skip
    refused = await aulnes.post("/tickets", body | {"urgency": ["because"]}, resident)
    assert refused.status_code == 422
    opened = (await aulnes.post("/tickets", body, resident)).json()
    assert opened["priority"] == "p1"
    plain = (await aulnes.post("/tickets", body | {"urgency": []}, resident)).json()
    assert plain["priority"] == "p2"
    assert "frail" in [one["code"] for one in (await aulnes.get("/taxonomy")).json()["urgency"]]


async def test_staff_correct_the_thing_and_the_words_still_count_until_they_decide_themselves(
    aulnes: Cooperative,
) -> None:
    moved = await aulnes.move_in()
    opened = await aulnes.open(moved["occupancy"], element="paint", symptom="cosmetic", urgency=["frail"])
    assert opened["priority"] == "p4"
    await aulnes.act(opened["id"], "acknowledge")
    corrected = await aulnes.act(opened["id"], "qualify", element="damp", symptom="mould")
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["priority"] == "p2"
    assert FRAIL in corrected.json()["reasons"]
    decided = await aulnes.act(opened["id"], "qualify", priority="p4")
    assert decided.json()["priority"] == "p4"
    assert FRAIL not in decided.json()["reasons"]


async def test_at_the_desk_the_words_told_by_telephone_propose_it_too(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    home = f"/desk/new/{moved['occupancy']}"
    proposed = (await staff.send(home, text=SAID, understand="true", channel="phone")).text
    assert "D'après «\u00a0bébé\u00a0» : « très urgent » au lieu de « urgent »." in html.unescape(proposed)
    assert 'name="urgency" value="frail" checked' in proposed
    await staff.send(
        home, text=SAID, channel="phone", element="water_heater", symptom="no_hot_water",
        place="whole_dwelling", urgency="frail", urgency_asked=["frail", "lasting"],
    )  # fmt: skip
    assert (await ticket_of(aulnes, moved["occupancy"]))["priority"] == "p1"


async def test_what_may_tell_of_health_goes_with_the_person_and_the_priority_stays(
    aulnes: Cooperative,
) -> None:
    moved = await aulnes.move_in()
    opened = await aulnes.open(
        moved["occupancy"], element="water_heater", symptom="no_hot_water", urgency=["frail"]
    )
    assert FRAIL in opened["reasons"]
    async with aulnes.room_unit("aftersales") as unit:
        await personal.erase(unit, moved["persons"][0]["id"], [moved["occupancy"]])
    ticket = await ticket_of(aulnes, moved["occupancy"])
    assert ticket["priority"] == "p1"
    assert FRAIL not in str(ticket["reasons"])
    history = (await aulnes.get(f"/tickets/{opened['id']}/history")).text
    assert "frail" not in history
