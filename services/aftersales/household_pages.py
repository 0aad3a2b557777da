"""The household's pages: report a problem in a few taps, safety first, and follow it to the end."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import actions, queries, registry, ticket_parts, views
from services.aftersales.actions import Changes, NewTicket
from services.aftersales.choices import check_codes
from services.aftersales.page_base import actor_of, answer, pages, written
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.i18n import language_of
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, not_found, roles

SHOWN_AT_HOME = 4
ALL = 200


@dataclass(frozen=True)
class Danger:
    """A situation in which one calls before one writes."""

    code: str
    element: str
    symptom: str
    place: str


DANGERS = (
    Danger("gas", "gas_smell", "smell", "whole_dwelling"),
    Danger("carbon_monoxide", "co_alarm", "alarm", "whole_dwelling"),
    Danger("fire", "smoke_detector", "alarm", "whole_dwelling"),
    Danger("electricity", "electric_hazard", "danger", "whole_dwelling"),
    Danger("lift", "lift", "trapped", "lift"),
)


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


@pages.get("/tickets/new", **roles("resident"))
async def new(
    request: Request,
    unit: RoomUnit,
    who: Who,
    safe: bool = False,
    danger: Annotated[str | None, Query(max_length=40)] = None,
    trade: Annotated[str | None, Query(max_length=40)] = None,
    element: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Safety, trade, element, then one short form: each step is an address of its own."""
    homes = await registry.own_occupancies(unit, who.person)
    known = taxonomy()
    urgent = next((one for one in DANGERS if one.code == danger), None)
    if urgent is not None:
        emergency = load("priority")["emergencies"][urgent.code]
        return await _form(request, unit, homes, urgent.element, danger=urgent, emergency=emergency)
    if not safe:
        return await answer(request, unit, "new_safety.html", dangers=DANGERS, homes=homes, known=known)
    if element in known.elements:
        return await _form(request, unit, homes, element)
    trade = trade if trade in known.trades else None
    return await answer(request, unit, "new_what.html", known=known, trade=trade)


@pages.post("/tickets/new", **roles("resident"))
async def send(
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Annotated[str, Form(max_length=64)],
    symptom: Annotated[str, Form(max_length=64)] = "",
    place: Annotated[str, Form(max_length=64)] = "",
    description: Annotated[str, Form(max_length=4000)] = "",
    since: Annotated[str, Form(max_length=10)] = "",
    occupancy: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Open the request, or show the form again with what is missing."""
    homes = await registry.own_occupancies(unit, who.person)
    chosen = occupancy or (homes[0] if homes else "")
    home = await registry.home_of_occupancy(unit, chosen) if chosen in homes else None
    if home is None or element not in taxonomy().elements:
        raise not_found()
    given = {"symptom": symptom, "place": place, "description": description.strip(), "since": since}
    today = await local_today(unit)
    noticed_on = _day(since)
    errors = {name for name in ("symptom", "place", "description") if not given[name]}
    if since and (noticed_on is None or noticed_on > today):
        errors.add("since")
    if errors:
        return await _form(request, unit, homes, element, given=given, errors=errors, status=422)
    check_codes("", place=place, symptom=symptom)
    reported = NewTicket(place, element, symptom, given["description"], "portal", noticed_on)
    ticket = await actions.open_ticket(unit, home, reported, actor_of(who))
    return RedirectResponse(f"/tickets/{ticket.id}?new=true", 303)


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
) -> Response:
    found = await queries.visible(unit, ticket, who)
    try:
        await actions.act(unit, found.id, action, actor_of(who), Changes(comment=comment.strip() or None))
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
    shown = await views.ticket_out(unit, found, who.role, language)
    promises = [row for row in shown.deadlines if row.clock != "legal" and row.met_at is None]
    return await answer(
        request,
        unit,
        "ticket.html",
        status=problem.status if problem else 200,
        ticket=shown,
        next_step=word("next", shown.state, language),
        promise=promises[0] if promises else None,
        history=await views.history_out(unit, found, language),
        messages=await views.messages_out(unit, found),
        pieces=await ticket_parts.shown(ticket_parts.HOUSEHOLD, unit, found, who),
        is_new=is_new,
        problem=problem,
    )


async def _form(
    request: Request,
    unit: Unit,
    homes: list[str],
    element: str,
    *,
    danger: Danger | None = None,
    emergency: dict[str, Any] | None = None,
    given: dict[str, str] | None = None,
    errors: set[str] | None = None,
    status: int = 200,
) -> Response:
    known = taxonomy()
    chosen = known.elements[element]
    return await answer(
        request,
        unit,
        "new_form.html",
        status=status,
        known=known,
        element=chosen,
        offered=list(dict.fromkeys([*chosen.symptoms, "other"])),
        danger=danger,
        emergency=emergency,
        given=given or {},
        errors=errors or set(),
        homes=[home for home in [await registry.home_of_occupancy(unit, one) for one in homes] if home],
        today=await local_today(unit),
    )


async def _own(request: Request, unit: Unit, who: Principal, limit: int) -> list[queries.Listed]:
    return await queries.listed(unit, who, queries.Filters(), limit)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
