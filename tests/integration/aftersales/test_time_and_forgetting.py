"""What the passing of hours does, and what is forgotten with a person; on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.members import Erased
from services.aftersales import handlers, personal
from tests.hours import an_hour_passes

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
USUAL = ("acknowledge", "qualify", "assign", "start", "finish")


async def hour(aulnes: Cooperative, room_unit: Any, now: datetime) -> None:
    await aulnes.now(now)
    await an_hour_passes(room_unit, "aftersales", handlers.an_hour, now)


async def test_each_threshold_is_told_once(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in()
    await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak")
    await hour(aulnes, room_unit, MONDAY + timedelta(minutes=10))
    assert await aulnes.told("aftersales.deadline_near.v1") == []
    for minutes in (40, 41, 61, 130, 130, 250):
        await hour(aulnes, room_unit, MONDAY + timedelta(minutes=minutes))
    told = [(row["kind"], row["percent"]) for row in await aulnes.told("aftersales.deadline_near.v1")]
    for kind in ("first_answer", "make_safe"):
        assert [one for one in told if one[0] == kind] == [(kind, 50), (kind, 80), (kind, 100)]


async def test_service_warnings_wait_for_opening_hours(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in()
    await aulnes.open(moved["occupancy"])
    await hour(aulnes, room_unit, MONDAY + timedelta(days=1, hours=10))
    assert [row["percent"] for row in await aulnes.told("aftersales.deadline_near.v1")] == [50, 80]
    await hour(aulnes, room_unit, MONDAY + timedelta(days=2, minutes=5))
    assert ("first_answer", 100) in [
        (row["kind"], row["percent"]) for row in await aulnes.told("aftersales.deadline_near.v1")
    ]


async def test_silence_settles_routine_work_and_time_closes_it(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in()
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action in USUAL:
        await aulnes.act(ticket, action)
    await hour(aulnes, room_unit, MONDAY + timedelta(days=8))
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "done"
    await hour(aulnes, room_unit, MONDAY + timedelta(days=10))
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "resolved"
    await hour(aulnes, room_unit, MONDAY + timedelta(days=41))
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "closed"


async def test_one_requests_trouble_does_not_stop_the_others_clocks(
    aulnes: Cooperative, room_unit: Any
) -> None:
    moved = await aulnes.move_in()
    lost, sound = [(await aulnes.open(moved["occupancy"]))["id"] for _ in range(2)]
    for ticket in (lost, sound):
        for action in USUAL:
            await aulnes.act(ticket, action)
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET occupancy = 'occ_unknown' WHERE id = :id"), {"id": lost}
        )
    for days in (7, 10):
        await hour(aulnes, room_unit, MONDAY + timedelta(days=days))
    assert (await aulnes.get(f"/tickets/{sound}")).json()["state"] == "resolved"
    assert [one for one in await aulnes.told("aftersales.ticket_changed.v1") if one["action"] == "lapse"] == [
        one for one in await aulnes.told("aftersales.ticket_changed.v1")
        if one["action"] == "lapse" and one["ticket"] == sound
    ]  # fmt: skip


async def test_silence_never_settles_a_warranty(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in(home={"reception_on": "2026-06-30"})
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action in USUAL:
        if action == "assign":  # nobody begins before that debtor is written to, or a person says why not
            await aulnes.act(ticket, "waive_notice", debtor="contractor", comment="Vu sur place.")
        await aulnes.act(ticket, action)
    await hour(aulnes, room_unit, MONDAY + timedelta(days=30))
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["state"] == "done"


async def test_waiting_for_the_household_moves_the_promise_hour_by_hour(
    aulnes: Cooperative, room_unit: Any
) -> None:
    moved = await aulnes.move_in()
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    await aulnes.act(ticket, "wait_member", comment="Quand êtes-vous là ?")
    await hour(aulnes, room_unit, MONDAY + timedelta(days=14))
    waiting = (await aulnes.get(f"/tickets/{ticket}")).json()
    repair = next(row for row in waiting["deadlines"] if row["kind"] == "repair")
    assert repair["due_at"] > "2026-12-05"
    assert not repair["is_overdue"]


async def test_a_forgotten_persons_words_go_and_the_record_stays(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    me = aulnes.resident(person)
    body = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Ça goutte chez moi.",
    }  # fmt: skip
    ticket = (await aulnes.post("/tickets", body, me)).json()["id"]
    await aulnes.post(f"/tickets/{ticket}/messages", {"body": "Je suis là le soir."}, me)
    await aulnes.act(ticket, "cancel", me, comment="Réparé par mon frère.")
    async with room_unit("aftersales", aulnes.slug) as unit:
        known = await personal.export(unit, person)
        assert known["tickets"][0]["description"] == "Ça goutte chez moi."
        assert known["messages"][0]["body"] == "Je suis là le soir."
        await handlers.erased(Erased(coop=aulnes.slug, person=person), unit)
    async with room_unit("aftersales", aulnes.slug) as unit:
        words = await unit.session.execute(
            text(
                "SELECT (SELECT count(description) FROM aftersales.ticket WHERE id = :id)"
                " + (SELECT count(body) FROM aftersales.ticket_message WHERE ticket = :id)"
                " + (SELECT count(comment) FROM aftersales.ticket_event WHERE ticket = :id)"
            ),
            {"id": ticket},
        )
        assert words.scalar_one() == 0
    assert len((await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]) == 2


async def test_a_buildings_heating_season_and_own_rules_are_used(aulnes: Cooperative, room_unit: Any) -> None:
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text(
                "INSERT INTO aftersales.setting VALUES (:coop, '', 'heating_period', CAST(:value AS jsonb))"
            ),
            {"coop": aulnes.slug, "value": '{"from": "12-01", "to": "03-31"}'},
        )
        await unit.session.execute(
            text(
                "INSERT INTO aftersales.responsibility_rule"
                " (id, coop, element, responsible, basis, valid_from)"
                " VALUES (:id, :coop, 'tap', 'cooperative', 'Contrat multiservices', '2026-01-01')"
            ),
            {"id": f"rul_{aulnes.slug}", "coop": aulnes.slug},
        )
    moved = await aulnes.move_in()
    cold = await aulnes.open(moved["occupancy"], element="collective_heating", symptom="no_heat")
    assert cold["priority"] == "p2"
    tap = await aulnes.open(moved["occupancy"], symptom="leak")
    assert (tap["responsible"], tap["basis"]) == ("cooperative", "Contrat multiservices")
