"""A danger told at night is mailed to a person; what can wait is one line an hour and one mail a day."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.aftersales import DeadlineNear, TicketChanged, TicketOpened
from contracts.codes import ClockFamily, Priority, Responsible
from contracts.members import Erased
from deploy.engines import Engines
from deploy.engines.mail import Letter, letters
from services.kit.clock import system
from services.kit.ids import new_id
from services.kit.room import Room
from services.notifications import delivery, handlers
from tests.conftest import Web
from tests.moving_in import moving_in

pytestmark = pytest.mark.engines
DUE = datetime(2026, 12, 10, 9, tzinfo=UTC)


@dataclass
class Office:
    """The people of one cooperative, each with an address."""

    web: Web
    open_unit: Callable[..., Any]
    engines: Engines
    room: Room
    coop: str
    people: dict[str, str]
    """E-mail by person."""

    async def joins(self, team: str | None = None, role: str = "staff") -> str:
        person, email = new_id("per"), f"{new_id('s')}@bureau.test"
        async with self.open_unit("members") as unit:
            await unit.session.execute(
                text(
                    "INSERT INTO members.staff (id, coop, name, email, role, team, language, totp_generation,"
                    " created_at) VALUES (:id, :coop, 'Agent 1', :email, :role, :team, 'fr', 0, now())"
                ),
                {"id": person, "coop": self.coop, "email": email, "role": role, "team": team},
            )
        self.people[person] = email
        return person

    async def hears(self, handler: Callable[[Any, Any], Any], *events: Any) -> None:
        async with self.open_unit("notifications", self.coop) as unit:
            for event in events:
                await handler(event, unit)

    async def post(self, later: timedelta = timedelta(minutes=1)) -> None:
        self.room.clock = lambda: datetime.now(UTC) + later
        try:
            while await delivery.step(self.room):
                pass
        finally:
            self.room.clock = system

    def received(self, person: str) -> list[Letter]:
        found = letters(self.engines.settings.data_dir)
        return [one for one in found if self.people[person] in one.recipients]

    async def lines(self, person: str) -> list[dict[str, Any]]:
        answer = await self.web.client.get(
            f"/api/v1/persons/{person}/notifications", headers=self.web.as_("staff", self.coop, person)
        )
        return list(answer.json()["items"])

    async def wants(self, person: str, on: bool) -> int:
        choice = {"category": "safety", "channel": "email", "on": on}
        answer = await self.web.client.put(
            f"/api/v1/persons/{person}/preferences",
            json={"preferences": [choice]},
            headers=self.web.as_("staff", self.coop, person),
        )
        return int(answer.status_code)

    def opened(self, priority: Priority = Priority.P0, number: int = 1) -> TicketOpened:
        return TicketOpened(
            coop=self.coop, ticket=new_id("tkt"), number=number, place="kitchen", element="electric_hazard",
            symptom="danger", state="submitted", priority=priority, responsible=Responsible.COOPERATIVE,
            team="electricity", first_answer_due_at=datetime(2026, 11, 22, 23, 19, tzinfo=UTC),
        )  # fmt: skip

    def near(self, number: int, clock: ClockFamily = ClockFamily.SERVICE, **more: Any) -> DeadlineNear:
        waits = None if clock is ClockFamily.SAFETY else datetime.now(UTC) + timedelta(hours=12)
        facts = {"coop": self.coop, "ticket": f"tkt_{number:026d}", "number": number, "kind": "repair",
                 "clock": clock, "due_at": DUE, "percent": 80, "digest_at": waits}  # fmt: skip
        return DeadlineNear.model_validate(facts | more)


@pytest.fixture(scope="module")
async def room(engines: Engines) -> AsyncIterator[Room]:
    made = Room("notifications", engines.settings, engines.secrets)
    yield made
    await made.database.close()


@pytest.fixture
def office(web: Web, room_unit: Callable[..., Any], engines: Engines, room: Room, coop: str) -> Office:
    return Office(web, room_unit, engines, room, coop, {})


async def test_a_danger_at_night_is_mailed_at_once(office: Office) -> None:
    person = await office.joins(team="plumbing")
    await office.hears(handlers.ticket_opened, office.opened())
    await office.post(timedelta(0))
    (letter,) = office.received(person)
    assert letter.subject == "Danger signalé : demande n° 1"
    assert "/desk/tkt_" in letter.text
    assert [line["template"] for line in await office.lines(person)] == ["staff_danger"]


async def test_a_danger_that_shows_later_is_told_like_one_that_came_so(office: Office) -> None:
    """And again when it turns out to be worse still."""
    person = await office.joins(team="plumbing")
    came = office.opened(Priority.P3)
    await office.hears(handlers.ticket_opened, came)
    await office.post()
    assert office.received(person) == []
    for raised_to in (Priority.P1, Priority.P0, Priority.P0):
        raised = TicketChanged(
            coop=office.coop, ticket=came.ticket, number=1, element=came.element, action="qualify",
            state="qualified", actor_role="staff", raised_to=raised_to, symptom="danger", team="electricity",
            tells_household=False,
        )  # fmt: skip
        await office.hears(handlers.ticket_changed, raised)
        await office.post()
    subjects = {letter.subject for letter in office.received(person)}
    assert len(office.received(person)) == 2
    assert subjects == {"Demande pressante n° 1", "Danger signalé : demande n° 1"}
    assert [line["template"] for line in await office.lines(person)] == ["staff_danger", "staff_danger"]


async def test_what_presses_without_being_a_danger_leaves_together(office: Office) -> None:
    person = await office.joins()
    await office.hears(handlers.ticket_opened, *(office.opened(Priority.P1, one) for one in range(1, 4)))
    await office.post()
    (letter,) = office.received(person)
    assert letter.subject == "3 demandes pressantes"


async def test_what_can_wait_until_opening_is_not_mailed_at_once(office: Office) -> None:
    person = await office.joins()
    await office.hears(handlers.ticket_opened, office.opened(Priority.P3))
    await office.post()
    assert office.received(person) == []


async def test_each_threshold_of_a_safety_promise_is_mailed(office: Office) -> None:
    person = await office.joins()
    for percent in (50, 80, 100):
        await office.hears(handlers.deadline_near, office.near(1, ClockFamily.SAFETY, percent=percent))
        await office.post()
    assert len(office.received(person)) == 3


async def test_one_may_leave_dangers_to_colleagues_but_the_last_one_may_not(office: Office) -> None:
    first, second = await office.joins(), await office.joins()
    assert await office.wants(first, on=False) == 200
    assert await office.wants(second, on=False) == 409
    await office.hears(handlers.ticket_opened, office.opened())
    await office.post()
    assert office.received(first) == []
    assert len(office.received(second)) == 1
    assert len(await office.lines(first)) == 1, "in the application everybody sees it"


async def test_who_is_left_alone_is_mailed_whatever_was_chosen_before(office: Office) -> None:
    first, second = await office.joins(), await office.joins()
    assert await office.wants(first, on=False) == 200
    async with office.open_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.staff SET disabled_at = now() WHERE id = :id"), {"id": second}
        )
    await office.hears(handlers.ticket_opened, office.opened())
    await office.post()
    assert len(office.received(first)) == 1


async def test_many_deadlines_of_an_hour_are_one_line_and_one_mail_the_next_morning(office: Office) -> None:
    person = await office.joins()
    near = [office.near(number) for number in range(1, 13)]
    morning = near[0].digest_at
    await office.hears(
        handlers.deadline_near, *(one.model_copy(update={"digest_at": morning}) for one in near)
    )
    (line,) = await office.lines(person)
    assert line["title"] == "12 échéances proches"
    assert line["path"].startswith("/desk?show=all&numbers=1,2,3")
    await office.post()
    assert office.received(person) == [], "it waits for the morning"
    await office.post(timedelta(hours=13))
    (letter,) = office.received(person)
    assert letter.subject == "12 échéances proches"


async def test_rights_and_promises_leave_in_the_same_mail_of_the_morning(office: Office) -> None:
    person = await office.joins()
    morning = datetime.now(UTC) + timedelta(hours=12)
    legal = office.near(2, ClockFamily.LEGAL, kind="biennale", digest_at=morning)
    await office.hears(handlers.deadline_near, office.near(1, digest_at=morning), legal)
    assert len(await office.lines(person)) == 2
    await office.post(timedelta(hours=13))
    assert [letter.subject for letter in office.received(person)] == ["2 échéances proches"]


async def test_the_desk_says_when_a_danger_would_reach_nobody(office: Office) -> None:
    shown = await office.web.client.get("/fragments/alarms", headers=office.web.as_("staff", office.coop))
    assert "n’atteindrait personne" in shown.text


async def test_the_trial_mailbox_forgets_who_was_erased(office: Office) -> None:
    email = f"{new_id('f')}@foyer.test"
    person = {"name": "Foyer 12", "language": "fr", "right": "holder", "email": email}
    answer = await office.web.client.post(
        "/api/v1/move-ins",
        json=moving_in(office.coop, dwelling={"meters": []}, household=[person]),
        headers=office.web.as_("staff", office.coop),
    )
    made = answer.json()
    opened = office.opened(Priority.P3).model_copy(update={"occupancy": made["occupancy"]})
    await office.hears(handlers.ticket_opened, opened)
    await office.post()
    data = office.engines.settings.data_dir
    assert [one for one in letters(data) if email in one.recipients]
    async with office.open_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.person SET email = NULL WHERE id = :id"), {"id": made["persons"][0]["id"]}
        )
    async with office.open_unit("notifications", office.coop) as unit:
        await handlers.erased(Erased(coop=office.coop, person=made["persons"][0]["id"]), unit, data)
    assert not [one for one in letters(data) if email in one.recipients]
