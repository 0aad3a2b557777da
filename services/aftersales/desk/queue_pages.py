"""The desk's queue, its kept views and bulk actions, and the residences door by door."""

from typing import Annotated

from fastapi import Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col

from services.aftersales import queries, registry, views
from services.aftersales.actions import Changes
from services.aftersales.desk import bulk, numbered, residences, saved, search
from services.aftersales.desk.asked import NEW, WAITING, Asked, from_query
from services.aftersales.desk.undated import is_undated
from services.aftersales.incidents import queries as incidents
from services.aftersales.model import Ticket
from services.aftersales.page_base import answer, pages
from services.aftersales.parties import jobs, letters
from services.aftersales.words import codes, labelled, word
from services.kit.i18n import language_of
from services.kit.registry import Staff, zone_of
from services.kit.unit import Unit
from services.kit.web import PageQuery, RoomUnit, Who, page_of, roles

TEAM = ("staff", "caretaker")


@pages.get("/desk", **roles(*TEAM))
async def desk(
    request: Request,
    unit: RoomUnit,
    who: Who,
    page: PageQuery,
    asked: Annotated[Asked, Depends()],
    done: Annotated[str, Query(max_length=2000)] = "",
    not_done: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Most pressing first. `done` and `not_done`: the numbers of a bulk action that just ended."""
    language, zone = language_of(request), await zone_of(unit)
    found = await search.found(unit, asked.q) if asked.q.strip() else None
    if asked.numbers:
        named = await numbered.found(unit, asked.numbers)
        found = named if found is None else [one for one in found if one in set(named)]
    filters = asked.filters(who.id, found)
    rows = await queries.listed(unit, who, filters, page.limit, queries.position(page))
    items = [views.summary_out(row.ticket, row.residence, row.is_overdue, zone, language) for row in rows]
    shown = page_of(items, page, queries.position_of)
    people = await _people(unit)
    return await answer(
        request,
        unit,
        "desk.html",
        undelivered=await letters.undelivered_count(unit),
        waiting=await incidents.waiting(unit),
        tickets=shown.items,
        places=await jobs.places_of(unit, [row.ticket for row in rows]),
        names={person.id: person.name for person in people},
        undated={row.ticket.id for row in rows if is_undated(row.ticket)},
        assignees={row.ticket.id: row.ticket.assignee for row in rows},
        asked=asked,
        counts=await _counts(unit, asked.at("open").filters(who.id, found), who.id),
        following=f"/desk?{asked.query(cursor=shown.next_cursor)}" if shown.next_cursor else None,
        residences=await queries.residences(unit),
        choices={name: labelled(name, language) for name in ("teams", "priorities", "parties")},
        people=people,
        team_name=lambda code: word("teams", code, language) if code in codes("teams") else code,
        saved_views=await saved.of(unit, who.id),
        bulk_actions=bulk.ACTIONS,
        done=_numbers(done),
        not_done=_numbers(not_done),
    )


@pages.post("/desk/bulk", **roles(*TEAM))
async def act_on_many(
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(pattern=f"^({'|'.join(bulk.ACTIONS)})$")],
    tickets: Annotated[list[str] | None, Form(max_length=bulk.MOST)] = None,
    comment: Annotated[str, Form(max_length=4000)] = "",
    team: Annotated[str, Form(max_length=64)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    view: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """One action on the chosen requests, then the same queue with what became of it."""
    asked = from_query(view)
    is_empty_message = action == "message" and not comment.strip()
    if not tickets or is_empty_message:
        return RedirectResponse(f"/desk?{asked.query()}", 303)
    changes = Changes(
        team=team if team in codes("teams") else None,
        assignee=assignee if assignee in {person.id for person in await _people(unit)} else None,
    )
    outcome = await bulk.act(unit, who, tickets, action, changes, comment.strip())
    told = {"done": _text(outcome.done), "not_done": _text(outcome.not_done)}
    return RedirectResponse(f"/desk?{asked.query(**told)}", 303)


@pages.post("/desk/views", **roles(*TEAM))
async def keep_view(
    unit: RoomUnit,
    who: Who,
    name: Annotated[str, Form(max_length=200)] = "",
    view: Annotated[str, Form(max_length=2000)] = "",
    shared: Annotated[bool, Form()] = False,
) -> Response:
    if name.strip():
        await saved.keep(unit, who.id, name, view, is_shared=shared)
    return RedirectResponse(f"/desk?{from_query(view).query()}", 303)


@pages.post("/desk/views/{view}/forget", **roles(*TEAM))
async def forget_view(view: str, unit: RoomUnit, who: Who) -> Response:
    """One's own only; another's stays, and the answer is the same."""
    await saved.drop(unit, who.id, view)
    return RedirectResponse("/desk", 303)


@pages.get("/desk/residences", **roles(*TEAM))
async def by_residence(
    request: Request, unit: RoomUnit, who: Who, residence: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """All residences, or one of them by building, staircase and door."""
    return await answer(
        request,
        unit,
        "desk_residences.html",
        overview=await residences.overview(unit),
        residence=residence,
        houses=await residences.houses(unit, residence) if residence else [],
    )


async def _counts(unit: Unit, running: queries.Filters, person: str) -> dict[str, int]:
    state, assignee = col(Ticket.state), col(Ticket.assignee)
    counted = await queries.count(
        unit,
        running,
        col(Ticket.next_due_at) < unit.now,
        state.in_(NEW),
        state.in_(WAITING),
        assignee == person,
    )
    return dict(zip(("open", "overdue", "new", "waiting", "mine"), counted, strict=True))


async def _people(unit: Unit) -> list[Staff]:
    return [one for one in (await registry.staff(unit)).values() if one.role in TEAM]


def _numbers(told: str) -> list[str]:
    return [number for number in told.split(",") if number.isdecimal()]


def _text(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))
