"""What firms, households and staff may send without breaking a page for others."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales import personal
from tests.integration.aftersales.conftest import PARIS
from tests.integration.aftersales.test_contractor_link import a_firm, a_job, agreed

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
LAST = {"day": "9999-12-31", "start": "08:00", "end": "10:00"}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/jobs/{ticket}/slots", LAST),
        ("/jobs/{ticket}/agreed", {"day": "9999-12-31", "start": "08:00"}),
        ("/hours", LAST),
        ("/hours", {"weekday": "²", "start": "08:00", "end": "12:00"}),
    ],
)
async def test_a_firm_cannot_put_a_visit_at_the_end_of_time(
    aulnes: Cooperative, path: str, form: dict[str, Any]
) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    answer = await firm.send(path.format(ticket=ticket), **form)
    assert answer.status_code == 422
    assert ("dans les deux ans à venir" in answer.text) is ("weekday" not in form)
    assert (await firm.get("/calendar.ics")).status_code == 200


async def test_staff_neither(aulnes: Cooperative) -> None:
    ticket, _ = await a_job(aulnes, await a_firm(aulnes))
    end = {"starts_at": "9999-12-31T20:00:00+00:00", "ends_at": "9999-12-31T23:59:00+00:00"}
    assert (await aulnes.post(f"/tickets/{ticket}/slots", end)).status_code == 422
    answer = await aulnes.act(ticket, "schedule", appointment_at="9999-12-31T23:59:00+00:00")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_far")


@pytest.mark.parametrize(
    "path",
    ["/visits?since=9999-12-01&until=9999-12-31", "/reports/aftersales?from=9999-12-01&to=9999-12-31"],
)
async def test_the_last_day_of_all_years_is_refused_and_no_fault_of_ours(
    aulnes: Cooperative, path: str
) -> None:
    assert (await aulnes.get(path)).status_code == 422


async def test_an_inspection_is_recorded_once_it_was_held(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    body = {"kind": "etat_des_lieux", "on": "2026-11-17", "findings": []}
    path = f"/occupancies/{moved['occupancy']}/inspection"
    assert (await aulnes.post(path, body)).json()["errors"][0]["code"] == "in_the_future"
    assert (await aulnes.post(path, body | {"on": "2026-11-16"})).status_code == 202


async def test_of_a_household_that_is_gone_no_words_of_anybody_stay(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    await agreed(firm, ticket, datetime(2026, 11, 17, 12, tzinfo=PARIS))
    await firm.send(f"/jobs/{ticket}/start")
    await firm.send(f"/jobs/{ticket}/finish", outcome="fixed", note="Camille entend mal", no_photo="refus")
    await aulnes.act(ticket, "reopen", comment="Camille a rappelé")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await personal.erase(unit, moved["persons"][0]["id"], [moved["occupancy"]])
        left = await unit.session.execute(
            text("SELECT comment FROM aftersales.ticket_event WHERE ticket = :t AND comment IS NOT NULL"),
            {"t": ticket},
        )
        assert left.all() == []
    steps = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert [one["action"] for one in steps][-2:] == ["finish", "reopen"]


async def test_who_has_left_keeps_its_requests_and_begins_nothing_new(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    who = aulnes.resident(moved["persons"][0]["id"])
    ticket = await aulnes.open(moved["occupancy"])
    gone = {"occupancy": moved["occupancy"], "moved_out_on": "2026-11-10"}
    assert (await aulnes.post("/move-outs", gone)).status_code == 200
    assert (await aulnes.get(f"/tickets/{ticket['id']}", who)).status_code == 200
    report = {"occupancy": moved["occupancy"], "place": "kitchen", "element": "socket", "symptom": "broken"}
    answer = await aulnes.post("/tickets", report | {"description": "x"}, who)
    assert (answer.status_code, answer.json()["code"]) == (409, "moved_out")
    assert (await aulnes.post("/tickets", report | {"description": "x"})).status_code == 201  # staff tidy up
    known = await aulnes.get(f"/occupancies/{moved['occupancy']}/known?element=collective_heating", who)
    assert known.json() == {"known": []}


async def test_who_has_left_hears_nothing_more_of_the_neighbours(aulnes: Cooperative) -> None:
    homes = [await aulnes.move_in() for _ in range(3)]
    for home in homes[1:]:
        await aulnes.open(home["occupancy"], element="collective_heating", symptom="no_heat")
    [likely] = (await aulnes.get("/incidents/suggestions")).json()["suggestions"]
    declared = await aulnes.post("/incidents", {"family": likely["family"], "scope": likely["scope"]})
    incident = declared.json()["id"]
    words = {"action": "confirm", "text_fr": "Panne.", "tells_all": True}
    assert (await aulnes.post(f"/incidents/{incident}/actions", words)).status_code == 200
    who = aulnes.resident(homes[0]["persons"][0]["id"])
    assert (await aulnes.get(f"/incidents/{incident}", who)).status_code == 200
    gone = {"occupancy": homes[0]["occupancy"], "moved_out_on": "2026-11-10"}
    assert (await aulnes.post("/move-outs", gone)).status_code == 200
    assert (await aulnes.get(f"/incidents/{incident}", who)).status_code == 404
