"""A meter replaced at its place: both registers kept, told, undone; meters added to a place later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.conftest import OpenUnit

if TYPE_CHECKING:
    from tests.integration.members.conftest import Cooperative

pytestmark = pytest.mark.engines
Told = Callable[[str, str], Awaitable[list[dict[str, Any]]]]


async def a_meter(tilleuls: Cooperative, fluid: str = "electricity") -> str:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling(meters=[{"fluid": fluid, "serial": "A-1"}]))
    id: str = home["meters"][0]["id"]
    return id


async def serial(room_unit: OpenUnit, meter: str) -> str | None:
    async with room_unit("metering") as unit:
        row = await unit.session.execute(
            text("SELECT serial FROM registry.meter WHERE id = :id"), {"id": meter}
        )
        found: str | None = row.scalar_one()
        return found


async def get(tilleuls: Cooperative, path: str) -> Any:
    answer = await tilleuls.office.client.get(f"/api/v1{path}", headers=tilleuls.staff)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_exchange_keeps_both_registers_and_says_the_unit_they_were_read_in(
    tilleuls: Cooperative, told: Told, room_unit: OpenUnit
) -> None:
    meter = await a_meter(tilleuls)
    body = {"on": "2026-03-12", "old_index": 24_310.5, "new_index": 0, "serial": "B-2"}
    made = await tilleuls.made(f"/meters/{meter}/exchange", body)
    assert (made["old_index"], made["new_index"], made["index_unit"]) == (24_310.5, 0, "kWh")
    assert (made["quantity"], made["old_serial"], made["serial"]) == ("energy_import", "A-1", "B-2")
    assert await serial(room_unit, meter) == "B-2"
    (event,) = await told(tilleuls.slug, "members.meter_exchanged.v1")
    assert event == {"coop": tilleuls.slug, "meter": meter, "on": "2026-03-12", "is_undone": False}
    async with room_unit("metering") as unit:
        row = (
            await unit.session.execute(
                text("SELECT exchanged_on, old_milli, new_milli FROM registry.exchange WHERE meter = :id"),
                {"id": meter},
            )
        ).one()
    assert (row.exchanged_on.isoformat(), row.old_milli, row.new_milli) == ("2026-03-12", 24_310_500_000, 0)


@pytest.mark.parametrize(
    ("fluid", "unit", "quantity"),
    [("water", "m3", "volume"), ("gas", "m3", "volume"), ("heat", "kWh", "heat")],
)
async def test_an_index_is_in_the_unit_of_the_display(
    tilleuls: Cooperative, fluid: str, unit: str, quantity: str
) -> None:
    meter = await a_meter(tilleuls, fluid)
    made = await tilleuls.made(f"/meters/{meter}/exchange", {"on": "2026-03-12", "old_index": "812.417"})
    assert (made["index_unit"], made["quantity"], made["old_index"]) == (unit, quantity, 812.417)


async def test_a_mistaken_exchange_is_undone_and_stays_in_the_history(
    tilleuls: Cooperative, told: Told, room_unit: OpenUnit
) -> None:
    meter = await a_meter(tilleuls)
    made = await tilleuls.made(f"/meters/{meter}/exchange", {"on": "2026-03-12", "serial": "B-2"})
    again = await tilleuls.post(f"/meters/{meter}/exchange", {"on": "2026-03-12"})
    assert (again.status_code, again.json()["legal_actions"]) == (409, ["undo"])
    undo = {"action": "undo", "why": "Mauvais logement"}
    undone = await tilleuls.post(f"/exchanges/{made['id']}/actions", undo)
    assert (undone.status_code, undone.json()["legal_actions"]) == (200, [])
    assert await serial(room_unit, meter) == "A-1"
    twice = await tilleuls.post(f"/exchanges/{made['id']}/actions", undo)
    assert (twice.status_code, twice.json()["legal_actions"]) == (409, [])
    await tilleuls.made(f"/meters/{meter}/exchange", {"on": "2026-03-12"})
    history = (await get(tilleuls, f"/meters/{meter}/exchanges"))["items"]
    assert [one["undone_why"] for one in history] == [None, "Mauvais logement"]
    assert [event["is_undone"] for event in await told(tilleuls.slug, "members.meter_exchanged.v1")] == [
        False, True, False
    ]  # fmt: skip


async def test_an_exchange_recorded_after_a_later_one_does_not_rename_todays_meter(
    tilleuls: Cooperative, room_unit: OpenUnit
) -> None:
    meter = await a_meter(tilleuls)
    await tilleuls.made(f"/meters/{meter}/exchange", {"on": "2026-03-12", "serial": "C-3"})
    await tilleuls.made(f"/meters/{meter}/exchange", {"on": "2026-02-01", "serial": "B-2"})
    assert await serial(room_unit, meter) == "C-3"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"on": "2999-01-01"}, "/on"),
        ({"at": "2026-03-13T12:00:00+01:00"}, "/at"),
        ({"old_index": -1}, "/old_index"),
        ({"old_index": "0.0001"}, "/old_index"),
        ({"index": 3}, "/index"),
    ],
)
async def test_a_wrong_exchange_names_its_field(
    tilleuls: Cooperative, change: dict[str, Any], pointer: str
) -> None:
    meter = await a_meter(tilleuls)
    answer = await tilleuls.post(f"/meters/{meter}/exchange", {"on": "2026-03-12"} | change)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_common_part_gets_a_meter_of_its_own(tilleuls: Cooperative, room_unit: OpenUnit) -> None:
    building = await tilleuls.made(
        "/buildings", {"coop": tilleuls.slug, "ref": "hall-a", "residence": "Les Tilleuls"}
    )
    body = {"coop": tilleuls.slug, "building": building["id"], "fluid": "electricity", "serial": "H-1"}
    meter = await tilleuls.made("/meters", body)
    assert meter["topic"] == f"meters/{tilleuls.slug}/{meter['id']}"
    assert meter["mqtt_password"]
    async with room_unit("metering") as unit:
        row = (
            await unit.session.execute(
                text("SELECT dwelling, building, zone FROM registry.meter WHERE id = :id"),
                {"id": meter["id"]},
            )
        ).one()
    assert (row.dwelling, row.building, row.zone) == (None, building["id"], "Europe/Paris")


async def test_a_meter_needs_one_place(tilleuls: Cooperative) -> None:
    for place in ({}, {"building": "bld_" + "0" * 26, "dwelling": "dwl_" + "0" * 26}):
        answer = await tilleuls.post("/meters", {"coop": tilleuls.slug, "fluid": "water"} | place)
        assert answer.status_code == 422, answer.text
