"""Faults that readings show: a proposal with its curve, accepted by a person or dismissed, many at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.codes import Role
from contracts.members import Erased
from contracts.metering import SupplyFault, SupplyFaultCleared
from services.aftersales import handlers, personal
from services.aftersales.incidents import sensing
from services.kit.ids import new_id
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
CURVE = {"starts_at": "2026-11-14T00:00:00+01:00", "step_s": 1800, "values": [375] * 48 + [0] * 48}
EVIDENCE = {"figures": {"days": 1, "wh_day": 0}, "fluid": "heat", "unit": "Wh", "curve": CURVE, "days": []}


async def fault(aulnes: Cooperative, home: dict[str, Any], code: str = "no_heating", **more: Any) -> str:
    """As metering raises it: its row with the evidence, then the event."""
    event = SupplyFault(
        coop=aulnes.slug,
        meter=new_id("mtr"),
        dwelling=home["dwelling"],
        occupancy=home["occupancy"],
        fault=code,
        since=MONDAY - timedelta(days=1),
        id=new_id("flt"),
        evidence={"days": 1, "wh_day": 0},
        **more,
    )
    async with aulnes.room_unit("metering") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO metering.supply_fault (id, coop, meter, fault, dwelling, occupancy, since,"
                " first_day, last_day, raised_at, evidence) VALUES (:id, :coop, :meter, :fault, :dwelling,"
                " :occupancy, :since, '2026-11-14', '2026-11-15', now(), CAST(:evidence AS jsonb))"
            ),
            {
                "id": event.id, "coop": event.coop, "meter": event.meter, "fault": code,
                "dwelling": event.dwelling, "occupancy": event.occupancy, "since": event.since,
                "evidence": json.dumps(EVIDENCE),
            },
        )  # fmt: skip
    await hear(aulnes, event)
    return str(event.id)


async def hear(aulnes: Cooperative, event: SupplyFault) -> None:
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        await sensing.supply_fault(event, unit)


async def a_warm_home(aulnes: Cooperative) -> dict[str, Any]:
    return await aulnes.move_in(home={"heating": "district"})


async def test_a_person_sees_the_curve_and_opens_a_request_in_the_homes_name(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home)
    assert await aulnes.told("aftersales.ticket_opened.v1") == []
    [seen] = (await aulnes.get("/meter-proposals")).json()["proposals"]
    assert (seen["fault"], seen["element"], seen["symptom"]) == (
        "no_heating",
        "collective_heating",
        "no_heat",
    )
    assert seen["values"] == CURVE["values"]
    accepted = await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "accept"})
    assert accepted.status_code == 200, accepted.text
    ticket = (await aulnes.get(f"/tickets/{accepted.json()['ticket']}")).json()
    assert (ticket["channel"], ticket["occupancy"]) == ("meter", home["occupancy"])
    assert "Chauffage à l’arrêt" in ticket["description"]
    [told] = await aulnes.told("aftersales.ticket_opened.v1")
    assert told["occupancy"] == home["occupancy"]
    again = await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "accept"})
    assert again.status_code == 409


async def test_nothing_is_opened_in_the_name_of_who_has_left(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home)
    out = {"occupancy": home["occupancy"], "moved_out_on": "2026-11-15"}
    assert (await aulnes.post("/move-outs", out)).status_code == 200
    refused = await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "accept"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_home")
    assert refused.json()["legal_actions"] == ["dismiss"]


async def test_each_reads_what_the_meter_showed_in_their_own_language_and_units(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home, "night_flow")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        figures = {"nights": 6, "least_l_hour": 12, "litres_night": 48}
        seen = json.dumps({"figures": figures, "fluid": "water", "unit": "L"})
        await unit.session.execute(
            text("UPDATE aftersales.meter_proposal SET evidence = CAST(:seen AS jsonb) WHERE id = :id"),
            {"seen": seen, "id": proposal},
        )
    accepted = await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "accept"})
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["figures"] == figures, "programs get the raw figures"
    household = aulnes.resident(home["persons"][0]["id"])
    for language, looks in (("fr", "chasse d’eau"), ("en", "running toilet")):
        path = f"/tickets/{accepted.json()['ticket']}"
        told = (await aulnes.get(path, household, **{"Accept-Language": language})).json()["description"]
        assert looks in told
        assert "12\u00a0litres" in told


async def test_it_is_told_once_and_dismissed_with_a_reason(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home, "night_flow")
    event = SupplyFault(
        coop=aulnes.slug, meter=new_id("mtr"), dwelling=home["dwelling"], fault="night_flow", since=MONDAY,
        id=proposal,
    )  # fmt: skip
    await hear(aulnes, event)
    assert len((await aulnes.get("/meter-proposals")).json()["proposals"]) == 1
    unexplained = await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "dismiss"})
    assert unexplained.status_code == 422
    done = await aulnes.post(
        f"/meter-proposals/{proposal}/actions", {"action": "dismiss", "reason": "Arrosage programmé"}
    )
    assert (done.json()["state"], done.json()["values"]) == ("dismissed", None)


async def test_a_fault_that_goes_on_shows_what_it_has_become_until_somebody_decides(
    aulnes: Cooperative,
) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home, "night_flow")
    event = SupplyFault(
        coop=aulnes.slug, meter=new_id("mtr"), dwelling=home["dwelling"], fault="night_flow", id=proposal,
        since=MONDAY - timedelta(days=4),
    )  # fmt: skip
    for nights in (4, 5):
        async with aulnes.room_unit("metering") as unit:
            await unit.session.execute(
                text(
                    "UPDATE metering.supply_fault SET evidence = jsonb_set(evidence, '{figures,nights}',"
                    " to_jsonb(CAST(:nights AS int))) WHERE id = :id"
                ),
                {"nights": nights, "id": proposal},
            )
        await hear(aulnes, event)
        if nights == 4:
            seen = (await aulnes.get(f"/meter-proposals/{proposal}")).json()
            assert (seen["figures"]["nights"], seen["since"][:10]) == (4, "2026-11-12")
            await aulnes.post(f"/meter-proposals/{proposal}/actions", {"action": "accept"})
    decided = (await aulnes.get(f"/meter-proposals/{proposal}")).json()
    assert (decided["state"], decided["figures"]["nights"]) == ("accepted", 4)


async def test_many_meters_that_fall_together_propose_an_incident(aulnes: Cooperative) -> None:
    homes = [await a_warm_home(aulnes) for _ in range(3)]
    for home in homes:
        await fault(aulnes, home)
    [incident] = (await aulnes.get("/incidents")).json()["items"]
    assert (incident["state"], incident["requests"], incident["homes"]) == ("proposed", 0, 3)
    report = await aulnes.open(
        homes[0]["occupancy"], element="radiator", symptom="no_heat", place="living_room"
    )
    assert report["incident"] == incident["id"]
    confirmed = await aulnes.post(
        f"/incidents/{incident['id']}/actions", {"action": "confirm", "tells_all": True}
    )
    assert confirmed.status_code == 200, confirmed.text
    [told] = await aulnes.told("aftersales.incident_declared.v1")
    assert set(told["occupancies"]) == {home["occupancy"] for home in homes}


async def test_homes_whose_meters_fell_are_told_and_asked_without_having_written(
    aulnes: Cooperative,
) -> None:
    homes = [await a_warm_home(aulnes) for _ in range(4)]
    for home in homes[:3]:
        await fault(aulnes, home)
    [incident] = (await aulnes.get("/incidents")).json()["items"]
    assert incident["priority"] == "p1", "as urgent as such a request, although nobody has written one"
    path = f"/incidents/{incident['id']}"
    for action in ("confirm", "resolve"):
        assert (await aulnes.post(f"{path}/actions", {"action": action})).status_code == 200
    fallen = {home["occupancy"] for home in homes[:3]}
    for subject in ("aftersales.incident_declared.v1", "aftersales.incident_resolved.v1"):
        [told] = await aulnes.told(subject)
        assert set(told["occupancies"]) == fallen
    one = homes[0]["persons"][0]["id"]
    resident = Browser(aulnes, Role.RESIDENT, one)
    assert "Est-ce réglé chez vous" in (await resident.get(path)).text
    answered = await aulnes.post(f"{path}/answer", {"is_back": True}, aulnes.resident(one))
    assert answered.json()["answer"] == "back"
    other = aulnes.resident(homes[3]["persons"][0]["id"])
    assert (await aulnes.post(f"{path}/answer", {"is_back": True}, other)).status_code == 422


async def test_one_report_beside_meters_that_fell_is_enough(aulnes: Cooperative) -> None:
    homes = [await a_warm_home(aulnes) for _ in range(31)]
    for home in homes[:3]:
        await fault(aulnes, home)
    assert (await aulnes.get("/incidents")).json()["items"] == []
    report = await aulnes.open(
        homes[9]["occupancy"], element="collective_heating", symptom="no_heat", place="living_room"
    )
    assert report["incident"] is not None


async def test_what_is_well_again_or_taken_back_is_no_longer_proposed(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home)
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        await sensing.fault_cleared(
            SupplyFaultCleared(
                coop=aulnes.slug, meter=new_id("mtr"), id=proposal, fault="no_heating", because="no_ground"
            ),
            unit,
        )
    found = (await aulnes.get(f"/meter-proposals/{proposal}")).json()
    assert (found["state"], found["values"], found["figures"]) == ("cleared", None, {})


async def test_an_erased_household_s_readings_are_forgotten_here_too(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home)
    person = home["persons"][0]["id"]
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        assert (await personal.export(unit, person))["faults_shown_by_meters"][0]["fault"] == "no_heating"
        await handlers.erased(Erased(coop=aulnes.slug, person=person, occupancies=(home["occupancy"],)), unit)
    assert (await aulnes.get(f"/meter-proposals/{proposal}")).json()["values"] is None


async def test_the_page_shows_the_curve_to_staff_and_to_nobody_else(aulnes: Cooperative) -> None:
    home = await a_warm_home(aulnes)
    proposal = await fault(aulnes, home)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    page = await staff.get(f"/incidents/meters/{proposal}")
    assert "data-points" in page.text
    assert (await staff.get("/incidents")).status_code == 200
    sent = await staff.send(f"/incidents/meters/{proposal}", action="accept")
    assert sent.status_code == 303
    desk = await staff.get(sent.headers["location"])
    assert "data-points" in desk.text
    resident = Browser(aulnes, Role.RESIDENT, home["persons"][0]["id"])
    assert (await resident.get(f"/incidents/meters/{proposal}")).status_code in (303, 403)


async def test_each_silent_meter_of_a_home_is_named_by_what_it_counts_and_its_number(
    aulnes: Cooperative,
) -> None:
    meters = [{"fluid": "water", "serial": "E-17"}, {"fluid": "heat"}]
    home = await aulnes.move_in(
        home={"heating": "district", "meters": [one | {"tariff": "base"} for one in meters], "ref": "B12"}
    )
    for meter in home["meters"]:
        event = SupplyFault(
            coop=aulnes.slug, meter=meter["id"], dwelling=home["dwelling"], occupancy=home["occupancy"],
            fault="meter_silent", since=MONDAY - timedelta(days=9), id=new_id("flt"),
        )  # fmt: skip
        await hear(aulnes, event)
    seen = (await aulnes.get("/meter-proposals")).json()["proposals"]
    assert {(one["fluid"], one["serial"], one["where"]) for one in seen} == {
        ("eau froide", "E-17", "Les Aulnes · B12"),
        ("chauffage", None, "Les Aulnes · B12"),
    }
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    page = (await staff.get("/incidents")).text
    assert "Compteur muet depuis longtemps – eau froide · n° E-17" in page
    assert "Compteur muet depuis longtemps – chauffage" in page
    assert "2 signaux des compteurs" in (await staff.get("/desk")).text
