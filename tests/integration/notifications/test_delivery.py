"""Every intent reaches its person once per channel: on the real database, through real mail servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from socket import socket
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from contracts.advice import TipRaised
from contracts.aftersales import IncidentDeclared, TicketChanged, TicketOpened
from contracts.codes import Priority, Responsible, Rule, Tenure
from contracts.members import Erased, MovedIn
from deploy.engines import Engines
from deploy.engines.mail import Letter, letters
from services.kit.clock import system
from services.kit.ids import new_id
from services.kit.room import Room
from services.kit.unit import Unit
from services.notifications import delivery, handlers, unsubscribing
from tests.moving_in import moving_in

if TYPE_CHECKING:
    from tests.conftest import Web

pytestmark = pytest.mark.engines
OpenUnit = Callable[..., AbstractAsyncContextManager[Unit]]


@dataclass
class Household:
    """One person in one home, and the events that concern them."""

    web: Web
    open_unit: OpenUnit
    engines: Engines
    room: Room
    coop: str
    email: str
    occupancy: str
    person: str

    @property
    def resident(self) -> dict[str, str]:
        return self.web.as_("resident", self.coop, self.person)

    async def hears(self, handler: Callable[[Any, Unit], Any], *events: Any) -> None:
        async with self.open_unit("notifications", self.coop) as unit:
            for event in events:
                await handler(event, unit)

    def moved_in(self, quiet: bool = False) -> MovedIn:
        return MovedIn(
            coop=self.coop, occupancy=self.occupancy, dwelling=new_id("dwl"), persons=(self.person,),
            tenure=Tenure.TENANT, moved_in_on=date(2026, 11, 1), quiet=quiet,
        )  # fmt: skip

    def opened(self, number: int = 12, priority: Priority = Priority.P1) -> TicketOpened:
        return TicketOpened(
            coop=self.coop, ticket=new_id("tkt"), number=number, occupancy=self.occupancy, place="kitchen",
            element="tap", symptom="leak", state="submitted", priority=priority, team="plumbing",
            responsible=Responsible.COOPERATIVE, first_answer_due_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
        )  # fmt: skip

    def tip(self) -> TipRaised:
        return TipRaised(
            coop=self.coop, tip=new_id("tip"), occupancy=self.occupancy, meter=new_id("mtr"),
            rule=Rule.STANDBY_LOAD, variant="notice", kwh_year=876, eur_year="175.29",
            raised_on=date(2026, 11, 1), expires_on=date(2027, 1, 30),
            evidence={"night_floor_w": 182, "cost_eur_year": "319.02"},
        )  # fmt: skip

    async def post(self, room: Room | None = None, later: timedelta = timedelta(seconds=5)) -> None:
        """Let the worker do all that is due `later` than now."""
        room = room or self.room
        room.clock = lambda: datetime.now(UTC) + later
        try:
            while await delivery.step(room):
                pass
        finally:
            room.clock = system

    def received(self) -> list[Letter]:
        return [one for one in letters(self.engines.settings.data_dir) if self.email in one.recipients]

    async def deliveries(self, channel: str = "email") -> list[Any]:
        async with self.open_unit("notifications") as unit:
            found = await unit.session.execute(
                text(
                    "SELECT d.* FROM notifications.delivery d JOIN notifications.intent i ON i.id = d.intent"
                    " WHERE i.person = :person AND d.channel = :channel ORDER BY d.id"
                ),
                {"person": self.person, "channel": channel},
            )
            return list(found)

    async def events(self, subject: str) -> int:
        async with self.open_unit("notifications") as unit:
            found = await unit.session.execute(
                text("SELECT count(*) FROM notifications.outbox WHERE coop = :coop AND subject = :subject"),
                {"coop": self.coop, "subject": subject},
            )
            return int(found.scalar_one())


@pytest.fixture(scope="module")
async def room(engines: Engines) -> AsyncIterator[Room]:
    made = Room("notifications", engines.settings, engines.secrets)
    yield made
    await made.database.close()


Moves = Callable[..., Any]


@pytest.fixture
def move_in(web: Web, room_unit: OpenUnit, engines: Engines, room: Room, coop: str) -> Moves:
    async def moved(**reach: Any) -> Household:
        email = f"{new_id('f')}@foyer.test"
        person = {"name": "Foyer 12", "language": "fr", "right": "holder", **(reach or {"email": email})}
        answer = await web.client.post(
            "/api/v1/move-ins",
            json=moving_in(coop, dwelling={"meters": []}, household=[person]),
            headers=web.as_("staff", coop),
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Household(
            web, room_unit, engines, room, coop, email, made["occupancy"], made["persons"][0]["id"]
        )

    return moved


@pytest.fixture
async def household(move_in: Moves) -> Household:
    made: Household = await move_in()
    return made


async def test_a_new_household_is_welcomed_in_the_application_and_by_mail(household: Household) -> None:
    await household.hears(handlers.moved_in, household.moved_in())
    await household.post()
    (letter,) = household.received()
    assert letter.subject == "Bienvenue chez vous"
    assert "Foyer 12" in letter.text
    assert "Foyer 12" in letter.html
    assert [one.state for one in await household.deliveries()] == ["delivered"]
    assert [one.state for one in await household.deliveries("in_app")] == ["delivered"]
    assert await household.events("notifications.delivered.v1") == 2


async def test_an_event_handled_twice_is_told_once(household: Household) -> None:
    opened = household.opened()
    await household.hears(handlers.ticket_opened, opened)
    await household.hears(handlers.ticket_opened, opened)
    await household.post()
    assert len(household.received()) == 1


async def test_a_quiet_household_hears_nothing(household: Household) -> None:
    await household.hears(handlers.moved_in, household.moved_in(quiet=True))
    await household.post()
    assert household.received() == []


async def test_two_workers_never_send_the_same_letter_twice(household: Household) -> None:
    for number in range(6):
        await household.hears(handlers.ticket_changed, changed(household, number))
    await asyncio.gather(*(household.post() for _ in range(3)))
    assert len(household.received()) == 6


async def test_an_inspection_s_twelve_tickets_make_one_letter(household: Household) -> None:
    findings = [household.opened(number, Priority.P3) for number in range(12)]
    await household.hears(handlers.ticket_opened, *findings)
    await household.post(later=timedelta(seconds=0))
    assert household.received() == []  # waits a moment for what comes with it
    await household.post()
    (letter,) = household.received()
    assert letter.subject == "Vos 12 demandes sont enregistrées"
    assert {one.state for one in await household.deliveries()} == {"delivered"}
    assert len({one.message_id for one in await household.deliveries()}) == 1
    assert await household.events("notifications.delivered.v1") == 24


async def test_a_worker_that_dies_after_the_hand_over_repeats_with_the_same_message_id(
    household: Household,
) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    async with household.room.unit() as unit:
        claimed = await delivery._claim(unit, await delivery._due(unit), household.room)
    assert claimed is not None
    await delivery._hand_over(household.room, claimed)
    # ... and here the process is killed: nothing was recorded.
    (left,) = await household.deliveries()
    assert (left.state, left.attempts) == ("sending", 1)
    await household.post()
    assert len(household.received()) == 1  # its lease still holds: it may be alive
    await household.post(later=timedelta(minutes=3))
    (done,) = await household.deliveries()
    assert (done.state, done.is_uncertain, done.message_id) == ("delivered", True, left.message_id)
    assert len(household.received()) == 2


async def test_a_worker_that_dies_before_the_hand_over_loses_nothing(household: Household) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    async with household.room.unit() as unit:
        await delivery._claim(unit, await delivery._due(unit), household.room)
    await household.post(later=timedelta(minutes=3))
    assert len(household.received()) == 1


async def test_a_server_that_is_busy_is_asked_again_later(household: Household, room: Room) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    with mail_server("451 Try again later") as server:
        await household.post(server.room(room))
        (waiting,) = await household.deliveries()
        assert (waiting.state, waiting.reason, waiting.attempts) == ("pending", "smtp_451", 1)
        server.answer = "250 OK"
        await household.post(server.room(room), later=timedelta(minutes=1))
    (done,) = await household.deliveries()
    assert (done.state, done.message_id) == ("delivered", waiting.message_id)
    assert server.message_ids == [waiting.message_id] * 2


async def test_an_address_that_does_not_exist_is_not_tried_again(household: Household, room: Room) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    with mail_server("550 No such user") as server:
        await household.post(server.room(room))
        await household.post(server.room(room), later=timedelta(days=2))
    (done,) = await household.deliveries()
    assert (done.state, done.reason, done.attempts) == ("failed", "smtp_550", 1)
    assert await household.events("notifications.failed.v1") == 1


async def test_a_server_that_is_down_is_asked_again(household: Household, room: Room) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    with mail_server("250 OK") as server:
        down = server.room(room)
    await household.post(down)
    (waiting,) = await household.deliveries()
    assert waiting.state == "pending"
    await household.post(later=timedelta(minutes=1))
    assert len(household.received()) == 1


async def test_a_letter_that_cannot_be_written_holds_up_no_other(move_in: Moves) -> None:
    strange, household = await move_in(), await move_in()
    async with household.open_unit("members") as unit:  # as an earlier version may have recorded it
        await unit.session.execute(
            text("UPDATE members.person SET email = 'foyer..12@foyer.test' WHERE id = :id"),
            {"id": strange.person},
        )
    await strange.hears(handlers.incident_declared, incident(strange))
    await household.hears(handlers.incident_declared, incident(household))
    await household.post()
    assert len(household.received()) == 1
    (waiting,) = await strange.deliveries()
    assert (waiting.state, waiting.attempts) == ("pending", 1)
    assert waiting.reason.startswith("unwritable_")
    await strange.post(later=timedelta(seconds=60))
    assert [one.attempts for one in await strange.deliveries()] == [2]


async def test_an_address_that_no_letter_can_have_is_refused(web: Web, coop: str) -> None:
    for address in ("foyer..12@foyer.test", "é@foyer.test", "a:b@foyer.test"):
        person = {"name": "Foyer 12", "language": "fr", "right": "holder", "email": address}
        answer = await web.client.post(
            "/api/v1/move-ins",
            json=moving_in(coop, dwelling={"meters": []}, household=[person]),
            headers=web.as_("staff", coop),
        )
        assert answer.status_code == 422, address
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/household/0/email", "invalid_email")


async def test_what_is_optional_never_takes_what_matters_with_it(household: Household) -> None:
    await household.hears(handlers.ticket_opened, household.opened(1, Priority.P3))
    await household.hears(handlers.ticket_opened, household.opened(2, Priority.P0))
    off = {"category": "tickets", "channel": "email", "on": False}
    await household.web.client.put(
        f"/api/v1/persons/{household.person}/preferences",
        json={"preferences": [off]},
        headers=household.resident,
    )
    await household.post()
    assert sorted(one.state for one in await household.deliveries()) == ["cancelled", "delivered"]


async def test_a_letter_in_hand_is_recorded_before_the_room_stops(household: Household, room: Room) -> None:
    await household.hears(handlers.incident_declared, incident(household))
    with mail_server("250 OK") as server:
        server.pause_seconds = 0.5
        working = asyncio.create_task(delivery.deliver(server.room(room)))
        async with asyncio.timeout(60):
            while not server.message_ids:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert [one.state for one in await household.deliveries()] == ["delivered"]


async def test_what_is_simulated_never_reaches_a_mail_server(household: Household, room: Room) -> None:
    async with household.open_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true WHERE coop = :coop"), {"coop": household.coop}
        )
    await household.hears(handlers.incident_declared, incident(household))
    with mail_server("250 OK") as server:
        await household.post(server.room(room))
    assert server.message_ids == []
    assert len(household.received()) == 1


async def test_tips_off_stops_tips_and_nothing_else(household: Household) -> None:
    answer = await household.web.client.put(
        f"/api/v1/persons/{household.person}/preferences",
        json={"preferences": [{"category": "tips", "channel": "email", "on": False}]},
        headers=household.resident,
    )
    assert answer.status_code == 200, answer.text
    await household.hears(handlers.tip_raised, household.tip())
    await household.hears(handlers.ticket_opened, household.opened())
    await household.post()
    (letter,) = household.received()
    assert "demande n° 12" in letter.subject


async def test_a_tip_switched_off_before_it_leaves_does_not_leave(household: Household) -> None:
    await household.hears(handlers.tip_raised, household.tip())
    token = unsubscribing.token(
        household.engines.secrets.derive_bytes("notifications/unsubscribe"), household.coop, household.person
    )
    page = await household.web.client.get(f"/api/v1/unsubscribe/{token}")
    assert page.status_code == 200  # a scanner's visit changes nothing
    stopped = await household.web.client.post(
        f"/api/v1/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}
    )
    assert stopped.status_code == 200
    await household.post()
    assert household.received() == []
    assert [one.state for one in await household.deliveries()] == ["cancelled"]
    forged = await household.web.client.post(f"/api/v1/unsubscribe/{token[:-1]}x")
    assert forged.status_code == 404


async def test_who_has_no_mail_gets_a_letter_by_post_to_be_sent_by_a_person(move_in: Moves) -> None:
    household = await move_in(postal="12 rue des Tilleuls, 69100 Villeurbanne")
    await household.hears(handlers.ticket_opened, household.opened())
    assert [one.state for one in await household.deliveries("post")] == ["staff_task"]
    web, staff = household.web, household.web.as_("staff", household.coop)
    (letter,) = (await web.client.get("/api/v1/letters", headers=staff)).json()["letters"]
    assert letter["postal"] == "12 rue des Tilleuls, 69100 Villeurbanne"
    assert "Robinet" in letter["text"]
    path = f"/api/v1/letters/{letter['delivery']}/posted"
    assert (await web.client.post(path, headers=staff)).json()["state"] == "delivered"
    assert (await web.client.post(path, headers=staff)).status_code == 409
    assert (await web.client.get("/api/v1/letters", headers=staff)).json()["letters"] == []


async def test_a_mobile_alone_is_recorded_as_not_reached(move_in: Moves) -> None:
    household = await move_in(mobile="+33600000000")
    await household.hears(handlers.ticket_opened, household.opened())
    (failed,) = await household.deliveries("sms")
    assert (failed.state, failed.reason) == ("failed", "no_channel")


async def test_people_read_their_own_notifications_page_by_page(household: Household) -> None:
    await household.hears(
        handlers.ticket_opened, household.opened(1), household.opened(2), household.opened(3)
    )
    path = f"/api/v1/persons/{household.person}/notifications"
    first = (await household.web.client.get(path, params={"limit": 2}, headers=household.resident)).json()
    rest = (
        await household.web.client.get(
            path, params={"limit": 2, "cursor": first["next_cursor"]}, headers=household.resident
        )
    ).json()
    titles = [one["title"] for one in first["items"] + rest["items"]]
    assert len(titles) == 3
    assert "3" in titles[0]
    assert rest["next_cursor"] is None
    opened = first["items"][0]
    assert opened["path"] == f"/tickets/{opened['about']}"
    seen = await household.web.client.post(
        f"/api/v1/notifications/{opened['id']}/read", headers=household.resident
    )
    assert seen.json()["read_at"]


async def test_another_s_notifications_do_not_exist(household: Household) -> None:
    await household.hears(handlers.ticket_opened, household.opened())
    path = f"/api/v1/persons/{household.person}"
    for role in ("resident", "staff", "operator"):
        headers = household.web.as_(role, household.coop)
        assert (await household.web.client.get(f"{path}/notifications", headers=headers)).status_code == 404
        assert (await household.web.client.get(f"{path}/preferences", headers=headers)).status_code == 404


async def test_safety_cannot_be_switched_off_and_the_field_is_named(household: Household) -> None:
    answer = await household.web.client.put(
        f"/api/v1/persons/{household.person}/preferences",
        json={
            "preferences": [
                {"category": "tips", "channel": "email", "on": False},
                {"category": "safety", "channel": "email", "on": False},
            ]
        },
        headers=household.resident,
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/preferences/1/on"
    now = await household.web.client.get(
        f"/api/v1/persons/{household.person}/preferences", headers=household.resident
    )
    assert all(choice["on"] for choice in now.json()["preferences"])


async def test_an_erased_person_leaves_nothing(household: Household) -> None:
    await household.hears(handlers.ticket_opened, household.opened())
    await household.hears(handlers.erased, Erased(coop=household.coop, person=household.person))
    await household.post()
    assert household.received() == []
    assert await household.deliveries() == []


def changed(household: Household, number: int) -> TicketChanged:
    return TicketChanged(
        coop=household.coop, ticket=new_id("tkt"), number=number, occupancy=household.occupancy,
        element="tap", action="start", state="in_progress", actor_role="staff", tells_household=True,
    )  # fmt: skip


def incident(household: Household) -> IncidentDeclared:
    return IncidentDeclared(
        coop=household.coop, incident=new_id("inc"), occupancies=(household.occupancy,), symptom="no_heat"
    )


@dataclass
class MailServer:
    """A real SMTP server with an answer of the test's choice to each message."""

    answer: str
    url: str = ""
    message_ids: list[str] = field(default_factory=list)
    pause_seconds: float = 0.0
    """Before the answer, once the message has come."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        for line in envelope.content.decode().splitlines():
            if line.lower().startswith("message-id:"):
                self.message_ids.append(line.split(":", 1)[1].strip())
        await asyncio.sleep(self.pause_seconds)
        return self.answer

    def room(self, like: Room) -> Room:
        """A worker whose configured mail server is this one."""
        made = Room("notifications", like.settings.model_copy(update={"smtp_url": self.url}), like.secrets)
        made.database = like.database
        return made


@contextmanager
def mail_server(answer: str) -> Iterator[MailServer]:
    server = MailServer(answer)
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    server.url = f"smtp://127.0.0.1:{port}"
    try:
        yield server
    finally:
        controller.stop()
