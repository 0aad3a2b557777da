"""Whole lives on the real database: random ones that equal their history, refusals, watches, restarts."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales import actions, checkup, handlers, watching
from services.aftersales.changes import Changes
from services.aftersales.model import Ticket
from services.kit.problems import Problem
from tests.hours import an_hour_passes
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_notices import a_firm

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
HANDLED = ("acknowledge", "qualify", "assign", "start", "finish")


async def another_agent(aulnes: Cooperative, room_unit: Any) -> dict[str, str]:
    """A second person of the cooperative."""
    person = aulnes.agent[:-4] + "zzzz"
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.staff (id, coop, name, email, phone, role, team, language,"
                " totp_generation, created_at) VALUES (:id, :coop, 'Agent 2', :email, NULL, 'staff',"
                " 'heating', 'fr', 0, now())"
            ),
            {"id": person, "coop": aulnes.slug, "email": f"{person}@coop.test"},
        )
    return dict(aulnes.web.as_("staff", aulnes.slug, person))


@pytest.mark.parametrize("seed", range(4))
async def test_random_lives_leave_what_their_history_says(
    aulnes: Cooperative, room_unit: Any, seed: int
) -> None:
    rng = random.Random(seed)
    firm = await a_firm(aulnes, room_unit)
    other = await another_agent(aulnes, room_unit)
    homes = [
        await aulnes.move_in("buyer_vefa", livraison_on="2026-09-01", home={"reception_on": "2026-06-30"}),
        await aulnes.move_in(home={"reception_on": "2026-06-30"}),
        await aulnes.move_in(),
    ]
    tickets = [(home, await aulnes.open(home["occupancy"])) for home in homes]
    now, stepped = MONDAY, 0
    for _ in range(45):
        now += timedelta(minutes=rng.randint(1, 900))
        await aulnes.now(now)
        home, ticket = rng.choice(tickets)
        who = rng.choice([aulnes.staff, aulnes.staff, other, aulnes.resident(home["persons"][0]["id"])])
        possible = (await aulnes.get(f"/tickets/{ticket['id']}", who)).json()["legal_actions"]
        action = rng.choice(possible or ["finish"])
        more: dict[str, Any] = {
            "reason": "other", "comment": "Dit.", "appointment_at": (now + timedelta(days=2)).isoformat(),
            "side": "member", "cost_cents": rng.choice([100, 90_000]), "secured_by": "commitment",
        }  # fmt: skip
        if action == "assign" and rng.random() < 0.5:
            more["party"] = rng.choice([firm, ""])
        if action == "qualify":
            more["priority"] = rng.choice(["p2", "p3"])
        answer = await aulnes.act(ticket["id"], action, who, **more)
        assert answer.status_code in (200, 409, 422), answer.text
        stepped += answer.status_code == 200
        if rng.random() < 0.2:
            await an_hour_passes(room_unit, "aftersales", handlers.an_hour, now)
    assert stepped > 5
    async with room_unit("aftersales", aulnes.slug) as unit:
        assert [found async for found in checkup.differences(unit)] == []
        for _, opened in tickets:
            ticket_row = await unit.session.get_one(Ticket, opened["id"])
            if ticket_row.state not in ("waiting_member", "waiting_access"):
                assert await checkup.clock_differences(unit, ticket_row) == []
        handed = await unit.session.execute(
            text(
                "SELECT e.ticket FROM aftersales.ticket_event e WHERE e.coop = :coop AND e.action = 'assign'"
                " AND e.facts->>'to' = 'contractor' AND EXISTS (SELECT 1 FROM aftersales.ticket_warranty w"
                " WHERE w.ticket = e.ticket AND w.regime <> 'none') AND NOT EXISTS (SELECT 1"
                " FROM aftersales.notice_ticket n JOIN aftersales.notice o ON o.id = n.notice"
                " WHERE n.ticket = e.ticket AND o.written_at <= e.occurred_at)"
            ),
            {"coop": aulnes.slug},
        )
        assert handed.all() == []
        homes_kept = await unit.session.execute(
            text("SELECT id, occupancy FROM aftersales.ticket WHERE coop = :coop"), {"coop": aulnes.slug}
        )
        kept = {row.id: row.occupancy for row in homes_kept}
    assert kept == {ticket["id"]: home["occupancy"] for home, ticket in tickets}


async def test_what_does_not_fit_its_history_is_found(aulnes: Cooperative, room_unit: Any) -> None:
    sound = await aulnes.open((await aulnes.move_in())["occupancy"])
    bent = await aulnes.open((await aulnes.move_in())["occupancy"])
    await aulnes.act(bent["id"], "acknowledge")
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET state = 'closed' WHERE id = :id"), {"id": bent["id"]}
        )
        found = [one async for one in checkup.differences(unit)]
    assert [(one.ticket, one.what, one.stored, one.rebuilt) for one in found] == [
        (bent["id"], "state", "closed", "acknowledged")
    ]
    assert sound["id"] != bent["id"]


async def test_a_refusal_is_explained_contested_and_answered_by_somebody_else(
    aulnes: Cooperative, room_unit: Any
) -> None:
    other = await another_agent(aulnes, room_unit)
    moved = await aulnes.move_in()
    me = aulnes.resident(moved["persons"][0]["id"])
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    await aulnes.act(ticket, "refuse", reason="resident_upkeep", comment="Le joint est à votre charge.")
    assert (await aulnes.get(f"/tickets/{ticket}", me)).json()["legal_actions"] == ["contest"]
    assert (await aulnes.act(ticket, "contest", me)).status_code == 422
    contested = await aulnes.act(ticket, "contest", me, comment="La fuite vient du mur.")
    assert contested.json()["state"] == "contested"
    clocks = {row["kind"]: row for row in contested.json()["deadlines"]}
    assert clocks["contest_answer"]["met_at"] is None
    same = await aulnes.act(ticket, "uphold", comment="Non.")
    assert (same.status_code, "overturn" in same.json()["legal_actions"]) == (409, True)
    assert "uphold" not in (await aulnes.get(f"/tickets/{ticket}")).json()["legal_actions"]
    upheld = await aulnes.act(ticket, "uphold", other, comment="Vu sur place : c'est bien le joint.")
    assert upheld.json()["state"] == "not_eligible"
    assert (await aulnes.act(ticket, "contest", me, comment="Encore.")).status_code == 409


async def test_the_same_key_is_the_same_step_even_long_after(aulnes: Cooperative, room_unit: Any) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    headers = aulnes.staff | {"Idempotency-Key": f"key-{ticket}"}
    assert (await aulnes.act(ticket, "acknowledge", headers)).status_code == 200
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(text("DELETE FROM aftersales.idempotency"))
    assert (await aulnes.act(ticket, "acknowledge", headers)).json()["state"] == "acknowledged"
    events = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert [row["action"] for row in events] == ["submit", "acknowledge"]
    assert (events[1]["channel"], events[1]["facts"]["named"]) == ("api", aulnes.agent)


async def test_what_happened_on_sunday_is_told_on_monday_but_never_before_the_last_step(
    aulnes: Cooperative,
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"], element="water_pipe", symptom="leak"))[
        "id"
    ]
    await aulnes.now(MONDAY + timedelta(hours=20))
    early = (MONDAY - timedelta(hours=1)).isoformat()
    assert (await aulnes.act(ticket, "make_safe", occurred_at=early)).status_code == 422
    told = await aulnes.act(ticket, "make_safe", occurred_at=(MONDAY + timedelta(hours=2)).isoformat())
    safe = next(row for row in told.json()["deadlines"] if row["kind"] == "make_safe")
    assert (safe["met_at"], safe["is_overdue"]) == ("2026-11-16T12:00:00+01:00", False)


async def test_a_machines_token_acts_in_the_name_that_the_household_was_given(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    machine = dict(aulnes.web.as_("staff", aulnes.slug))
    assert (await aulnes.act(ticket, "acknowledge", machine)).status_code == 200
    events = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert events[1]["facts"] == {"named": aulnes.agent, "on_behalf": True}, (
        "nobody did it with their own hands"
    )
    nameless = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET assignee = NULL WHERE id = :id"), {"id": nameless}
        )
    refused = await aulnes.act(nameless, "acknowledge", machine)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/by")
    assert (await aulnes.act(nameless, "acknowledge", machine, assignee=aulnes.agent)).status_code == 200


async def test_a_program_names_the_person_it_speaks_for_and_a_person_speaks_for_itself(
    aulnes: Cooperative, room_unit: Any
) -> None:
    other = await another_agent(aulnes, room_unit)
    person = aulnes.agent[:-4] + "zzzz"
    machine = dict(aulnes.web.as_("staff", aulnes.slug))
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    stranger = await aulnes.act(ticket, "acknowledge", machine, by="per_nobody")
    assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (422, "/by")
    pushed = await aulnes.act(ticket, "acknowledge", other, by=aulnes.agent)
    assert (pushed.status_code, pushed.json()["errors"][0]["pointer"]) == (422, "/by")
    done = await aulnes.act(ticket, "acknowledge", machine, by=person)
    assert done.json()["contact"]["id"] == person
    events = (await aulnes.get(f"/tickets/{ticket}/history")).json()["events"]
    assert events[1]["facts"] == {"named": person, "on_behalf": True}


async def test_what_is_no_action_or_only_the_rooms_own_is_refused(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    unknown = await aulnes.act(ticket, "dance")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/action")
    assert "acknowledge" in unknown.json()["errors"][0]["message"]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        joined = Changes(facts={"incident": "inc_1"}, is_inner=True)
        with pytest.raises(Problem):  # an incident that does not exist
            await actions.act(unit, ticket, "attach", actions.SYSTEM, joined)
    for action in ("attach", "finish_together", "remind", "lapse", "return_notice"):
        refused = await aulnes.act(ticket, action)
        assert refused.status_code == 409, action
        assert action not in refused.json()["legal_actions"]


async def test_a_bent_clock_is_found_and_set_right_in_the_night(
    aulnes: Cooperative, room_unit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]

    async def due() -> dict[str, str]:
        shown = (await aulnes.get(f"/tickets/{ticket}")).json()
        return {row["kind"]: row["due_at"] for row in shown["deadlines"]}

    right = await due()
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text(
                "UPDATE aftersales.ticket_deadline SET due_at = due_at + interval '9 days'"
                " WHERE ticket = :id AND kind = 'repair'"
            ),
            {"id": ticket},
        )
    await aulnes.now((MONDAY + timedelta(days=1)).replace(hour=3, minute=5))
    async with room_unit("aftersales", aulnes.slug) as unit:
        await checkup.nightly(unit)
    assert "a clock is not what its history makes" in caplog.text
    assert await due() == right


async def test_where_nobody_is_named_yet_a_program_goes_on_and_the_first_answer_stays_due(
    aulnes: Cooperative, room_unit: Any
) -> None:
    async with room_unit("members") as unit:
        await unit.session.execute(text("DELETE FROM members.staff WHERE id = :id"), {"id": aulnes.agent})
    machine = dict(aulnes.web.as_("staff", aulnes.slug))
    moved = await aulnes.move_in()
    body = {
        "occupancy": moved["occupancy"], "place": "kitchen", "element": "tap", "symptom": "broken",
        "description": "Le robinet ne ferme plus.",
    }  # fmt: skip
    ticket = (await aulnes.post("/tickets", body, machine)).json()["id"]
    assert (await aulnes.act(ticket, "acknowledge", machine)).status_code == 200
    shown = (await aulnes.get(f"/tickets/{ticket}", machine)).json()
    assert (shown["state"], shown["contact"]) == ("acknowledged", None)
    assert {row["kind"]: row for row in shown["deadlines"]}["first_answer"]["met_at"] is None


async def test_a_report_without_a_named_human_raises_its_alarm_within_the_minute_in_every_replica_once(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = await aulnes.open((await aulnes.move_in())["occupancy"], element="water_pipe", symptom="leak")

    async def look() -> None:
        async with room_unit("aftersales") as unit:
            coops = await watching.due(unit)
        for coop in coops:
            if coop == aulnes.slug:
                async with room_unit("aftersales", coop) as unit:
                    await watching.look(unit)

    await look()
    assert await aulnes.told("aftersales.deadline_near.v1") == []
    for minutes in (31, 49, 61):
        await aulnes.now(MONDAY + timedelta(minutes=minutes))
        await asyncio.gather(look(), look(), look())
        await look()
    told = await aulnes.told("aftersales.deadline_near.v1")
    assert [(row["kind"], row["percent"]) for row in told] == [
        ("first_answer", 50), ("first_answer", 80), ("first_answer", 100),
    ]  # fmt: skip
    assert {(row["assignee"], row["team"]) for row in told} == {(aulnes.agent, "plumbing")}
    assert ticket["id"] == told[0]["ticket"]


async def test_service_thresholds_count_working_time(aulnes: Cooperative, room_unit: Any) -> None:
    friday = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # half an hour past closing in Paris
    await aulnes.now(friday - timedelta(hours=1))
    await aulnes.open((await aulnes.move_in())["occupancy"])
    for instant in (friday + timedelta(hours=40), datetime(2026, 11, 23, 9, tzinfo=UTC)):
        await aulnes.now(instant)
        await an_hour_passes(room_unit, "aftersales", handlers.an_hour, instant)
    assert [
        row for row in await aulnes.told("aftersales.deadline_near.v1") if row["clock"] == "service"
    ] == []
    await aulnes.now(datetime(2026, 11, 23, 13, tzinfo=UTC))
    await an_hour_passes(room_unit, "aftersales", handlers.an_hour, friday)
    told = [row for row in await aulnes.told("aftersales.deadline_near.v1") if row["clock"] == "service"]
    assert [(row["kind"], row["percent"]) for row in told] == [("first_answer", 50)]


async def test_half_fixed_and_reopened_work_is_never_less_urgent(aulnes: Cooperative, room_unit: Any) -> None:
    moved = await aulnes.move_in()
    me = aulnes.resident(moved["persons"][0]["id"])
    ticket = (await aulnes.open(moved["occupancy"]))["id"]
    for action in HANDLED:
        await aulnes.act(ticket, action)
    half = await aulnes.act(ticket, "half_fixed", me, comment="Il goutte encore.")
    assert half.json()["state"] == "assigned"
    assert {"first_repair", "repair"} <= {row["kind"] for row in half.json()["deadlines"]}
    for action in ("start", "finish"):
        await aulnes.act(ticket, action)
    await aulnes.act(ticket, "confirm", me)
    again = await aulnes.act(ticket, "reopen", me, comment="Revenu.")
    assert again.json()["state"] == "reopened"
    await aulnes.act(ticket, "acknowledge")
    lower = await aulnes.act(ticket, "qualify", priority="p4")
    assert (lower.status_code, lower.json()["errors"][0]["pointer"]) == (422, "/priority")
    milder = await aulnes.act(ticket, "qualify", element="paint", symptom="cosmetic")
    assert milder.json()["priority"] == "p3"
    assert (await aulnes.act(ticket, "qualify", priority="p2")).json()["priority"] == "p2"


async def test_what_costs_much_waits_for_a_named_yes(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    for action in ("acknowledge", "qualify"):
        await aulnes.act(ticket, action)
    limit = await aulnes.web.client.put(
        "/api/v1/aftersales-settings/approval", json={"above_cents": 100_000}, headers=aulnes.staff
    )
    assert limit.status_code == 204
    assert "assign" in (await aulnes.act(ticket, "estimate", cost_cents=90_000)).json()["legal_actions"]
    dear = await aulnes.act(ticket, "estimate", cost_cents=120_000)
    assert "approve" in dear.json()["legal_actions"]
    assert (await aulnes.act(ticket, "assign")).status_code == 409
    assert (await aulnes.act(ticket, "approve")).status_code == 200
    assert (await aulnes.act(ticket, "assign")).status_code == 200
