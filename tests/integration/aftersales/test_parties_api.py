"""Staff record who they work with, end them, send them their link, and rule who gets what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from services.kit.ids import new_id

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def patch(aulnes: Cooperative, path: str, **body: Any) -> httpx.Response:
    answer: httpx.Response = await aulnes.web.client.patch(f"/api/v1{path}", json=body, headers=aulnes.staff)
    return answer


async def a_building(aulnes: Cooperative) -> str:
    body = {"coop": aulnes.slug, "ref": new_id("ref"), "residence": "Les Aulnes"}
    return str((await aulnes.post("/buildings", body)).json()["id"])


async def a_plumber(aulnes: Cooperative, **more: Any) -> dict[str, Any]:
    body = {"kind": "contractor", "name": "Plombier 2", "email": "p2@firm.test", "trades": ["plumbing"]}
    made = await aulnes.post("/parties", body | more)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_contractor_is_recorded_corrected_and_ended(aulnes: Cooperative) -> None:
    party = await a_plumber(aulnes)
    assert (party["open_jobs"], party["has_link"]) == (0, False)
    changed = await patch(aulnes, f"/parties/{party['id']}", phone="01 00 00 00 09", email=None)
    assert changed.json()["email"] is None
    assert changed.json()["trades"] == ["plumbing"]
    assert (await patch(aulnes, f"/parties/{party['id']}", name=None)).status_code == 422
    ended = await patch(aulnes, f"/parties/{party['id']}", ended_on="2026-11-10")
    assert ended.json()["ended_on"] == "2026-11-10"
    assert [one["id"] for one in (await aulnes.get("/parties?kind=contractor")).json()["items"]] == [
        party["id"]
    ]
    assert (await aulnes.get("/parties?trade=gas")).json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "neighbour"},
        {"email": "no address"},
        {"email": "a@firm.test, b@firm.test"},
        {"trades": ["magic"]},
        {"buildings": ["bld_unknown"]},
        {"name": " "},
    ],
)
async def test_what_cannot_be_right_is_refused(aulnes: Cooperative, wrong: dict[str, Any]) -> None:
    body = {"kind": "contractor", "name": "Plombier 2"} | wrong
    assert (await aulnes.post("/parties", body)).status_code == 422


async def test_a_link_is_sent_to_who_can_be_written_to(aulnes: Cooperative) -> None:
    party = await a_plumber(aulnes)
    sent = await aulnes.post(f"/parties/{party['id']}/link", {})
    assert sent.status_code == 202
    letters = (await aulnes.get(f"/parties/{party['id']}/letters")).json()["letters"]
    assert [one["id"] for one in letters] == [sent.json()["id"]]
    mute = await a_plumber(aulnes, email=None)
    assert (await aulnes.post(f"/parties/{mute['id']}/link", {})).status_code == 409


async def test_a_rule_of_the_cooperative_s_decides_from_its_day_on(aulnes: Cooperative) -> None:
    party, moved = await a_plumber(aulnes), await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], element="riser", place="landing", symptom="noise")
    proposed = (await aulnes.get(f"/tickets/{ticket['id']}/routing")).json()
    assert (proposed["team"], proposed["party_name"]) == ("plumbing", "Plombier 2")
    assert "contrat d'entretien" in proposed["reasons"][0]
    rule = await aulnes.post(
        "/routing-rules", {"valid_from": "2026-11-01", "trade": "plumbing", "team": "proximity"}
    )
    assert rule.status_code == 201, rule.text
    ruled = (await aulnes.get(f"/tickets/{ticket['id']}/routing")).json()
    assert (ruled["team"], ruled["party"], ruled["rule"]) == ("proximity", None, rule.json()["id"])
    await patch(aulnes, f"/routing-rules/{rule.json()['id']}", valid_to="2026-11-15")
    again = (await aulnes.get(f"/tickets/{ticket['id']}/routing")).json()
    assert again["party"] == party["id"]


async def test_a_rule_names_somebody_and_a_building_of_the_cooperative_s_own(aulnes: Cooperative) -> None:
    nobody = await aulnes.post("/routing-rules", {"valid_from": "2026-11-01"})
    assert nobody.status_code == 422
    body = {"valid_from": "2026-11-01", "team": "building", "building": "bld_unknown"}
    assert (await aulnes.post("/routing-rules", body)).status_code == 422
    body |= {"building": await a_building(aulnes), "valid_to": "2026-10-01"}
    assert (await aulnes.post("/routing-rules", body)).status_code == 422
    body |= {"valid_to": "2026-12-01"}
    assert (await aulnes.post("/routing-rules", body)).status_code == 201


async def test_another_cooperative_s_partners_do_not_exist(aulnes: Cooperative) -> None:
    party = await a_plumber(aulnes)
    abroad = dict(aulnes.web.as_("staff", "elsewhere", new_id("per")))
    for path in (f"/parties/{party['id']}", f"/parties/{party['id']}/letters"):
        assert (await aulnes.get(path, abroad)).status_code == 404
    assert (await aulnes.post(f"/parties/{party['id']}/link", {}, abroad)).status_code == 404


async def test_a_rule_that_names_a_team_holds_for_requests_as_they_open(aulnes: Cooperative) -> None:
    rule = {"valid_from": "2026-11-01", "trade": "plumbing", "team": "proximity"}
    assert (await aulnes.post("/routing-rules", rule)).status_code == 201
    moved = await aulnes.move_in()
    opened = await aulnes.open(moved["occupancy"], element="riser", place="landing", symptom="noise")
    assert opened["team"] == "proximity"
