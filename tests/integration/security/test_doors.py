"""Ways in that somebody could bend: a forged Host, a mailbox of others, a copy of somebody's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.codes import Role
from deploy.engines import Engines
from services.kit.clock import system
from services.kit.ids import new_id
from services.kit.mail import SANDBOX_HEADER, keep
from services.kit.principal import SESSION_COOKIE
from services.kit.unit import work_unit
from services.members.actions.accounts import Invitee, disable, invite, open_session
from services.members.identity import Identity
from tests.integration.members.conftest import office, tilleuls  # noqa: F401

if TYPE_CHECKING:
    from tests.conftest import OpenUnit
    from tests.integration.members.conftest import Cooperative, Office
    from tests.integration.security.conftest import Town

pytestmark = pytest.mark.engines


async def test_a_link_never_leads_where_the_asker_says(
    office: Office,  # noqa: F811
    tilleuls: Cooperative,  # noqa: F811
) -> None:
    """Else who knows an address gets its owner to hand over the link, and uses it in their own browser."""
    sent: list[EmailMessage] = []

    async def send(_settings: Any, message: EmailMessage, _is_simulated: bool) -> None:
        sent.append(message)

    office.app.state.send_mail = send
    body = tilleuls.household()
    await tilleuls.made("/move-ins", body)
    address = body["household"][0]["email"]
    forged = {"Host": "evil.test", "Origin": "https://evil.test", "X-Forwarded-Host": "evil.test"}
    transport = httpx.ASGITransport(app=office.app, client=(f"10.{new_id('x')[-6:]}", 4000))
    async with httpx.AsyncClient(base_url="https://evil.test", transport=transport) as client:
        answer = await client.post("/sign-in", data={"email": address}, headers=forged)
    assert answer.status_code == 200
    assert "/sign-in/confirm?token=" in sent[0].get_content()
    assert "evil.test" not in sent[0].as_string()


async def test_the_mailbox_shows_simulated_letters_to_their_cooperative_only(
    engines: Engines, town: Town
) -> None:
    subjects = {}
    for coop in (town.home.coop, town.abroad.coop, None):
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = "a@palier.test", "b@foyer.test", new_id("letter")
        if coop:
            letter[SANDBOX_HEADER] = coop
        await keep(engines.settings.data_dir, letter)
        subjects[coop] = letter["Subject"]
    shown = {
        caller: (await town.client.get("/mailbox", headers=town.browser(caller))).text
        for caller in ("operator", "operator_abroad", "platform")
    }
    for caller, coop in (("operator", town.home.coop), ("operator_abroad", town.abroad.coop)):
        assert [subject in shown[caller] for subject in subjects.values()] == [
            key == coop for key in subjects
        ]
    assert all(subject in shown["platform"] for subject in subjects.values())


async def test_staff_learn_nothing_of_a_home_s_life_from_a_copy_of_its_data(town: Town) -> None:
    path = f"/api/v1/persons/{town.home.person}/exports"
    for caller in ("staff", "operator", "platform"):
        answer = (await town.client.post(path, headers=town.program(caller))).json()
        assert answer["status"] == "partial"
        assert set(answer["missing"]) == {"metering", "advice"}
        assert town.home.tip not in str(answer)
        assert "4242" not in str(answer["data"])
    own = (await town.client.post(path, headers=town.program("resident"))).json()
    assert own["status"] == "ready"
    assert town.home.tip in str(own)


async def test_who_left_a_household_takes_nothing_of_its_later_life_along(
    town: Town, room_unit: OpenUnit
) -> None:
    from sqlalchemy import text

    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    statement = text("UPDATE members.resident SET until_on = :on WHERE person = :person")
    path = f"/api/v1/persons/{town.next_door.person}/exports"
    async with room_unit("members") as unit:
        await unit.session.execute(statement, {"on": yesterday, "person": town.next_door.person})
    try:
        answer = (await town.client.post(path, headers=town.program("neighbour"))).json()
    finally:
        async with room_unit("members") as unit:
            await unit.session.execute(statement, {"on": None, "person": town.next_door.person})
    assert answer["data"]["advice"]["tips"] == []
    assert answer["data"]["advice"]["days"] == []
    assert answer["data"]["metering"]["days"] == []


async def test_a_closed_account_is_out_at_its_next_request(
    office: Office,  # noqa: F811
    tilleuls: Cooperative,  # noqa: F811
) -> None:
    identity = Identity(office.app.state.accounts)
    async with work_unit(office.app.state.accounts, "members", system) as unit:
        invitee = Invitee("Accueil 3", f"{new_id('s')}@coop.test", Role.STAFF, tilleuls.slug)
        account, _ = await invite(unit, invitee)
        cookie = await open_session(unit, account, Role.STAFF, tilleuls.slug, None)
    assert await identity.of_session(cookie)
    async with work_unit(office.app.state.accounts, "members", system) as unit:
        await disable(unit, account)
    assert await identity.of_session(cookie) is None


async def test_signing_in_gives_a_new_session_and_ends_the_one_that_was_brought_along(
    office: Office,  # noqa: F811
    tilleuls: Cooperative,  # noqa: F811
) -> None:
    """Nobody can plant a session and wait for its owner to sign into it (fixation)."""
    moved = await tilleuls.made("/move-ins", tilleuls.household())
    person = moved["persons"][0]["id"]
    async with work_unit(office.app.state.accounts, "members", system) as unit:
        planted = await open_session(unit, person, Role.RESIDENT, tilleuls.slug, None)
        fresh = await open_session(unit, person, Role.RESIDENT, tilleuls.slug, planted)
    identity = Identity(office.app.state.accounts)
    assert fresh != planted
    assert await identity.of_session(planted) is None
    assert await identity.of_session(fresh)
    assert SESSION_COOKIE.startswith("__Host-")


@pytest.mark.parametrize(
    ("role", "idle", "longest"),
    [(Role.RESIDENT, 30 * 24, 90 * 24), (Role.STAFF, 12, 7 * 24), (Role.OPERATOR, 2, 12)],
)
async def test_sessions_end_idle_and_at_the_latest(
    office: Office,  # noqa: F811
    tilleuls: Cooperative,  # noqa: F811
    role: Role,
    idle: int,
    longest: int,
) -> None:
    """Hours. A session that is used all the time ends all the same."""
    subject = new_id("per")
    if role is Role.RESIDENT:
        subject = (await tilleuls.made("/move-ins", tilleuls.household()))["persons"][0]["id"]
    now = [datetime.now(UTC)]
    identity = Identity(office.app.state.accounts, lambda: now[0])

    async def opened() -> str:
        async with work_unit(office.app.state.accounts, "members", lambda: now[0]) as unit:
            return await open_session(unit, subject, role, tilleuls.slug, None)

    left = await opened()
    now[0] += timedelta(hours=idle, seconds=1)
    assert await identity.of_session(left) is None
    busy, end = await opened(), now[0] + timedelta(hours=longest)
    while now[0] + timedelta(hours=idle / 2) < end:
        now[0] += timedelta(hours=idle / 2)
        assert await identity.of_session(busy)
    now[0] = end
    assert await identity.of_session(busy) is None
