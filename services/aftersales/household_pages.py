"""The household's pages: its requests, and one of them to follow to the end. Reporting is in `intake`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Responsible, Role
from services.aftersales import actions, next_on_ticket, queries, ticket_parts, views
from services.aftersales.actions import Changes
from services.aftersales.page_base import actor_of, answer, pages, written
from services.aftersales.words import codes, word
from services.kit.i18n import language_of
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, roles

SHOWN_AT_HOME = 4
ALL = 200


@pages.get("/tickets", **roles("resident"))
async def mine(request: Request, unit: RoomUnit, who: Who) -> Response:
    """All requests of the household, those under way first."""
    rows = await _own(request, unit, who, ALL)
    running = [row for row in rows if row.ticket.ended_at is None]
    ended = sorted(
        (row for row in rows if row.ticket.ended_at is not None),
        key=lambda row: row.ticket.opened_at,
        reverse=True,
    )
    return await answer(request, unit, "tickets.html", running=running, ended=ended)


@pages.get("/fragments/tickets", **roles("resident"))
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The requests under way, for the first page."""
    rows = [row for row in await _own(request, unit, who, ALL) if row.ticket.ended_at is None]
    return await answer(
        request, unit, "fragment.html", running=rows[:SHOWN_AT_HOME], more=len(rows) - SHOWN_AT_HOME
    )


@pages.get("/tickets/{ticket}", **roles("resident", "staff", "caretaker"))
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who, new: bool = False) -> Response:
    """What happens, what comes next, by when and by whom. Staff have a page of their own."""
    if who.role is not Role.RESIDENT:
        return RedirectResponse(f"/desk/{ticket}", 303)
    return await _ticket(request, unit, who, ticket, is_new=new)


@pages.post("/tickets/{ticket}/actions", **roles("resident"))
async def act(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(max_length=64)],
    comment: Annotated[str, Form(max_length=4000)] = "",
    side: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    found = await queries.visible(unit, ticket, who)
    changes = Changes(comment=comment.strip() or None, facts={"side": side} if side else {})
    try:
        await actions.act(unit, found.id, action, actor_of(who), changes)
    except Problem as problem:
        return await _ticket(request, unit, who, ticket, problem=problem)
    return RedirectResponse(f"/tickets/{ticket}", 303)


@pages.post("/tickets/{ticket}/messages", **roles("resident"))
async def write(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    body: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    return await written(unit, who, ticket, body, f"/tickets/{ticket}")


@pages.get("/demandes", **roles("resident"))
async def in_french() -> Response:
    """The words people say and print lead to the same pages."""
    return RedirectResponse("/tickets", 303)


@pages.get("/demandes/{rest}", **roles("resident", "staff", "caretaker"))
async def one_in_french(rest: str) -> Response:
    return RedirectResponse(f"/tickets/{'new' if rest == 'nouvelle' else quote(rest)}", 303)


async def _ticket(
    request: Request,
    unit: Unit,
    who: Principal,
    ticket_id: str,
    is_new: bool = False,
    problem: Problem | None = None,
) -> Response:
    language = language_of(request)
    found = await queries.visible(unit, ticket_id, who)
    shown = await views.ticket_out(unit, found, who.role, language, who.id)
    promises = [row for row in shown.deadlines if row.clock != "legal" and row.met_at is None]
    return await answer(
        request,
        unit,
        "ticket.html",
        status=problem.status if problem else 200,
        ticket=shown,
        next_step=_next_step(shown.state, shown.responsible, language),
        promise=promises[0] if promises else None,
        firm=await next_on_ticket.firm_of(unit, found),
        sent=await next_on_ticket.letters_sent(unit, found),
        history=await views.history_out(unit, found, language),
        messages=await views.messages_out(unit, found),
        pieces=await ticket_parts.shown(ticket_parts.HOUSEHOLD, unit, found, who),
        is_new=is_new,
        problem=problem,
    )


def _next_step(state: str, responsible: Responsible, language: str) -> str:
    """What comes next, by whom: what is the household's own is nobody else's to come for."""
    is_theirs = responsible is Responsible.RESIDENT and state in codes("next_yours")
    return word("next_yours" if is_theirs else "next", state, language)


async def _own(request: Request, unit: Unit, who: Principal, limit: int) -> list[queries.Listed]:
    return await queries.listed(unit, who, queries.Filters(), limit)
