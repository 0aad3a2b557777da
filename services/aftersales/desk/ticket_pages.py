"""One request at the desk: everything about it, and what may be done with it now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Priority, Responsible
from services.aftersales import actions, queries, registry, ticket_parts, views
from services.aftersales.actions import Changes
from services.aftersales.desk import meanwhile
from services.aftersales.desk.undated import is_undated
from services.aftersales.lifecycle import TABLE
from services.aftersales.page_base import actor_of, answer, pages, written
from services.aftersales.parties import jobs
from services.aftersales.words import codes, labelled
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, invalid, roles

TEAM = ("staff", "caretaker")
MAIN = (
    "acknowledge", "approve", "schedule", "start", "finish", "sign_off", "confirm", "close", "resume",
    "overturn", "uphold", "qualify", "notify_debtor",
)  # fmt: skip
"""The usual next steps, shown first and open; the others wait behind a line."""
ELSEWHERE = frozenset({"assign", "waive_notice"})
"""What has its own place on the page: who does the work, and the letters that are due."""


@pages.get("/desk/{ticket}", **roles(*TEAM))
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await ticket_page(request, unit, who, ticket)


@pages.post("/desk/{ticket}/actions", **roles(*TEAM))
async def act(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form()],
    seen_at: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=64)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
    appointment_at: Annotated[str, Form(max_length=32)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    team: Annotated[str, Form(max_length=64)] = "",
    cause: Annotated[str, Form(max_length=64)] = "",
    priority: Annotated[str, Form(max_length=8)] = "",
    responsible: Annotated[str, Form(max_length=32)] = "",
    party: Annotated[str | None, Form(max_length=64)] = None,
    side: Annotated[str, Form(max_length=32)] = "",
    outcome: Annotated[str, Form(max_length=32)] = "",
    secured_by: Annotated[str, Form(max_length=32)] = "",
    agreed_how: Annotated[str, Form(max_length=32)] = "",
    cost: Annotated[str, Form(max_length=16)] = "",
    debtor: Annotated[str, Form(max_length=32)] = "",
    no_photo: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """One action; what is refused is said on the same page, with all that was typed, and beside it what
    others did meanwhile."""
    found = await queries.visible(unit, ticket, who)
    try:
        kept = {
            "side": side, "outcome": outcome, "secured_by": secured_by, "cost_cents": _cents(cost),
            "debtor": debtor, "agreed_how": agreed_how, "no_photo": no_photo,
        }  # fmt: skip
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
            party=party if party is not None and party != (found.party or "") else None,
            facts=({"cause": cause} if cause in codes("causes") and cause != found.cause else {})
            | {name: code for name, code in kept.items() if code},
            version=version,
        )
        await actions.act(unit, found.id, action, actor_of(who), changes)
    except Problem as problem:
        given = {
            "action": action, "reason": reason, "comment": comment, "appointment_at": appointment_at,
            "assignee": assignee, "team": team, "cause": cause, "priority": priority,
            "responsible": responsible, "party": party or "", "side": side, "outcome": outcome,
            "secured_by": secured_by, "cost": cost, "agreed_how": agreed_how,
            "no_photo": no_photo,
        }  # fmt: skip
        return await ticket_page(request, unit, who, ticket, problem, given, seen_at)
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


@pages.get("/desk/{ticket}/meanwhile", **roles(*TEAM))
async def changed_meanwhile(
    ticket: str, version: int, request: Request, unit: RoomUnit, who: Who
) -> Response:
    """For an open page: a word when the request is no longer as shown. What is typed is not touched."""
    found = await queries.visible(unit, ticket, who)
    return await answer(request, unit, "desk_meanwhile.html", ticket=found, version=version)


async def ticket_page(
    request: Request,
    unit: Unit,
    who: Principal,
    ticket_id: str,
    problem: Problem | None = None,
    given: dict[str, str] | None = None,
    seen_at: str = "",
) -> Response:
    language = language_of(request)
    found = await queries.visible(unit, ticket_id, who)
    shown = await views.ticket_out(unit, found, who.role, language, who.id)
    main = _main(shown.legal_actions, shown.state)
    history = await views.history_out(unit, found, language)
    messages = await views.messages_out(unit, found)
    return await answer(
        request,
        unit,
        "desk_ticket.html",
        status=problem.status if problem else 200,
        ticket=shown,
        where=await jobs.place_of(unit, found),
        main_actions=main,
        other_actions=[
            action for action in shown.legal_actions if action not in main and action not in ELSEWHERE
        ],
        date_missing=is_undated(found),
        needs={action: TABLE[action].needs for action in shown.legal_actions},
        household=await registry.household(unit, found.occupancy) if found.occupancy else [],
        people=[one for one in (await registry.staff(unit)).values() if one.role in TEAM],
        history=history,
        messages=messages,
        news=meanwhile.since(seen_at, history, messages) if problem else [],
        given=given or {},
        seen_at=unit.now.isoformat(),
        pieces=await ticket_parts.shown(ticket_parts.DESK, unit, found, who),
        choices={
            name: labelled(name, language)
            for name in (
                "reason_codes",
                "formal_reasons",
                "causes",
                "priorities",
                "parties",
                "teams",
                "sides",
                "agreed_how",
                "outcomes",
                "no_photo",
                "secured_by",
            )
        },
        problem=problem,
    )


def _main(legal: Sequence[str], state: str) -> list[str]:
    """The usual next steps in order; where only the missing letter holds the work back, it comes first."""
    if state == "resolved":
        return [action for action in MAIN if action in legal and action != "notify_debtor"]
    first = (
        ["notify_debtor"] if "notify_debtor" in legal and "qualify" in legal and "assign" not in legal else []
    )
    return first + [action for action in MAIN if action in legal and action not in first]


def _cents(text: str) -> int | None:
    """Euros as people write them, in cents."""
    if not text.strip():
        return None
    try:
        return round(float(text.replace(" ", "").replace(",", ".").removesuffix("€")) * 100)
    except ValueError as error:
        raise invalid("/cost_cents", "invalid", "Give an amount in euros.") from error


async def _local_instant(unit: Unit, text: str) -> datetime | None:
    """What a date-and-time field gives is the cooperative's civil time."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("/appointment_at", "invalid", "Give a day and an hour.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=await zone_of(unit))
