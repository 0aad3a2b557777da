"""What is refused to who will join a home later, and once a request is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from contracts.codes import Role
from tests.integration.aftersales.test_pages import Browser
from tests.integration.aftersales.test_photos import put, ticket_of
from tests.pictures import photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def test_a_coming_co_holder_reads_and_tells_nothing_before_the_day(aulnes: Cooperative) -> None:
    first = {"name": "Foyer 12", "email": "foyer12@example.test", "language": "fr", "right": "holder"}
    second = {
        "name": "Foyer 12 bis",
        "email": "foyer12bis@example.test",
        "language": "fr",
        "right": "co_holder",
    }
    moved = await aulnes.move_in(household=[first, second])
    ticket = await aulnes.open(moved["occupancy"])
    coming = moved["persons"][1]["id"]
    async with aulnes.room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.resident SET since_on = '2026-12-15' WHERE person = :person"),
            {"person": coming},
        )
    who = aulnes.resident(coming)
    for path in ("", "/history", "/messages", "/photos"):
        assert (await aulnes.get(f"/tickets/{ticket['id']}{path}", who)).status_code == 404
    assert (await aulnes.get("/tickets", who)).json()["items"] == []
    report = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Le robinet fuit.",
    }  # fmt: skip
    assert (await aulnes.post("/tickets", report, who)).status_code == 404
    browser = Browser(aulnes, Role.RESIDENT, coming)
    assert (await browser.get(f"/tickets/{ticket['id']}")).status_code == 404
    assert "Aucun logement" in (await browser.get("/tickets/new")).text


async def test_a_request_that_is_over_takes_no_photo_until_it_is_open_again(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    cancelled = await aulnes.act(ticket, "cancel", household, comment="C'est réparé.")
    assert cancelled.status_code == 200, cancelled.text
    for who in (household, aulnes.staff):
        refused = await put(aulnes, ticket, who, photo())
        assert (refused.status_code, refused.json()["code"]) == (409, "request_is_over")
        assert "legal_actions" in refused.json()
    assert (await aulnes.get(f"/tickets/{ticket}/photos", household)).json()["photos"] == []
