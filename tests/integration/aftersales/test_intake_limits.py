"""How much a household may report: kindly stopped beyond, never for a danger, never its cooperative."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import personal
from services.aftersales.intake import limits
from services.aftersales.intake.limits import OPENED, UNDERSTOOD, Window
from tests.integration.aftersales.test_pages import Browser, begin

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
REPORT = {"place": "kitchen", "element": "tap", "symptom": "leak", "description": "Le robinet fuit."}


async def real(aulnes: Cooperative) -> None:
    """It is no simulated cooperative."""
    async with aulnes.room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = false WHERE coop = :coop"), {"coop": aulnes.slug}
        )


async def test_beyond_the_limit_a_household_waits_or_calls_and_a_danger_is_opened_all_the_same(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OPENED, "times", 2)
    moved = await aulnes.move_in()
    await real(aulnes)
    resident = aulnes.resident(moved["persons"][0]["id"])
    body = REPORT | {"occupancy": moved["occupancy"]}
    for _ in range(2):
        assert (await aulnes.post("/tickets", body, resident)).status_code == 201
    late = await aulnes.post("/tickets", body, resident | {"Accept-Language": "fr"})
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= OPENED.seconds
    assert late.json()["code"] == "too_many_reports"
    assert "appelez votre coopérative" in late.json()["title"]
    danger = body | {"element": "gas_smell", "symptom": "smell"}
    assert (await aulnes.post("/tickets", danger, resident)).status_code == 201
    assert (await aulnes.post("/tickets", body)).status_code == 201, "its cooperative is not limited"


@pytest.mark.parametrize(("language", "said"), [("fr", "est gardé"), ("en", "What you wrote is kept")])
async def test_on_the_pages_nothing_typed_is_lost_and_a_number_is_shown(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setattr(OPENED, "times", 1)
    moved = await aulnes.move_in()
    await real(aulnes)
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        assert await limits.taken(unit, OPENED, moved["occupancy"]) == 0
    browser = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"], language)
    draft = await begin(browser)
    words = "Le robinet goutte toute la nuit."
    sent = await browser.send(f"{draft}/send", problem="kitchen.tap.leak", text=words)
    late = await browser.get(sent.headers["location"])
    assert late.status_code == 429
    assert "Retry-After" in late.headers
    assert said in late.text
    assert 'href="tel:0100000001"' in late.text
    assert words in (await browser.get(f"{draft}/last?problem=kitchen.tap.leak")).text
    assert (await browser.send("/tickets/new/danger/gas")).status_code == 303


async def test_sentences_are_understood_so_often_and_words_of_danger_always(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UNDERSTOOD, "times", 1)
    moved = await aulnes.move_in()
    await real(aulnes)
    person = moved["persons"][0]["id"]
    said = {"text": "Le robinet fuit"}
    assert (await aulnes.post("/tickets/proposals", said, aulnes.resident(person))).status_code == 200
    late = await aulnes.post("/tickets/proposals", said, aulnes.resident(person))
    assert (late.status_code, late.json()["code"]) == (429, "too_many_reports")
    assert (await aulnes.post("/tickets/proposals", said)).status_code == 200, "staff are not limited"
    browser = Browser(aulnes, Role.RESIDENT, person)
    draft = await begin(browser)
    told = await browser.send(draft, text="Le robinet fuit")
    assert (await browser.get(told.headers["location"])).status_code == 429
    assert "Le robinet fuit" in (await browser.get(draft)).text
    danger = await browser.send(draft, text="ça sent le gaz")
    assert danger.headers["location"].startswith("/tickets/new/danger/gas")


async def test_a_simulated_cooperative_reports_as_much_as_it_likes(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OPENED, "times", 1)
    moved = await aulnes.move_in()
    body = REPORT | {"occupancy": moved["occupancy"]}
    resident = aulnes.resident(moved["persons"][0]["id"])
    for _ in range(3):
        assert (await aulnes.post("/tickets", body, resident)).status_code == 201


async def tallies(aulnes: Cooperative) -> int:
    async with aulnes.room_unit("aftersales") as unit:
        found = await unit.session.execute(
            text("SELECT count(*) FROM aftersales.household_tally WHERE coop = :coop"), {"coop": aulnes.slug}
        )
        return int(found.scalar_one())


async def test_of_many_at_once_in_several_replicas_no_more_than_allowed_get_through(
    aulnes: Cooperative,
) -> None:
    await real(aulnes)
    window = Window("opened", times=5, seconds=60)

    async def one() -> int:
        async with aulnes.room_unit("aftersales") as unit:
            await unit.enter(aulnes.slug)
            return await limits.taken(unit, window, "occ_a")

    waits = await asyncio.gather(*(one() for _ in range(12)))
    assert waits.count(0) == 5
    assert all(0 < wait <= 60 for wait in waits if wait)
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        assert await limits.taken(unit, window, "occ_b") == 0, "another household is counted by itself"
        assert await limits.taken(unit, Window("understood", 1, 60), "occ_a") == 0, "and so is another thing"
        unit.wall += timedelta(seconds=61)
        assert await limits.taken(unit, window, "occ_a") == 0


async def test_what_was_not_opened_is_not_counted(aulnes: Cooperative) -> None:
    await real(aulnes)
    with pytest.raises(RuntimeError):
        async with aulnes.room_unit("aftersales") as unit:
            await unit.enter(aulnes.slug)
            assert await limits.taken(unit, OPENED, "occ_a") == 0
            raise RuntimeError("the request could not be opened after all")
    assert await tallies(aulnes) == 0


async def test_tries_are_forgotten_with_the_longest_window_and_with_the_person(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    await real(aulnes)
    person = moved["persons"][0]["id"]
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        await limits.taken(unit, OPENED, moved["occupancy"])
        await limits.taken(unit, UNDERSTOOD, person)
        await limits.forget(unit)
    assert await tallies(aulnes) == 2
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        await personal.erase(unit, person, [])
    assert await tallies(aulnes) == 1
    async with aulnes.room_unit("aftersales") as unit:
        await unit.enter(aulnes.slug)
        unit.wall += timedelta(seconds=OPENED.seconds + 1)
        await limits.forget(unit)
    assert await tallies(aulnes) == 0
