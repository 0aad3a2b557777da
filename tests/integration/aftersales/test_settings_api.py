"""The cooperative's own rules, and what they change; on the real database."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from services.aftersales.model import ResponsibilityRule
from services.kit.ids import new_id

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def put(aulnes: Cooperative, path: str, body: Any, who: dict[str, str] | None = None) -> int:
    answer = await aulnes.web.client.put(f"/api/v1{path}", json=body, headers=who or aulnes.staff)
    return int(answer.status_code)


async def test_a_building_has_its_own_heating_season(aulnes: Cooperative) -> None:
    made = await aulnes.post("/buildings", {"coop": aulnes.slug, "ref": "B1", "residence": "Les Aulnes"})
    building = made.json()["id"]
    late = {"from": "12-01", "to": "03-31"}
    assert await put(aulnes, f"/aftersales-settings/heating_period?building={building}", late) == 204
    here = await aulnes.move_in(home={"building": building})
    there = await aulnes.move_in()
    cold = {"element": "collective_heating", "symptom": "no_heat"}
    assert (await aulnes.open(here["occupancy"], **cold))["priority"] == "p2"
    assert (await aulnes.open(there["occupancy"], **cold))["priority"] == "p1"


async def test_a_rule_of_the_cooperative_comes_first_until_it_is_dropped(aulnes: Cooperative) -> None:
    rule = {
        "element": "tap",
        "responsible": "cooperative",
        "basis": "Contrat multiservices",
        "valid_from": "2026-01-01",
    }
    made = await aulnes.post("/responsibility-rules", rule)
    assert made.status_code == 201, made.text
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], symptom="leak")
    assert (ticket["responsible"], ticket["basis"]) == ("cooperative", "Contrat multiservices")
    assert [row["id"] for row in (await aulnes.get("/responsibility-rules")).json()["rules"]] == [
        made.json()["id"]
    ]
    dropped = await aulnes.web.client.delete(
        f"/api/v1/responsibility-rules/{made.json()['id']}", headers=aulnes.staff
    )
    assert dropped.status_code == 204
    assert (await aulnes.open(moved["occupancy"], symptom="leak"))["responsible"] == "resident"


async def test_closing_days_and_teams_are_the_cooperatives(aulnes: Cooperative) -> None:
    assert await put(aulnes, "/aftersales-settings/calendar", {"closed_on": ["2026-11-17"]}) == 204
    assert await put(aulnes, "/aftersales-settings/teams", {"plumbing": "proximity"}) == 204
    ticket = await aulnes.open((await aulnes.move_in())["occupancy"])
    clocks = {row["kind"]: row["due_at"] for row in ticket["deadlines"]}
    assert clocks["first_answer"] == "2026-11-18T17:30:00+01:00"
    assert ticket["team"] == "proximity"


async def test_bad_settings_are_refused(aulnes: Cooperative) -> None:
    assert await put(aulnes, "/aftersales-settings/heating_period", {"from": "13-01", "to": "04-15"}) == 422
    assert await put(aulnes, "/aftersales-settings/calendar", {"week": {"0": [["18:00", "09:00"]]}}) == 422
    assert await put(aulnes, "/aftersales-settings/calendar", {"week": {}}) == 422
    assert await put(aulnes, "/aftersales-settings/teams", {"magic": "proximity"}) == 422
    elsewhere = "/aftersales-settings/heating_period?building=bld_nowhere"
    assert await put(aulnes, elsewhere, {"from": "10-01", "to": "04-15"}) == 404
    caretaker = dict(aulnes.web.as_("caretaker", aulnes.slug))
    assert await put(aulnes, "/aftersales-settings/teams", {"plumbing": "proximity"}, caretaker) == 403


SMELL = {
    "element": "gas_smell", "responsible": "resident", "basis": "Bail, article 7", "valid_from": "2026-01-01",
}  # fmt: skip


async def test_safety_is_never_put_on_the_resident_by_a_rule(aulnes: Cooperative) -> None:
    for language, said in (
        ("fr", ("Aucune règle ne peut", "Odeur de gaz (odeur)", "C'est un danger")),
        ("en", ("No rule can put this on the resident", "It is a danger")),
    ):
        headers = aulnes.staff | {"accept-language": language}
        refused = await aulnes.post("/responsibility-rules", SMELL, headers)
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/responsible", "never_resident")
        assert all(part in error["message"] for part in said), error["message"]
    for wider in ({"element": None}, {"element": None, "trade": "gas"}, {"element": "radiator"}):
        assert (await aulnes.post("/responsibility-rules", SMELL | wider)).status_code == 422
    assert (await aulnes.get("/responsibility-rules")).json()["rules"] == []
    allowed = SMELL | {"element": "boiler", "symptom": "service_due"}
    assert (await aulnes.post("/responsibility-rules", allowed)).status_code == 201
    assert (await aulnes.post("/responsibility-rules", SMELL | {"responsible": "syndic"})).status_code == 201


async def test_a_rule_stored_before_is_set_aside_for_a_danger_and_says_so(aulnes: Cooperative) -> None:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        unit.session.add(
            ResponsibilityRule(
                id=new_id("rul"), coop=aulnes.slug, responsible="resident", basis="Vieux bail",
                valid_from=date(2020, 1, 1),
            )
        )  # fmt: skip
    home = (await aulnes.move_in())["occupancy"]
    smell = await aulnes.open(home, element="gas_smell", symptom="smell")
    assert (smell["responsible"], smell["priority"]) == ("cooperative", "p0")
    assert any("sans effet ici" in reason for reason in smell["reasons"]), smell["reasons"]
    scratch = await aulnes.open(home, element="paint", symptom="cosmetic")
    assert (scratch["responsible"], scratch["basis"]) == ("resident", "Vieux bail")
