"""Telling what is wrong, without a browser: danger first, in words or by taps, once, with nothing lost."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import personal
from services.aftersales.intake import drafts
from services.aftersales.intake.safety import Danger, safety
from services.kit.ids import new_id
from tests.integration.aftersales.test_incidents import six_cold_homes
from tests.integration.aftersales.test_pages import Browser, at_home, begin, report

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def tickets_of(aulnes: Cooperative, occupancy: str) -> list[dict[str, str]]:
    found = await aulnes.get(f"/tickets?occupancy={occupancy}")
    return list(found.json()["items"])


def calls(page: str) -> list[str]:
    """The numbers of the page, in order."""
    return re.findall(r'href="tel:(\d+)"', page)


async def test_danger_is_asked_first_and_answered_with_a_number_and_no_form(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    assert "quelqu'un est-il en danger" in (await browser.get("/tickets/new")).text
    gas = (await browser.get("/tickets/new/danger/gas")).text
    assert 'href="tel:0800473333"' in gas
    assert "Aérez" in gas
    assert "textarea" not in gas


async def test_after_the_call_one_tap_tells_the_cooperative_once(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    page = (await browser.get("/tickets/new/danger/gas")).text
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key is not None
    taps = await asyncio.gather(*(browser.send("/tickets/new/danger/gas", key=key[1]) for _ in range(2)))
    assert {tap.status_code for tap in taps} == {303}
    assert len({tap.headers["location"] for tap in taps}) == 1
    (ticket,) = await tickets_of(aulnes, moved["occupancy"])
    assert (ticket["element"], ticket["priority"]) == ("gas_smell", "p0")
    whole = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert "call_back" in {deadline["kind"] for deadline in whole["deadlines"]}


async def test_flooding_shows_the_buildings_own_number_and_invents_none(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    before = (await browser.get("/tickets/new/danger/flood")).text
    assert "robinet d'arrêt" in before.replace("&#39;", "'")
    assert "n'a pas indiqué de numéro" in before.replace("&#39;", "'")
    assert calls(before) == ["0100000001", "112"], "its staff by day, and 112 only if somebody is in danger"
    assert before.index("Fermez le robinet") < before.index("tel:")
    answer = await aulnes.web.client.put(
        "/api/v1/aftersales-settings/emergency_numbers", json={"any": "01 00 00 00 99"}, headers=aulnes.staff
    )
    assert answer.status_code == 204, answer.text
    assert calls((await browser.get("/tickets/new/danger/flood")).text) == ["0100000099", "112"]
    assert calls((await browser.get("/tickets/new/danger/fire")).text) == ["18", "112"]
    refused = await aulnes.web.client.put(
        "/api/v1/aftersales-settings/emergency_numbers", json={"gas": "1234"}, headers=aulnes.staff
    )
    assert refused.status_code == 422


async def test_a_buildings_own_number_comes_before_the_cooperatives(aulnes: Cooperative) -> None:
    building = {"coop": aulnes.slug, "ref": f"{aulnes.slug}-A", "residence": "Les Aulnes"}
    own = (await aulnes.post("/buildings", building)).json()["id"]
    browser, _ = await at_home(aulnes, home={"building": own})
    for query, number in (("", "01 00 00 00 98"), (f"?building={own}", "01 00 00 00 97")):
        answer = await aulnes.web.client.put(
            f"/api/v1/aftersales-settings/emergency_numbers{query}",
            json={"lift": number, "any": "01 00 00 00 96"},
            headers=aulnes.staff,
        )
        assert answer.status_code == 204, answer.text
    page = (await browser.get("/tickets/new/danger/lift")).text
    assert 'href="tel:0100000097"' in page
    assert "0100000098" not in page


@pytest.mark.parametrize("danger", safety(), ids=lambda danger: danger.code)
async def test_each_danger_says_what_to_do_and_is_recorded_as_urgent_as_it_is(
    aulnes: Cooperative, danger: Danger
) -> None:
    browser, moved = await at_home(aulnes)
    path = f"/tickets/new/danger/{danger.code}"
    french = html.unescape((await browser.get(path)).text)
    assert french.index(danger.first["fr"]) < french.index("tel:") < french.index(danger.advice["fr"])
    english = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"], "en")
    assert danger.advice["en"] in html.unescape((await english.get(path)).text)
    assert (await browser.send(path)).status_code == 303
    (ticket,) = await tickets_of(aulnes, moved["occupancy"])
    assert ticket["priority"] == ("p0" if danger.is_call_first else "p1")


async def test_place_thing_and_complaint_each_have_an_address(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    assert "what?place=kitchen" in (await browser.get(draft)).text
    assert "place=kitchen&amp;element=tap" in (await browser.get(f"{draft}/what?place=kitchen")).text
    wrong = await browser.get(f"{draft}/wrong?place=kitchen&element=tap")
    assert "last?problem=kitchen.tap.leak" in wrong.text
    last = await browser.get(f"{draft}/last?problem=kitchen.tap.leak")
    assert 'value="kitchen.tap.leak"' in last.text
    sent = await browser.send(f"{draft}/send", problem="kitchen.tap.leak")
    assert sent.status_code == 303
    (ticket,) = await tickets_of(aulnes, moved["occupancy"])
    assert (ticket["place"], ticket["element"], ticket["symptom"]) == ("kitchen", "tap", "leak")
    whole = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert whole["description"] == "Robinet, mitigeur – fuite (cuisine)"


async def test_several_problems_of_one_text_become_requests_of_their_own(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    said = "Le robinet de la cuisine fuit et le volet de la chambre est bloqué"
    sent = await browser.send(draft, text=said)
    assert sent.headers["location"] == f"{draft}/understood"
    page = (await browser.get(f"{draft}/understood")).text
    assert 'value="kitchen.tap.leak" checked' in page
    assert 'value="bedroom.shutter.stuck" checked' in page
    assert "parce que vous avez écrit «\u00a0robinet\u00a0»" in page
    problems = ["kitchen.tap.leak", "bedroom.shutter.stuck"]
    assert (await browser.send(f"{draft}/send", problem=problems, text=said)).status_code == 303
    found = await tickets_of(aulnes, moved["occupancy"])
    assert {(one["element"], one["place"]) for one in found} == {("tap", "kitchen"), ("shutter", "bedroom")}
    for one, other in (found, found[::-1]):
        assert f'href="/tickets/{other["id"]}"' in (await browser.get(f"/tickets/{one['id']}")).text


async def test_words_of_danger_bring_the_number_at_once_and_can_be_put_aside(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    danger = (await browser.send(draft, text="ça sent le gaz près de la gazinière")).headers["location"]
    assert danger.startswith("/tickets/new/danger/gas?draft=")
    assert 'href="tel:0800473333"' in (await browser.get(danger)).text
    on = await browser.send("/tickets/new/danger/gas/none", draft=draft.rsplit("/", 1)[1])
    assert on.headers["location"] == f"{draft}/understood"
    assert "ça sent le gaz" in (await browser.get(f"{draft}/understood")).text
    # Also when the words come on the last page only.
    other = await begin(browser)
    sent = await browser.send(f"{other}/send", problem="kitchen.tap.leak", text="et il y a de la fumée")
    assert sent.headers["location"].startswith("/tickets/new/danger/fire?draft=")
    assert await tickets_of(aulnes, moved["occupancy"]) == []


async def test_a_danger_that_is_over_is_a_hint_beside_what_was_understood(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    draft = await begin(browser)
    text = "hier ça sentait le gaz, fausse alerte, mais l'évier est bouché"
    sent = await browser.send(draft, text=text)
    assert sent.headers["location"] == f"{draft}/understood"
    page = (await browser.get(f"{draft}/understood")).text
    assert "encore le cas, appelez le 0 800 47 33 33 maintenant" in page
    assert f"/tickets/new/danger/gas?draft={draft.rsplit('/', 1)[1]}" in page
    assert ".sink.blocked" in page


async def test_what_is_no_repair_is_told_so_and_led_to_a_person(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    draft = await begin(browser)
    await browser.send(draft, text="puis-je repeindre ma chambre ?")
    page = (await browser.get(f"{draft}/understood")).text
    assert "Cela ne ressemble pas à une réparation" in page
    assert 'href="/contact"' in page
    assert "what?place=kitchen" in page


async def test_what_is_not_understood_is_asked(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    draft = await begin(browser)
    await browser.send(draft, text="bonjour, un souci chez moi")
    page = (await browser.get(f"{draft}/understood")).text
    assert "Aidez-nous à comprendre" in page
    assert "bonjour, un souci chez moi" in page
    assert "what?place=kitchen" in page


async def test_when_somebody_is_home_reaches_those_who_come_and_is_forgotten_with_the_person(
    aulnes: Cooperative,
) -> None:
    browser, moved = await at_home(aulnes)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    draft = await begin(browser)
    sent = await browser.send(
        f"{draft}/send", problem="kitchen.tap.leak", text="Ça goutte.",
        availability=["friday", "morning", "never"], access_note="Sonner deux fois",
    )  # fmt: skip
    path = sent.headers["location"].split("?")[0]
    for page in (await browser.get(path), await staff.get(path.replace("/tickets/", "/desk/"))):
        assert "Le matin, Vendredi" in page.text
        assert "Sonner deux fois" in page.text
    person = moved["persons"][0]["id"]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        assert (await personal.export(unit, person))["access"][0]["access_note"] == "Sonner deux fois"
        await personal.erase(unit, person, [])
    assert "Sonner deux fois" not in (await staff.get(path.replace("/tickets/", "/desk/"))).text


async def test_a_program_says_when_somebody_is_home(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], availability=["friday", "morning"], access_note="Code 12A")
    assert (ticket["availability"], ticket["access_note"]) == (["morning", "friday"], "Code 12A")
    body = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Ça goutte.", "availability": ["night"],
    }  # fmt: skip
    assert (await aulnes.post("/tickets", body)).status_code == 422


async def test_photos_go_with_the_report_and_a_bad_one_does_not_stop_it(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    buffer = BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, "JPEG")
    files = [
        ("photos", ("a.jpg", buffer.getvalue(), "image/jpeg")),
        ("photos", ("b.jpg", b"no picture", "image/jpeg")),
    ]
    sent = await browser.bring(f"{draft}/send", files, problem="kitchen.tap.leak", text="Ça goutte.")
    assert sent.status_code == 200
    (ticket,) = await tickets_of(aulnes, moved["occupancy"])
    assert f"/tickets/{ticket['id']}" in sent.text
    assert "/photos/pho_" in (await browser.get(f"/tickets/{ticket['id']}")).text


async def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    again = await browser.send(
        f"{draft}/send", problem=".tap.leak", text="Ça goutte.", since="2099-01-01", access_note="2e étage"
    )
    page = await browser.get(again.headers["location"])
    for words in ("C'est nécessaire.", "Ça goutte.", "2e étage", "2099-01-01"):
        assert words in page.text.replace("&#39;", "'")
    sent = await browser.send(f"{draft}/send", problem=".tap.leak", place="kitchen", text="Ça goutte.")
    assert sent.headers["location"].endswith("?new=true")
    assert [one["place"] for one in await tickets_of(aulnes, moved["occupancy"])] == ["kitchen"]


async def test_a_report_that_was_begun_is_offered_again_and_goes_after_a_week(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    draft = await begin(browser)
    await browser.send(draft, text="le volet est coincé")
    assert f"{draft}/understood" in (await browser.get("/tickets/new")).text
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.draft SET changed_at = changed_at - :long WHERE id = :id"),
            {"long": drafts.KEPT + timedelta(hours=1), "id": draft.rsplit("/", 1)[1]},
        )
        await drafts.drop_old(unit)
    assert (await browser.get(draft)).status_code == 404


async def test_two_taps_on_send_make_one_request(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    draft = await begin(browser)
    form = {"problem": "kitchen.tap.leak", "text": "Ça goutte."}
    taps = await asyncio.gather(*(browser.send(f"{draft}/send", **form) for _ in range(3)))
    assert {tap.status_code for tap in taps} == {303}
    assert len({tap.headers["location"] for tap in taps}) == 1
    assert len(await tickets_of(aulnes, moved["occupancy"])) == 1
    back = await browser.get(f"{draft}/last?problem=kitchen.tap.leak")
    assert back.headers["location"] == taps[0].headers["location"].split("?")[0]


async def test_the_same_thing_again_within_a_day_is_offered_to_the_own_request(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    first = await report(browser)
    draft = await begin(browser)
    page = (await browser.get(f"{draft}/last?problem=kitchen.tap.broken")).text
    assert f'value="{first.rsplit("/", 1)[1]}"' in page
    sent = await browser.send(
        f"{draft}/send", problem="kitchen.tap.broken", text="Maintenant il ne ferme plus du tout.",
        append_to=first.rsplit("/", 1)[1],
    )  # fmt: skip
    assert sent.headers["location"] == f"{first}#messages"
    assert "Maintenant il ne ferme plus du tout." in (await browser.get(first)).text
    assert len(await tickets_of(aulnes, moved["occupancy"])) == 1
    # Or it is another matter after all: never put together by itself.
    other = await begin(browser)
    await browser.send(f"{other}/send", problem="kitchen.tap.broken", text="Autre robinet.")
    assert len(await tickets_of(aulnes, moved["occupancy"])) == 2


async def test_nothing_is_added_to_anothers_request_and_anothers_report_does_not_exist(
    aulnes: Cooperative,
) -> None:
    mine, _ = await at_home(aulnes)
    theirs, _ = await at_home(aulnes)
    ticket = (await report(theirs)).rsplit("/", 1)[1]
    own, others = await begin(mine), await begin(theirs)
    form = {"problem": "kitchen.tap.leak", "text": "Ça goutte."}
    assert (await mine.send(f"{own}/send", **form, append_to=ticket)).status_code == 404
    assert (await mine.get(others)).status_code == 404
    assert (await mine.send(f"{others}/send", **form)).status_code == 404
    key = others.rsplit("/", 1)[1]
    assert (await mine.send("/tickets/new/danger/gas", key=key)).status_code == 404


async def test_what_is_known_in_the_building_is_shown_before_sending_and_followed_with_one_tap(
    aulnes: Cooperative,
) -> None:
    _, incident, _ = await six_cold_homes(aulnes)
    browser, moved = await at_home(aulnes, home={"heating": "collective"})
    problem = "living_room.collective_heating.no_heat"
    draft = await begin(browser)
    assert "logements voisins" in (await browser.get(f"{draft}/last?problem={problem}")).text
    confirmed = await aulnes.post(f"/incidents/{incident}/actions", {"action": "confirm"})
    assert confirmed.status_code == 200, confirmed.text
    page = (await browser.get(f"{draft}/last?problem={problem}")).text
    assert f'action="/incidents/{incident}/follow"' in page
    followed = await browser.send(f"/incidents/{incident}/follow", occupancy=moved["occupancy"])
    assert followed.status_code == 303
    assert await tickets_of(aulnes, moved["occupancy"]) == []
    # Somebody frail at home: their own request all the same.
    assert (await browser.send(f"{draft}/send", problem=problem, text="Un bébé.")).status_code == 303
    assert len(await tickets_of(aulnes, moved["occupancy"])) == 1


async def test_a_check_in_about_heating_starts_from_heating(aulnes: Cooperative) -> None:
    browser, _ = await at_home(aulnes)
    assert 'name="trade" value="heating"' in (await browser.get("/tickets/new?trade=heating")).text
    begun = await browser.send("/tickets/new/start", trade="heating")
    page = (await browser.get(begun.headers["location"])).text
    assert "element=radiator" in page
    assert "element=tap" not in page


async def test_the_number_is_there_for_who_has_no_home_yet(aulnes: Cooperative) -> None:
    browser = Browser(aulnes, Role.RESIDENT, new_id("per"))
    assert "/tickets/new/danger/gas" in (await browser.get("/tickets/new")).text
    page = (await browser.get("/tickets/new/danger/gas")).text
    assert 'href="tel:0800473333"' in page
    assert "prévenir ma coopérative" not in page
    assert (await browser.send("/tickets/new/danger/gas")).status_code == 404


async def test_a_sentence_is_understood_over_the_api_and_nothing_is_stored(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    resident = aulnes.resident(moved["persons"][0]["id"])
    said = {"text": "Plus d'eau chaude, la chaudière ne s'allume plus. Et ça sent le gaz !", "language": "fr"}
    answer = await aulnes.post("/tickets/proposals", said, resident)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    first = body["proposals"][0]
    assert (first["trade"], first["element"]) == ("heating", "boiler")
    assert first["explanation"].startswith("parce que vous avez écrit «\u00a0")
    assert {"about": "element", "words": "chaudière"} in first["because"]
    (danger,) = body["dangers"]
    assert (danger["code"], danger["call"]) == ("gas", "0 800 47 33 33")
    assert await tickets_of(aulnes, moved["occupancy"]) == []


async def test_staff_take_a_call_find_the_household_and_record_it_once(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    assert "Chez qui" in (await staff.get("/desk/new")).text
    name = moved["persons"][0].get("name") or "Foyer"
    found = await staff.send("/desk/new", q=name.split()[0].upper())
    home = f"/desk/new/{moved['occupancy']}"
    assert home in found.text
    assert "Personne" in (await staff.send("/desk/new", q="Introuvable")).text
    blank = (await staff.get(home)).text
    key = re.search(r'name="key" value="(\w+)"', blank)
    assert key is not None
    form = {"text": "son radiateur de la chambre est froid", "key": key[1], "channel": "phone"}
    proposed = (await staff.send(home, **form, understand="true")).text
    assert '<option value="radiator" selected>' in proposed
    assert '<option value="bedroom" selected>' in proposed
    lacking = await staff.send(home, **form)
    assert lacking.status_code == 422
    assert "son radiateur de la chambre est froid" in lacking.text
    whole = form | {
        "element": "radiator",
        "symptom": "no_heat",
        "place": "bedroom",
        "reported_by": "Foyer 12",
    }
    taps = await asyncio.gather(*(staff.send(home, **whole) for _ in range(2)))
    assert {tap.status_code for tap in taps} == {303}
    (ticket,) = await tickets_of(aulnes, moved["occupancy"])
    assert {tap.headers["location"] for tap in taps} == {f"/desk/{ticket['id']}"}
    assert (await aulnes.get(f"/tickets/{ticket['id']}")).json()["channel"] == "phone"
