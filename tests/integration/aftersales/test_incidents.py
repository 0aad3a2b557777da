"""Several homes report one cause: proposed, confirmed by a person, told once, answered by each home alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import actions
from services.aftersales.changes import Changes
from services.aftersales.telling import Actor
from services.kit.problems import Problem
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
COLD = {"element": "collective_heating", "symptom": "no_heat", "place": "living_room"}


async def homes(aulnes: Cooperative, count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        await aulnes.move_in(home={"floor": str(at), "heating": "collective", **more}) for at in range(count)
    ]


async def cold(
    aulnes: Cooperative, home: dict[str, Any], description: str = "Plus de chauffage"
) -> dict[str, Any]:
    return await aulnes.open(home["occupancy"], description=description, **COLD)


async def six_cold_homes(aulnes: Cooperative) -> tuple[list[dict[str, Any]], str, list[dict[str, Any]]]:
    """Six homes that reported; the proposed incident; their requests."""
    lived_in = await homes(aulnes, 6)
    tickets = [await cold(aulnes, home, f"Froid {at}") for at, home in enumerate(lived_in)]
    [incident] = (await aulnes.get("/incidents")).json()["items"]
    return lived_in, incident["id"], tickets


async def do(aulnes: Cooperative, incident: str, action: str, **more: Any) -> dict[str, Any]:
    answer = await aulnes.post(f"/incidents/{incident}/actions", {"action": action, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ticket(aulnes: Cooperative, id: str) -> dict[str, Any]:
    return dict((await aulnes.get(f"/tickets/{id}")).json())


async def test_two_homes_are_shown_to_staff_and_three_are_proposed(aulnes: Cooperative) -> None:
    first, second, third, other = await homes(aulnes, 4)
    await cold(aulnes, first)
    await cold(aulnes, first)
    none = await aulnes.get("/incidents/suggestions")
    assert none.status_code == 200, none.text
    assert none.json()["suggestions"] == []
    await cold(aulnes, second)
    [suggested] = (await aulnes.get("/incidents/suggestions")).json()["suggestions"]
    assert (suggested["homes"], suggested["place"]) == (2, "Les Aulnes")
    assert (await cold(aulnes, third))["incident"] is not None
    [incident] = (await aulnes.get("/incidents")).json()["items"]
    assert (incident["state"], incident["homes"], incident["requests"]) == ("proposed", 3, 4)
    leak = await aulnes.open(other["occupancy"], element="tap", symptom="leak", place="kitchen")
    assert leak["incident"] is None


async def test_a_home_that_reports_three_times_is_one_home_of_the_incident(aulnes: Cooperative) -> None:
    often, second, third = await homes(aulnes, 3)
    repeated = [(await cold(aulnes, often))["number"] for _ in range(3)]
    await cold(aulnes, second)
    incident = (await cold(aulnes, third))["incident"]
    shown = (await aulnes.get(f"/incidents/{incident}")).json()
    assert (shown["homes"], shown["requests"]) == (3, 5)
    [first, *others] = shown["children"]
    assert [first["number"], *(more["number"] for more in first["also"])] == repeated
    assert [other["also"] for other in others] == [[], []]
    await do(aulnes, incident, "confirm")
    await do(aulnes, incident, "resolve")
    me = aulnes.resident(often["persons"][0]["id"])
    await aulnes.post(f"/incidents/{incident}/answer", {"is_back": True}, me)
    page = await Browser(aulnes, Role.STAFF, aulnes.agent).get(f"/incidents/{incident}")
    assert "1 logement dit que c’est réglé" in page.text
    assert page.text.count('data-label="Réglé ?"') == 3


async def test_reports_days_apart_are_not_one_cause(aulnes: Cooperative) -> None:
    for at, home in enumerate(await homes(aulnes, 3)):
        await aulnes.now(MONDAY + timedelta(hours=7 * at))
        assert (await cold(aulnes, home))["incident"] is None


async def test_a_tenth_of_a_large_residence_is_needed(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 5, staircase="B")
    async with aulnes.room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.dwelling"
                " (id, coop, ref, residence, floor_area_m2, heating, postcode, zone)"
                " SELECT 'dwl_' || lpad(n::text, 26, '0') || right(CAST(:coop AS text), 4), :coop, n::text,"
                " 'Les Aulnes', 50, 'collective', '69001', 'Europe/Paris' FROM generate_series(1, 44) n"
            ),
            {"coop": aulnes.slug},
        )
    found = [(await cold(aulnes, home))["incident"] for home in lived_in]
    assert found[:4] == [None] * 4
    assert found[4] is not None


async def test_a_person_confirms_and_all_homes_are_told_once(aulnes: Cooperative) -> None:
    lived_in, incident, tickets = await six_cold_homes(aulnes)
    shown = await do(
        aulnes, incident, "confirm", text_fr="La chaufferie est en panne, un technicien est en route."
    )
    assert shown["state"] == "confirmed"
    assert {(await ticket(aulnes, one["id"]))["state"] for one in tickets} == {"attached"}
    [declared] = await aulnes.told("aftersales.incident_declared.v1")
    assert set(declared["occupancies"]) == {home["occupancy"] for home in lived_in}
    assert "chaufferie" not in str(declared)
    late = (await homes(aulnes, 1))[0]
    joined = await cold(aulnes, late)
    assert (joined["incident"], joined["state"]) == (incident, "attached")
    again = (await aulnes.told("aftersales.incident_declared.v1"))[1]
    assert again["occupancies"] == [late["occupancy"]]


async def test_each_home_answers_for_itself_when_it_is_over(aulnes: Cooperative) -> None:
    lived_in, incident, tickets = await six_cold_homes(aulnes)
    await do(aulnes, incident, "confirm")
    await do(aulnes, incident, "start")
    await do(aulnes, incident, "resolve", text_fr="Le chauffage est revenu.")
    [resolved] = await aulnes.told("aftersales.incident_resolved.v1")
    assert len(resolved["occupancies"]) == 6
    assert {(await ticket(aulnes, one["id"]))["state"] for one in tickets} == {"done"}
    warm, still_cold = (aulnes.resident(home["persons"][0]["id"]) for home in lived_in[:2])
    answered = await aulnes.post(f"/incidents/{incident}/answer", {"is_back": True}, warm)
    assert answered.json()["answer"] == "back"
    refused = await aulnes.post(
        f"/incidents/{incident}/answer", {"is_back": False, "comment": "Toujours 14 degrés"}, still_cold
    )
    assert refused.json()["answer"] == "not_back"
    states = [(await ticket(aulnes, one["id"]))["state"] for one in tickets]
    assert states == ["resolved", "reopened", "done", "done", "done", "done"]
    assert (await ticket(aulnes, tickets[1]["id"]))["incident"] is None
    assert (await ticket(aulnes, tickets[0]["id"]))["incident"] == incident
    shown = (await aulnes.get(f"/incidents/{incident}")).json()
    answers = {"back", "not_back", None}
    assert (shown["homes"], {child["answer"] for child in shown["children"]}) == (6, answers)
    closed = await do(aulnes, incident, "close")
    assert closed["state"] == "closed"
    assert [(await ticket(aulnes, one["id"]))["state"] for one in tickets] == states


async def test_nobody_sees_the_words_of_another_household(aulnes: Cooperative) -> None:
    lived_in, incident, tickets = await six_cold_homes(aulnes)
    await do(aulnes, incident, "confirm", text_fr="Panne de chaufferie.")
    one = aulnes.resident(lived_in[0]["persons"][0]["id"])
    seen = (await aulnes.get(f"/incidents/{incident}", one)).json()
    assert seen["children"] == []
    assert seen["history"] == []
    everything = str(seen) + str((await aulnes.get("/incidents", one)).json())
    known = await aulnes.get(
        f"/occupancies/{lived_in[0]['occupancy']}/known?element=collective_heating&symptom=no_heat", one
    )
    everything += known.text
    for at, other in enumerate(tickets[1:], 1):
        assert f"Froid {at}" not in everything
        assert other["id"] not in everything
        assert lived_in[at]["occupancy"] not in everything
        assert (await aulnes.get(f"/tickets/{other['id']}", one)).status_code == 404
    staff = (await aulnes.get(f"/incidents/{incident}")).text
    assert "Froid" not in staff
    stranger = aulnes.resident((await aulnes.move_in(home={"residence": "Ailleurs"}))["persons"][0]["id"])
    assert (await aulnes.get(f"/incidents/{incident}", stranger)).status_code == 404


async def test_before_reporting_a_household_sees_what_is_known(aulnes: Cooperative) -> None:
    first, second, third, fourth = await homes(aulnes, 4)
    me = aulnes.resident(fourth["persons"][0]["id"])
    path = f"/occupancies/{fourth['occupancy']}/known?element=radiator&symptom=no_heat"
    assert (await aulnes.get(path, me)).json() == {"known": []}
    await cold(aulnes, first)
    await cold(aulnes, second)
    [neighbours] = (await aulnes.get(path, me)).json()["known"]
    assert (neighbours["kind"], neighbours["homes"]) == ("neighbours", 2)
    assert "2 logements voisins" in neighbours["text"]
    assert neighbours["incident"] is None
    incident = (await cold(aulnes, third))["incident"]
    await do(aulnes, incident, "confirm", text_fr="La chaufferie est en panne.")
    [known] = (await aulnes.get(path, me)).json()["known"]
    assert (known["kind"], known["incident"], known["news"]) == (
        "incident", incident, "La chaufferie est en panne.",
    )  # fmt: skip
    followed = await aulnes.post(f"/incidents/{incident}/follow", {}, me)
    assert followed.json()["follows"] is True
    await do(aulnes, incident, "tell", text_fr="La pièce arrive à 17 h.")
    told = (await aulnes.told("aftersales.incident_updated.v1"))[-1]
    assert fourth["occupancy"] in told["occupancies"]
    await do(aulnes, incident, "resolve")
    answered = await aulnes.post(f"/incidents/{incident}/answer", {"is_back": True}, me)
    assert answered.json()["answer"] == "back"
    own = await aulnes.open(fourth["occupancy"], element="tap", symptom="leak")
    [mine] = (await aulnes.get(path.replace("radiator", "tap").replace("no_heat", "leak"), me)).json()[
        "known"
    ]
    assert (mine["kind"], mine["ticket"]) == ("own", own["id"])


async def test_dismissed_reports_go_on_alone_and_propose_nothing_again(aulnes: Cooperative) -> None:
    _, incident, tickets = await six_cold_homes(aulnes)
    refused = await aulnes.post(f"/incidents/{incident}/actions", {"action": "dismiss"})
    assert refused.status_code == 422
    await do(aulnes, incident, "dismiss", reason="Radiateurs à purger, chacun le sien")
    assert (await ticket(aulnes, tickets[0]["id"]))["incident"] is None
    assert (await aulnes.get("/incidents")).json()["items"] == []
    assert (await cold(aulnes, (await homes(aulnes, 1))[0]))["incident"] is None
    back = await do(aulnes, incident, "undo", reason="C'était bien la chaufferie")
    assert back["state"] == "proposed"
    assert (await ticket(aulnes, tickets[0]["id"]))["incident"] == incident


async def test_confirming_is_undone_by_a_person_who_says_so(aulnes: Cooperative) -> None:
    _, incident, tickets = await six_cold_homes(aulnes)
    await do(aulnes, incident, "confirm")
    undone = await do(aulnes, incident, "undo", reason="Trop tôt")
    assert undone["state"] == "proposed"
    now = await ticket(aulnes, tickets[0]["id"])
    assert (now["state"], now["incident"]) == ("submitted", incident)
    assert [step["action"] for step in undone["history"]] == ["propose", "confirm", "undo"]


async def test_two_proposals_are_joined_and_parted_and_one_home_split_out(aulnes: Cooperative) -> None:
    left = [await cold(aulnes, home) for home in await homes(aulnes, 3, residence="Les Ormes")]
    right = [await cold(aulnes, home) for home in await homes(aulnes, 3)]
    here, there = left[2]["incident"], right[2]["incident"]
    joined = await do(aulnes, here, "merge", other=there)
    assert joined["requests"] == 6
    assert (await aulnes.get(f"/incidents/{there}")).json()["state"] == "merged"
    parted = await do(aulnes, here, "undo", reason="Deux chaudières")
    assert parted["requests"] == 3
    assert (await ticket(aulnes, right[0]["id"]))["incident"] == there
    await do(aulnes, here, "confirm")
    await do(aulnes, here, "split", ticket=left[0]["id"])
    alone = await ticket(aulnes, left[0]["id"])
    assert (alone["state"], alone["incident"]) == ("submitted", None)


async def dark(aulnes: Cooperative, home: dict[str, Any], **more: Any) -> dict[str, Any]:
    power = {"element": "power_supply", "symptom": "no_power", "place": "whole_dwelling"}
    return await aulnes.open(home["occupancy"], **(power | more))


async def test_trouble_of_another_kind_is_joined_only_when_a_person_says_why(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 7)
    power = [await dark(aulnes, home) for home in lived_in[:3]][2]["incident"]
    silent = {"element": "tv_fibre", "symptom": "broken", "place": "living_room"}
    network = [await dark(aulnes, home, **silent) for home in lived_in[3:]][3]["incident"]
    refused = await aulnes.post(f"/incidents/{network}/actions", {"action": "merge", "other": power})
    assert (refused.status_code, refused.json()["legal_actions"]) == (409, ["merge"])
    assert "« panne d’électricité »" in refused.json()["title"]
    wanted = {"action": "merge", "other": power, "even_so": True}
    unexplained = await aulnes.post(f"/incidents/{network}/actions", wanted)
    assert unexplained.status_code == 422
    await do(aulnes, power, "confirm")
    backwards = await aulnes.post(f"/incidents/{network}/actions", wanted | {"reason": "Coupure"})
    assert (backwards.status_code, backwards.json()["legal_actions"]) == (409, ["confirm"])
    joined = await do(
        aulnes, power, "merge", other=network, even_so=True, reason="La coupure éteint l’antenne"
    )
    assert (joined["requests"], joined["homes"]) == (7, 7)
    assert joined["history"][-1]["reason"] == "La coupure éteint l’antenne"
    silent_home = aulnes.resident(lived_in[3]["persons"][0]["id"])
    assert (await aulnes.get(f"/incidents/{network}", silent_home)).json()["id"] == power
    parted = await do(aulnes, power, "undo", reason="Deux causes")
    assert parted["requests"] == 3
    assert (await aulnes.get(f"/incidents/{network}")).json()["requests"] == 4


async def test_parting_two_incidents_gives_each_its_followers_and_meters_back(aulnes: Cooperative) -> None:
    left = [await cold(aulnes, home) for home in await homes(aulnes, 3, residence="Les Ormes")]
    lived_in = await homes(aulnes, 4)
    right = [await cold(aulnes, home) for home in lived_in[:3]]
    here, there = left[2]["incident"], right[2]["incident"]
    for incident in (here, there):
        await do(aulnes, incident, "confirm")
    follower = aulnes.resident(lived_in[3]["persons"][0]["id"])
    assert (await aulnes.post(f"/incidents/{there}/follow", {}, follower)).status_code == 200
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO aftersales.meter_proposal (id, coop, meter, fault, element, symptom, since,"
                " raised_at, evidence, state, incident) VALUES ('flt_' || CAST(:id AS text), :coop, 'mtr_x',"
                " 'no_heating', 'radiator', 'no_heat', now(), now(), '{}', 'proposed', :id)"
            ),
            {"id": there, "coop": aulnes.slug},
        )
    await do(aulnes, here, "merge", other=there)
    await do(aulnes, here, "undo", reason="Deux chaudières")
    async with aulnes.room_unit("aftersales") as unit:
        for table, expected in (("incident_follower", 1), ("meter_proposal", 1), ("incident_report", 3)):
            counts = await unit.session.execute(
                text(
                    "SELECT count(*) FILTER (WHERE incident = :there),"
                    f" count(*) FILTER (WHERE incident = :here) FROM aftersales.{table}"
                ),
                {"here": here, "there": there},
            )
            assert tuple(counts.one()) == (expected, 3 if table == "incident_report" else 0)


async def test_a_plant_makes_one_incident_of_two_buildings(aulnes: Cooperative) -> None:
    buildings = []
    for ref in ("A", "B"):
        answer = await aulnes.post(
            "/buildings", {"coop": aulnes.slug, "ref": f"{aulnes.slug}-{ref}", "residence": "Les Aulnes"}
        )
        buildings.append(answer.json()["id"])
    put = await aulnes.web.client.put(
        "/api/v1/plants/chaufferie",
        json={"families": ["heating", "hot_water"], "buildings": buildings},
        headers=aulnes.staff,
    )
    assert put.status_code == 200, put.text
    lived_in = [(await homes(aulnes, 2, building=one)) for one in buildings]
    found = [(await cold(aulnes, home))["incident"] for home in (*lived_in[0], lived_in[1][0])]
    assert found[:2] == [None, None]
    shown = (await aulnes.get(f"/incidents/{found[2]}")).json()
    assert (shown["place"], shown["homes"]) == ("chaufferie", 3)
    narrowed = await do(aulnes, found[2], "rescope", scope=f"building:{buildings[0]}")
    assert narrowed["building"] == buildings[0]


async def test_hundreds_at_once_make_one_incident_and_none_is_lost(aulnes: Cooperative) -> None:
    """Forty homes, all reporting in the same moment, several at a time."""
    lived_in = await homes(aulnes, 12)
    turns = asyncio.Semaphore(12)

    async def report(home: dict[str, Any]) -> str:
        async with turns:
            return str((await cold(aulnes, home))["id"])

    sent = await asyncio.gather(*(report(lived_in[at % 12]) for at in range(120)))
    assert len(set(sent)) == 120
    [incident] = (await aulnes.get("/incidents")).json()["items"]
    assert (incident["homes"], incident["requests"]) == (12, 120)
    async with aulnes.room_unit("aftersales") as unit:
        counts = await unit.session.execute(
            text(
                "SELECT count(*), count(*) FILTER (WHERE incident = :id) FROM aftersales.incident_report"
                " WHERE coop = :coop"
            ),
            {"id": incident["id"], "coop": aulnes.slug},
        )
        assert tuple(counts.one()) == (120, 120)


async def test_the_pages_of_staff_and_of_a_household(aulnes: Cooperative) -> None:
    lived_in, incident, _ = await six_cold_homes(aulnes)
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    home = Browser(aulnes, Role.RESIDENT, lived_in[0]["persons"][0]["id"])
    page = await staff.get(f"/incidents/{incident}")
    assert page.status_code == 200, page.text
    assert (await home.get(f"/incidents/{incident}")).status_code == 404
    missing = await staff.send(f"/incidents/{incident}/actions", action="dismiss", version="1")
    assert missing.status_code == 422
    sent = await staff.send(
        f"/incidents/{incident}/actions", action="confirm", version="1", text_fr="Panne de chaufferie."
    )
    assert sent.status_code == 303, sent.text
    for path in ("/incidents", f"/incidents/{incident}"):
        assert "Panne de chauffage" in (await staff.get(path)).text
    for path in (f"/incidents/{incident}", "/fragments/incidents"):
        assert "Panne de chaufferie." in (await home.get(path)).text
    await do(aulnes, incident, "resolve")
    asked = (await home.get("/fragments/incidents")).text
    assert "Est-ce réglé chez vous" in asked
    assert "D’après nous, c’est réparé" in asked
    assert "Panne de chaufferie." not in asked, "the last news of the outage is not the news that it is over"
    assert "Panne de chaufferie." in (await home.get(f"/incidents/{incident}")).text
    answered = await home.send(f"/incidents/{incident}/answer", is_back="true")
    assert answered.status_code == 303
    assert (await home.get("/fragments/incidents")).text.strip() == ""


async def test_a_request_is_attached_to_an_incident_of_its_own_cooperative_only(aulnes: Cooperative) -> None:
    _, incident, _ = await six_cold_homes(aulnes)
    home = await aulnes.move_in()
    tap = (await aulnes.open(home["occupancy"]))["id"]
    by_name = await aulnes.act(tap, "attach")
    assert by_name.status_code == 409, "it follows from an incident; nobody asks for it by name"
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO aftersales.incident SELECT (jsonb_populate_record(i, jsonb_build_object("
                "'id', 'inc_of_' || i.id, 'coop', 'ailleurs'))).* FROM aftersales.incident i WHERE id = :id"
            ),
            {"id": incident},
        )
    for unknown in ("inc_none", f"inc_of_{incident}"):
        with pytest.raises(Problem) as refused:
            await attach(aulnes, tap, unknown)
        assert "unknown_incident" in str(vars(refused.value))
        assert refused.value.status == 422
        assert (await ticket(aulnes, tap))["incident"] is None
    await attach(aulnes, tap, incident)
    shown = await ticket(aulnes, tap)
    assert (shown["incident"], shown["state"]) == (incident, "attached")


async def attach(aulnes: Cooperative, tap: str, incident: str) -> None:
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        wanted = Changes(facts={"incident": incident}, is_inner=True)
        await actions.act(unit, tap, "attach", Actor(aulnes.agent, "staff"), wanted)


async def test_a_household_hears_of_an_incident_once_a_person_has_confirmed_it(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 4)
    people = [aulnes.resident(home["persons"][0]["id"]) for home in lived_in]
    for home in lived_in[:2]:
        await cold(aulnes, home)
    third, fourth = [await told_by(aulnes, home, who) for home, who in zip(lived_in, people, strict=True)][2:]
    assert (third["incident"], fourth["incident"]) == (None, None)
    [proposed] = (await aulnes.get("/incidents")).json()["items"]
    assert (await ticket(aulnes, third["id"]))["incident"] == proposed["id"]
    assert (await aulnes.get(f"/incidents/{proposed['id']}", people[2])).status_code == 404
    assert (await aulnes.get(f"/tickets/{third['id']}", people[2])).json()["incident"] is None
    await do(aulnes, proposed["id"], "confirm")
    seen = (await aulnes.get(f"/tickets/{third['id']}", people[2])).json()
    assert seen["incident"] == proposed["id"]
    assert (await aulnes.get(f"/incidents/{seen['incident']}", people[2])).status_code == 200
    late = (await homes(aulnes, 1))[0]
    joined = await told_by(aulnes, late, aulnes.resident(late["persons"][0]["id"]))
    assert (joined["incident"], joined["state"]) == (proposed["id"], "attached")


async def told_by(aulnes: Cooperative, home: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    body = {"occupancy": home["occupancy"], "description": "Froid", "channel": "portal", **COLD}
    answer = await aulnes.post("/tickets", body, who)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
