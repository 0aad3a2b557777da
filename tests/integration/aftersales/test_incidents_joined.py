"""Two incidents are joined, and what comes late from the place of either belongs to the one that stays."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.codes import Role
from services.kit.ids import new_id
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_incidents import cold, dark, do, homes, ticket
from tests.integration.aftersales.test_incidents_meters import fault
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
ORMES, AULNES = "Les Ormes", "Les Aulnes"
EVEN_SO = {"even_so": True, "reason": "Une seule cause"}


async def power_joined_into_heating(aulnes: Cooperative) -> tuple[list[dict[str, Any]], str, str]:
    """Homes of one residence, its heating incident, and its power incident, which was joined into that."""
    lived_in = await homes(aulnes, 7)
    heating = [await cold(aulnes, home) for home in lived_in[:3]][2]["incident"]
    power = [await dark(aulnes, home) for home in lived_in[3:6]][2]["incident"]
    await do(aulnes, heating, "merge", other=power, **EVEN_SO)
    return lived_in, heating, power


async def open_incidents(aulnes: Cooperative) -> list[dict[str, Any]]:
    found = (await aulnes.get("/incidents?state=proposed&state=confirmed&state=in_progress")).json()
    return list(found["items"])


async def test_late_reports_of_the_joined_kind_belong_to_the_incident_that_stays(aulnes: Cooperative) -> None:
    lived_in, heating, power = await power_joined_into_heating(aulnes)
    await do(aulnes, heating, "confirm")
    for home in await homes(aulnes, 4):
        late = await dark(aulnes, home)
        assert (late["incident"], late["state"]) == (heating, "attached")
    assert [one["id"] for one in await open_incidents(aulnes)] == [heating]
    resident = aulnes.resident(lived_in[6]["persons"][0]["id"])
    path = f"/occupancies/{lived_in[6]['occupancy']}/known?element=power_supply&symptom=no_power"
    [known] = (await aulnes.get(path, resident)).json()["known"]
    assert (known["kind"], known["incident"]) == ("incident", heating)
    page = await Browser(aulnes, Role.STAFF, aulnes.agent).get(f"/incidents/{power}")
    assert f'href="/incidents/{heating}"' in page.text


async def test_joined_again_they_all_lead_to_the_last(aulnes: Cooperative) -> None:
    _, heating, _ = await power_joined_into_heating(aulnes)
    water = {"element": "water_supply", "symptom": "no_water", "place": "whole_dwelling"}
    last = [await dark(aulnes, home, **water) for home in await homes(aulnes, 4)][3]["incident"]
    await do(aulnes, last, "merge", other=heating, **EVEN_SO)
    [late] = await homes(aulnes, 1)
    assert (await dark(aulnes, late))["incident"] == last
    assert (await cold(aulnes, late))["incident"] == last
    await fault(aulnes, late)
    [shown] = (await aulnes.get(f"/meter-proposals?incident={last}")).json()["proposals"]
    assert shown["dwelling"] == late["dwelling"]


async def test_parted_each_has_what_its_own_place_told_meanwhile(aulnes: Cooperative) -> None:
    left = await homes(aulnes, 4, residence=ORMES)
    right = await homes(aulnes, 5)
    here = [await cold(aulnes, home) for home in left[:3]][2]["incident"]
    there = [await cold(aulnes, home) for home in right[:3]][2]["incident"]
    for incident in (here, there):
        await do(aulnes, incident, "confirm")
    await do(aulnes, here, "merge", other=there)
    late_left, late_right = await cold(aulnes, left[3]), await cold(aulnes, right[3])
    assert {late_left["incident"], late_right["incident"]} == {here}
    follower = aulnes.resident(right[4]["persons"][0]["id"])
    assert (await aulnes.post(f"/incidents/{here}/follow", {}, follower)).status_code == 200
    await do(aulnes, here, "undo", reason="Deux chaudières")
    assert (await ticket(aulnes, late_left["id"]))["incident"] == here
    moved = await ticket(aulnes, late_right["id"])
    assert (moved["incident"], moved["state"]) == (there, "attached")
    assert (await aulnes.get(f"/incidents/{there}", follower)).json()["follows"]
    parted = (await aulnes.get(f"/incidents/{there}")).json()
    assert [step["action"] for step in parted["history"]] == ["propose", "confirm", "merge", "undo"]
    assert "undo" in parted["legal_actions"], "what stands is that it was confirmed"
    assert (await do(aulnes, there, "undo", reason="Trop tôt"))["state"] == "proposed"


async def test_after_the_end_a_new_incident_says_what_came_before(aulnes: Cooperative) -> None:
    _, heating, _ = await power_joined_into_heating(aulnes)
    await do(aulnes, heating, "confirm")
    await do(aulnes, heating, "resolve")
    reports = [await dark(aulnes, home) for home in await homes(aulnes, 3)]
    assert [one["incident"] for one in reports[:2]] == [None, None]
    new = (await aulnes.get(f"/incidents/{reports[2]['incident']}")).json()
    assert (new["state"], new["after"]) == ("proposed", heating)
    page = await Browser(aulnes, Role.STAFF, aulnes.agent).get(f"/incidents/{new['id']}")
    assert "La même chose a été signalée ici auparavant" in page.text
    assert f'href="/incidents/{heating}"' in page.text
    await aulnes.now(MONDAY + timedelta(days=40))
    [incident] = {(await cold(aulnes, home))["incident"] for home in await homes(aulnes, 4)} - {None}
    assert (await aulnes.get(f"/incidents/{incident}")).json()["after"] is None


async def test_what_was_told_while_it_was_thought_over_belongs_to_it_again(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 5)
    incident = [await cold(aulnes, home) for home in lived_in[:3]][2]["incident"]
    await do(aulnes, incident, "confirm")
    await do(aulnes, incident, "resolve")
    late = await cold(aulnes, lived_in[3])
    assert late["incident"] is None
    await do(aulnes, incident, "reopen", reason="La pompe s’est arrêtée")
    again = await ticket(aulnes, late["id"])
    assert (again["incident"], again["state"]) == (incident, "attached")
    told = (await aulnes.told("aftersales.incident_declared.v1"))[-1]
    assert told["occupancies"] == [lived_in[3]["occupancy"]]


async def test_a_household_reads_what_is_known_since_when_and_when_the_next_news_comes(
    aulnes: Cooperative,
) -> None:
    lived_in = await homes(aulnes, 3)
    incident = [await cold(aulnes, home) for home in lived_in][2]["incident"]
    home = Browser(aulnes, Role.RESIDENT, lived_in[0]["persons"][0]["id"])
    by = (MONDAY + timedelta(hours=4)).isoformat()
    await do(aulnes, incident, "confirm", text_fr="La pompe est arrêtée.", next_news_at=by)
    page = (await home.get(f"/incidents/{incident}")).text
    for words in ("depuis", "La pompe est arrêtée.", "Prochaines nouvelles au plus tard", "14:00"):
        assert words in page, words
    desk = Browser(aulnes, Role.STAFF, aulnes.agent)
    await aulnes.now(MONDAY + timedelta(hours=5))
    assert "Nouvelles promises au plus tard" in (await desk.get(f"/incidents/{incident}")).text
    past = await aulnes.post(
        f"/incidents/{incident}/actions", {"action": "tell", "text_fr": "Bientôt.", "next_news_at": by}
    )
    assert past.status_code == 422
    await do(aulnes, incident, "tell", text_fr="La pièce est en route.")
    page = (await home.get(f"/incidents/{incident}")).text
    assert "Nous vous écrivons dès qu’il y a du nouveau" in page.replace("'", "’").replace("&#39;", "’")


async def test_who_only_followed_and_says_no_has_a_request_from_then_on(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 4)
    incident = [await cold(aulnes, home) for home in lived_in[:3]][2]["incident"]
    await do(aulnes, incident, "confirm")
    me = aulnes.resident(lived_in[3]["persons"][0]["id"])
    assert (await aulnes.post(f"/incidents/{incident}/follow", {}, me)).status_code == 200
    await do(aulnes, incident, "resolve")
    said = {"is_back": False, "comment": "La chambre reste à 15 degrés"}
    answered = await aulnes.post(f"/incidents/{incident}/answer", said, me)
    assert answered.json()["answer"] == "not_back"
    [mine] = (await aulnes.get("/tickets", me)).json()["items"]
    whole = await ticket(aulnes, mine["id"])
    assert (whole["description"], whole["incident"]) == ("La chambre reste à 15 degrés", None)
    desk = (await aulnes.get(f"/incidents/{incident}")).json()
    assert [one["answer"] for one in desk["children"]].count("not_back") == 1
    for again in ({"is_back": False}, {"is_back": False, "comment": "Toujours 15 degrés"}):
        assert (await aulnes.post(f"/incidents/{incident}/answer", again, me)).status_code == 200
    assert [one["id"] for one in (await aulnes.get("/tickets", me)).json()["items"]] == [mine["id"]]
    words = (await aulnes.get(f"/tickets/{mine['id']}/messages", me)).json()["messages"]
    assert [one["body"] for one in words] == ["Toujours 15 degrés"]


async def test_of_two_of_a_home_that_say_no_at_once_one_opens_the_request(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 4)
    incident = [await cold(aulnes, home) for home in lived_in[:3]][2]["incident"]
    await do(aulnes, incident, "confirm")
    me = aulnes.resident(lived_in[3]["persons"][0]["id"])
    assert (await aulnes.post(f"/incidents/{incident}/follow", {}, me)).status_code == 200
    await do(aulnes, incident, "resolve")
    answers = await asyncio.gather(
        *(aulnes.post(f"/incidents/{incident}/answer", {"is_back": False}, me) for _ in range(2))
    )
    assert [one.status_code for one in answers] == [200, 200]
    assert len((await aulnes.get("/tickets", me)).json()["items"]) == 1


async def test_what_was_answered_before_it_failed_again_is_asked_anew(aulnes: Cooperative) -> None:
    lived_in = await homes(aulnes, 3)
    incident = [await cold(aulnes, home) for home in lived_in][2]["incident"]
    await do(aulnes, incident, "confirm")
    await do(aulnes, incident, "resolve")
    me = aulnes.resident(lived_in[0]["persons"][0]["id"])
    path = f"/incidents/{incident}"
    await aulnes.post(f"{path}/answer", {"is_back": True}, me)
    await do(aulnes, incident, "reopen", reason="Encore en panne")
    assert (await aulnes.get(path, me)).json()["answer"] is None
    await aulnes.now(MONDAY + timedelta(hours=3))
    await do(aulnes, incident, "resolve")
    page = await Browser(aulnes, Role.RESIDENT, lived_in[0]["persons"][0]["id"]).get(path)
    assert "Est-ce réglé chez vous" in page.text
    assert (await aulnes.post(f"{path}/answer", {"is_back": False}, me)).json()["answer"] == "not_back"
    [mine] = (await aulnes.get("/tickets", me)).json()["items"]
    assert mine["state"] == "reopened"


async def test_not_restored_after_all_who_has_not_answered_waits_again_and_reads_so(
    aulnes: Cooperative,
) -> None:
    lived_in = await homes(aulnes, 4)
    tickets = [await cold(aulnes, home) for home in lived_in[:3]]
    incident = tickets[2]["incident"]
    await do(aulnes, incident, "confirm", text_fr="La pompe est arrêtée.")
    late = await cold(aulnes, lived_in[3])
    [first, again] = await aulnes.told("aftersales.incident_declared.v1")
    assert first["news"] == again["news"] is not None, "who joins late reads the same words"
    await do(aulnes, incident, "resolve")
    warm = aulnes.resident(lived_in[0]["persons"][0]["id"])
    await aulnes.post(f"/incidents/{incident}/answer", {"is_back": True}, warm)
    before = len(await aulnes.told("aftersales.ticket_changed.v1"))
    reopened = await do(aulnes, incident, "reopen", reason="La pompe neuve fait disjoncter")
    assert reopened["news"][0]["text"].startswith("Ce n'est pas encore rétabli")
    assert "disjoncter" not in reopened["news"][0]["text"]
    states = [(await ticket(aulnes, one["id"]))["state"] for one in (*tickets, late)]
    assert states == ["resolved", "attached", "attached", "attached"]
    changes = (await aulnes.told("aftersales.ticket_changed.v1"))[before:]
    assert not any(one["tells_household"] for one in changes), "they read it once, of the incident"
    told = (await aulnes.told("aftersales.incident_updated.v1"))[-1]
    assert len(told["occupancies"]) == 4
    await do(aulnes, incident, "resolve")
    assert (await ticket(aulnes, late["id"]))["state"] == "done"


KINDS = ("heating", "power")
PLACES = (ORMES, AULNES)
WORDS = {"heating": "Froid", "power": "Noir"}


class Desk:
    """Eight homes of two residences, and what their cooperative does about what they report."""

    def __init__(self, aulnes: Cooperative, lived_in: list[dict[str, Any]]) -> None:
        self.aulnes, self.homes = aulnes, lived_in
        self.tickets: list[tuple[int, str, str]] = []
        """Home, kind and id, as they were opened."""

    async def report(self, at: int, kind: str) -> None:
        home, words = self.homes[at], f"{WORDS[kind]} {new_id('tkt')} du foyer {at}"
        opened = await (cold if kind == "heating" else dark)(self.aulnes, home, description=words)
        self.tickets.append((at, kind, opened["id"]))

    async def incidents(self) -> dict[str, dict[str, Any]]:
        async with self.aulnes.room_unit("aftersales") as unit:
            rows = await unit.session.execute(
                text("SELECT id, family, scope, state, merged_into FROM aftersales.incident WHERE coop = :c"),
                {"c": self.aulnes.slug},
            )
            return {row.id: dict(row._mapping) for row in rows}

    async def of(self, kind: str, place: str) -> str | None:
        """The newest incident of that kind and place, or what it was joined into."""
        found = await self.incidents()
        here = [one for one in sorted(found) if found[one]["family"] == kind and place in found[one]["scope"]]
        return end(found, here[-1]) if here else None

    async def decide(self, action: str, kind: str, place: str, other: tuple[str, str]) -> None:
        """What is not possible then is refused and changes nothing."""
        incident = await self.of(kind, place)
        if incident is None:
            return
        more: dict[str, Any] = {"reason": "Vu sur place"}
        if action == "merge":
            more |= {"other": await self.of(*other), "even_so": True}
        elif action == "split":
            children = (await self.aulnes.get(f"/incidents/{incident}")).json()["children"]
            told_by = {id: (at, kind) for at, kind, id in self.tickets}
            more["ticket"] = min((one["ticket"] for one in children), key=told_by.__getitem__, default=None)
        await self.aulnes.post(f"/incidents/{incident}/actions", {"action": action, **more})

    async def check(self) -> None:
        """What holds whatever was done: nothing lost, nothing twice, one open incident of a cause."""
        found = await self.incidents()
        async with self.aulnes.room_unit("aftersales") as unit:
            rows = await unit.session.execute(
                text(
                    "SELECT t.id, t.incident, r.incident AS counted FROM aftersales.ticket t"
                    " JOIN aftersales.incident_report r ON r.ticket = t.id WHERE t.coop = :coop"
                    " AND t.id = ANY(:ids)"
                ),
                {"coop": self.aulnes.slug, "ids": [one[2] for one in self.tickets]},
            )
            of_ticket = {row.id: row for row in rows}
        assert len(of_ticket) == len(self.tickets), "none is lost"
        for row in of_ticket.values():
            if row.incident is not None:
                assert found[row.incident]["state"] not in ("merged", "dismissed")
                assert row.counted == row.incident, "it counts where it belongs"
        leads = [
            (one["family"], one["scope"], last)
            for id, one in found.items()
            if found[last := end(found, id)]["state"] in ("proposed", "confirmed", "in_progress")
        ]
        assert len({(kind, scope) for kind, scope, _ in set(leads)}) == len(set(leads)), "one of a cause"
        for home in self.homes[::3]:
            await self.reads_no_other(home)

    async def reads_no_other(self, home: dict[str, Any]) -> None:
        resident = self.aulnes.resident(home["persons"][0]["id"])
        mine = f"du foyer {self.homes.index(home)}"
        seen = await self.aulnes.get("/incidents?state=confirmed&state=resolved", resident)
        for one in seen.json()["items"]:
            shown = (await self.aulnes.get(f"/incidents/{one['id']}", resident)).text
            assert "du foyer" not in shown.replace(mine, "")
        for element, symptom in (("collective_heating", "no_heat"), ("power_supply", "no_power")):
            path = f"/occupancies/{home['occupancy']}/known?element={element}&symptom={symptom}"
            assert "du foyer" not in (await self.aulnes.get(path, resident)).text.replace(mine, "")

    async def picture(self) -> set[tuple[str | None, frozenset[tuple[int, str]]]]:
        """Which reports are together, and in what state that is: the same whatever the ids are."""
        found = await self.incidents()
        together: dict[str | None, set[tuple[int, str]]] = {}
        async with self.aulnes.room_unit("aftersales") as unit:
            for at, kind, id in self.tickets:
                row = await unit.session.execute(
                    text("SELECT incident FROM aftersales.ticket WHERE id = :id"), {"id": id}
                )
                together.setdefault(row.scalar_one(), set()).add((at, kind))
        return {(id and found[id]["state"], frozenset(reports)) for id, reports in together.items()}

    async def start_over(self) -> None:
        """The same homes with nothing told: households stay, incidents and their reports go."""
        self.tickets = []
        async with self.aulnes.room_unit("aftersales") as unit:
            for statement in (
                "UPDATE aftersales.ticket SET incident = NULL WHERE coop = :coop",
                "DELETE FROM aftersales.incident_report WHERE coop = :coop",
                "DELETE FROM aftersales.incident_news WHERE coop = :coop",
                "DELETE FROM aftersales.incident_event WHERE coop = :coop",
                "DELETE FROM aftersales.incident WHERE coop = :coop",
            ):
                await unit.session.execute(text(statement), {"coop": self.aulnes.slug})


def end(found: dict[str, dict[str, Any]], id: str) -> str:
    while found[id]["merged_into"] is not None:
        id = found[id]["merged_into"]
    return id


REPORTS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(KINDS)), min_size=2, max_size=7, unique=True
).map(tuple)
CAUSES = st.tuples(st.sampled_from(KINDS), st.sampled_from(PLACES))
ACTIONS = ("merge", "merge", "undo", "confirm", "dismiss", "resolve", "reopen", "split")
DECISIONS = st.tuples(st.sampled_from(ACTIONS), CAUSES, CAUSES)
LIVES = st.lists(st.tuples(REPORTS, st.lists(DECISIONS, max_size=3)), min_size=1, max_size=3)
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a life takes a second: none is made shorter
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def live(
    desk: Desk, life: list[Any], order: Callable[[Any], list[tuple[int, str]]], *, is_checked: bool = False
) -> None:
    await desk.start_over()
    for reports, decisions in life:
        for at, kind in order(reports):
            await desk.report(at, kind)
        for action, (kind, place), other in decisions:
            await desk.decide(action, kind, place, other)
            if is_checked:
                await desk.check()


@pytest.fixture
async def desk(aulnes: Cooperative) -> Desk:
    return Desk(aulnes, [*await homes(aulnes, 4, residence=ORMES), *await homes(aulnes, 4)])


@SETTINGS
@given(LIVES, st.integers(0, 2**32))
async def test_whatever_is_joined_parted_and_ended_no_report_is_lost_and_a_cause_has_one_incident(
    desk: Desk, life: list[Any], seed: int
) -> None:
    await live(desk, life, list, is_checked=True)
    first = await desk.picture()
    chance = random.Random(seed)
    await live(desk, life, lambda reports: chance.sample(reports, len(reports)))
    assert await desk.picture() == first, "the same whoever was first to tell"
