"""What a buyer is owed under a warranty stays owed: neither a rule nor a refusal takes it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def a_buyers(aulnes: Cooperative, reception_on: str, livraison_on: str, element: str) -> str:
    home = {"reception_on": reception_on}
    moved = await aulnes.move_in("buyer_vefa", home=home, livraison_on=livraison_on, moved_in_on=livraison_on)
    ticket = await aulnes.open(moved["occupancy"], place="bedroom", element=element)
    for action in ("acknowledge", "qualify"):
        await aulnes.act(ticket["id"], action)
    return str(ticket["id"])


async def test_a_rule_on_residents_leaves_the_buyers_letters_to_write(aulnes: Cooperative) -> None:
    rule = {"responsible": "resident", "basis": "Règlement", "valid_from": "2020-01-01", "element": "shutter"}
    made = await aulnes.web.client.post("/api/v1/responsibility-rules", json=rule, headers=aulnes.staff)
    assert made.status_code == 201, made.text
    ticket = await a_buyers(aulnes, "2026-10-10", "2026-10-25", "shutter")
    shown = (await aulnes.get(f"/tickets/{ticket}")).json()
    assert shown["responsible"] == "vendor"
    assert any("aucune règle de la coopérative" in said or "no rule" in said for said in shown["reasons"])
    for debtor in ("vendor", "contractor"):
        assert (await aulnes.act(ticket, "notify_debtor", debtor=debtor)).status_code == 200


async def test_the_vendor_and_the_contractor_are_both_named_and_written_to_in_the_second_year(
    aulnes: Cooperative,
) -> None:
    ticket = await a_buyers(aulnes, "2025-11-01", "2025-11-05", "shutter")
    shown = (await aulnes.get(f"/tickets/{ticket}")).json()
    assert shown["responsible"] == "vendor"
    owed = [(one["regime"], one["debtor"]) for one in shown["warranties"]]
    assert owed == [("biennale", "vendor"), ("biennale", "contractor")]
    assert [one["kind"] for one in shown["deadlines"]].count("biennale") == 1
    for debtor in ("vendor", "contractor"):
        assert (await aulnes.act(ticket, "notify_debtor", debtor=debtor)).status_code == 200
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["letters_due"] == []


async def test_a_refusal_as_ended_while_warranties_run_is_said_in_words_at_the_desk(
    aulnes: Cooperative,
) -> None:
    ticket = await a_buyers(aulnes, "2026-10-10", "2026-10-25", "window")
    refused = await aulnes.act(ticket, "refuse", reason="warranty_ended", comment="Garantie finie.")
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/reason", "warranty_runs")
    desk = Browser(aulnes, Role.STAFF, aulnes.agent)
    shown = (await aulnes.get(f"/tickets/{ticket}")).json()
    page = await desk.send(
        f"/desk/{ticket}/actions", action="refuse", reason="warranty_ended", comment="Garantie finie.",
        version=str(shown["version"]),
    )  # fmt: skip
    assert page.status_code == 422
    assert "Cela a été signalé pendant une garantie" in page.text
    assert "garantie décennale" in page.text
    assert "Garantie finie." in page.text
    other = await aulnes.act(ticket, "refuse", reason="no_fault_found", comment="Vu sur place : tout va.")
    assert other.status_code == 200, other.text
