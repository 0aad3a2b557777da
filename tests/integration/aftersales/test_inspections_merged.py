"""One defect in two documents of one day is one request, whichever came first, and each document says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_inspections import Inspecting, inspecting, words_of
from tests.integration.aftersales.test_inspections_on_paper import TAP, told
from tests.integration.aftersales.test_pages import Browser
from tests.pictures import photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines

TODAY = "2026-11-16"
"""The cooperative's business day: that of an inspection begun on a phone."""
DRAUGHT = {"place": "bedroom", "element": "window", "symptom": "draught", "note": ""}


async def of(aulnes: Cooperative, moved: dict[str, Any]) -> dict[bool, list[str]]:
    """The requests that each document lists, by whether it is on paper."""
    listed = (await aulnes.get(f"/occupancies/{moved['occupancy']}/inspections")).json()["inspections"]
    return {one["is_on_paper"]: one["tickets"] for one in listed}


async def opened(aulnes: Cooperative) -> int:
    return len(await aulnes.told("aftersales.ticket_opened.v1"))


async def seal(tenant: Inspecting) -> None:
    assert (await tenant.sign("household")).status_code == 303
    assert (await tenant.sign("cooperative")).status_code == 303


async def test_what_paper_holds_is_shown_on_the_phone_taken_over_in_one_tap_and_stays_one_request(
    aulnes: Cooperative,
) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    on_paper = await told(aulnes, tenant.moved, TAP, DRAUGHT, on=TODAY)
    page = (await tenant.staff.get(tenant.path)).text
    assert "Déjà consigné ce jour-là" in page
    kitchen = (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text
    assert "Goutte." in kitchen
    assert "Déjà consigné" not in (await tenant.staff.get(f"{tenant.path}/rooms/room-bathroom")).text
    finding = kitchen.split('name="finding" value="')[1].split('"')[0]
    for _ in range(2):  # a phone that sends it twice
        assert (await tenant.find("room-kitchen", finding, note="Goutte.")).status_code == 303
    assert "noté ici aussi" in (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text
    await tenant.find("room-bedroom", "finding-2", photo(), element="window", symptom="draught", note="Air")
    await tenant.find("room-kitchen", "finding-3", element="sink", symptom="blocked")
    await tenant.go_through_but("room-kitchen", "room-bedroom")
    await seal(tenant)
    assert await opened(aulnes) == 3
    both = await of(aulnes, tenant.moved)
    assert both[True] == on_paper
    assert both[False][:2] == on_paper
    assert len(both[False]) == 3
    number = (await aulnes.get(f"/tickets/{on_paper[1]}")).json()["number"]
    assert f"{number}" in words_of(await tenant.document())
    photos = (await aulnes.get(f"/tickets/{on_paper[1]}/photos")).json()["photos"]
    assert len(photos) == 1
    for who, path in ((tenant.household, "/tickets/"), (tenant.staff, "/desk/")):
        page = (await who.get(f"{path}{on_paper[0]}")).text
        assert page.count('href="/inspections/ins_') == 2, path
        assert "Constaté dans" in page


async def test_a_sheet_sent_after_the_signatures_names_the_requests_that_are_there(
    aulnes: Cooperative,
) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1")
    await tenant.go_through()
    await seal(tenant)
    [signed_ticket] = (await of(aulnes, tenant.moved))[False]
    assert await told(aulnes, tenant.moved, TAP, on=TODAY) == [signed_ticket]
    assert await told(aulnes, tenant.moved, TAP | {"note": "Autrement dit"}, on=TODAY) == [signed_ticket]
    assert (await of(aulnes, tenant.moved))[True] == [signed_ticket]
    assert await opened(aulnes) == 1


async def test_two_signed_on_one_day_share_what_both_hold(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1")
    await tenant.go_through()
    await seal(tenant)
    first = tenant.path
    await tenant.begin("etat_des_lieux")
    assert tenant.path != first
    assert "Déjà consigné" in (await tenant.household.get(f"{tenant.path}/rooms/room-kitchen")).text
    await tenant.find("room-kitchen", "finding-9", note="Toujours")
    await tenant.find("room-kitchen", "finding-8", note="Un second robinet")
    await tenant.go_through()
    await seal(tenant)
    assert await opened(aulnes) == 2


async def test_two_defects_of_one_kind_in_one_document_are_two(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    sheet = await told(aulnes, tenant.moved, TAP, TAP | {"note": "Le second"}, on=TODAY)
    assert len(sheet) == 2
    assert await told(aulnes, tenant.moved, TAP | {"note": "Un"}, TAP | {"note": "Deux"}, on=TODAY) == sheet
    assert len(await told(aulnes, tenant.moved, TAP, TAP | {"note": "2"}, TAP | {"note": "3"}, on=TODAY)) == 3


async def test_what_was_closed_since_is_opened_anew_by_signatures_but_not_by_the_same_sheet(
    aulnes: Cooperative,
) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    [ticket] = await told(aulnes, tenant.moved, TAP, on=TODAY)
    household = aulnes.resident(tenant.moved["persons"][0]["id"])
    cancelled = await aulnes.act(ticket, "cancel", household, comment="Pas ici.")
    assert cancelled.status_code == 200, cancelled.text
    assert await told(aulnes, tenant.moved, TAP, on=TODAY) == [ticket]
    await tenant.find("room-kitchen", "finding-1", note="Goutte.")
    await tenant.go_through()
    await seal(tenant)
    assert await opened(aulnes) == 2


async def test_another_day_or_household_has_its_own(aulnes: Cooperative) -> None:
    tenant, next_door = await inspecting(aulnes, "etat_des_lieux"), await aulnes.move_in()
    first = await told(aulnes, tenant.moved, TAP, on=TODAY)
    assert await told(aulnes, tenant.moved, TAP, on="2026-11-15") != first
    assert await told(aulnes, next_door, TAP, on=TODAY) != first
    stranger = Browser(aulnes, Role.RESIDENT, next_door["persons"][0]["id"])
    assert (await stranger.get(f"/tickets/{first[0]}")).status_code == 404


async def test_sheet_and_signature_at_once_open_one_request(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1")
    await tenant.go_through()
    assert (await tenant.sign("household")).status_code == 303
    read = await tenant.read()
    sealed, sheet = await asyncio.gather(
        tenant.sign("cooperative", read=read), told(aulnes, tenant.moved, TAP, on=TODAY)
    )
    assert sealed.status_code == 303
    both = await of(aulnes, tenant.moved)
    assert both[True] == both[False] == sheet
    assert await opened(aulnes) == 1


async def test_two_inspections_sealed_at_once_open_one_request(aulnes: Cooperative) -> None:
    """A second one can be begun only once the first is signed: their seals race all the same where a phone
    sends the first signature again, so three sheets race with both."""
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1")
    await tenant.go_through()
    assert (await tenant.sign("household")).status_code == 303
    read = await tenant.read()
    await asyncio.gather(
        tenant.sign("cooperative", read=read),
        tenant.sign("cooperative", read=read),
        *(told(aulnes, tenant.moved, TAP | {"note": note}, on=TODAY) for note in ("a", "b", "c")),
    )
    assert await opened(aulnes) == 1
    both = await of(aulnes, tenant.moved)
    assert both[True] == both[False]
