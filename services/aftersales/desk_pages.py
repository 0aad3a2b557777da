"""The desk: the queue by deadline with its filters in the address, and one request to act on."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Priority, Responsible
from services.aftersales import actions, queries, registry, ticket_parts, views
from services.aftersales.actions import Changes
from services.aftersales.lifecycle import STATES, TABLE
from services.aftersales.page_base import actor_of, answer, pages, written
from services.aftersales.words import codes, labelled, word
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal, Problem, RoomUnit, Who, invalid, page_of, roles

TEAM = ("staff", "caretaker")
MAIN = ("acknowledge", "qualify", "assign", "schedule", "start", "finish", "confirm", "close", "resume")
"""The usual next steps, shown first and open; the others wait behind a line."""


@pages.get("/desk", **roles(*TEAM))
async def desk(
    request: Request,
    unit: RoomUnit,
    who: Who,
    page: Annotated[PageQuery, Depends()],
    show: Annotated[str, Query(pattern="^(open|overdue|new|waiting|all)$")] = "open",
    team: str = "",
    residence: str = "",
    priority: str = "",
) -> Response:
    """Most pressing first."""
    language, zone = language_of(request), await zone_of(unit)
    chosen = {"team": team, "residence": residence, "priority": priority}
    counts = {
        tab: await queries.count(unit, _filters(tab, team, residence, priority))
        for tab in ("open", "overdue", "new", "waiting")
    }
    rows = await queries.listed(
        unit, who, _filters(show, team, residence, priority), page.limit, queries.position(page)
    )
    items = [views.summary_out(row.ticket, row.residence, row.is_overdue, zone, language) for row in rows]
    shown = page_of(items, page, queries.position_of)
    kept = {name: value for name, value in chosen.items() if value}
    following = urlencode({**kept, "show": show, "cursor": shown.next_cursor}) if shown.next_cursor else None
    return await answer(
        request,
        unit,
        "desk.html",
        tickets=shown.items,
        show=show,
        chosen=chosen,
        counts=counts,
        tab_url=lambda tab: "/desk?" + urlencode({"show": tab, **kept}),
        following=f"/desk?{following}" if following else None,
        residences=await queries.residences(unit),
        teams=labelled("teams", language),
        priorities=labelled("priorities", language),
        team_name=lambda code: word("teams", code, language) if code in codes("teams") else code,
    )


@pages.get("/desk/{ticket}", **roles(*TEAM))
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _ticket(request, unit, who, ticket)


@pages.post("/desk/{ticket}/actions", **roles(*TEAM))
async def act(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form()],
    reason: Annotated[str, Form(max_length=64)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
    appointment_at: Annotated[str, Form(max_length=32)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    team: Annotated[str, Form(max_length=64)] = "",
    cause: Annotated[str, Form(max_length=64)] = "",
    priority: Annotated[str, Form(max_length=8)] = "",
    responsible: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """One action; what is refused is said on the same page, with nothing lost."""
    found = await queries.visible(unit, ticket, who)
    try:
        changes = Changes(
            reason=reason or None,
            comment=comment.strip() or None,
            appointment_at=await _local_instant(unit, appointment_at),
            assignee=assignee or None,
            team=team if team in codes("teams") and team != found.team else None,
            priority=Priority(priority)
            if priority in list(Priority) and priority != found.priority
            else None,
            responsible=Responsible(responsible)
            if responsible in list(Responsible) and responsible != found.responsible
            else None,
            facts={"cause": cause} if cause in codes("causes") and cause != found.cause else {},
            version=version,
        )
        await actions.act(unit, found.id, action, actor_of(who), changes)
    except Problem as problem:
        return await _ticket(request, unit, who, ticket, problem)
    return RedirectResponse(f"/desk/{ticket}", 303)


@pages.post("/desk/{ticket}/messages", **roles(*TEAM))
async def write(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    body: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    return await written(unit, who, ticket, body, f"/desk/{ticket}")


def _filters(show: str, team: str, residence: str, priority: str) -> queries.Filters:
    waiting = [state for state in STATES if state.startswith("waiting_")]
    states = {"new": ["submitted", "reopened"], "waiting": waiting}.get(show)
    return queries.Filters(
        state=states,
        team=team or None,
        residence=residence or None,
        priority=priority or None,
        overdue=True if show == "overdue" else None,
        is_open=None if show == "all" else True,
    )


async def _ticket(
    request: Request, unit: Unit, who: Principal, ticket_id: str, problem: Problem | None = None
) -> Response:
    language = language_of(request)
    found = await queries.visible(unit, ticket_id, who)
    shown = await views.ticket_out(unit, found, who.role, language)
    return await answer(
        request,
        unit,
        "desk_ticket.html",
        status=problem.status if problem else 200,
        ticket=shown,
        main_actions=[action for action in shown.legal_actions if action in MAIN],
        other_actions=[action for action in shown.legal_actions if action not in MAIN],
        needs={action: TABLE[action].needs for action in shown.legal_actions},
        household=await registry.household(unit, found.occupancy) if found.occupancy else [],
        people=[one for one in (await registry.staff(unit)).values() if one.role in TEAM],
        history=await views.history_out(unit, found, language),
        messages=await views.messages_out(unit, found),
        pieces=await ticket_parts.shown(ticket_parts.DESK, unit, found, who),
        choices={
            name: labelled(name, language)
            for name in ("reason_codes", "causes", "priorities", "parties", "teams")
        },
        problem=problem,
    )


async def _local_instant(unit: Unit, text: str) -> datetime | None:
    """What a date-and-time field gives is the cooperative's civil time."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("/appointment_at", "invalid", "Give a day and an hour.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=await zone_of(unit))
