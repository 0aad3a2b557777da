"""Files name the delivery point they are of: another home's is never added to this one's without a word."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering.imports import forgetting
from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import (
    PRM,
    Worker,
    amount_wh,
    bring,
    counts,
    enedis,
    imported,
    said,
)
from tests.integration.metering.homes import Home, a_home, days, rows, settle_all

pytestmark = pytest.mark.engines

FIRST = date(2024, 3, 1)
OTHER = "30000000009876"
TWO = enedis(FIRST, 2) + enedis(FIRST + timedelta(days=2), 3).removeprefix("\ufeff".encode()).replace(
    PRM.encode(), OTHER.encode()
)


@pytest.fixture
def worker(room_unit: OpenUnit) -> Worker:
    return Worker(room_unit)


def resident(web: Web, home: Home) -> dict[str, str]:
    return web.as_("resident", home.coop, home.person)


async def act(web: Web, headers: dict[str, str], id: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await web.client.post(f"/api/v1/imports/{id}/actions", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_file_of_two_points_stores_nothing_until_one_is_chosen(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    asked = await imported(web, them, home, TWO, worker)
    assert (asked["state"], asked["reason"], counts(asked)) == ("failed", "several_points", {})
    assert asked["question"] == {"points": ["0123", "9876"], "earlier": []}
    assert asked["legal_actions"] == ["choose", "cancel"]
    assert "plusieurs points de livraison" in asked["message"]
    assert not await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter)
    stored = str(await rows(room_unit, "SELECT * FROM metering.file_import WHERE meter = :m", m=home.meter))
    assert PRM not in stored
    assert OTHER not in stored

    for wrong in ({"point": "5555"}, {}):
        refused = await act(web, them, asked["id"], 422, action="choose", **wrong)
        assert refused["errors"][0]["pointer"] == "/point"
    assert (await act(web, them, asked["id"], action="choose", point="9876"))["state"] == "waiting"
    await worker.work()
    found = await said(web, them, asked["id"])
    assert (found["state"], counts(found), found["point"]) == ("done", {"accepted": 144}, "9876")
    assert (found["question"], found["legal_actions"]) == (None, ["undo"])
    await settle_all(room_unit)
    kept = await days(room_unit, home)
    assert sorted(kept) == [FIRST + timedelta(days=n) for n in (2, 3, 4)]
    assert not await rows(room_unit, 'SELECT 1 FROM metering.file_chunk WHERE "import" = :i', i=asked["id"])


async def test_the_point_may_be_said_at_once(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    found = await imported(web, resident(web, home), home, TWO, worker, point="0123")
    assert (found["state"], counts(found)) == ("done", {"accepted": 96})
    absent = await imported(web, resident(web, home), home, TWO, worker, point="1111")
    assert (absent["state"], absent["reason"]) == ("failed", "point_not_in_file")
    await bring(web, resident(web, home), home, TWO, status=422, point="../../etc")


async def test_a_file_of_another_point_than_the_earlier_ones_asks_first(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    assert (await imported(web, them, home, enedis(FIRST, 2), worker))["point"] == "0123"
    later = enedis(FIRST + timedelta(days=2), 2)
    asked = await imported(web, them, home, later.replace(PRM.encode(), OTHER.encode()), worker)
    assert (asked["state"], asked["reason"]) == ("failed", "other_point")
    assert asked["question"] == {"points": ["9876"], "earlier": ["0123"]}
    stored = await rows(
        room_unit, "SELECT count(*) AS n FROM metering.reading WHERE meter = :m", m=home.meter
    )
    assert stored[0].n == 96
    # the same home's own go on without a word
    assert (await imported(web, them, home, later, worker))["state"] == "done"

    await act(web, them, asked["id"], action="choose")
    await worker.work()
    found = await said(web, them, asked["id"])
    assert (found["state"], found["point"], counts(found)) == ("done", "9876", {"duplicate": 96})
    again = await imported(web, them, home, later.replace(PRM.encode(), OTHER.encode()), worker)
    assert again["state"] == "done"  # it was said once that this one is the home's too


async def test_what_was_taken_back_is_no_earlier_file(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    wrong = await imported(web, them, home, enedis(FIRST, 1).replace(PRM.encode(), OTHER.encode()), worker)
    await act(web, them, wrong["id"], action="undo")
    await worker.work()
    assert (await imported(web, them, home, enedis(FIRST, 1), worker))["state"] == "done"


async def test_a_files_name_tells_the_point_where_its_content_does_not(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    file = b"debut;fin;kW\n2024-03-01T00:00;2024-03-01T00:30;0,6\n2024-03-01T00:30;2024-03-01T01:00;0,5\n"
    first = await imported(web, them, home, file, worker, filename=f"historique_conso_{PRM}_2024.csv")
    assert (first["state"], first["point"]) == ("done", "0123")
    asked = await imported(web, them, home, file, worker, filename=f"historique_conso_{OTHER}_2024.csv")
    assert asked["reason"] == "other_point"
    kept = await rows(room_unit, "SELECT * FROM metering.file_import WHERE meter = :m", m=home.meter)
    assert not any(number in str(kept) for number in (PRM, OTHER))


async def test_two_cooperatives_keep_nothing_that_could_be_compared(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    homes = [await a_home(room_unit, coop), await a_home(room_unit, coop)]
    for home in homes:
        await imported(web, resident(web, home), home, enedis(FIRST, 1), worker)
    kept = await rows(
        room_unit, "SELECT DISTINCT point FROM metering.file_import WHERE meter = ANY(:m)",
        m=[home.meter for home in homes],
    )  # fmt: skip
    assert len(kept) == 1
    assert len(kept[0].point) == 32


async def test_a_question_that_nobody_answers_ends_and_its_file_goes(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    asked = await imported(web, them, home, TWO, worker)
    async with room_unit("metering") as unit:
        await forgetting.what_is_due(unit)
    assert (await said(web, them, asked["id"]))["question"] is not None
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text(
                "UPDATE metering.file_import SET created_at = created_at - interval '2 days' WHERE id = :id"
            ),
            {"id": asked["id"]},
        )
    async with room_unit("metering") as unit:
        await forgetting.what_is_due(unit)
    found = await said(web, them, asked["id"])
    assert (found["question"], found["reason"], found["legal_actions"]) == (None, "unanswered", [])
    assert not await rows(room_unit, 'SELECT 1 FROM metering.file_chunk WHERE "import" = :i', i=asked["id"])


async def test_the_page_asks_and_takes_the_answer(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    asked = await imported(web, resident(web, home), home, TWO, worker)
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(
        home.person, Role.RESIDENT, coop, "Foyer 12", "fr", "anti-forgery"
    )
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Origin": "https://palier.test"}
    page = await web.client.get(f"/imports/{asked['id']}", headers=headers)
    assert "Quel point de livraison est celui de ce logement" in page.text
    assert "0123" in page.text
    assert "9876" in page.text
    assert PRM not in page.text
    answer = await web.client.post(
        f"/imports/{asked['id']}/choose",
        headers=headers,
        data={"csrf_token": "anti-forgery", "point": "0123"},
    )
    assert answer.status_code == 303, answer.text
    await worker.work()
    assert (await said(web, resident(web, home), asked["id"]))["state"] == "done"
    await settle_all(room_unit)
    kept = await days(room_unit, home)
    assert sum(row.value for row in kept.values()) == pytest.approx(amount_wh(FIRST, 2), abs=2)
    other = await imported(web, resident(web, home), home, TWO, worker, point="9876")
    assert other["state"] == "done"
