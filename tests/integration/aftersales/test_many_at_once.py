"""What is computed of many requests together is what each alone would give; on the real database."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales import by_time, duties, life_terms, walking, winding_together
from services.aftersales.actions import locked_of
from services.aftersales.assess import home_of
from services.aftersales.standings import standing_of, standings_of
from services.aftersales.winding import keep, wind_clocks
from services.aftersales.winding_together import wind_all
from tests.integration.aftersales.conftest import MONDAY

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
THINGS = (
    {"element": "tap", "symptom": "broken"},
    {"element": "water_pipe", "symptom": "leak"},
    {"element": "radiator", "symptom": "no_heat", "place": "living_room"},
    {"element": "tap", "symptom": "leak"},
)
STEPS: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = (
    (),
    (("acknowledge", {}), ("wait_member", {"comment": "Quand ?"})),
    (("acknowledge", {}), ("qualify", {}), ("assign", {}), ("start", {}), ("finish", {})),
    (("acknowledge", {}), ("wait_member", {"comment": "Quand ?"}), ("resume", {})),
)


class UndoneError(Exception):
    """Leaves a unit without keeping anything of it."""


async def many(aulnes: Cooperative) -> list[str]:
    """Requests of several homes, kinds and states, one of a building; a home has its own days and pieces."""
    body = {"coop": aulnes.slug, "ref": "B1", "residence": "Les Aulnes", "reception_on": "2026-06-30"}
    building = (await aulnes.post("/buildings", body)).json()["id"]
    homes = [
        await aulnes.move_in(),
        await aulnes.move_in("co_owner", home={"reception_on": "2026-06-30"}),
        await aulnes.move_in(home={"building": building}),
    ]
    for path, more in (
        (f"/dwellings/{homes[0]['dwelling']}/equipment", {"element": "tap", "installed_on": "2026-11-05"}),
        (f"/buildings/{building}/equipment", {"element": "radiator", "installed_on": "2026-09-01"}),
        (
            f"/occupancies/{homes[0]['occupancy']}/legal-dates",
            {"kind": "etat_des_lieux", "on": "2026-11-03"},
        ),
    ):
        answer = await aulnes.post(path, more)
        assert answer.status_code == 201, answer.text
    tickets: list[str] = []
    for home in homes:
        for number, thing in enumerate(THINGS):
            ticket = (await aulnes.open(home["occupancy"], **thing))["id"]
            for action, facts in STEPS[(number + len(tickets)) % len(STEPS)]:
                await aulnes.act(ticket, action, None, **facts)
            tickets.append(ticket)
    shared = await aulnes.open(None, building=building, place="roof", element="roof", symptom="leak")
    return [*tickets, shared["id"]]


async def stored(unit: Any) -> list[tuple[Any, ...]]:
    await unit.session.flush()
    rows = await unit.session.execute(
        text(
            "SELECT d.ticket, d.kind, d.clock, d.starts_at, d.due_at, d.met_at, d.warned_percent, d.alarm_at,"
            " CAST(d.alarms AS text), t.next_due_at, t.state, t.version FROM aftersales.ticket_deadline d"
            " JOIN aftersales.ticket t ON t.id = d.ticket WHERE d.coop = :coop ORDER BY d.ticket, d.kind"
        ),
        {"coop": unit.coop},
    )
    return [tuple(row) for row in rows]


async def changed_rules(aulnes: Cooperative) -> None:
    for name, value in (
        ("calendar", {"closed_on": ["2026-11-17", "2026-11-18"]}),
        ("heating_period", {"from": "12-01", "to": "03-31"}),
    ):
        answer = await aulnes.web.client.put(
            f"/api/v1/aftersales-settings/{name}", json=value, headers=aulnes.staff
        )
        assert answer.status_code == 204, answer.text


async def test_clocks_computed_together_are_those_of_each_alone(aulnes: Cooperative, room_unit: Any) -> None:
    tickets = await many(aulnes)
    await changed_rules(aulnes)
    await aulnes.now(MONDAY + timedelta(days=2))
    found = []
    for is_together in (True, False):
        with suppress(UndoneError):
            async with room_unit("aftersales", aulnes.slug) as unit:
                before = await stored(unit)
                rows = await locked_of(unit, tickets)
                assert len(rows) == len(tickets)
                standings = await standings_of(unit, rows)
                if is_together:
                    await wind_all(unit, rows)
                for row in rows:
                    standing = await standing_of(unit, row)
                    assert standings[row.id] == standing
                    if not is_together:
                        await wind_clocks(unit, row, await home_of(unit, row), standing)
                found.append(await stored(unit))
                raise UndoneError
    assert found[0] == found[1] != before


async def test_a_walk_of_many_at_once_tells_what_one_by_one_tells(
    aulnes: Cooperative, room_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(aulnes)
    async with room_unit("aftersales", aulnes.slug) as unit:
        assert await walking.walk(unit, 60)
        await duties.do_all(unit)
    await aulnes.now(MONDAY + timedelta(days=45))
    found = []
    for at_once in (500, 1):
        monkeypatch.setattr(by_time, "AT_ONCE", at_once)
        with suppress(UndoneError):
            async with room_unit("aftersales", aulnes.slug) as unit:
                assert await walking.walk(unit, 600)
                await duties.do_all(unit)
                clocks = await stored(unit)
                await unit.flush()
                told = await unit.session.execute(
                    text(
                        "SELECT occurred_at, subject, about, body FROM aftersales.outbox WHERE coop = :coop"
                    ),
                    {"coop": unit.coop},
                )
                found.append((clocks, sorted(tuple(row) for row in told if "near" in row.subject)))
                raise UndoneError
    assert len(found[0][1]) > 50
    assert found[0] == found[1]


async def test_one_that_fails_among_many_is_left_and_the_others_are_done(
    aulnes: Cooperative, room_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [(await aulnes.open((await aulnes.move_in())["occupancy"]))["id"] for _ in range(3)]
    await changed_rules(aulnes)
    warn_one = by_time._warn_one

    def warn_but_one(unit: Any, ticket: Any, *more: Any) -> None:
        if ticket.id == tickets[1]:
            raise RuntimeError
        warn_one(unit, ticket, *more)

    monkeypatch.setattr(winding_together, "keep", _fails_for(tickets[1], keep))
    monkeypatch.setattr(winding_together, "wind_clocks", _fails_for(tickets[1], wind_clocks))
    monkeypatch.setattr(by_time, "_warn_one", warn_but_one)
    async with room_unit("aftersales", aulnes.slug) as unit:
        before = {(row[0], row[1]): row for row in await stored(unit)}
        await wind_all(unit, await locked_of(unit, tickets))
        after = {(row[0], row[1]): row for row in await stored(unit)}
    changed = {ticket for ticket, kind in before if before[ticket, kind] != after[ticket, kind]}
    assert changed == {tickets[0], tickets[2]}
    await aulnes.now(MONDAY + timedelta(days=7))
    async with room_unit("aftersales", aulnes.slug) as unit:
        await by_time.warn(unit)
    assert {one["ticket"] for one in await aulnes.told("aftersales.deadline_near.v1")} == changed


def _fails_for(ticket_id: str, work: Any) -> Any:
    async def fails(unit: Any, ticket: Any, *more: Any) -> None:
        if ticket.id == ticket_id:
            await unit.session.execute(text("SELECT 1 / 0"))
        await work(unit, ticket, *more)

    return fails


async def test_one_whose_home_is_known_no_more_is_left_and_the_others_are_done(
    aulnes: Cooperative, room_unit: Any
) -> None:
    tickets = [(await aulnes.open((await aulnes.move_in())["occupancy"]))["id"] for _ in range(3)]
    await changed_rules(aulnes)
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET occupancy = 'occ_unknown', building = NULL WHERE id = :id"),
            {"id": tickets[1]},
        )
        before = {(row[0], row[1]): row for row in await stored(unit)}
        await wind_all(unit, await locked_of(unit, tickets))
        after = {(row[0], row[1]): row for row in await stored(unit)}
    assert {one for one, kind in before if before[one, kind] != after[one, kind]} == {tickets[0], tickets[2]}
    await aulnes.now(MONDAY + timedelta(days=7))
    async with room_unit("aftersales", aulnes.slug) as unit:
        await by_time.warn(unit)
    told = {one["ticket"] for one in await aulnes.told("aftersales.deadline_near.v1")}
    assert told == {tickets[0], tickets[2]}


async def test_a_danger_is_warned_of_though_its_home_is_known_no_more(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    async with room_unit("aftersales", aulnes.slug) as unit:
        for statement in (
            "UPDATE aftersales.ticket SET occupancy = 'occ_unknown', building = NULL WHERE id = :id",
            "UPDATE aftersales.ticket_deadline SET clock = 'safety' WHERE ticket = :id AND kind = (SELECT"
            " kind FROM aftersales.ticket_deadline WHERE ticket = :id"
            " ORDER BY alarm_at NULLS LAST, kind LIMIT 1)",
        ):
            await unit.session.execute(text(statement), {"id": ticket})
        clocks = {row[1]: row[2] for row in await stored(unit)}
    assert len(clocks) > 1
    await aulnes.now(MONDAY + timedelta(days=30))
    async with room_unit("aftersales", aulnes.slug) as unit:
        await by_time.warn(unit)
    told = await aulnes.told("aftersales.deadline_near.v1")
    assert [one["clock"] for one in told] == ["safety"]


async def test_the_database_knows_the_same_days_to_reopen_as_the_rules(
    room_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(
        life_terms.LifeTerms(valid_from=day, reopen_days=days, after_reminder_hours=1, chased_after_hours=1)
        for day, days in ((date(2026, 1, 1), 30), (date(2026, 3, 1), 10), (date(2026, 5, 1), 20))
    )
    monkeypatch.setattr(life_terms, "_rows", lambda: rows)
    ends = [datetime(2025, 12, 1, tzinfo=UTC) + timedelta(hours=11 * number) for number in range(500)]
    async with room_unit("aftersales") as unit:
        found = await unit.session.execute(
            text(
                f"SELECT {life_terms.REOPEN_DAYS} FROM unnest(CAST(:ends AS timestamptz[])) WITH ORDINALITY"
                " AS t(ended_at, place) ORDER BY t.place"
            ),
            {"ends": ends, **life_terms.reopen_values()},
        )
        days = list(found.scalars())
    life_terms._of_day.cache_clear()
    expected = [life_terms.life_terms(at).reopen_days for at in ends]
    life_terms._of_day.cache_clear()
    assert days == expected
    assert set(days) == {30, 10, 20}
