"""Days that cannot be are refused with their reason; unlikely ones are asked about; on the real database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_pages import Browser
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


async def test_no_insurer_is_told_of_a_damage_long_before_it_was_found_nor_before_the_works_were_received(
    aulnes: Cooperative,
) -> None:
    for reception_on, too_early, first in (
        ("2015-06-30", ["2019-11-16", "2026-09-30"], "2026-10-01"),
        ("2026-10-20", ["2026-10-19"], "2026-10-20"),
    ):
        moved = await aulnes.move_in(home={"reception_on": reception_on})
        ticket = (await aulnes.open(moved["occupancy"], since="2026-10-31"))["id"]
        told = {"action": "acknowledge"}
        for day in too_early:
            answer = await aulnes.post(f"/tickets/{ticket}/actions", told | {"declared_to_insurer_on": day})
            assert refused(answer) == ("/declared_to_insurer_on", "too_early"), day
            assert "Aucun dommage" in answer.json()["errors"][0]["message"]
            in_english = await aulnes.post(
                f"/tickets/{ticket}/actions",
                told | {"declared_to_insurer_on": day},
                aulnes.staff | {"Accept-Language": "en"},
            )
            assert "No damage" in in_english.json()["errors"][0]["message"]
        answer = await aulnes.post(f"/tickets/{ticket}/actions", told | {"declared_to_insurer_on": first})
        assert answer.status_code == 200, answer.text


async def test_a_reception_after_the_move_in_is_asked_about(aulnes: Cooperative) -> None:
    body = moving_in(
        aulnes.slug,
        dwelling={"residence": "Les Aulnes", "meters": [], "reception_on": "2026-11-09"},
        moved_in_on="2026-11-02",
        tenure="tenant",
    )
    answer = await aulnes.post("/move-ins", body)
    assert answer.status_code == 201
    assert [(one["pointer"], one["code"]) for one in answer.json()["warnings"]] == [
        ("/dwelling/reception_on", "after_move_in")
    ]
    assert (await aulnes.move_in(home={"reception_on": "2026-06-30"}))["warnings"] == []


def a_home(aulnes: Cooperative, **days: str) -> dict[str, Any]:
    """The body of `POST /dwellings`."""
    home: dict[str, Any] = moving_in(aulnes.slug, dwelling={"meters": [], **days})["dwelling"]
    return home


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("reception_on", "2026-11-17", "in_the_future"),
        ("reception_on", "2039-01-01", "too_far_ahead"),
        ("reception_on", "1899-12-31", "too_early"),
        ("built_on", "2038-11-17", "too_far_ahead"),
        ("built_on", "0203-05-01", "too_early"),
    ],
)
async def test_a_home_is_not_made_with_a_day_that_cannot_be(
    aulnes: Cooperative, name: str, day: str, code: str
) -> None:
    home = a_home(aulnes, **{name: day})
    assert refused(await aulnes.post("/dwellings", home)) == (f"/{name}", code)
    moving = moving_in(aulnes.slug, dwelling=home)
    assert refused(await aulnes.post("/move-ins", moving)) == (f"/dwelling/{name}", code)
    if name == "reception_on":
        building = {"coop": aulnes.slug, "ref": "B1", "residence": "Les Aulnes", name: day}
        assert refused(await aulnes.post("/buildings", building)) == (f"/{name}", code)


async def test_the_last_days_that_can_be_are_taken(aulnes: Cooperative) -> None:
    for days in ({"reception_on": "2026-11-16"}, {"reception_on": "1900-01-01"}, {"built_on": "1742-06-01"}):
        assert (await aulnes.post("/dwellings", a_home(aulnes, **days))).status_code == 201


async def test_a_sandbox_receives_its_works_on_its_own_clock(aulnes: Cooperative) -> None:
    await aulnes.now(datetime(2031, 3, 2, 9, tzinfo=UTC))
    assert (await aulnes.post("/dwellings", a_home(aulnes, reception_on="2031-03-02"))).status_code == 201
    await aulnes.now(datetime(2020, 3, 2, 9, tzinfo=UTC))
    answer = await aulnes.post("/dwellings", a_home(aulnes, reception_on="2020-03-03"))
    assert refused(answer) == ("/reception_on", "in_the_future")


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("moved_in_on", "1899-12-31", "too_early"),
        ("moved_in_on", "2206-11-16", "too_far_ahead"),
        ("livraison_on", "0026-11-16", "too_early"),
        ("livraison_on", "2038-11-17", "too_far_ahead"),
        ("livraison_on", "2037-01-01", "in_the_future"),
        ("livraison_on", "2027-11-18", "in_the_future"),
    ],
)
async def test_nobody_moves_in_on_a_day_that_cannot_be(
    aulnes: Cooperative, name: str, day: str, code: str
) -> None:
    body = moving_in(aulnes.slug, dwelling={"meters": []}, **{name: day})
    assert refused(await aulnes.post("/move-ins", body)) == (f"/{name}", code)


async def test_works_are_received_by_no_door_before_they_are(aulnes: Cooperative) -> None:
    building = (
        await aulnes.post("/buildings", {"coop": aulnes.slug, "ref": "B7", "residence": "Les Aulnes"})
    ).json()["id"]
    dwelling = (await aulnes.move_in())["dwelling"]
    for path in (f"/buildings/{building}/reception", f"/dwellings/{dwelling}/reception"):
        for day in ("2026-11-17", "2029-11-25"):
            assert refused(await aulnes.post(path, {"on": day})) == ("/on", "in_the_future"), path
        assert (await aulnes.post(path, {"on": "2026-11-16"})).status_code < 300, path


async def test_nobody_leaves_in_another_century(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    leaving = {"occupancy": moved["occupancy"], "moved_out_on": "2206-01-05"}
    assert refused(await aulnes.post("/move-outs", leaving)) == ("/moved_out_on", "too_far_ahead")


async def test_the_page_of_a_home_asks_about_days_that_go_badly_together(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-01", home={"reception_on": "2026-11-09"})
    path = f"/dwellings/{moved['dwelling']}/file"
    for language, after, before in (
        ("fr", "La réception est postérieure à l’emménagement", "La livraison est antérieure à la réception"),
        ("en", "The réception is after the move-in", "The livraison is before the réception"),
    ):
        staff = Browser(aulnes, Role.STAFF, aulnes.agent, language)
        page = (await staff.get(path)).text.replace("'", "’").replace("&#39;", "’")
        assert after in page
        assert before in page
    await staff.send(f"{path}/dates", kind="reception", on="2026-10-20")
    page = (await staff.get(path)).text
    assert "postérieure" not in page
    assert "antérieure" not in page
    refusal = await staff.send(f"{path}/dates", kind="reception", on="2026-11-17")
    assert refusal.status_code == 422
