"""A changed calendar or heating season moves the clocks of open requests, pauses kept; real database."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales import checkup, rewinding
from services.aftersales.model import Ticket
from tests.integration.aftersales.conftest import MONDAY

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
CLOSED = [f"2026-11-{day}" for day in (17, 18, 19, 20, 23, 24)]


async def put(aulnes: Cooperative, name: str, value: dict[str, Any], **query: str) -> None:
    answer = await aulnes.web.client.put(
        f"/api/v1/aftersales-settings/{name}", json=value, headers=aulnes.staff, params=query
    )
    assert answer.status_code == 204, answer.text


async def rewind(aulnes: Cooperative, room_unit: Any, at_once: int = 50) -> None:
    while True:
        async with room_unit("aftersales", aulnes.slug) as unit:
            if not await rewinding.some(unit, at_once):
                return


async def due(aulnes: Cooperative, ticket: str, kind: str = "repair") -> str:
    clocks = (await aulnes.get(f"/tickets/{ticket}")).json()["deadlines"]
    return str(next(row["due_at"] for row in clocks if row["kind"] == kind))


async def test_days_on_which_the_cooperative_closes_move_every_open_promise(
    aulnes: Cooperative, room_unit: Any
) -> None:
    home = await aulnes.move_in()
    tickets = [(await aulnes.open(home["occupancy"]))["id"] for _ in range(5)]
    before = [await due(aulnes, ticket) for ticket in tickets]
    await put(aulnes, "calendar", {"closed_on": CLOSED})
    await rewind(aulnes, room_unit, at_once=2)
    after = [await due(aulnes, ticket) for ticket in tickets]
    assert before[0][:10] == "2026-11-23"
    assert {one[:10] for one in after} == {"2026-12-01"}
    async with room_unit("aftersales", aulnes.slug) as unit:
        for ticket in tickets:
            row = await unit.session.get_one(Ticket, ticket)
            assert await checkup.clock_differences(unit, row) == []
    await put(aulnes, "calendar", {"closed_on": []})
    await rewind(aulnes, room_unit)
    assert [await due(aulnes, ticket) for ticket in tickets] == before


async def test_a_change_of_calendar_keeps_the_pause_and_leaves_what_has_ended(
    aulnes: Cooperative, room_unit: Any
) -> None:
    home = await aulnes.move_in()
    paused, ended = [(await aulnes.open(home["occupancy"]))["id"] for _ in range(2)]
    await aulnes.act(paused, "acknowledge")
    await aulnes.act(paused, "wait_member", comment="Quand êtes-vous là ?")
    await aulnes.act(ended, "cancel", aulnes.resident(home["persons"][0]["id"]), comment="Réparé.")
    closed_at = await due(aulnes, ended)
    await aulnes.now(MONDAY + timedelta(days=3))
    await aulnes.act(paused, "resume")
    assert (await due(aulnes, paused))[:10] == "2026-11-26"
    await put(aulnes, "calendar", {"closed_on": ["2026-11-17", "2026-11-24"]})
    await rewind(aulnes, room_unit)
    # The closed Tuesday was never working time of the pause; the closed Tuesday after is one day more.
    assert (await due(aulnes, paused))[:10] == "2026-11-27"
    assert await due(aulnes, ended) == closed_at


async def test_warnings_come_when_the_new_calendar_says(aulnes: Cooperative, room_unit: Any) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    await put(aulnes, "calendar", {"closed_on": CLOSED})
    await rewind(aulnes, room_unit)
    async with room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT alarm_at FROM aftersales.ticket_deadline WHERE ticket = :id AND kind = 'repair'"),
            {"id": ticket},
        )
        assert rows.scalar_one().date().isoformat() == "2026-11-27"


async def test_a_heating_season_moves_its_legal_date(aulnes: Cooperative, room_unit: Any) -> None:
    home = await aulnes.move_in(moved_in_on="2026-11-02")
    await aulnes.post(
        f"/occupancies/{home['occupancy']}/inspection",
        {"kind": "etat_des_lieux", "on": "2026-11-02", "findings": []},
    )
    ticket = (await aulnes.open(home["occupancy"], element="radiator", symptom="no_heat"))["id"]
    before = await due(aulnes, ticket, "edl_heating")
    await put(aulnes, "heating_period", {"from": "12-01", "to": "03-31"})
    await rewind(aulnes, room_unit)
    assert before[:7] < await due(aulnes, ticket, "edl_heating")


async def test_the_change_itself_does_not_wait_for_many_requests(aulnes: Cooperative, room_unit: Any) -> None:
    home = await aulnes.move_in()
    for _ in range(60):
        await aulnes.open(home["occupancy"])
    began = time.perf_counter()
    await put(aulnes, "calendar", {"closed_on": CLOSED})
    asked = time.perf_counter()
    await rewind(aulnes, room_unit)
    each = (time.perf_counter() - asked) / 60
    assert asked - began < 1.0
    assert each < 0.05, f"{each * 1000:.1f} ms"
