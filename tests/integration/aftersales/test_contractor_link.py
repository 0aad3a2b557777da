"""A contractor works by its personal link: its own open jobs, no more of the household than access needs."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from services.aftersales.parties import links
from services.aftersales.parties.model import Party
from tests.integration.aftersales.conftest import MONDAY, PARIS

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
FORM = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
async def untried(aulnes: Cooperative) -> None:
    """What other tests tried from the same address is forgotten."""
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(text("DELETE FROM aftersales.link_try"))


class Firm:
    """A plumber with a link, and a browser without any account."""

    def __init__(self, aulnes: Cooperative, party: str, token: str) -> None:
        self.aulnes, self.party, self.token = aulnes, party, token

    async def get(self, path: str = "", token: str | None = None) -> httpx.Response:
        answer: httpx.Response = await self.aulnes.web.client.get(
            f"/contractor/{token or self.token}{path}", headers={"Accept-Language": "fr"}
        )
        return answer

    async def send(self, path: str, files: Any = None, **form: Any) -> httpx.Response:
        answer: httpx.Response = await self.aulnes.web.client.post(
            f"/contractor/{self.token}{path}", data=form, files=files, headers=FORM
        )
        return answer

    async def state(self, ticket: str) -> str:
        return str((await self.aulnes.get(f"/tickets/{ticket}")).json()["state"])


async def a_firm(aulnes: Cooperative, name: str = "Plombier 2") -> Firm:
    body = {"kind": "contractor", "name": name, "email": "p2@firm.test", "trades": ["plumbing"]}
    party = (await aulnes.post("/parties", body)).json()["id"]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        token = await links.mint(unit, await unit.session.get_one(Party, party))
    return Firm(aulnes, party, token)


async def a_job(aulnes: Cooperative, firm: Firm | None, **more: Any) -> tuple[str, dict[str, Any]]:
    household = {"name": "Camille Foyer-12", "email": "f12@foyer.test", "mobile": "+33600000012"}
    moved = await aulnes.move_in(household=[household | {"right": "holder"}])
    words = {"description": "Le joint goutte sous l’évier."} | more
    ticket = await aulnes.open(moved["occupancy"], element="tap", symptom="limescale", **words)
    await aulnes.act(ticket["id"], "acknowledge")
    await aulnes.act(ticket["id"], "qualify")
    given: dict[str, Any] = {"party": firm.party} if firm else {"team": "plumbing"}
    done = await aulnes.act(ticket["id"], "assign", **given)
    assert done.status_code == 200, done.text
    return ticket["id"], moved


async def agreed(firm: Firm, ticket: str, at: datetime) -> None:
    local = at.astimezone(PARIS)
    sent = await firm.send(
        f"/jobs/{ticket}/agreed", day=local.date().isoformat(), start=local.strftime("%H:%M")
    )
    assert sent.status_code == 303, sent.text


def a_photo() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), (20, 90, 70)).save(picture, "JPEG")
    return picture.getvalue()


async def test_the_list_and_the_job_show_the_work_and_the_place(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    listed = await firm.get()
    assert listed.status_code == 200
    assert "Robinet" in listed.text
    page = await firm.get(f"/jobs/{ticket}")
    assert "Le joint goutte sous l’évier." in page.text
    assert "Les Aulnes" in page.text
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["referrer-policy"] == "same-origin"
    assert "no-store" in page.headers["cache-control"]


async def test_being_given_a_job_is_written_with_a_link_and_nobody_s_name(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    letters = (await aulnes.get(f"/parties/{firm.party}/letters")).json()["letters"]
    assert [one["about"] for one in letters] == [ticket]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT subject || paragraphs::text || link FROM aftersales.letter WHERE party = :party"),
            {"party": firm.party},
        )
        [said] = rows.scalars()
    assert "Foyer-12" not in said
    assert "goutte" not in said
    assert "{token}" in said


@pytest.mark.parametrize(
    ("hours_before", "is_shown"),
    [(49, False), (35, True), (1, True), (-1, True), (-3, False)],
)
async def test_first_name_and_number_are_there_from_the_day_before_until_the_end(
    aulnes: Cooperative, hours_before: int, is_shown: bool
) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    visit = datetime(2026, 11, 20, 12, tzinfo=PARIS)
    await agreed(firm, ticket, visit)
    await aulnes.now(visit - timedelta(hours=hours_before))
    page = (await firm.get(f"/jobs/{ticket}")).text
    assert ("Camille" in page) is is_shown
    assert ("+33600000012" in page) is is_shown
    for never in ("Foyer-12", "f12@foyer.test", moved["persons"][0]["id"], moved["occupancy"]):
        assert never not in page


async def test_who_has_begun_can_still_call_until_the_visit_s_end(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    await agreed(firm, ticket, MONDAY + timedelta(hours=1))
    await aulnes.now(MONDAY + timedelta(hours=1))
    await firm.send(f"/jobs/{ticket}/start")
    assert "+33600000012" in (await firm.get(f"/jobs/{ticket}")).text
    await aulnes.now(MONDAY + timedelta(hours=4))
    assert "+33600000012" not in (await firm.get(f"/jobs/{ticket}")).text


async def test_what_household_and_cooperative_write_to_each_other_stays_between_them(
    aulnes: Cooperative,
) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    who = aulnes.resident(moved["persons"][0]["id"])
    await aulnes.post(f"/tickets/{ticket}/messages", {"body": "Secret de la famille"}, who)
    await firm.send(f"/jobs/{ticket}/messages", body="Il me faut le code de la porte")
    page = (await firm.get(f"/jobs/{ticket}")).text
    assert "Secret de la famille" not in page
    assert "Il me faut le code" in page
    shown = (await aulnes.get(f"/tickets/{ticket}/messages", who)).text
    assert "code de la porte" not in shown


async def scope(aulnes: Cooperative) -> list[tuple[Firm, str]]:
    """Every request that a firm's link must not reach, with that firm."""
    firm, rival = await a_firm(aulnes), await a_firm(aulnes, "Plombier 3")
    of_rival, _ = await a_job(aulnes, rival)
    of_team, _ = await a_job(aulnes, None)
    taken_back, _ = await a_job(aulnes, firm)
    await aulnes.act(taken_back, "assign", team="plumbing", party="")
    over, moved = await a_job(aulnes, firm)
    await aulnes.act(over, "cancel", aulnes.resident(moved["persons"][0]["id"]))
    fresh = await aulnes.move_in()
    not_given = (await aulnes.open(fresh["occupancy"]))["id"]
    return [(firm, one) for one in (of_rival, of_team, taken_back, over, not_given, "tkt_invented")]


async def test_no_other_request_can_be_reached_by_the_link(aulnes: Cooperative) -> None:
    for firm, ticket in await scope(aulnes):
        assert ticket not in (await firm.get()).text
        for path in ("", "/photos/pho_1", "/photos/pho_1/small", "/notices/ntc_1", "/visit.ics"):
            assert (await firm.get(f"/jobs/{ticket}{path}")).status_code == 404, (ticket, path)
        for path, form in (
            ("start", {}), ("on-the-way", {"minutes": "15"}), ("cannot-come", {}), ("finish", {}),
            ("messages", {"body": "x"}), ("photos", {}), ("agreed", {"day": "2026-11-20", "start": "09:00"}),
            ("slots", {"day": "2026-11-20", "start": "09:00", "end": "10:00"}), ("slots/slt_1/withdraw", {}),
        ):  # fmt: skip
            answer = await firm.send(f"/jobs/{ticket}/{path}", **form)
            assert answer.status_code == 404, (ticket, path, answer.status_code)


async def test_a_photo_of_another_job_is_not_shown_under_one_s_own(aulnes: Cooperative) -> None:
    firm, rival = await a_firm(aulnes), await a_firm(aulnes, "Plombier 3")
    own, _ = await a_job(aulnes, firm)
    other, _ = await a_job(aulnes, rival)
    await rival.send(f"/jobs/{other}/photos", files={"photos": ("a.jpg", a_photo(), "image/jpeg")})
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT id FROM aftersales.photo WHERE ticket = :t"), {"t": other}
        )
        photo = rows.scalar_one()
    assert (await firm.get(f"/jobs/{own}/photos/{photo}")).status_code == 404
    shown = await rival.get(f"/jobs/{other}/photos/{photo}/small")
    assert shown.headers["content-type"] == "image/jpeg"


async def test_wrong_expired_and_revoked_links_answer_with_one_same_page(aulnes: Cooperative) -> None:
    firm, gone, late = await a_firm(aulnes), await a_firm(aulnes, "Parti"), await a_firm(aulnes, "Tard")
    await aulnes.web.client.delete(f"/api/v1/parties/{gone.party}/link", headers=aulnes.staff)
    await aged(aulnes, late, days=31)
    wrong = f"{aulnes.slug}.{'x' * 32}"
    pages = [await firm.get(token=one) for one in (gone.token, late.token, wrong)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text.replace(token, "") for page, token in zip(
        pages, (gone.token, late.token, wrong), strict=True)}) == 1  # fmt: skip
    assert "Ce lien a pris fin" in pages[0].text
    elsewhere = await firm.get(token="nowhere." + "x" * 32)
    assert elsewhere.status_code == 404
    assert (await firm.get(token="rubbish")).status_code == 404


async def test_who_has_no_link_learns_of_the_cooperative_what_it_publishes(aulnes: Cooperative) -> None:
    firm, wrong = await a_firm(aulnes), f"{aulnes.slug}.{'x' * 32}"
    page = (await firm.get(token=wrong)).text
    async with aulnes.room_unit("aftersales") as unit:
        rows = await unit.session.execute(
            text("SELECT name FROM registry.coop WHERE slug = :slug"), {"slug": aulnes.slug}
        )
        name = rows.scalar_one()
    for hidden in ("01 00 00 00 01", "Agent 1", name):
        assert hidden not in page
    said = {"name": "Accueil des Aulnes", "phone": "01 00 00 00 77", "hours": "9 h à 12 h"}
    kept = await aulnes.web.client.put(
        "/api/v1/aftersales-settings/public_contact", json=said, headers=aulnes.staff
    )
    assert kept.status_code == 204, kept.text
    page = (await firm.get(token=wrong)).text
    assert all(words in page for words in said.values())
    assert "Agent 1" not in page


async def aged(aulnes: Cooperative, firm: Firm, days: int, used: int | None = None) -> None:
    """The firm's links as they would be had they been issued so many days ago and used `used` days ago."""
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text(
                "UPDATE aftersales.party_link SET made_at = now() - make_interval(days => :days),"
                " last_used_at = now() - make_interval(days => :used),"
                " expires_at = least(now() - make_interval(days => :used) + interval '30 days',"
                " now() - make_interval(days => :days) + interval '180 days') WHERE party = :party"
            ),
            {"party": firm.party, "days": days, "used": days if used is None else used},
        )


@pytest.mark.parametrize(
    ("days", "used", "works"),
    [(29, 29, True), (31, 31, False), (31, 2, True), (179, 1, True), (181, 0, False)],
)
async def test_a_link_idles_thirty_days_and_lives_at_most_a_hundred_and_eighty(
    aulnes: Cooperative, days: int, used: int, works: bool
) -> None:
    firm = await a_firm(aulnes)
    await a_job(aulnes, firm)
    await aged(aulnes, firm, days, used)
    assert (await firm.get()).status_code == (200 if works else 404)


async def test_a_use_prolongs_a_link_never_beyond_its_limit(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    await a_job(aulnes, firm)
    await aged(aulnes, firm, 170, used=5)
    assert (await firm.get()).status_code == 200
    [link] = (await aulnes.get(f"/parties/{firm.party}/links")).json()["links"]
    left = datetime.fromisoformat(link["ends_at"]) - datetime.now(PARIS)
    assert timedelta(days=9) < left < timedelta(days=11)
    assert (link["ends_by"], link["is_good"]) == ("oldest", True)


async def test_a_firm_without_open_job_loses_its_link_after_a_while(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    await aged(aulnes, firm, 100, used=1)
    assert (await firm.get()).status_code == 200
    await aulnes.act(ticket, "cancel", aulnes.resident(moved["persons"][0]["id"]))
    assert (await firm.get()).status_code == 200
    await aulnes.now(MONDAY + timedelta(days=59))
    assert (await firm.get()).status_code == 200
    await aulnes.now(MONDAY + timedelta(days=61))
    assert (await firm.get()).status_code == 404
    party = (await aulnes.get(f"/parties/{firm.party}")).json()
    assert party["has_link"] is False


async def test_staff_see_each_link_renew_it_and_end_it(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    await a_job(aulnes, firm)
    await aged(aulnes, firm, 175, used=1)
    [link] = (await aulnes.get(f"/parties/{firm.party}/links")).json()["links"]
    assert firm.token.split(".")[1] not in str(link)
    renewed = await aulnes.post(f"/parties/{firm.party}/links/{link['id']}/renew", {})
    assert renewed.status_code == 200, renewed.text
    [after] = renewed.json()["links"]
    assert datetime.fromisoformat(after["ends_at"]) > datetime.now(PARIS) + timedelta(days=29)
    assert (await firm.get()).status_code == 200
    other = f"/parties/{firm.party}/links/lnk_{'0' * 24}"
    assert (await aulnes.post(f"{other}/renew", {})).status_code == 404
    path = f"/api/v1/parties/{firm.party}/links/{link['id']}"
    assert (await aulnes.web.client.delete(path, headers=aulnes.staff)).status_code == 204
    assert (await firm.get()).status_code == 404
    ended = await aulnes.post(f"/parties/{firm.party}/links/{link['id']}/renew", {})
    assert ended.status_code == 409


async def letters_of(aulnes: Cooperative, firm: Firm) -> list[dict[str, Any]]:
    listed = (await aulnes.get(f"/parties/{firm.party}/letters")).json()["letters"]
    return [one for one in listed if one["about"] == firm.party]


async def test_an_ended_link_asks_for_a_new_one_which_goes_to_the_firm_s_own_address_alone(
    aulnes: Cooperative,
) -> None:
    firm, stranger = await a_firm(aulnes), await a_firm(aulnes, "Autre")
    await aged(aulnes, firm, 40)
    asked = await firm.send("/ask", email="thief@elsewhere.test")
    assert asked.status_code == 200
    assert "un nouveau part" in asked.text
    assert len(await letters_of(aulnes, firm)) == 1
    stranger.token = f"{aulnes.slug}.{'z' * 43}"
    nothing = await stranger.send("/ask")
    assert (nothing.status_code, nothing.text.replace(stranger.token, "")) == (
        200,
        asked.text.replace(firm.token, ""),
    )
    assert await letters_of(aulnes, stranger) == []


async def test_a_new_link_is_sent_three_times_a_day_at_most_and_never_for_one_that_staff_ended(
    aulnes: Cooperative,
) -> None:
    firm, ended = await a_firm(aulnes), await a_firm(aulnes, "Fini")
    await aged(aulnes, firm, 40)
    for _ in range(5):
        assert (await firm.send("/ask")).status_code == 200
    assert len(await letters_of(aulnes, firm)) == 3
    await aulnes.now(MONDAY + timedelta(hours=25))
    await firm.send("/ask")
    assert len(await letters_of(aulnes, firm)) == 4
    await aulnes.web.client.delete(f"/api/v1/parties/{ended.party}/link", headers=aulnes.staff)
    assert (await ended.send("/ask")).status_code == 200
    assert await letters_of(aulnes, ended) == []


async def test_who_asks_with_a_good_link_is_led_to_its_page(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    answer = await firm.send("/ask")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/contractor/{firm.token}")
    assert await letters_of(aulnes, firm) == []
    abroad = await aulnes.web.client.post(
        f"/contractor/{firm.token}/ask", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert abroad.status_code == 403


async def test_a_firm_that_is_no_longer_worked_with_has_no_link(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    answer = await aulnes.web.client.patch(
        f"/api/v1/parties/{firm.party}", json={"ended_on": "2026-11-15"}, headers=aulnes.staff
    )
    assert answer.status_code == 200
    assert (await firm.get()).status_code == 404


async def test_looking_changes_nothing(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    before = (await aulnes.get(f"/tickets/{ticket}")).json()["version"]
    for path in ("", f"/jobs/{ticket}", "/hours", "/calendar.ics", f"/jobs/{ticket}/start"):
        await firm.get(path)
    assert (await aulnes.get(f"/tickets/{ticket}")).json()["version"] == before


async def test_a_form_of_another_site_is_refused(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    answer = await aulnes.web.client.post(
        f"/contractor/{firm.token}/jobs/{ticket}/start", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert await firm.state(ticket) == "assigned"


async def test_slots_are_proposed_chosen_and_told(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    who = aulnes.resident(moved["persons"][0]["id"])
    sent = await firm.send(
        f"/jobs/{ticket}/slots",
        day=["2026-11-20", "2026-11-21", ""], start=["08:00", "14:00", ""], end=["10:00", "16:00", ""],
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    offered = (await aulnes.get(f"/tickets/{ticket}/slots", who)).json()["slots"]
    assert [one["starts_at"][:16] for one in offered] == ["2026-11-20T08:00", "2026-11-21T14:00"]
    booked = await aulnes.post(f"/tickets/{ticket}/visits", {"slot": offered[1]["id"]}, who)
    assert booked.status_code == 201, booked.text
    assert "21 novembre, 14:00" in (await firm.get()).text
    letters = (await aulnes.get(f"/parties/{firm.party}/letters")).json()["letters"]
    assert "21 novembre" in letters[0]["subject"]
    again = await firm.send(f"/jobs/{ticket}/slots", day=["2026-11-01"], start=["08:00"], end=["10:00"])
    assert again.status_code == 422


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("fixed", "done"), ("nothing_found", "done"), ("partly", "assigned"),
        ("needs_parts", "waiting_parts"),
        ("needs_other_trade", "qualified"), ("no_access", "assigned"),
    ],
)  # fmt: skip
async def test_each_outcome_leads_somewhere_and_none_closes_the_request(
    aulnes: Cooperative, outcome: str, state: str
) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    await agreed(firm, ticket, MONDAY + timedelta(hours=3))
    await aulnes.now(MONDAY + timedelta(hours=4))
    if outcome != "no_access":
        assert (await firm.send(f"/jobs/{ticket}/start")).status_code == 303
    done = await firm.send(
        f"/jobs/{ticket}/finish", outcome=outcome, note="Joint à refaire", no_photo="Trop sombre"
    )
    assert done.status_code == 303, done.text
    assert await firm.state(ticket) == state
    visits = (await aulnes.get(f"/tickets/{ticket}/visits")).json()["visits"]
    assert visits[0]["outcome"] == outcome
    assert visits[0]["missed_side"] == ("member" if outcome == "no_access" else None)


async def test_a_result_needs_a_photo_or_a_reason(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    refused = await firm.send(f"/jobs/{ticket}/finish", outcome="fixed", note="Changé le joint")
    assert refused.status_code == 422
    assert "Changé le joint" in refused.text
    assert await firm.state(ticket) == "assigned"
    files = {"photos": ("a.jpg", a_photo(), "image/jpeg")}
    assert (await firm.send(f"/jobs/{ticket}/finish", files, outcome="fixed")).status_code == 303
    assert await firm.state(ticket) == "done"
    rubbish = {"photos": ("a.jpg", b"not a picture", "image/jpeg")}
    other, _ = await a_job(aulnes, firm)
    assert (await firm.send(f"/jobs/{other}/finish", rubbish, outcome="fixed")).status_code == 422
    assert await firm.state(other) == "assigned"


async def test_on_the_way_tells_the_household_roughly_when(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    await agreed(firm, ticket, MONDAY + timedelta(hours=1))
    assert (await firm.send(f"/jobs/{ticket}/on-the-way", minutes="30")).status_code == 303
    told = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert (told["action"], told["tells_household"]) == ("on_the_way", True)
    assert datetime.fromisoformat(told["expected_at"]) == MONDAY + timedelta(minutes=30)


async def test_many_wrong_links_are_slowed_and_a_good_one_from_the_same_place_works_all_the_same(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.aftersales.parties import tries

    firm = await a_firm(aulnes)
    monkeypatch.setattr(tries, "WRONG_FROM_HOST", tries.Limit(f"wrong {firm.party}", 3))
    pages = [await firm.get(token=f"{aulnes.slug}.{'y' * 32}") for _ in range(5)]
    assert [page.status_code for page in pages] == [404, 404, 404, 429, 429]
    assert int(pages[-1].headers["retry-after"]) > 0
    assert (await firm.get()).status_code == 200
    assert (await firm.send("/messages")).status_code != 429


async def test_a_link_in_use_is_not_counted(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    for _ in range(5):
        await firm.get()
    async with aulnes.room_unit("aftersales") as unit:
        rows = await unit.session.execute(text("SELECT count(*) FROM aftersales.link_try"))
        assert rows.scalar_one() == 0


async def test_hours_are_kept_and_offered_to_households(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    form = {"weekday": "3", "start": "08:00", "end": "12:00", "window": "240", "capacity": "1"}
    assert (await firm.send("/hours", **form)).status_code == 303
    assert "jeudi" in (await firm.get("/hours")).text.lower()
    who = aulnes.resident(moved["persons"][0]["id"])
    [first, *_] = (await aulnes.get(f"/tickets/{ticket}/slots", who)).json()["slots"]
    assert first["starts_at"].startswith("2026-11-19T08:00")
    assert (await firm.send("/hours", **form)).status_code == 409
    rival = await a_firm(aulnes, "Plombier 3")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT id FROM aftersales.availability WHERE host = :host"), {"host": firm.party}
        )
        hours = rows.scalar_one()
    assert (await rival.send(f"/hours/{hours}/drop")).status_code == 404
    assert (await firm.send(f"/hours/{hours}/drop")).status_code == 303


async def under_warranty(aulnes: Cooperative, firm: Firm) -> str:
    """A buyer's request in the first year, for which the firm answers as the builder."""
    answer = await aulnes.web.client.patch(
        f"/api/v1/parties/{firm.party}",
        json={"warranties": ["parfait_achevement", "biennale"]},
        headers=aulnes.staff,
    )
    assert answer.status_code == 200
    home = {"residence": "Les Aulnes", "meters": [], "reception_on": "2026-10-20"}
    moved = await aulnes.move_in("buyer_vefa", home=home, livraison_on="2026-11-02")
    ticket = (await aulnes.open(moved["occupancy"], element="tap", symptom="broken"))["id"]
    for action, more in (("acknowledge", {}), ("qualify", {"responsible": "contractor"})):
        done = await aulnes.act(ticket, action, **more)  # type: ignore[arg-type]
        assert done.status_code == 200, done.text
    return str(ticket)


async def test_the_builder_reads_its_formal_notice_and_nobody_else_s(aulnes: Cooperative) -> None:
    firm, rival = await a_firm(aulnes), await a_firm(aulnes, "Plombier 3")
    ticket = await under_warranty(aulnes, firm)
    early = await aulnes.act(ticket, "assign", party=firm.party)
    assert early.status_code == 409, "no firm is sent before it was written to"
    noticed = await aulnes.post(f"/tickets/{ticket}/notices", {"kind": "notice", "party": firm.party})
    assert noticed.status_code == 201, noticed.text
    given = await aulnes.act(ticket, "assign", party=firm.party)
    assert given.status_code == 200, given.text
    page = (await firm.get(f"/jobs/{ticket}")).text
    path = page.split(f"/jobs/{ticket}/notices/")[1].split('"')[0]
    letter = await firm.get(f"/jobs/{ticket}/notices/{path}")
    assert letter.headers["content-type"] == "application/pdf"
    assert letter.content.startswith(b"%PDF")
    assert (await rival.get(f"/jobs/{ticket}/notices/{path}")).status_code == 404


@pytest.mark.parametrize(("priority", "minutes"), [("p3", 5), ("p0", 0)])
async def test_news_of_a_job_wait_for_more_of_the_same_firm_and_danger_does_not(
    aulnes: Cooperative, priority: str, minutes: int
) -> None:
    from services.aftersales.model import Ticket
    from services.aftersales.parties import job_letters

    firm = await a_firm(aulnes)
    ticket, _ = await a_job(aulnes, firm)
    async with aulnes.room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET business_now = NULL WHERE coop = :coop"), {"coop": aulnes.slug}
        )
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        found = await unit.session.get_one(Ticket, ticket)
        found.priority = priority
        letter = await job_letters.tell(unit, found, "written")
        row = await unit.session.execute(
            text("SELECT news, not_before FROM aftersales.letter WHERE id = :id"), {"id": letter}
        )
        is_news, not_before = row.one()
        assert (is_news, not_before) == (priority != "p0", unit.wall + timedelta(minutes=minutes))


async def test_a_job_that_was_opened_again_or_went_elsewhere_says_so(aulnes: Cooperative) -> None:
    firm, rival = await a_firm(aulnes), await a_firm(aulnes, "Plombier 9")
    ticket, moved = await a_job(aulnes, firm)
    sent = await firm.send(f"/jobs/{ticket}/finish", outcome="fixed", no_photo="not_visible")
    assert sent.status_code == 303, sent.text
    me = aulnes.resident(moved["persons"][0]["id"])
    again = await aulnes.act(ticket, "reopen", me, comment="Ça goutte encore.")
    assert again.status_code == 200, again.text
    page = await firm.get(f"/jobs/{ticket}")
    assert page.status_code == 200
    assert "rouvert" in page.text
    assert "Ça goutte encore." in page.text
    assert "Camille" not in page.text
    assert (await rival.get(f"/jobs/{ticket}")).status_code == 404
    await aulnes.act(ticket, "acknowledge")
    await aulnes.act(ticket, "qualify")
    assert (await aulnes.act(ticket, "assign", party=rival.party)).status_code == 200
    gone = await firm.get(f"/jobs/{ticket}")
    assert gone.status_code == 404
    assert "confié ce travail à quelqu" in gone.text
    assert "goutte" not in gone.text
    assert "Plombier 9" not in gone.text
    assert (await rival.get(f"/jobs/{ticket}")).status_code == 200
    assert (await firm.send(f"/jobs/{ticket}/start")).status_code == 404
