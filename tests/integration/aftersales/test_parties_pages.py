"""Staff keep partners and rules, give work with reasons, and see the week, on pages without a script."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar
from sqlalchemy import text

from contracts.codes import Role
from tests.integration.aftersales.conftest import MONDAY, PARIS
from tests.integration.aftersales.test_contractor_link import a_firm, a_job, agreed
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def desk(aulnes: Cooperative, role: Role = Role.STAFF) -> Browser:
    return Browser(aulnes, role, aulnes.agent)


async def a_partner(browser: Browser, **more: str) -> str:
    form = {"kind": "contractor", "name": "Plombier 2", "email": "p2@firm.test", "trades": "plumbing"}
    sent = await browser.send("/parties", **form | more)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def test_a_partner_is_added_corrected_and_its_link_sent_and_ended(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    assert "Aucun partenaire pour l’instant" in (await browser.get("/parties")).text
    page = await a_partner(browser)
    assert "Plombier 2" in (await browser.get("/parties?kind=contractor")).text
    corrected = await browser.send(page, name="Plombier 22", email="p22@firm.test", language="en")
    assert corrected.status_code == 303
    shown = (await browser.get(page)).text
    assert "Plombier 22" in shown
    assert (await browser.send(f"{page}/link")).status_code == 303
    assert "Your access to the work" in (await browser.get(page)).text
    assert (await browser.send(f"{page}/revoke")).status_code == 303


async def test_a_form_that_is_refused_keeps_what_was_typed(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    wrong = await browser.send("/parties", kind="contractor", name="Plombier 2", email="p2 at firm")
    assert wrong.status_code == 422
    assert 'value="p2 at firm"' in wrong.text
    assert (await browser.send("/parties", kind="contractor", name="")).status_code == 422


async def test_a_letter_that_did_not_arrive_is_on_the_list_until_somebody_sees_to_it(
    aulnes: Cooperative,
) -> None:
    browser = desk(aulnes)
    firm = await a_firm(aulnes)
    answer = await aulnes.web.client.patch(
        f"/api/v1/parties/{firm.party}", json={"email": None}, headers=aulnes.staff
    )
    assert answer.status_code == 200
    ticket, _ = await a_job(aulnes, firm)
    shown = (await browser.get("/parties")).text
    assert "Plombier 2" in shown
    assert "aucune adresse e-mail" in shown
    assert "n’est pas arrivé" in (await browser.get(f"/desk/{ticket}")).text
    assert "n’est pas arrivé" in (await browser.get("/desk")).text
    letters = (await aulnes.get(f"/parties/{firm.party}/letters")).json()["letters"]
    assert (await browser.send(f"/parties/letters/{letters[0]['id']}/seen")).status_code == 303
    assert "aucune adresse e-mail" not in (await browser.get("/parties")).text
    assert "n’est pas arrivé" not in (await browser.get("/desk")).text


async def test_the_proposal_is_shown_with_reasons_and_another_choice_becomes_the_rule(
    aulnes: Cooperative,
) -> None:
    browser = desk(aulnes)
    firm = await a_firm(aulnes)
    moved = await aulnes.move_in()
    ticket = await aulnes.open(moved["occupancy"], element="riser", place="landing", symptom="noise")
    for action in ("acknowledge", "qualify"):
        await aulnes.act(ticket["id"], action)
    shown = (await browser.get(f"/desk/{ticket['id']}")).text
    assert "contrat d&#39;entretien" in shown
    given = await browser.send(f"/desk/{ticket['id']}/route", to="proximity")
    assert given.status_code == 303, given.text
    shown = (await browser.get(f"/desk/{ticket['id']}")).text
    assert "En faire la règle partout" in shown
    made = await browser.send(f"/desk/{ticket['id']}/route/rule", everywhere="true")
    assert made.status_code == 303
    routed = (await aulnes.get(f"/tickets/{ticket['id']}/routing")).json()
    assert (routed["team"], routed["party"]) == ("proximity", None)
    assert "En faire la règle" not in (await browser.get(f"/desk/{ticket['id']}")).text
    rules = (await browser.get("/routing")).text
    assert "Gardiens" in rules
    assert firm.party in rules


async def test_a_rule_is_added_and_ended_on_its_page(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    nobody = await browser.send("/routing", valid_from="2026-11-01", trade="plumbing")
    assert nobody.status_code == 422
    added = await browser.send("/routing", valid_from="2026-11-01", trade="plumbing", to="building")
    assert added.status_code == 303, added.text
    [rule] = (await aulnes.get("/routing-rules")).json()["rules"]
    assert (await browser.send(f"/routing/{rule['id']}/end")).status_code == 303
    [rule] = (await aulnes.get("/routing-rules")).json()["rules"]
    assert rule["valid_to"] == MONDAY.date().isoformat()


async def test_staff_and_firm_write_to_each_other(aulnes: Cooperative) -> None:
    browser, firm = desk(aulnes), await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    sent = await browser.send(f"/desk/{ticket}/party-messages", body="Le code est chez le gardien.")
    assert sent.status_code == 303
    assert "chez le gardien" in (await firm.get(f"/jobs/{ticket}")).text
    letters = (await aulnes.get(f"/parties/{firm.party}/letters")).json()["letters"]
    assert "message" in letters[0]["subject"]


async def test_the_week_shows_who_goes_where(aulnes: Cooperative) -> None:
    browser, firm = desk(aulnes, Role.CARETAKER), await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    assert "Aucune visite cette semaine" in (await browser.get("/calendar")).text
    await agreed(firm, ticket, MONDAY + timedelta(days=2))
    shown = (await browser.get("/calendar")).text
    assert "Plombier 2" in shown
    assert f"/desk/{ticket}/visit" in shown
    for other in ("/calendar?day=2026-11-25", "/calendar?host=plumbing", "/calendar?day=x&host=heating"):
        answer = await browser.get(other)
        assert answer.status_code == 200
        assert f"/desk/{ticket}/visit" not in answer.text


async def test_hours_of_a_team_are_set_at_the_desk(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    form = {"host": "plumbing", "start": "08:00", "end": "12:00", "window": "120", "capacity": "2"}
    assert (await browser.send("/calendar/hours", weekday="3", **form)).status_code == 303
    assert (await browser.send("/calendar/hours", day="2026-11-25", **form)).status_code == 303
    shown = (await browser.get("/calendar/hours?host=plumbing")).text
    assert "Jeudi 08:00–12:00" in shown
    assert "25 novembre" in shown
    assert (await browser.get("/calendar/hours?host=pty_unknown")).status_code == 404
    found = (await aulnes.get("/availability?host=plumbing")).json()["availability"]
    for one in found:
        gone = await browser.send(f"/calendar/hours/{one['id']}/drop", host="plumbing")
        assert gone.status_code == 303
    assert (await aulnes.get("/availability?host=plumbing")).json()["availability"] == []


async def household(aulnes: Cooperative, firm: Any) -> tuple[Browser, str]:
    ticket, moved = await a_job(aulnes, firm)
    return Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"]), ticket


async def proposed(firm: Any, ticket: str) -> None:
    sent = await firm.send(
        f"/jobs/{ticket}/slots",
        day=["2026-11-20", "2026-11-23"], start=["08:00", "14:00"], end=["10:00", "16:00"],
    )  # fmt: skip
    assert sent.status_code == 303, sent.text


def first_slot(page: httpx.Response) -> str:
    return page.text.split('name="slot" value="')[1].split('"')[0]


async def test_a_household_chooses_moves_and_calls_off_on_its_pages(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    assert "propose bientôt" in (await home.get(f"/tickets/{ticket}")).text
    await proposed(firm, ticket)
    page = await home.get(f"/tickets/{ticket}")
    assert "20 novembre, 08:00–10:00" in page.text
    assert (await home.send(f"/tickets/{ticket}/visit", slot=first_slot(page))).status_code == 303
    page = await home.get(f"/tickets/{ticket}/visit")
    assert "Annuler le rendez-vous" in page.text
    assert (await home.send(f"/tickets/{ticket}/visit", slot=first_slot(page))).status_code == 303
    assert "23 novembre, 14:00–16:00" in (await home.get(f"/tickets/{ticket}")).text
    assert (await home.send(f"/tickets/{ticket}/visit/cancel")).status_code == 303
    gone = await home.send(f"/tickets/{ticket}/visit", slot="slt_gone")
    assert gone.status_code == 409
    assert "plus rapide" in gone.text


async def test_a_visit_goes_into_a_calendar_and_out_of_it_again(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    assert (await home.get(f"/tickets/{ticket}/visit.ics")).status_code == 404
    await proposed(firm, ticket)
    await home.send(f"/tickets/{ticket}/visit", slot=first_slot(await home.get(f"/tickets/{ticket}")))
    file = await home.get(f"/tickets/{ticket}/visit.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    first = event(file)
    await home.send(f"/tickets/{ticket}/visit/cancel")
    second = event(await home.get(f"/tickets/{ticket}/visit.ics"))
    assert first["uid"] == second["uid"]
    assert second.sequence > first.sequence
    assert second["status"] == "CANCELLED"
    job = await firm.get(f"/jobs/{ticket}/visit.ics")
    assert "Camille" not in job.text
    assert event(job)["uid"] == first["uid"]


def event(file: httpx.Response) -> Any:
    calendar = Calendar.from_ical(file.content)
    assert isinstance(calendar, Calendar)
    [found] = calendar.events
    return found


async def test_a_household_subscribes_by_an_address_of_its_own_and_ends_it(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    await proposed(firm, ticket)
    await home.send(f"/tickets/{ticket}/visit", slot=first_slot(await home.get(f"/tickets/{ticket}")))
    shown = (await home.send("/calendar-link")).text
    path = "/calendar-feed/" + shown.split("/calendar-feed/")[1].split('"')[0]
    client = aulnes.web.client
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(text("DELETE FROM aftersales.link_try"))
    feed = await client.get(path)
    assert len(event(feed).to_ical()) > 0
    assert feed.headers["x-robots-tag"].startswith("noindex")
    assert (await client.get(path + "x")).status_code == 404
    assert (await client.get(f"/contractor/{path.split('/')[-1]}")).status_code == 404
    assert (await home.send("/calendar-link/revoke")).status_code == 303
    assert (await client.get(path)).status_code == 404


async def test_a_calendar_address_ends_after_a_year_and_when_the_home_is_left(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    await proposed(firm, ticket)
    await home.send(f"/tickets/{ticket}/visit", slot=first_slot(await home.get(f"/tickets/{ticket}")))
    shown = (await home.send("/calendar-link")).text
    path = "/calendar-feed/" + shown.split("/calendar-feed/")[1].split('"')[0]

    async def read(age_days: int) -> httpx.Response:
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            await unit.session.execute(text("DELETE FROM aftersales.link_try"))
            await unit.session.execute(
                text(
                    "UPDATE aftersales.calendar_link SET made_at = now() - make_interval(days => :days)"
                    " WHERE coop = :coop"
                ),
                {"days": age_days, "coop": aulnes.slug},
            )
        answer: httpx.Response = await aulnes.web.client.get(path, headers={"Accept-Language": "fr"})
        return answer

    assert "prend fin" not in (await read(340)).text
    assert "prend fin dans une semaine" in (await read(360)).text
    over = await read(366)
    assert over.status_code == 404
    assert "adresse de calendrier" in over.text
    assert (await read(0)).status_code == 200
    occupancy = (await aulnes.get(f"/tickets/{ticket}")).json()["occupancy"]
    out = {"occupancy": occupancy, "moved_out_on": "2026-11-16"}
    assert (await aulnes.post("/move-outs", out)).status_code == 200
    await aulnes.now(MONDAY + timedelta(days=2))
    assert (await read(0)).status_code == 404


async def test_a_household_says_on_its_page_that_nobody_came_and_reads_an_apology(
    aulnes: Cooperative,
) -> None:
    firm = await a_firm(aulnes)
    home, ticket = await household(aulnes, firm)
    await agreed(firm, ticket, MONDAY + timedelta(hours=3))
    await aulnes.now(MONDAY + timedelta(hours=6))
    for page in (f"/tickets/{ticket}", f"/tickets/{ticket}/visit"):
        asked = (await home.get(page)).text
        assert "Que s’est-il passé" in asked
        assert "vient au rendez-vous" not in asked
        assert "appelez" not in asked
        assert f'action="/tickets/{ticket}/visit/cancel"' not in asked
    said = {"body": "Quelqu’un est venu : ce n’est pas fini."}
    assert (await home.send(f"/tickets/{ticket}/messages", **said)).status_code == 303
    answered = (await home.get(f"/tickets/{ticket}")).text
    assert "Que s’est-il passé" not in answered
    assert "votre réponse est arrivée" in answered
    assert (await home.send(f"/tickets/{ticket}/visit/missed")).status_code == 303
    visits = (await aulnes.get(f"/tickets/{ticket}/visits")).json()["visits"]
    assert visits[0]["missed_side"] == "contractor"
    assert "nous en sommes désolés" in (await home.get(f"/tickets/{ticket}")).text
    assert "désolés" in (await home.get(f"/tickets/{ticket}/visit")).text


async def test_the_desk_moves_proposes_and_records_a_missed_visit(aulnes: Cooperative) -> None:
    browser, firm = desk(aulnes), await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    made = await browser.send(f"/desk/{ticket}/visit/propose", day="2026-11-20", start="09:00", end="11:00")
    assert made.status_code == 303, made.text
    page = await browser.get(f"/desk/{ticket}/visit")
    assert (await browser.send(f"/desk/{ticket}/visit", slot=first_slot(page))).status_code == 303
    assert (await browser.send(f"/desk/{ticket}/visit/on-the-way", minutes="30")).status_code == 303
    assert (await browser.send(f"/desk/{ticket}/visit/missed", side="nobody")).status_code == 404
    await aulnes.now(datetime(2026, 11, 20, 11, 30, tzinfo=PARIS))
    past = (await browser.get(f"/desk/{ticket}/visit")).text
    assert "notez ce qu’il en est advenu" in past
    assert "on-the-way" not in past
    assert (await browser.send(f"/desk/{ticket}/visit/missed", side="member")).status_code == 303
    wrong = await browser.send(f"/desk/{ticket}/visit/propose", day="hier", start="09:00", end="11:00")
    assert wrong.status_code == 422
