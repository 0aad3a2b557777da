"""Appointments: real windows, one household each, moved and called off without a call, missed as data."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales.visits import reminding
from tests.integration.aftersales.conftest import MONDAY, PARIS

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


class Home:
    """A household with a request that the plumbers' team is to visit."""

    def __init__(self, aulnes: Cooperative, ticket: str, person: str, occupancy: str) -> None:
        self.aulnes, self.ticket, self.occupancy = aulnes, ticket, occupancy
        self.who = aulnes.resident(person)

    async def slots(self) -> list[dict[str, Any]]:
        found = await self.aulnes.get(f"/tickets/{self.ticket}/slots", self.who)
        assert found.status_code == 200, found.text
        return list(found.json()["slots"])

    async def take(self, slot: str, who: dict[str, str] | None = None) -> Any:
        return await self.aulnes.post(f"/tickets/{self.ticket}/visits", {"slot": slot}, who or self.who)

    async def visits(self) -> list[dict[str, Any]]:
        return list((await self.aulnes.get(f"/tickets/{self.ticket}/visits", self.who)).json()["visits"])

    async def say(self, visit: str, what: str, who: dict[str, str] | None = None, **body: Any) -> Any:
        path = f"/tickets/{self.ticket}/visits/{visit}/{what}"
        return await self.aulnes.post(path, body, who or self.who)

    async def state(self) -> str:
        return str((await self.aulnes.get(f"/tickets/{self.ticket}")).json()["state"])


async def a_home(aulnes: Cooperative) -> Home:
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], element="tap", symptom="limescale", place="kitchen")
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("acknowledge", {}), ("qualify", {}), ("assign", {"team": "plumbing"}),
    )  # fmt: skip
    for action, more in steps:
        done = await aulnes.act(ticket["id"], action, **more)
        assert done.status_code == 200, done.text
    return Home(aulnes, ticket["id"], moved["persons"][0]["id"], moved["occupancy"])


async def hours(aulnes: Cooperative, **more: Any) -> str:
    body = {"host": "plumbing", "weekday": 3, "starts": "08:00", "ends": "12:00"} | more
    made = await aulnes.post("/availability", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def local(slot: dict[str, Any]) -> str:
    return datetime.fromisoformat(slot["starts_at"]).astimezone(PARIS).strftime("%a %d %H:%M")


async def test_a_household_chooses_a_window_of_the_team_and_is_confirmed(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    offered = await home.slots()
    assert [local(one) for one in offered[:3]] == ["Thu 19 08:00", "Thu 19 10:00", "Thu 26 08:00"]
    taken = await home.take(offered[0]["id"])
    assert taken.status_code == 201, taken.text
    assert (taken.json()["state"], taken.json()["booked_by"]) == ("booked", "resident")
    assert await home.state() == "scheduled"
    last = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert (last["action"], last["tells_household"]) == ("schedule", True)


async def test_two_households_cannot_have_the_same_place(aulnes: Cooperative) -> None:
    await hours(aulnes, ends="10:00")
    one, other = await a_home(aulnes), await a_home(aulnes)
    slot = (await one.slots())[0]["id"]
    answers = await asyncio.gather(one.take(slot), other.take(slot))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    loser = other if answers[0].status_code == 201 else one
    refusal = next(answer for answer in answers if answer.status_code == 409)
    assert refusal.json()["code"] == "slot_taken"
    assert await loser.state() == "assigned"
    assert slot not in [offer["id"] for offer in await loser.slots()]


async def test_a_window_takes_as_many_visits_as_the_host_can_make(aulnes: Cooperative) -> None:
    await hours(aulnes, ends="10:00", capacity=2)
    homes = [await a_home(aulnes) for _ in range(3)]
    slot = (await homes[0].slots())[0]["id"]
    answers = await asyncio.gather(*(home.take(slot) for home in homes))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409]


async def test_a_household_moves_its_visit_until_the_limit_and_calls_after_it(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    first, second, third, *_ = await home.slots()
    booked = (await home.take(first["id"])).json()
    moved = (await home.take(second["id"])).json()
    assert (moved["id"], moved["sequence"]) == (booked["id"], booked["sequence"] + 1)
    assert first["id"] in [offer["id"] for offer in await home.slots()]
    await aulnes.now(datetime(2026, 11, 18, 12, tzinfo=PARIS))
    late = await home.take(third["id"])
    assert (late.status_code, late.json()["code"]) == (409, "too_late_to_change")
    assert (await home.say(moved["id"], "cancel")).json()["code"] == "too_late_to_change"
    by_staff = await home.take(third["id"], aulnes.staff)
    assert by_staff.status_code == 201, by_staff.text


async def test_a_visit_called_off_in_time_frees_its_place(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    slot = (await home.slots())[0]["id"]
    visit = (await home.take(slot)).json()
    gone = await home.say(visit["id"], "cancel")
    assert gone.json()["state"] == "cancelled", gone.text
    assert await home.state() == "assigned"
    assert slot in [offer["id"] for offer in await home.slots()]
    assert (await home.say(visit["id"], "cancel")).status_code == 409


@pytest.mark.parametrize("side", ["member", "contractor", "cooperative"])
async def test_a_missed_visit_is_data_on_whose_side_and_offers_start_again(
    aulnes: Cooperative, side: str
) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    visit = (await home.take((await home.slots())[0]["id"])).json()
    await aulnes.now(datetime(2026, 11, 19, 10, 30, tzinfo=PARIS))
    missed = await home.say(visit["id"], "missed", aulnes.staff, side=side)
    assert missed.json()["missed_side"] == side, missed.text
    last = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert (last["action"], last["side"]) == ("missed", side)
    again = await home.take((await home.slots())[0]["id"])
    assert again.status_code == 201
    assert again.json()["id"] != visit["id"]
    assert [one["state"] for one in await home.visits()] == ["missed", "booked"]


async def test_a_household_says_that_nobody_came_once_it_was_time(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    visit = (await home.take((await home.slots())[0]["id"])).json()
    early = await home.say(visit["id"], "missed", side="cooperative")
    assert early.status_code == 409
    await aulnes.now(datetime(2026, 11, 19, 10, 30, tzinfo=PARIS))
    assert (await home.say(visit["id"], "missed", side="cooperative")).status_code == 200


async def test_a_household_cannot_arrange_an_hour_that_nobody_offers(aulnes: Cooperative) -> None:
    home = await a_home(aulnes)
    when = (MONDAY + timedelta(days=3)).isoformat()
    for more in ({}, {"slot": "slt_invented"}):
        answer = await aulnes.act(home.ticket, "schedule", home.who, appointment_at=when, **more)
        assert answer.status_code in (409, 422), answer.text
    assert (await home.take("slt_invented")).status_code == 409
    assert await home.state() == "assigned"


async def test_an_hour_that_staff_agreed_by_voice_is_a_visit_too(aulnes: Cooperative) -> None:
    home = await a_home(aulnes)
    when = (MONDAY + timedelta(days=3)).isoformat()
    assert (await aulnes.act(home.ticket, "schedule", appointment_at=when)).status_code == 200
    [visit] = await home.visits()
    assert datetime.fromisoformat(visit["starts_at"]) == MONDAY + timedelta(days=3)
    assert (await aulnes.act(home.ticket, "cancel", home.who)).status_code == 200
    assert [one["state"] for one in await home.visits()] == ["cancelled"]


async def test_the_reminder_comes_the_afternoon_before_and_once(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    await home.take((await home.slots())[0]["id"])
    for hour, told in ((15, 0), (16, 1), (17, 1)):
        await aulnes.now(datetime(2026, 11, 18, hour, 5, tzinfo=PARIS))
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            await reminding.remind(unit)
        actions = [one["action"] for one in await aulnes.told("aftersales.ticket_changed.v1")]
        assert actions.count("visit_reminder") == told


async def test_staff_propose_windows_for_one_request_and_the_household_hears(aulnes: Cooperative) -> None:
    home, other = await a_home(aulnes), await a_home(aulnes)
    begins = MONDAY + timedelta(days=1)
    body = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=2)).isoformat()}
    made = await aulnes.post(f"/tickets/{home.ticket}/slots", body)
    assert made.status_code == 201, made.text
    assert [one["is_proposed"] for one in await home.slots()] == [True]
    assert await other.slots() == []
    assert (await aulnes.told("aftersales.ticket_changed.v1"))[-1]["action"] == "slots_offered"
    past = {"starts_at": (MONDAY - timedelta(hours=2)).isoformat(), "ends_at": MONDAY.isoformat()}
    assert (await aulnes.post(f"/tickets/{home.ticket}/slots", past)).status_code == 422


async def test_hours_do_not_overlap_and_are_dropped_without_touching_visits(aulnes: Cooperative) -> None:
    made = await hours(aulnes)
    twice = await aulnes.post(
        "/availability", {"host": "plumbing", "weekday": 3, "starts": "11:00", "ends": "14:00"}
    )
    assert twice.json()["code"] == "hours_overlap"
    home = await a_home(aulnes)
    await home.take((await home.slots())[0]["id"])
    gone = await aulnes.web.client.delete(f"/api/v1/availability/{made}", headers=aulnes.staff)
    assert gone.status_code == 204
    assert await home.slots() == []
    assert [one["state"] for one in await home.visits()] == ["booked"]
    unknown = {"host": "pty_unknown", "weekday": 3, "starts": "08:00", "ends": "12:00"}
    assert (await aulnes.post("/availability", unknown)).status_code == 422


async def test_nobody_comes_on_a_public_holiday(aulnes: Cooperative) -> None:
    await aulnes.now(datetime(2026, 12, 21, 9, tzinfo=PARIS))
    await hours(aulnes, weekday=4)
    home = await a_home(aulnes)
    assert "Fri 25 08:00" not in [local(one) for one in await home.slots()]


async def test_what_the_visit_is_comes_from_the_history_alone(aulnes: Cooperative) -> None:
    """The database itself refuses a second running visit of one request, whatever code wrote it."""
    await hours(aulnes)
    home = await a_home(aulnes)
    await home.take((await home.slots())[0]["id"])
    with pytest.raises(Exception, match="visit_running"):
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            await unit.session.execute(
                text(
                    "INSERT INTO aftersales.visit SELECT 'vis_x', coop, ticket, host, NULL, 0, starts_at,"
                    " ends_at, state, missed_side, sequence, booked_by, booked_at, changed_at"
                    " FROM aftersales.visit WHERE ticket = :ticket"
                ),
                {"ticket": home.ticket},
            )


async def test_another_household_sees_nothing_of_it(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home, other = await a_home(aulnes), await a_home(aulnes)
    visit = (await home.take((await home.slots())[0]["id"])).json()
    for path in ("slots", "visits"):
        assert (await aulnes.get(f"/tickets/{home.ticket}/{path}", other.who)).status_code == 404
    assert (await home.take("slt_x", other.who)).status_code == 404
    assert (await home.say(visit["id"], "cancel", other.who)).status_code == 404
    path = f"/tickets/{other.ticket}/visits/{visit['id']}/cancel"
    assert (await aulnes.post(path, {}, other.who)).status_code == 404


async def test_eight_o_clock_is_offered_on_both_sides_of_the_change_of_time(aulnes: Cooperative) -> None:
    await aulnes.now(datetime(2026, 10, 15, 9, tzinfo=PARIS))
    await hours(aulnes, weekday=0, ends="10:00")
    moved = await aulnes.move_in(moved_in_on="2026-10-01")
    ticket = await aulnes.open(moved["occupancy"], element="tap", symptom="limescale")
    for action in ("acknowledge", "qualify", "assign"):
        await aulnes.act(ticket["id"], action, team="plumbing")
    found = (await aulnes.get(f"/tickets/{ticket['id']}/slots")).json()["slots"]
    assert [one["starts_at"] for one in found[:2]] == [
        "2026-10-19T08:00:00+02:00",
        "2026-10-26T08:00:00+01:00",
    ]


async def test_the_cooperative_sets_how_its_appointments_work(aulnes: Cooperative) -> None:
    await hours(aulnes)
    set_to = {"lead_hours": 100, "change_until_hours": 72}
    answer = await aulnes.web.client.put(
        "/api/v1/aftersales-settings/visits", json=set_to, headers=aulnes.staff
    )
    assert answer.status_code == 204, answer.text
    in_force = (await aulnes.get("/aftersales-settings/visits")).json()
    assert (in_force["lead_hours"], in_force["change_until_hours"], in_force["link_days"]) == (100, 72, 30)
    home = await a_home(aulnes)
    assert [local(one) for one in (await home.slots())[:1]] == ["Thu 26 08:00"]


async def test_messages_tell_the_whole_window_and_until_when_it_can_be_changed(aulnes: Cooperative) -> None:
    await hours(aulnes)
    home = await a_home(aulnes)
    assigned = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert (assigned["action"], assigned["slots"] > 0, assigned["tells_household"]) == ("assign", True, True)
    slot = (await home.slots())[0]
    assert (await home.take(slot["id"])).status_code == 201
    told = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    starts, ends = datetime.fromisoformat(told["appointment_at"]), datetime.fromisoformat(slot["ends_at"])
    assert datetime.fromisoformat(told["appointment_until"]) == ends
    assert datetime.fromisoformat(told["change_until"]) == starts - timedelta(hours=24)


async def test_a_visit_that_is_near_is_not_told_as_one_that_can_be_changed(aulnes: Cooperative) -> None:
    home = await a_home(aulnes)
    at = MONDAY + timedelta(hours=20)
    done = await aulnes.act(home.ticket, "schedule", appointment_at=at.isoformat())
    assert done.status_code == 200, done.text
    told = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert told["appointment_until"] is not None
    assert told["change_until"] is None
    steps = (await aulnes.get(f"/tickets/{home.ticket}", home.who)).json()["next_steps"]
    assert steps[0].startswith(("Un rendez-vous est fixé", "A visit is fixed"))
    assert not any("rien à faire" in step or "nothing for you to do" in step for step in steps)


async def test_who_was_there_says_so_and_nothing_is_paused_by_that_miss(aulnes: Cooperative) -> None:
    home = await a_home(aulnes)
    at = MONDAY + timedelta(days=1)
    assert (await aulnes.act(home.ticket, "schedule", appointment_at=at.isoformat())).status_code == 200
    (visit,) = await home.visits()
    early = await home.say(visit["id"], "was-there")
    assert (early.status_code, early.json()["code"]) == (409, "not_missed_here")
    await aulnes.now(at + timedelta(hours=3))
    assert (await aulnes.act(home.ticket, "missed", side="member")).status_code == 200
    said = await home.say(visit["id"], "was-there", comment="J'ai attendu toute la matinée.")
    assert said.status_code == 200, said.text
    assert (said.json()["missed_side"], said.json()["contested_at"] is not None) == ("member", True)
    assert (await home.say(visit["id"], "was-there")).json()["contested_at"] == said.json()["contested_at"]
    messages = (await aulnes.get(f"/tickets/{home.ticket}/messages")).json()["messages"]
    assert [one["body"] for one in messages] == ["J'ai attendu toute la matinée."]
    wait = await aulnes.act(home.ticket, "wait_access", comment="Absent", agreed_how="missed_visit")
    assert (wait.status_code, wait.json()["code"]) == (409, "miss_is_contested")


async def test_half_done_work_points_at_the_words_that_say_what_remains(aulnes: Cooperative) -> None:
    home = await a_home(aulnes)
    assert (await aulnes.act(home.ticket, "start")).status_code == 200
    done = await aulnes.act(home.ticket, "come_back", comment="Reste une couche")
    assert done.status_code == 200, done.text
    told = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert "Reste" not in str(told), "a person's words are in no event"
    async with aulnes.room_unit("notifications", aulnes.slug) as unit:
        words = await unit.session.execute(
            text("SELECT words FROM registry.step_remark WHERE ticket = :ticket AND place = :place"),
            {"ticket": home.ticket, "place": told["remark"]},
        )
        assert words.scalar_one() == "Reste une couche"
