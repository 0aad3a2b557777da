"""The dwelling's file on the real database: windows, legal days, equipment, check-ins in virtual time."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.members import MovedIn
from services.aftersales.dwelling_file import asking
from tests.integration.aftersales.conftest import PARIS

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
NEW = {"reception_on": "2026-06-30"}


def by_code(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in body["windows"]}


async def windows(aulnes: Cooperative, occupancy: str, **who: Any) -> dict[str, dict[str, Any]]:
    answer = await aulnes.get(f"/occupancies/{occupancy}/windows", **who)
    assert answer.status_code == 200, answer.text
    return by_code(answer.json())


async def hour(aulnes: Cooperative, *moment: int) -> None:
    """The cooperative's clock is moved, and its hourly question asked."""
    await aulnes.now(datetime(*moment, tzinfo=PARIS))  # type: ignore[misc, arg-type]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await asking.ask(unit)


async def heard_of(aulnes: Cooperative, moved: dict[str, Any], **more: Any) -> None:
    """The room hears of the move-in."""
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        row = (
            await unit.session.execute(
                text("SELECT * FROM registry.occupancy WHERE id = :id"), {"id": moved["occupancy"]}
            )
        ).one()
        await asking.moved_in(
            MovedIn(
                coop=aulnes.slug,
                occupancy=row.id,
                dwelling=row.dwelling,
                persons=tuple(person["id"] for person in moved["persons"]),
                tenure=row.tenure,
                moved_in_on=row.moved_in_on,
                quiet=row.quiet,
            ),
            unit,
        )


async def test_the_news_of_a_move_in_and_the_hour_may_meet(aulnes: Cooperative) -> None:
    """Who opens the household's file second waits for the first, and finds it done."""
    moved = await aulnes.move_in()
    async with aulnes.room_unit("aftersales", aulnes.slug) as first:
        await asking.open_file(first, moved["occupancy"], quiet=False)
        second = asyncio.create_task(heard_of(aulnes, moved))
        async with aulnes.room_unit("aftersales") as looking:
            while not (await looking.session.execute(text(_WAITS))).scalar_one():
                assert not second.done()
    await second
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await asking.of_household(unit, moved["occupancy"])
        assert len({row.kind for row in rows}) == len(rows) > 1


_WAITS = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


async def asked(aulnes: Cooperative) -> list[tuple[str, str | None]]:
    told = await aulnes.told("aftersales.check_in_due.v1")
    return [(row["kind"], row["ends_on"]) for row in told]


async def test_a_buyer_sees_every_window_of_their_home_and_nobody_elses(aulnes: Cooperative) -> None:
    mine = await aulnes.move_in("buyer_vefa", home=NEW, moved_in_on="2026-11-02", livraison_on="2026-11-02")
    other = await aulnes.move_in()
    me = aulnes.resident(mine["persons"][0]["id"])
    found = await windows(aulnes, mine["occupancy"], who=me)
    assert found["apparent_list"]["ends_on"] == "2026-12-02"
    assert found["apparent_list"]["state"] == "running"
    assert found["apparent_action"]["ends_on"] == "2027-12-02"
    assert found["parfait_achevement"]["ends_on"] == "2027-06-30"
    assert (found["parfait_achevement"]["debtor"], found["apparent_list"]["debtor"]) == (
        "contractor", "vendor",
    )  # fmt: skip
    assert found["apparent_list"]["what_to_do"]
    assert (await aulnes.get(f"/occupancies/{other['occupancy']}/windows", me)).status_code == 404
    english = await aulnes.get(f"/occupancies/{mine['occupancy']}/windows", me, **{"Accept-Language": "en"})
    assert (
        by_code(english.json())["apparent_list"]["label"]
        == "Report visible defects of the handover (réserves)"
    )


async def test_a_livraison_held_after_the_move_in_moves_the_month(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("buyer_vefa", home=NEW, moved_in_on="2026-11-02", livraison_on="2026-11-02")
    held = {"kind": "livraison", "on": "2026-11-09", "findings": []}
    answer = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", held)
    assert answer.status_code == 202, answer.text
    assert (await windows(aulnes, moved["occupancy"]))["apparent_list"]["ends_on"] == "2026-12-09"
    corrected = {"kind": "livraison", "on": "2026-11-10", "note": "Procès-verbal"}
    answer = await aulnes.post(f"/occupancies/{moved['occupancy']}/legal-dates", corrected)
    assert by_code(answer.json())["apparent_list"]["ends_on"] == "2026-12-10"


async def test_a_reception_recorded_later_places_the_windows_and_decides_open_requests_again(
    aulnes: Cooperative,
) -> None:
    moved = await aulnes.move_in("co_owner", moved_in_on="2026-11-02")
    before = await windows(aulnes, moved["occupancy"])
    assert before["parfait_achevement"]["missing"] == "no_reception_date"
    ticket = await aulnes.open(moved["occupancy"], element="radiator", symptom="leak")
    assert ticket["responsible"] == "resident"
    answer = await aulnes.post(
        f"/dwellings/{moved['dwelling']}/reception", {"on": "2026-06-30", "note": "PV de réception"}
    )
    assert answer.status_code == 201, answer.text
    assert by_code(answer.json())["parfait_achevement"]["ends_on"] == "2027-06-30"
    after = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert after["responsible"] == "contractor"
    assert "parfait_achevement" in [row["regime"] for row in after["warranties"]]
    assert "parfait_achevement" in [row["kind"] for row in after["deadlines"]]


async def test_a_replaced_boiler_is_its_installers_and_a_taken_out_one_no_more(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("co_owner", home=NEW, moved_in_on="2026-08-01")
    dwelling = moved["dwelling"]
    leak = {"element": "boiler", "symptom": "leak", "place": "kitchen"}
    new = await aulnes.open(moved["occupancy"], **leak)
    assert "parfait_achevement" in [row["regime"] for row in new["warranties"]]
    boiler = {
        "element": "boiler",
        "installed_on": "2026-10-01",
        "contract_ends_on": "2028-10-01",
        "serial": "A-1",
    }
    made = await aulnes.post(f"/dwellings/{dwelling}/equipment", boiler)
    assert made.status_code == 201, made.text
    assert made.json()["warranty_regime"] == "contract"
    replaced = await aulnes.open(moved["occupancy"], **leak)
    assert [row["regime"] for row in replaced["warranties"]] == ["none"]
    assert "contrat de l'installateur" in " ".join(replaced["warranties"][0]["reasons"])
    assert (replaced["warranties"][0]["debtor"], replaced["warranties"][0]["ends_on"]) == (
        "contractor", "2028-10-01",
    )  # fmt: skip
    assert replaced["responsible"] == "contractor"
    assert [row["debtor"] for row in replaced["letters_due"]] == ["contractor"]
    shown = await windows(aulnes, moved["occupancy"])
    assert shown["installer_contract"]["element"] == "boiler"
    piece = made.json()["id"]
    ended = await aulnes.web.client.patch(
        f"/api/v1/dwellings/{dwelling}/equipment/{piece}",
        json={"warranty_regime": "works", "contract_ends_on": None},
        headers=aulnes.staff,
    )
    assert ended.status_code == 200, ended.text
    again = await aulnes.open(moved["occupancy"], **leak)
    assert "parfait_achevement" in [row["regime"] for row in again["warranties"]]


async def test_equipment_replaces_what_was_there_and_refuses_what_cannot_be(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW)
    path = f"/dwellings/{moved['dwelling']}/equipment"
    first = (await aulnes.post(path, {"element": "shutter", "installed_on": "2026-06-01"})).json()
    assert first["warranty_regime"] == "works"
    second = {"element": "shutter", "installed_on": "2026-11-10", "replaces": first["id"]}
    assert (await aulnes.post(path, second)).status_code == 201
    listed = (await aulnes.get(path)).json()["equipment"]
    assert [(row["installed_on"], row["ended_on"]) for row in listed] == [
        ("2026-11-10", None), ("2026-06-01", "2026-11-10"),
    ]  # fmt: skip
    for wrong in (
        {"element": "castle", "installed_on": "2026-06-01"},
        {"element": "shutter", "installed_on": "2026-06-01", "ended_on": "2026-05-01"},
        {"element": "shutter", "installed_on": "2026-06-01", "place": "moon"},
    ):
        assert (await aulnes.post(path, wrong)).status_code == 422
    assert (await aulnes.post("/dwellings/dwl_nowhere/equipment", second)).status_code == 404
    me = aulnes.resident(moved["persons"][0]["id"])
    assert len((await aulnes.get(path, me)).json()["equipment"]) == 2
    stranger = await aulnes.move_in()
    theirs = aulnes.resident(stranger["persons"][0]["id"])
    assert (await aulnes.get(path, theirs)).status_code == 404


async def test_a_buildings_own_boiler_counts_for_its_shared_heating(aulnes: Cooperative) -> None:
    made = await aulnes.post(
        "/buildings",
        {"coop": aulnes.slug, "ref": "B1", "residence": "Les Aulnes", "reception_on": "2026-06-30"},
    )
    building = made.json()["id"]
    moved = await aulnes.move_in(home={"building": building})
    plant = {"element": "collective_heating", "installed_on": "2026-09-01", "place": "plant_room"}
    answer = await aulnes.post(f"/buildings/{building}/equipment", plant)
    assert answer.status_code == 201, answer.text
    cold = await aulnes.open(
        moved["occupancy"], element="collective_heating", symptom="no_heat", place="living_room"
    )
    assert [row["regime"] for row in cold["warranties"]] == ["none"]
    assert cold["responsible"] == "cooperative"


async def test_a_tenant_is_asked_before_each_window_shuts_once_and_until_they_leave(
    aulnes: Cooperative,
) -> None:
    await aulnes.now(datetime(2026, 11, 2, 10, tzinfo=PARIS))
    moved = await aulnes.move_in(home=NEW, moved_in_on="2026-11-02")
    await heard_of(aulnes, moved)
    await heard_of(aulnes, moved)
    await hour(aulnes, 2026, 11, 4, 10)
    assert await asked(aulnes) == []
    await hour(aulnes, 2026, 11, 5, 10)
    await hour(aulnes, 2026, 11, 5, 11)
    assert await asked(aulnes) == [("d3", "2026-11-12")]
    await hour(aulnes, 2026, 11, 11, 10)
    await hour(aulnes, 2026, 11, 16, 10)
    await hour(aulnes, 2027, 5, 30, 10)
    assert await asked(aulnes) == [
        ("d3", "2026-11-12"), ("d9", "2026-11-12"), ("heating_start", "2026-12-02"), ("m11", "2027-06-30"),
    ]  # fmt: skip
    body = await aulnes.get(f"/occupancies/{moved['occupancy']}/check-ins")
    assert {row["state"] for row in body.json()["check_ins"]} == {"asked"}


async def test_who_has_left_is_not_asked(aulnes: Cooperative) -> None:
    await aulnes.now(datetime(2026, 11, 2, 10, tzinfo=PARIS))
    moved = await aulnes.move_in(home=NEW, moved_in_on="2026-11-02")
    await heard_of(aulnes, moved)
    await hour(aulnes, 2026, 11, 5, 10)
    left = await aulnes.post("/move-outs", {"occupancy": moved["occupancy"], "moved_out_on": "2026-11-08"})
    assert left.status_code < 300, left.text
    await hour(aulnes, 2026, 11, 11, 10)
    assert [kind for kind, _ in await asked(aulnes)] == ["d3"]


async def test_a_household_that_has_long_lived_there_is_asked_only_what_is_to_come(
    aulnes: Cooperative,
) -> None:
    old = await aulnes.move_in("buyer_vefa", home=NEW, moved_in_on="2026-10-20", quiet=True)
    await heard_of(aulnes, old)
    await hour(aulnes, 2026, 11, 16, 11)
    plan = (await aulnes.get(f"/occupancies/{old['occupancy']}/check-ins")).json()["check_ins"]
    assert [row["kind"] for row in plan] == ["m11", "m11_keys"]
    assert await asked(aulnes) == []


async def test_a_move_in_recorded_late_is_asked_once_for_all_that_is_still_open(aulnes: Cooperative) -> None:
    late = await aulnes.move_in("buyer_vefa", home=NEW, moved_in_on="2026-10-20")
    await heard_of(aulnes, late)
    await hour(aulnes, 2026, 11, 16, 11)
    assert await asked(aulnes) == [("d25", "2026-11-20")]
    plan = (await aulnes.get(f"/occupancies/{late['occupancy']}/check-ins")).json()["check_ins"]
    assert {row["kind"]: row["state"] for row in plan} == {
        "d3": "superseded", "d25": "asked", "m11": "planned", "m11_keys": "planned",
    }  # fmt: skip


async def test_the_hour_opens_files_of_households_whose_move_in_was_not_heard(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW, moved_in_on="2026-11-14")
    await hour(aulnes, 2026, 11, 17, 10)
    assert await asked(aulnes) == [("d3", "2026-11-24")]
    assert moved["occupancy"]


async def test_an_answer_is_kept_and_only_the_households_own(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW, moved_in_on="2026-11-14")
    neighbour = await aulnes.move_in(home=NEW, moved_in_on="2026-11-14")
    await hour(aulnes, 2026, 11, 17, 10)
    mine = (await aulnes.get(f"/occupancies/{moved['occupancy']}/check-ins")).json()["check_ins"]
    path = f"/check-ins/{mine[0]['id']}/answer"
    theirs = aulnes.resident(neighbour["persons"][0]["id"])
    assert (await aulnes.post(path, {"answer": "fine"}, theirs)).status_code == 404
    me = aulnes.resident(moved["persons"][0]["id"])
    fine = await aulnes.post(path, {"answer": "fine"}, me)
    assert (fine.json()["answer"], fine.json()["state"]) == ("fine", "answered")
    assert (await aulnes.post(path, {"answer": "problem"}, me)).json()["answer"] == "problem"
    assert (await aulnes.post(path, {"answer": "fine"}, me)).status_code == 409
    coming = f"/check-ins/{mine[1]['id']}/answer"
    assert (await aulnes.post(coming, {"answer": "fine"}, me)).status_code == 404


async def test_a_season_of_the_buildings_own_moves_the_heating_question(aulnes: Cooperative) -> None:
    made = await aulnes.post("/buildings", {"coop": aulnes.slug, "ref": "B2", "residence": "Les Aulnes"})
    building = made.json()["id"]
    await aulnes.web.client.put(
        f"/api/v1/aftersales-settings/heating_period?building={building}",
        json={"from": "12-10", "to": "03-31"}, headers=aulnes.staff,
    )  # fmt: skip
    moved = await aulnes.move_in(home={"building": building}, moved_in_on="2026-11-14")
    await heard_of(aulnes, moved)
    plan = (await aulnes.get(f"/occupancies/{moved['occupancy']}/check-ins")).json()["check_ins"]
    assert {row["kind"]: row["due_on"] for row in plan}["heating_start"] == "2026-12-10"
    found = await windows(aulnes, moved["occupancy"])
    assert found["edl_heating"]["ends_on"] == "2027-01-10"


async def test_a_decision_on_an_unconfirmed_term_changes_windows_and_warranties(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("brs", home=NEW, moved_in_on="2026-11-02", livraison_on="2026-11-02")
    before = await windows(aulnes, moved["occupancy"])
    assert before["apparent_list"]["verified"] is False
    no = {
        "code": "apparent_1642_1", "tenure": "brs", "applies": False, "basis": "Avis du notaire",
        "valid_from": "2026-01-01",
    }  # fmt: skip
    path = "/api/v1/aftersales-settings/terms"
    assert (await aulnes.web.client.put(path, json=no, headers=aulnes.staff)).status_code == 204
    assert "apparent_list" not in await windows(aulnes, moved["occupancy"])
    ticket = await aulnes.open(moved["occupancy"], element="paint", symptom="cosmetic")
    assert ticket["responsible"] == "contractor"
    vefa = no | {"tenure": "buyer_vefa"}
    assert (await aulnes.web.client.put(path, json=vefa, headers=aulnes.staff)).status_code == 422
    changes = (await aulnes.get("/aftersales-settings/changes")).json()["changes"]
    assert [(row["name"], row["changed_by"]) for row in changes] == [("terms", aulnes.agent)]


async def test_a_season_changed_for_all_moves_the_question_at_the_next_hour(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(moved_in_on="2026-06-01")
    await aulnes.now(datetime(2026, 6, 1, 10, tzinfo=PARIS))
    await heard_of(aulnes, moved)
    path = "/api/v1/aftersales-settings/heating_period"
    early = {"from": "09-20", "to": "04-30"}
    assert (await aulnes.web.client.put(path, json=early, headers=aulnes.staff)).status_code == 204
    await hour(aulnes, 2026, 6, 2, 10)
    plan = (await aulnes.get(f"/occupancies/{moved['occupancy']}/check-ins")).json()["check_ins"]
    assert {row["kind"]: (row["due_on"], row["state"]) for row in plan}["heating_start"] == (
        "2026-09-20", "planned",
    )  # fmt: skip
