"""Days that cannot be are refused with their reason; unlikely ones are asked about; on the real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.moving_in import moving_in

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def refused(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    return error["pointer"], error["code"]


async def test_a_defect_has_not_begun_before_the_house_stood(aulnes: Cooperative) -> None:
    body = {
        "occupancy": (await aulnes.move_in())["occupancy"], "place": "kitchen", "element": "tap",
        "symptom": "broken", "description": "Le robinet ne ferme plus.", "channel": "phone",
    }  # fmt: skip
    assert refused(await aulnes.post("/tickets", body | {"since": "1800-01-01"})) == ("/since", "too_early")
    assert refused(await aulnes.post("/tickets", body | {"since": "2026-11-17"})) == (
        "/since", "in_the_future",
    )  # fmt: skip


@pytest.mark.parametrize(("day", "code"), [("2028-01-01", "in_the_future"), ("1780-05-05", "too_early")])
async def test_equipment_and_declarations_lie_in_the_past(aulnes: Cooperative, day: str, code: str) -> None:
    moved = await aulnes.move_in()
    piece = {"element": "boiler", "installed_on": day}
    answer = await aulnes.post(f"/dwellings/{moved['dwelling']}/equipment", piece)
    assert refused(answer) == ("/installed_on", code)
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for name in ("installed_on", "declared_to_insurer_on"):
        answer = await aulnes.post(f"/tickets/{ticket}/actions", {"action": "acknowledge", name: day})
        assert refused(answer) == (f"/{name}", code)
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "submitted"


async def test_a_reception_after_the_move_in_is_asked_about(aulnes: Cooperative) -> None:
    body: dict[str, Any] = moving_in(
        aulnes.slug,
        dwelling={"residence": "Les Aulnes", "meters": [], "reception_on": "2026-12-01"},
        moved_in_on="2026-11-02",
        tenure="tenant",
    )
    answer = await aulnes.post("/move-ins", body)
    assert answer.status_code == 201
    assert [(one["pointer"], one["code"]) for one in answer.json()["warnings"]] == [
        ("/dwelling/reception_on", "after_move_in")
    ]
    assert "réception" in answer.json()["warnings"][0]["message"]
    assert (await aulnes.move_in(home={"reception_on": "2026-06-30"}))["warnings"] == []
