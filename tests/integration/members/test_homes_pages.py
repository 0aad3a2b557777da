"""Staff record households that come and go on pages, with faults beside their fields."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.kit.ids import new_id
from services.members import demo

if TYPE_CHECKING:
    from tests.conftest import OpenUnit
    from tests.integration.members.conftest import Cooperative, Office

pytestmark = pytest.mark.engines


@asynccontextmanager
async def desk(office: Office, coop: Cooperative) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
    """A member of staff's browser, and the form field that proves the page was ours."""
    transport = httpx.ASGITransport(app=office.app, raise_app_exceptions=False)
    headers = {"origin": "https://palier.test", "accept-language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://palier.test", headers=headers
    ) as client:
        client.cookies.set("palier_lang", "en")
        path = demo.login_path(office.app.state.secrets, Role.STAFF, coop.slug, new_id("per"))
        assert (await client.get(path)).status_code == 303
        csrf = re.search(r'name="csrf_token" value="(\w+)"', (await client.get("/homes")).text)
        assert csrf
        yield client, {"csrf_token": csrf[1]}


async def test_a_household_comes_and_leaves(office: Office) -> None:
    coop = await office.new_coop(sandbox=True)
    home = await coop.made("/dwellings", coop.dwelling(ref="LOT-7"))
    async with desk(office, coop) as (client, csrf):
        assert "LOT-7" in (await client.get("/homes")).text
        wanted = csrf | {
            "dwelling": home["id"], "tenure": "tenant", "moved_in_on": "2026-01-05",
            "name_0": "Foyer 12", "mobile_0": "06 00 00 00 00",
            "name_1": "Foyer 13", "postal_1": "1 rue des Lilas",
        }  # fmt: skip
        unreachable = await client.post("/move-ins", data=wanted | {"mobile_0": ""})
        assert unreachable.status_code == 422
        assert "at least one way to reach" in unreachable.text
        assert "1 rue des Lilas" in unreachable.text
        wrong = await client.post("/move-ins", data=wanted | {"email_0": "not an address"})
        assert "This is not an e-mail address." in wrong.text
        done = await client.post("/move-ins", data=wanted)
        assert done.status_code == 303, done.text
        page = (await client.get("/homes", params={"q": "foyer 13"})).text
        assert "Foyer 12, Foyer 13" in page
        taken = await client.post("/move-ins", data=wanted)
        assert "Record its move-out first" in taken.text
        occupancy = re.search(r'name="occupancy" value="(\w+)"', page)
        assert occupancy
        leaving = csrf | {"occupancy": occupancy[1], "moved_out_on": "2025-12-31"}
        assert "cannot leave before it came" in (await client.post("/homes/move-outs", data=leaving)).text
        left = await client.post("/homes/move-outs", data=leaving | {"moved_out_on": "2026-01-31"})
        assert left.status_code == 303
        assert "Foyer 12" not in (await client.get("/homes")).text


async def test_a_resident_sees_no_list_of_homes(office: Office) -> None:
    coop = await office.new_coop(sandbox=True)
    moved = await coop.made("/move-ins", coop.household())
    own = await coop.resident(moved["persons"][0]["id"])
    for path in ("/homes", "/move-ins"):
        assert (await office.client.get(path, headers=own)).status_code in (403, 404)


async def test_a_residence_s_street_is_entered_once_and_holds_where_nothing_else_is_said(
    office: Office, room_unit: OpenUnit
) -> None:
    coop = await office.new_coop(sandbox=True)
    await coop.made("/dwellings", coop.dwelling(ref="LOT-7", residence="Les Saules"))
    await coop.made(
        "/dwellings", coop.dwelling(ref="LOT-8", residence="Les Saules", street="9 rue de l’Exemple")
    )
    async with desk(office, coop) as (client, csrf):
        assert "no street yet" in (await client.get("/homes/residences")).text
        given = csrf | {"residence": "Les Saules", "street": "1 rue de l’Exemple", "city": "Exemple"}
        assert (await client.post("/homes/residences", data=given)).status_code == 303
        page = (await client.get("/homes/residences")).text
        assert "1 rue de l’Exemple" in page
        assert "1 place has a street of its own" in page
        elsewhere = await client.post("/homes/residences", data=given | {"residence": "Nowhere"})
        assert elsewhere.status_code == 404
    assert await streets(room_unit, coop) == {
        "LOT-7": ("1 rue de l’Exemple", "Exemple"), "LOT-8": ("9 rue de l’Exemple", "Exemple"),
    }  # fmt: skip


async def streets(room_unit: OpenUnit, coop: Cooperative) -> dict[str, tuple[str | None, str | None]]:
    """By reference, where each dwelling stands as other rooms read it."""
    async with room_unit("aftersales", coop.slug) as unit:
        rows = await unit.session.execute(
            text(
                "SELECT d.ref, a.street, a.city FROM registry.dwelling d"
                " JOIN registry.address a ON a.place = d.id WHERE d.coop = :coop"
            ),
            {"coop": coop.slug},
        )
        return {row.ref: (row.street, row.city) for row in rows}
