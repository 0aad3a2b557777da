"""The figures of after-sales from requests that were really lived through; on the real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
WINDOW = {"place": "living_room", "element": "window", "symptom": "broken", "note": ""}


async def figures(aulnes: Cooperative) -> dict[str, Any]:
    answer = await aulnes.get("/reports/aftersales?from=2026-11-01&to=2026-11-30")
    assert answer.status_code == 200, answer.text
    [row] = answer.json()["rows"]
    return dict(row)


async def a_repaired_reserve(aulnes: Cooperative) -> tuple[dict[str, Any], str]:
    """A buyer's home, and its réserve whose repair waits for the signatures."""
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-02", home={"reception_on": "2026-06-30"})
    body = {"kind": "livraison", "on": "2026-11-10", "findings": [WINDOW]}
    told = await aulnes.post(f"/occupancies/{moved['occupancy']}/inspection", body)
    [ticket] = told.json()["tickets"]
    for action, more in (
        ("acknowledge", {}), ("qualify", {}),
        ("waive_notice", {"debtor": "vendor", "comment": "La liste signée suffit."}),
        ("waive_notice", {"debtor": "contractor", "comment": "La liste signée suffit."}),
        ("assign", {}), ("start", {}), ("finish", {}),
    ):  # fmt: skip
        answer = await aulnes.act(ticket, action, **more)
        assert answer.status_code == 200, answer.text
    return moved, ticket


async def test_one_signature_ends_what_a_household_that_left_cannot_sign_any_more(
    aulnes: Cooperative,
) -> None:
    moved, ticket = await a_repaired_reserve(aulnes)
    leaving = {"occupancy": moved["occupancy"], "moved_out_on": "2026-11-15"}
    assert (await aulnes.post("/move-outs", leaving)).status_code < 300
    assert (await figures(aulnes))["ends"]["open"] == 1
    signed = await aulnes.act(ticket, "sign_off")
    assert signed.json()["state"] == "resolved", signed.text
    row = await figures(aulnes)
    assert (row["ends"]["fixed"], row["ends"]["open"], row["fixed_hours"] is None) == (1, 0, False)


async def test_who_has_signed_ends_it_when_the_other_leaves_without_signing(aulnes: Cooperative) -> None:
    moved, ticket = await a_repaired_reserve(aulnes)
    assert (await aulnes.act(ticket, "sign_off")).json()["state"] == "done"
    twice = await aulnes.act(ticket, "sign_off")
    assert (twice.status_code, "sign_off" in twice.json()["legal_actions"]) == (409, False)
    leaving = {"occupancy": moved["occupancy"], "moved_out_on": "2026-11-15"}
    assert (await aulnes.post("/move-outs", leaving)).status_code < 300
    assert "sign_off" in (await aulnes.get(f"/tickets/{ticket}")).json()["legal_actions"]
    assert (await aulnes.act(ticket, "sign_off")).json()["state"] == "resolved"
    assert (await figures(aulnes))["ends"]["fixed"] == 1


async def test_one_signature_of_two_ends_nothing_in_the_figures_either(aulnes: Cooperative) -> None:
    _, ticket = await a_repaired_reserve(aulnes)
    assert (await aulnes.act(ticket, "sign_off")).json()["state"] == "done"
    assert (await figures(aulnes))["ends"] == {
        "open": 1, "fixed": 0, "refused": 0, "duplicate": 0, "cancelled": 0,
    }  # fmt: skip
