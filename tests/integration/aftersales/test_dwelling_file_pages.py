"""Pages of the dwelling's file, settings, refusals, opinions and reports, on the real database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.codes import Role
from services.aftersales import personal
from tests.integration.aftersales.conftest import MONDAY, PARIS
from tests.integration.aftersales.test_contractor_link import a_firm, a_job
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
NEW = {"reception_on": "2026-06-30"}


async def get(aulnes: Cooperative, path: str, person: str = "") -> httpx.Response:
    return await _browser(aulnes, person).get(path)


async def send(aulnes: Cooperative, path: str, person: str = "", **form: str | list[str]) -> httpx.Response:
    return await _browser(aulnes, person).send(path, **form)


def _browser(aulnes: Cooperative, person: str) -> Browser:
    """That person's, else the agent's."""
    return Browser(aulnes, Role.RESIDENT if person else Role.STAFF, person or aulnes.agent)


async def walk(aulnes: Cooperative, ticket: str, me: dict[str, str]) -> None:
    """From the opening to a repair that the household confirms."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("acknowledge", {"assignee": aulnes.agent}), ("qualify", {}), ("assign", {"team": "plumbing"}),
        ("schedule", {"appointment_at": "2026-11-18T09:00:00+01:00"}), ("start", {}),
        ("finish", {"comment": "Mitigeur remplacé."}),
    ]  # fmt: skip
    for action, more in steps:
        answer = await aulnes.act(ticket, action, **more)
        assert answer.status_code == 200, f"{action}: {answer.text}"
    answer = await aulnes.act(ticket, "confirm", me)
    assert answer.status_code == 200, answer.text


async def test_the_settings_page_says_what_is_wrong_and_keeps_what_was_typed(aulnes: Cooperative) -> None:
    page = "/settings/aftersales"
    assert (await get(aulnes, page)).status_code == 200
    wrong = await send(aulnes, f"{page}/calendar", day_0="9h-12h")
    assert wrong.status_code == 422
    assert "9h-12h" in wrong.text
    right = await send(aulnes, f"{page}/calendar", day_0="9:00-12:00, 14:00-18:00", closed_on="2026-12-24")
    assert right.status_code == 303
    shown = (await get(aulnes, page)).text
    assert "09:00-12:00, 14:00-18:00" in shown
    assert "2026-12-24" in shown
    assert (await send(aulnes, f"{page}/magic")).status_code == 404
    season = {"from_day": "1", "from_month": "11", "to_day": "31", "to_month": "3"}
    assert (await send(aulnes, f"{page}/heating", **season)).status_code == 303
    assert "1 novembre" in (await get(aulnes, page)).text
    assert (await send(aulnes, f"{page}/heating", take_back="yes")).status_code == 303
    changes = (await aulnes.get("/aftersales-settings/changes")).json()["changes"]
    assert [(row["name"], row["after"] is None) for row in changes] == [
        ("heating_period", True), ("heating_period", False), ("calendar", False),
    ]  # fmt: skip


async def test_a_rule_by_trade_is_added_and_ended_on_the_page(aulnes: Cooperative) -> None:
    page = "/settings/aftersales"
    rule = {
        "responsible": "cooperative", "trade": "plumbing", "basis": "Contrat multiservices",
        "valid_from": "2026-01-01",
    }  # fmt: skip
    assert (await send(aulnes, f"{page}/rule", **rule)).status_code == 303
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], symptom="leak")
    assert (ticket["responsible"], ticket["basis"]) == ("cooperative", "Contrat multiservices")
    made = (await aulnes.get("/responsibility-rules")).json()["rules"][0]["id"]
    assert (await send(aulnes, f"{page}/end_rule", rule=made, valid_to="2026-11-15")).status_code == 303
    assert (await aulnes.open(moved["occupancy"], symptom="leak"))["responsible"] == "resident"
    assert (await send(aulnes, f"{page}/rule", **(rule | {"basis": ""}))).status_code == 422


async def test_the_page_refuses_a_rule_that_puts_a_danger_on_the_resident_and_says_why(
    aulnes: Cooperative,
) -> None:
    page = "/settings/aftersales"
    rule = {
        "responsible": "resident", "element": "lift", "basis": "Règlement intérieur",
        "valid_from": "2026-01-01",
    }  # fmt: skip
    refused = await send(aulnes, f"{page}/rule", **rule)
    assert refused.status_code == 422
    assert "Aucune règle ne peut mettre cela à la charge de l" in refused.text
    assert "Règlement intérieur" in refused.text
    empty = await send(aulnes, f"{page}/rule", **(rule | {"responsible": "syndic", "basis": "ab"}))
    assert "Il faut au moins 3 caractères" in empty.text


async def test_a_decision_and_a_refusal_say_what_the_household_can_do_next(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    ticket = await aulnes.open(moved["occupancy"], symptom="leak")
    assert any("artisan" in step for step in ticket["next_steps"])
    page = await get(aulnes, f"/tickets/{ticket['id']}", person)
    assert "Ce que vous pouvez faire en attendant" in page.text
    await aulnes.act(ticket["id"], "acknowledge", assignee=aulnes.agent)
    refused = await aulnes.act(
        ticket["id"], "refuse", reason="resident_upkeep", comment="Le joint est à changer."
    )
    assert refused.status_code == 200, refused.text
    assert any("commission départementale" in step for step in refused.json()["next_steps"])
    page = await get(aulnes, f"/tickets/{ticket['id']}", person)
    for said in ("décret 87-712", "Le joint est à changer.", "commission départementale de conciliation"):
        assert said in page.text


async def test_each_side_gives_its_own_opinion_and_never_the_others(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    me = aulnes.resident(person)
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    early = await aulnes.web.client.put(
        f"/api/v1/tickets/{ticket}/opinion", json={"verdict": "good"}, headers=me
    )
    assert early.status_code == 409
    await walk(aulnes, ticket, me)
    form: dict[str, Any] = {"verdict": "good", "marks": ["quick", "on_time"], "comment": "Merci"}
    said = await send(aulnes, f"/tickets/{ticket}/opinion", person, **form)
    assert said.status_code == 303, said.text
    ours = await aulnes.web.client.put(
        f"/api/v1/tickets/{ticket}/opinion", json={"verdict": "bad", "marks": ["slow"]}, headers=aulnes.staff
    )
    assert ours.json()["side"] == "staff"
    both = (await aulnes.get(f"/tickets/{ticket}/opinions")).json()["opinions"]
    assert [(row["side"], row["verdict"]) for row in both] == [("household", "good"), ("staff", "bad")]
    mine = (await aulnes.get(f"/tickets/{ticket}/opinions", me)).json()["opinions"]
    assert [row["side"] for row in mine] == ["household"]
    assert (await aulnes.get("/reports/opinions", me)).json()["residences"] == []
    unknown = await aulnes.web.client.put(
        f"/api/v1/tickets/{ticket}/opinion", json={"verdict": "good", "marks": ["magic"]}, headers=me
    )
    assert unknown.status_code == 422
    desk = await get(aulnes, f"/desk/{ticket}")
    assert "Merci" in desk.text


async def test_the_report_counts_the_month_of_a_residence(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    me = aulnes.resident(person)
    fixed = (await aulnes.open(moved["occupancy"]))["id"]
    await aulnes.open(moved["occupancy"], element="shutter")
    await aulnes.now(MONDAY + timedelta(hours=2))
    await walk(aulnes, fixed, me)
    await aulnes.now(datetime(2026, 12, 20, 10, tzinfo=PARIS))
    answer = await aulnes.get("/reports/aftersales?from=2026-11-01&to=2026-11-30")
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["rows"]
    assert (row["residence"], row["month"], row["requests"]) == ("Les Aulnes", "2026-11", 2)
    assert (row["ends"]["fixed"], row["ends"]["open"], row["fixed_hours"]) == (1, 1, 2.0)
    assert row["first_answers"] == {"kept": 1, "all": 2}
    elsewhere = await aulnes.get("/reports/aftersales?from=2026-11-01&to=2026-11-30&residence=Ailleurs")
    assert elsewhere.json()["rows"] == []
    assert (await aulnes.get("/reports/aftersales?from=2026-11-30&to=2026-11-01")).status_code == 422
    page = await get(aulnes, "/reports/aftersales?from=2026-11-01&to=2026-11-30")
    assert page.status_code == 200
    assert "2026-11" in page.text


async def test_what_a_person_said_is_handed_out_and_forgotten(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    me = aulnes.resident(person)
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await walk(aulnes, ticket, me)
    await send(aulnes, f"/tickets/{ticket}/opinion", person, verdict="good", comment="Secret 7")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        found = await personal.export(unit, person)
        assert [row["comment"] for row in found["opinions"]] == ["Secret 7"]
        await personal.erase(unit, person, [moved["occupancy"]])
        assert (await personal.export(unit, person))["opinions"][0]["comment"] is None


async def test_a_contractor_gives_its_own_opinion_by_its_link(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    early = await firm.send(f"/jobs/{ticket}/opinion", verdict="good")
    assert early.status_code == 409
    assert (await aulnes.act(ticket, "start")).status_code == 200
    done = await aulnes.act(ticket, "finish", comment="Cartouche changée.")
    assert done.status_code == 200, done.text
    page = await firm.get(f"/jobs/{ticket}")
    assert "Votre avis" in page.text
    said = await firm.send(
        f"/jobs/{ticket}/opinion", verdict="bad", marks=["not_on_time"], comment="Porte close"
    )
    assert said.status_code == 303, said.text
    both = (await aulnes.get(f"/tickets/{ticket}/opinions")).json()["opinions"]
    assert [(row["side"], row["verdict"], row["comment"]) for row in both] == [
        ("contractor", "bad", "Porte close")
    ]
    me = aulnes.resident(moved["persons"][0]["id"])
    assert (await aulnes.get(f"/tickets/{ticket}/opinions", me)).json()["opinions"] == []


async def test_an_opinion_does_not_say_two_things_that_contradict_each_other(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    person = moved["persons"][0]["id"]
    me = aulnes.resident(person)
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await walk(aulnes, ticket, me)
    form = (await get(aulnes, f"/tickets/{ticket}", person)).text
    assert form.count('name="mark-speed"') == 3
    assert 'type="checkbox" name="marks"' not in form
    form_said = {"mark-speed": "slow", "mark-work": "well_done", "mark-news": ""}
    said = await send(aulnes, f"/tickets/{ticket}/opinion", person, verdict="good", **form_said)
    assert said.status_code == 303
    (mine,) = (await aulnes.get(f"/tickets/{ticket}/opinions", me)).json()["opinions"]
    assert mine["marks"] == ["slow", "well_done"]
    both = await aulnes.web.client.put(
        f"/api/v1/tickets/{ticket}/opinion", json={"verdict": "good", "marks": ["quick", "slow"]}, headers=me
    )
    assert (both.status_code, both.json()["errors"][0]["code"]) == (422, "contradiction")


async def test_a_tenant_in_an_old_building_reads_of_no_missing_date_and_staff_does(
    aulnes: Cooperative,
) -> None:
    moved = await aulnes.move_in("tenant", moved_in_on="2020-03-01")
    person = moved["persons"][0]["id"]
    shown = (await get(aulnes, "/home/file", person)).text
    assert "Date manquante" not in shown
    staff = (await get(aulnes, f"/dwellings/{moved['dwelling']}/file")).text
    assert "n&#39;est pas enregistrée" in staff or "n'est pas enregistrée" in staff
    assert 'href="#dates"' in staff
    assert "demandez-la-lui" not in staff
