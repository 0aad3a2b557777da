"""What households thought, published by residence in steps; on the real database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.aftersales.model import Ticket
from services.aftersales.opinions import giving, publishing
from services.aftersales.opinions.publishing import limit
from services.kit.registry import local_today
from tests.integration.aftersales.test_parties_pages import desk

if TYPE_CHECKING:
    from services.kit.unit import Unit
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
WAITS = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
"""Whether somebody waits for what this transaction holds."""


async def done_requests(aulnes: Cooperative, homes: int, each: int) -> list[str]:
    """Requests whose work is done, of the homes in turn."""
    moved = [(await aulnes.move_in())["occupancy"] for _ in range(homes)]
    found = [(await aulnes.open(moved[number % homes]))["id"] for number in range(homes * each)]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET state = 'done' WHERE id = ANY(:ids)"), {"ids": found}
        )
    return found


async def give(aulnes: Cooperative, tickets: list[str], verdicts: str) -> None:
    """`verdicts`: a letter for each, `g` or `b`; each is a household's own act."""
    for ticket, verdict in zip(tickets, verdicts, strict=True):
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            found = await unit.session.get(Ticket, ticket)
            assert found is not None
            said = "good" if verdict == "g" else "bad"
            await giving.give(unit, found, giving.HOUSEHOLD, "per_any", said)


async def published(aulnes: Cooperative) -> list[tuple[int, int]]:
    told = (await aulnes.get("/reports/opinions")).json()
    neighbour = aulnes.resident("per_neighbour")
    assert (await aulnes.get("/reports/opinions", neighbour)).json() == told, "everybody sees the same"
    return [(one["answers"], one["good"]) for one in told["residences"]]


async def test_a_figure_stands_until_enough_answers_of_enough_homes_move_it(aulnes: Cooperative) -> None:
    tickets = await done_requests(aulnes, homes=3, each=6)
    await give(aulnes, tickets[:9], "gggggggbb")
    assert await published(aulnes) == []
    await give(aulnes, tickets[9:10], "b")
    assert await published(aulnes) == [(10, 7)]
    await give(aulnes, tickets[10:14], "bggb")
    assert await published(aulnes) == [(10, 7)]
    # Given anew it is no new answer, and moves nothing by itself.
    await give(aulnes, tickets[:1], "b")
    assert await published(aulnes) == [(10, 7)]
    await give(aulnes, tickets[14:15], "g")
    assert await published(aulnes) == [(15, 9)]
    shown = (await desk(aulnes).get("/reports/aftersales")).text
    assert "15 réponses" in shown
    assert "60 %" in shown.replace("\u202f", " ").replace("\xa0", " ")
    assert "5 réponses de plus" in shown


async def test_answers_from_before_steps_were_kept_are_published_by_the_hourly_duty(
    aulnes: Cooperative,
) -> None:
    tickets = await done_requests(aulnes, homes=3, each=4)
    await give(aulnes, tickets, "g" * 11 + "b")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        for statement in (
            "DELETE FROM aftersales.opinion_step WHERE coop = :coop",
            "UPDATE aftersales.opinion SET counted_in = NULL WHERE coop = :coop",
        ):
            await unit.session.execute(text(statement), {"coop": aulnes.slug})
    assert await published(aulnes) == []
    for _ in range(2):
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            await publishing.advance_all(unit)
            assert limit("first", await local_today(unit)).answers <= len(tickets)
    assert await published(aulnes) == [(12, 11)]


async def test_an_answer_given_anew_while_another_closes_the_step_waits_for_it_and_both_are_kept(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = await done_requests(aulnes, homes=3, each=4)
    await give(aulnes, tickets[:9], "g" * 9)
    advance, closing = publishing.advance, []

    async def while_another_is_given(unit: Unit, ticket: str) -> None:
        if ticket == tickets[0]:
            closing.append(asyncio.create_task(give(aulnes, tickets[9:10], "g")))
            while not (await unit.session.execute(text(WAITS))).scalar_one():  # noqa: ASYNC110 - of the database
                await asyncio.sleep(0.02)
        await advance(unit, ticket)

    monkeypatch.setattr(publishing, "advance", while_another_is_given)
    await give(aulnes, tickets[:1], "b")
    await closing[0]
    assert await published(aulnes) == [(10, 9)]
