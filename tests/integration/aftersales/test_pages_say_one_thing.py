"""What pages say of who repairs, of letters and of dates that are missing or past, on the real database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
NEW = {"reception_on": "2026-09-30"}
KEYS = {"livraison_on": "2026-11-01", "moved_in_on": "2026-11-01"}


def at_the_desk(aulnes: Cooperative) -> Browser:
    return Browser(aulnes, Role.STAFF, aulnes.agent)


async def a_buyers(aulnes: Cooperative, home: dict[str, Any], **days: str) -> tuple[dict[str, Any], Any]:
    moved = await aulnes.move_in("buyer_vefa", home=home, **(KEYS | days))
    ticket = await aulnes.open(
        moved["occupancy"], element="paint", symptom="cosmetic", place="living_room",
        description="Une rayure sur le mur.",
    )  # fmt: skip
    return moved, ticket


async def test_without_a_reception_date_the_desk_is_asked_and_told_anew(aulnes: Cooperative) -> None:
    early = {"livraison_on": "2026-10-01", "moved_in_on": "2026-10-01"}
    moved, ticket = await a_buyers(aulnes, {}, **early)
    assert ticket["responsible"] == "vendor"
    assert not any("hors garantie" in reason for reason in ticket["reasons"])
    staff = at_the_desk(aulnes)
    assert "date manquante" in (await staff.get("/desk")).text
    page = (await staff.get(f"/desk/{ticket['id']}")).text
    assert "Il manque une date, qui décide de qui répare" in page
    assert f"/dwellings/{moved['dwelling']}/file#dates" in page
    held = await aulnes.post(f"/dwellings/{moved['dwelling']}/reception", {"on": "2026-09-15"})
    assert held.status_code == 201, held.text
    again = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert again["responsible"] == "contractor"
    assert "Il manque une date" not in (await staff.get(f"/desk/{ticket['id']}")).text
    assert "date manquante" not in (await staff.get("/desk")).text


async def test_the_letters_day_is_one_on_the_desk_and_in_its_clocks(aulnes: Cooperative) -> None:
    moved, ticket = await a_buyers(aulnes, NEW)
    for action in ("acknowledge", "qualify"):
        assert (await aulnes.act(ticket["id"], action)).status_code == 200
    seen = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    due = {one["debtor"]: one["write_by_on"] for one in seen["letters_due"]}
    assert due["vendor"] == "2026-12-01"
    assert (await aulnes.act(ticket["id"], "notify_debtor", debtor="vendor")).status_code == 200
    after = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    [clock] = [one for one in after["deadlines"] if one["kind"] == "notice_vendor"]
    assert clock["due_at"].startswith("2026-12-01T23:59:59")
    assert clock["met_at"] is not None
    home = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"])
    page = (await home.get(f"/tickets/{ticket['id']}")).text
    assert "Courrier écrit le 16 novembre 2026 : le vendeur" in page
    assert "La coopérative écrit au vendeur" not in page


async def test_a_letter_whose_day_is_past_is_late(aulnes: Cooperative) -> None:
    _, ticket = await a_buyers(aulnes, NEW)
    for action in ("acknowledge", "qualify"):
        assert (await aulnes.act(ticket["id"], action)).status_code == 200
    staff = at_the_desk(aulnes)
    assert "au plus tard le 1er décembre 2026" in (await staff.get(f"/desk/{ticket['id']}")).text
    await aulnes.now(MONDAY + timedelta(days=28))
    page = (await staff.get(f"/desk/{ticket['id']}")).text
    assert "en retard de 13 jours" in page


async def test_a_home_reads_which_firm_has_the_work(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    ticket = (await aulnes.open(moved["occupancy"], element="tap", symptom="limescale"))["id"]
    firm = {"kind": "contractor", "name": "Bâti Test", "email": "b@firm.test", "trades": ["plumbing"]}
    party = (await aulnes.post("/parties", firm)).json()["id"]
    for action, more in (("acknowledge", {}), ("qualify", {}), ("assign", {"party": party})):
        assert (await aulnes.act(ticket, action, **more)).status_code == 200
    home = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"])
    assert "Confié à Bâti Test" in (await home.get(f"/tickets/{ticket}")).text
