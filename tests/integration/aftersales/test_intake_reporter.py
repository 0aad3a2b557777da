"""Who told it: only somebody of that household or a name; and what a household's copy of its data holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import personal
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
REPORT = {"place": "kitchen", "element": "tap", "symptom": "leak", "description": "Le robinet fuit."}


async def copy_of(aulnes: Cooperative, person: str) -> dict[str, Any]:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        return await personal.export(unit, person)


async def test_another_households_person_cannot_be_named(aulnes: Cooperative) -> None:
    here, there = await aulnes.move_in(), await aulnes.move_in()
    mine, theirs = here["persons"][0]["id"], there["persons"][0]["id"]
    body = REPORT | {"occupancy": here["occupancy"]}
    for who in (None, aulnes.resident(mine)):
        refused = await aulnes.post("/tickets", body | {"reported_by": theirs}, who)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/reported_by"
        assert (await aulnes.post("/tickets", body | {"reported_by": mine}, who)).status_code == 201
    assert (await copy_of(aulnes, theirs))["tickets"] == []


async def test_staff_type_a_short_name_and_a_household_an_id(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    body = REPORT | {"occupancy": moved["occupancy"]}
    assert (await aulnes.post("/tickets", body | {"reported_by": "Voisine du dessus"})).status_code == 201
    assert (await aulnes.post("/tickets", body | {"reported_by": "x" * 81})).status_code == 422
    me = aulnes.resident(moved["persons"][0]["id"])
    assert (await aulnes.post("/tickets", body | {"reported_by": "Voisine"}, me)).status_code == 422


async def test_an_id_is_no_name_at_the_desk(aulnes: Cooperative) -> None:
    here, there = await aulnes.move_in(), await aulnes.move_in()
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    form = {
        "text": "Le robinet fuit", "element": "tap", "symptom": "leak", "place": "kitchen",
        "channel": "phone",
    }  # fmt: skip
    page = f"/desk/new/{here['occupancy']}"
    assert (await staff.send(page, **form, reported_by=there["persons"][0]["id"])).status_code == 422
    assert (await staff.send(page, **form, reported_by="Foyer 12")).status_code == 303


async def test_the_copy_holds_what_was_told_by_telephone_and_not_what_others_of_the_home_told(
    aulnes: Cooperative,
) -> None:
    second = {
        "name": "Foyer 12 bis",
        "email": "foyer12bis@example.test",
        "language": "fr",
        "right": "co_holder",
    }
    first = {"name": "Foyer 12", "email": "foyer12@example.test", "language": "fr", "right": "holder"}
    moved = await aulnes.move_in(household=[first, second])
    one, other = (person["id"] for person in moved["persons"])
    by_phone = await aulnes.open(moved["occupancy"], description="Dit au téléphone.")
    body = REPORT | {"occupancy": moved["occupancy"]}
    await aulnes.post("/tickets", body | {"description": "Dit par l'autre."}, aulnes.resident(other))
    await aulnes.open(moved["occupancy"], description="Rapporté par l'autre.", reported_by=other)
    copy = await copy_of(aulnes, one)
    assert [row["description"] for row in copy["tickets"]] == ["Dit au téléphone."]
    assert copy["tickets"][0]["id"] == by_phone["id"]
    assert not copy["tickets"][0]["told_by_oneself"]
    told = [row["description"] for row in (await copy_of(aulnes, other))["tickets"]]
    assert sorted(told) == ["Dit au téléphone.", "Dit par l'autre.", "Rapporté par l'autre."]


async def test_the_copy_holds_nothing_of_who_lived_there_before(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    before = await aulnes.open(moved["occupancy"], description="Avant eux.")
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET opened_at = '2026-10-01T10:00Z' WHERE id = :id"),
            {"id": before["id"]},
        )
    assert (await copy_of(aulnes, moved["persons"][0]["id"]))["tickets"] == []


async def test_the_copy_holds_the_notices_about_the_home(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home={"reception_on": "2026-10-20"})
    ticket = await aulnes.open(moved["occupancy"], element="boiler", symptom="broken")
    await aulnes.act(ticket["id"], "acknowledge")
    await aulnes.act(ticket["id"], "qualify")
    written = await aulnes.act(ticket["id"], "notify_debtor")
    assert written.status_code == 200, written.text
    (notice,) = (await copy_of(aulnes, moved["persons"][0]["id"]))["notices"]
    assert notice["ticket"] == ticket["id"]
    assert notice["paragraphs"]


async def test_what_made_it_pressing_is_handed_out_and_forgotten_of_who_was_only_named(
    aulnes: Cooperative,
) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    opened = await aulnes.open(
        moved["occupancy"], element="water_heater", symptom="no_hot_water", place="bathroom",
        urgency=["frail"], reported_by=person,
    )  # fmt: skip
    assert [row["urgency"] for row in (await copy_of(aulnes, person))["tickets"]] == [["frail"]]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await personal.erase(unit, person, [])
        kept = await unit.session.execute(
            text(
                "SELECT t.reasons::text, e.facts::text FROM aftersales.ticket t"
                " JOIN aftersales.ticket_event e ON e.ticket = t.id WHERE t.id = :id"
            ),
            {"id": opened["id"]},
        )
        assert not [row for row in kept if "frail" in f"{row}"]
