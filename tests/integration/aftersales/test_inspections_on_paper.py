"""An inspection held on paper: told twice it is there once, and it is listed like the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines

SHUTTER = {"place": "bedroom", "element": "shutter", "symptom": "stuck", "note": "Coincé à mi-hauteur."}
TAP = {"place": "kitchen", "element": "tap", "symptom": "leak", "note": "Goutte."}
PAINT = {"place": "bedroom", "element": "paint", "symptom": "cosmetic", "note": ""}


async def told(
    aulnes: Cooperative, moved: dict[str, Any], *findings: Any, on: str = "2026-11-10"
) -> list[str]:
    body = {"kind": "etat_des_lieux", "on": on, "findings": list(findings)}
    answer = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", body)
    assert answer.status_code == 202, answer.text
    tickets: list[str] = answer.json()["tickets"]
    return tickets


async def test_told_twice_it_opens_its_requests_once(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    first = await told(aulnes, moved, SHUTTER, TAP, PAINT)
    assert len(first) == 3
    assert await told(aulnes, moved, SHUTTER, TAP, PAINT) == first
    assert await told(aulnes, moved, PAINT, SHUTTER) == [first[2], first[0]]
    assert len(await aulnes.told("aftersales.ticket_opened.v1")) == 3


async def test_told_again_with_more_it_opens_only_what_is_new(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    first = await told(aulnes, moved, SHUTTER)
    second = await told(aulnes, moved, SHUTTER | {"note": " coincé à  mi-hauteur."}, TAP)
    assert second[0] == first[0]
    assert len(await aulnes.told("aftersales.ticket_opened.v1")) == 2
    listed = (await aulnes.get(f"/occupancies/{moved['occupancy']}/inspections")).json()["inspections"]
    assert [(one["findings"], one["tickets"]) for one in listed] == [(2, second)]


async def test_two_alike_on_one_sheet_are_two_however_often_it_is_sent(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    first = await told(aulnes, moved, PAINT, PAINT, TAP)
    assert len(set(first)) == 3
    assert await told(aulnes, moved, PAINT, PAINT, TAP) == first
    assert await told(aulnes, moved, PAINT) == first[:1]
    assert len(await aulnes.told("aftersales.ticket_opened.v1")) == 3
    await aulnes.act(first[0], "acknowledge")
    assert (await aulnes.act(first[0], "qualify", element="floor")).status_code == 200
    household = aulnes.resident(moved["persons"][0]["id"])
    assert (await aulnes.act(first[0], "cancel", household)).status_code == 200
    assert sorted(await told(aulnes, moved, PAINT, PAINT, TAP)) == sorted(first)
    more = await told(aulnes, moved, PAINT, PAINT, PAINT, TAP)
    assert len(set(more)) == 4
    assert set(first) < set(more)


async def test_two_alike_in_a_buyers_handover_are_two_reserves(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-02", home={"reception_on": "2026-06-30"})
    window = {"place": "living_room", "element": "window", "symptom": "broken", "note": ""}
    body = {"kind": "livraison", "on": "2026-11-10", "findings": [window, window]}
    path = f"/occupancies/{moved['occupancy']}/inspection"
    first = (await aulnes.post(path, body)).json()["tickets"]
    assert len(set(first)) == 2
    assert (await aulnes.post(path, body)).json()["tickets"] == first


async def test_a_corrected_request_is_still_the_one_that_was_found(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    (ticket,) = await told(aulnes, moved, SHUTTER)
    await aulnes.act(ticket, "acknowledge")
    corrected = await aulnes.act(ticket, "qualify", element="window", symptom="stuck")
    assert corrected.json()["element"] == "window"
    assert await told(aulnes, moved, SHUTTER) == [ticket]


async def test_two_phones_at_once_record_one_inspection(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    one, other = await asyncio.gather(told(aulnes, moved, SHUTTER, TAP), told(aulnes, moved, SHUTTER, TAP))
    assert one == other
    listed = (await aulnes.get(f"/occupancies/{moved['occupancy']}/inspections")).json()["inspections"]
    assert len(listed) == 1


async def test_another_day_is_another_inspection(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    first = await told(aulnes, moved, SHUTTER)
    assert await told(aulnes, moved, SHUTTER, on="2026-11-12") != first


async def test_it_is_listed_for_household_and_staff_with_its_requests(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("tenant")
    tickets = await told(aulnes, moved, SHUTTER, TAP)
    (one,) = (await aulnes.get(f"/occupancies/{moved['occupancy']}/inspections")).json()["inspections"]
    assert (one["is_on_paper"], one["held_on"], one["findings"]) == (True, "2026-11-10", 2)
    assert one["tickets"] == tickets
    household = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"])
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    for who in (household, staff):
        assert f"/inspections/{one['id']}" in (await who.get("/inspections")).text
        page = (await who.get(f"/inspections/{one['id']}")).text
        assert all(f"/tickets/{ticket}" in page for ticket in tickets)
    assert f"/inspections/{one['id']}" in (await household.get("/fragments/inspections")).text


async def test_the_neighbour_does_not_find_it(aulnes: Cooperative) -> None:
    moved, other = await aulnes.move_in("tenant"), await aulnes.move_in("tenant")
    await told(aulnes, moved, SHUTTER)
    (one,) = (await aulnes.get(f"/occupancies/{moved['occupancy']}/inspections")).json()["inspections"]
    neighbour = Browser(aulnes, Role.RESIDENT, other["persons"][0]["id"])
    assert (await neighbour.get(f"/inspections/{one['id']}")).status_code == 404
    assert one["id"] not in (await neighbour.get("/inspections")).text
