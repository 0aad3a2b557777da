"""Requests through the HTTP API, on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.kit.ids import new_id

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
NEW_HOME = {"reception_on": "2026-06-30"}


async def test_a_new_sale_names_vendor_and_contractor_with_their_dates(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-02", home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], place="bedroom", element="shutter", symptom="stuck")
    assert ticket["number"] == 1
    assert (ticket["state"], ticket["priority"], ticket["responsible"]) == ("submitted", "p3", "vendor")
    assert ticket["basis"] == "C. civ. art. 1642-1"
    assert {row["regime"]: (row["debtor"], row["ends_on"]) for row in ticket["warranties"]} == {
        "apparent_1642_1": ("vendor", "2027-12-02"),
        "parfait_achevement": ("contractor", "2027-06-30"),
        "biennale": ("contractor", "2028-06-30"),
    }
    clocks = {row["kind"]: (row["clock"], row["due_at"]) for row in ticket["deadlines"]}
    assert clocks["repair"] == ("service", "2026-11-23T17:30:00+01:00")
    assert clocks["parfait_achevement"] == ("legal", "2027-06-30T23:59:59+02:00")
    assert clocks["apparent_list"] == ("legal", "2026-12-02T23:59:59+01:00")
    assert ticket["team"] == "warranty"
    assert ticket["contact"]["name"] == "Agent 1"
    assert ticket["incident"] is None


async def test_a_new_rental_is_owed_now_and_claimed_on_the_contractor(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant", home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], symptom="leak")
    assert ticket["responsible"] == "cooperative"
    assert {row["debtor"] for row in ticket["warranties"]} == {"contractor"}
    assert any("se retourne vers l'entreprise" in reason for reason in ticket["reasons"])


async def test_without_reception_date_there_is_no_warranty_and_it_says_why(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    (none,) = (await aulnes.open(moved["occupancy"]))["warranties"]
    assert (none["regime"], none["debtor"], none["ends_on"]) == ("none", None, None)
    assert "réception" in none["reasons"][0]


async def test_the_same_request_reads_in_the_readers_language(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"])
    english = await aulnes.get(f"/tickets/{ticket['id']}", **{"Accept-Language": "en"})
    assert english.json()["state_label"] == "Received"
    assert "your landlord" in english.json()["reasons"][0]


async def test_danger_shows_a_number_before_anything_else(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], element="gas_smell", symptom="smell")
    assert ticket["priority"] == "p0"
    assert ticket["emergency"]["call"] == "0 800 47 33 33"
    assert ticket["deadlines"][0]["kind"] == "call_back"
    assert ticket["deadlines"][0]["due_at"] == "2026-11-16T10:30:00+01:00"


async def test_a_buildings_request_needs_no_household(aulnes: Cooperative) -> None:
    body = {"coop": aulnes.slug, "ref": "B1", "residence": "Les Aulnes", "reception_on": "2020-01-15"}
    building = (await aulnes.post("/buildings", body)).json()["id"]
    ticket = await aulnes.open(None, building=building, place="roof", element="roof", symptom="leak")
    assert (ticket["responsible"], ticket["building"], ticket["occupancy"]) == ("cooperative", building, None)
    assert [row["regime"] for row in ticket["warranties"]] == ["decennale"]


async def test_a_household_sees_and_opens_only_its_own(aulnes: Cooperative) -> None:
    mine, theirs = await aulnes.move_in(), await aulnes.move_in()
    me = aulnes.resident(mine["persons"][0]["id"])
    body = {"place": "kitchen", "element": "tap", "symptom": "leak", "description": "Ça goutte."}
    own = await aulnes.post("/tickets", {"occupancy": mine["occupancy"], **body}, me)
    assert own.status_code == 201
    assert own.json()["channel"] == "portal"
    assert (await aulnes.post("/tickets", {"occupancy": theirs["occupancy"], **body}, me)).status_code == 404
    other = await aulnes.open(theirs["occupancy"])
    for path in ("", "/history", "/messages"):
        assert (await aulnes.get(f"/tickets/{other['id']}{path}", me)).status_code == 404
    assert (await aulnes.act(other["id"], "cancel", me)).status_code == 404
    listed = (await aulnes.get("/tickets", me)).json()["items"]
    assert [row["id"] for row in listed] == [own.json()["id"]]


async def test_another_cooperatives_request_does_not_exist(aulnes: Cooperative) -> None:
    ticket = await aulnes.open((await aulnes.move_in())["occupancy"])
    platform = aulnes.web.as_("operator", "*")
    other = "c" + new_id("x")[-12:]
    made = await aulnes.web.client.post(
        "/api/v1/coops", json={"slug": other, "name": "Autre"}, headers=platform
    )
    assert made.status_code == 201
    strangers = aulnes.web.as_("staff", other)
    assert (await aulnes.get(f"/tickets/{ticket['id']}", strangers)).status_code == 404
    assert (await aulnes.get("/tickets", strangers)).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"element": "flux_capacitor"}, "/element"),
        ({"symptom": "sad"}, "/symptom"),
        ({"place": "moon"}, "/place"),
        ({"description": "  "}, "/description"),
        ({"since": "2026-11-17"}, "/since"),
        ({"since": "soon"}, "/since"),
        ({"channel": "pigeon"}, "/channel"),
        ({"building": "bld_x"}, "/occupancy"),
        ({"elment": "tap"}, "/elment"),
    ],
)
async def test_a_bad_request_names_its_field(
    aulnes: Cooperative, change: dict[str, Any], pointer: str
) -> None:
    moved = await aulnes.move_in()
    body = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Ça goutte.", "channel": "phone",
    }  # fmt: skip
    answer = await aulnes.post("/tickets", body | change)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_why_no_photo_shows_what_is_fixed_is_kept(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action in ("acknowledge", "qualify", "assign", "start"):
        assert (await aulnes.act(ticket, action)).status_code == 200
    unknown = await aulnes.act(ticket, "finish", outcome="fixed", no_photo="tired")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/no_photo")
    told = await aulnes.act(ticket, "finish", outcome="fixed", no_photo="not_visible")
    assert (told.status_code, told.json()["state"]) == (200, "done")
    events = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert events[-1]["facts"] == {"outcome": "fixed", "no_photo": "not_visible"}


async def test_the_whole_life_of_a_request(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    me = aulnes.resident(moved["persons"][0]["id"])
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action, more in [
        ("acknowledge", {}),
        ("qualify", {"cause": "wear"}),
        ("assign", {}),
        ("schedule", {"appointment_at": "2026-11-18T09:00:00+01:00"}),
        ("start", {}),
        ("finish", {"comment": "Mitigeur remplacé."}),
    ]:
        answer = await aulnes.act(ticket, action, **more)
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "done"
    assert answer.json()["appointment_at"] == "2026-11-18T09:00:00+01:00"
    refused = await aulnes.act(ticket, "confirm")
    assert refused.status_code == 409
    assert "confirm" not in refused.json()["legal_actions"]
    assert "reopen" in refused.json()["legal_actions"]
    assert (await aulnes.act(ticket, "confirm", me)).json()["state"] == "resolved"
    settled = (await aulnes.get(f"/tickets/{ticket}")).json()
    assert all(row["met_at"] for row in settled["deadlines"])
    events = (await aulnes.get(f"/tickets/{ticket}/history", me)).json()["events"]
    assert [row["action"] for row in events] == [
        "submit", "acknowledge", "qualify", "assign", "schedule", "start", "finish", "confirm",
    ]  # fmt: skip
    assert events[1]["actor"] == "Agent 1"
    told = await aulnes.told("aftersales.ticket_changed.v1")
    assert [row["action"] for row in told if row["tells_household"]] == [
        "acknowledge", "assign", "schedule", "start", "finish",
    ]  # fmt: skip
    assert "Mitigeur" not in str(told)


async def test_an_illegal_action_lists_the_legal_ones(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    answer = await aulnes.act(ticket, "finish")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["legal_actions"] == ["acknowledge", "make_safe"]


async def test_a_refusal_names_what_it_lacks(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    for given, pointer in [
        ({"comment": "Voir le bail."}, "/reason"),
        ({"reason": "resident_upkeep"}, "/comment"),
        ({"reason": "because", "comment": "Non."}, "/reason"),
    ]:
        answer = await aulnes.act(ticket, "refuse", **given)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
    done = await aulnes.act(
        ticket, "refuse", reason="resident_upkeep", comment="Le joint est à votre charge."
    )
    assert done.json()["state"] == "not_eligible"


async def test_two_people_cannot_move_the_same_request_unaware(aulnes: Cooperative) -> None:
    ticket = await aulnes.open((await aulnes.move_in())["occupancy"])
    assert (await aulnes.act(ticket["id"], "acknowledge", version=ticket["version"])).status_code == 200
    late = await aulnes.act(ticket["id"], "qualify", version=ticket["version"])
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")


async def test_what_a_person_decides_stands_and_the_rest_follows(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW_HOME)
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    await aulnes.act(ticket, "qualify", priority="p2")
    corrected = (await aulnes.act(ticket, "qualify", element="radiator", symptom="leak")).json()
    assert (corrected["priority"], corrected["team"], corrected["element"]) == ("p2", "heating", "radiator")
    assert "make_safe" in {row["kind"] for row in corrected["deadlines"]}


async def test_what_turns_out_to_press_is_told_as_pressing_once(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    for priority in ("p1", "p1", "p0"):
        assert (await aulnes.act(ticket, "qualify", priority=priority)).status_code == 200
    calmer = await aulnes.act(ticket, "qualify", priority="p2", comment="Mis en sécurité.")
    assert calmer.status_code == 200, calmer.text
    told = [event for event in await aulnes.told("aftersales.ticket_changed.v1") if event["raised_to"]]
    assert [event["raised_to"] for event in told] == ["p1", "p0"]
    assert all(event["symptom"] and event["team"] for event in told)


async def test_the_households_answer_ends_the_wait_for_it(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    me = aulnes.resident(moved["persons"][0]["id"])
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    waiting = await aulnes.act(ticket, "wait_member", comment="Quelle marque ?")
    assert waiting.json()["state"] == "waiting_member"
    written = await aulnes.post(f"/tickets/{ticket}/messages", {"body": "Un mitigeur gris."}, me)
    assert written.status_code == 201
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "acknowledged"
    read = (await aulnes.get(f"/tickets/{ticket}/messages")).json()["messages"]
    assert [(row["role"], row["body"]) for row in read] == [("resident", "Un mitigeur gris.")]
    assert "mitigeur" not in str(await aulnes.told("aftersales.ticket_changed.v1"))


async def test_findings_of_a_handover_are_the_vendors(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-02", home=NEW_HOME)
    body = {
        "kind": "livraison", "on": "2026-11-02",
        "findings": [
            {"place": "bedroom", "element": "paint", "symptom": "cosmetic", "note": "Éclats."},
            {"place": "kitchen", "element": "tiles", "symptom": "crack", "note": "Fendu."},
        ],
    }  # fmt: skip
    answer = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", body)
    assert answer.status_code == 202
    tickets = [(await aulnes.get(f"/tickets/{one}")).json() for one in answer.json()["tickets"]]
    assert [row["responsible"] for row in tickets] == ["vendor", "vendor"]
    assert len(await aulnes.told("aftersales.ticket_opened.v1")) == 2
    wrong = await aulnes.post(
        f"/occupancies/{moved['occupancy']}/inspection", body | {"kind": "etat_des_lieux"}
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/kind")
    bad = body | {"findings": [{"place": "bedroom", "element": "nope", "symptom": "crack", "note": ""}]}
    refused = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", bad)
    assert refused.json()["errors"][0]["pointer"] == "/findings/0/element"


async def test_what_the_entry_inspection_shows_is_not_the_tenants_upkeep(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    body = {
        "kind": "etat_des_lieux", "on": "2026-11-10",
        "findings": [{"place": "bedroom", "element": "shutter", "symptom": "stuck", "note": "Coincé."}],
    }  # fmt: skip
    answer = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", body)
    ticket = (await aulnes.get(f"/tickets/{answer.json()['tickets'][0]}")).json()
    assert ticket["responsible"] == "cooperative"
    clocks = {row["kind"]: row["due_at"] for row in ticket["deadlines"]}
    assert clocks["edl_completion"] == "2026-11-20T23:59:59+01:00"


async def test_the_queue_is_sorted_by_next_deadline_filtered_and_paged(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    slow = await aulnes.open(moved["occupancy"], element="paint", symptom="cosmetic", place="bedroom")
    fast = await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak")
    usual = await aulnes.open(moved["occupancy"])
    first = (await aulnes.get("/tickets?limit=2")).json()
    rest = (await aulnes.get(f"/tickets?limit=2&cursor={first['next_cursor']}")).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == [fast["id"], usual["id"], slow["id"]]
    assert rest["next_cursor"] is None
    assert [row["id"] for row in (await aulnes.get("/tickets?team=joinery")).json()["items"]] == [slow["id"]]
    assert len((await aulnes.get("/tickets?residence=Les Aulnes&state=submitted")).json()["items"]) == 3
    assert (await aulnes.get("/tickets?residence=Ailleurs")).json()["items"] == []
    assert (await aulnes.get("/tickets?overdue=true")).json()["items"] == []
    await aulnes.now(MONDAY + timedelta(hours=2))
    overdue = (await aulnes.get("/tickets?overdue=true")).json()["items"]
    assert [(row["id"], row["is_overdue"]) for row in overdue] == [(fast["id"], True)]
    assert (await aulnes.get("/tickets?state=lost")).status_code == 422
    assert (await aulnes.get("/tickets?cursor=abc")).status_code == 422


async def test_the_taxonomy_speaks_both_languages(aulnes: Cooperative) -> None:
    french = (await aulnes.get("/taxonomy", **{"Accept-Language": "fr"})).json()
    english = (await aulnes.get("/taxonomy", **{"Accept-Language": "en"})).json()
    assert {row["code"] for row in french["elements"]} >= {
        "radiator", "window", "shutter", "roof", "tap", "toilet", "collective_heating", "boiler", "socket",
        "intercom", "extractor_fan",
    }  # fmt: skip
    for group in french:
        assert [row["code"] for row in french[group]] == [row["code"] for row in english[group]]
    assert {
        "trades",
        "elements",
        "symptoms",
        "places",
        "states",
        "actions",
        "reason_codes",
        "qualities",
    } <= set(french)


async def test_a_repeated_request_with_its_key_opens_once(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    body = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Ça goutte.", "channel": "phone",
    }  # fmt: skip
    headers = aulnes.staff | {"Idempotency-Key": new_id("key")}
    first, second = await aulnes.post("/tickets", body, headers), await aulnes.post("/tickets", body, headers)
    assert first.json()["id"] == second.json()["id"]
    assert len((await aulnes.get("/tickets")).json()["items"]) == 1


async def test_who_has_left_sees_nothing_more_and_staff_settle_what_is_done(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    me = aulnes.resident(moved["persons"][0]["id"])
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action in ("acknowledge", "qualify", "assign", "start", "finish"):
        await aulnes.act(ticket, action)
    left = await aulnes.post("/move-outs", {"occupancy": moved["occupancy"], "moved_out_on": "2026-11-16"})
    assert left.status_code == 200
    await aulnes.now(MONDAY + timedelta(days=2))
    assert (await aulnes.act(ticket, "confirm")).json()["state"] == "resolved"
    assert (await aulnes.get("/tickets", me)).status_code == 200
