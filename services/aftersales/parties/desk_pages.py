"""Who does the work, at the desk: the proposal with its reasons, another choice, the rule it may become."""

from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import actions as steps
from services.aftersales import queries as tickets
from services.aftersales import registry
from services.aftersales.actions import Changes
from services.aftersales.form_pages import taken
from services.aftersales.model import Ticket
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.parties import actions, jobs, letters, messages, queries, routes
from services.aftersales.parties.bodies import RoutingRuleIn
from services.aftersales.parties.model import Party
from services.aftersales.routing import Route
from services.aftersales.standings import standing_of
from services.aftersales.words import codes, render
from services.kit.i18n import LANGUAGES, language_of
from services.kit.problems import Problem, not_found
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, roles

TEAM = roles("staff", "caretaker")
STAFF = roles("staff")
PEOPLE = ("staff", "caretaker")
"""Who may be the household's named contact."""
OPEN = ("acknowledged", "qualified", *jobs.WITH_PARTY)


async def part(unit: Unit, ticket: Ticket, who: Principal) -> dict[str, Any] | None:
    """For the page of one request; None before somebody has looked at it and once it is over."""
    if ticket.state not in OPEN or ticket.ended_at is not None:
        return None
    route = await routes.proposed(unit, ticket)
    party = await unit.session.get(Party, ticket.party) if ticket.party else None
    standing = await standing_of(unit, ticket)
    return {
        "is_held": standing.is_held and not standing.is_written_to,
        "awaits_formal": standing.awaits_formal(unit.now) and not standing.terms.is_pressing,
        "formal_reasons": codes("formal_reasons"),
        "people": [
            one for one in (await registry.staff(unit)).values() if one.role in ("staff", "caretaker")
        ],
        "needs_notice": standing.needs_notice,
        "route": route,
        "reasons": {
            language: [render(reason, language) for reason in route.reasons] for language in LANGUAGES
        },
        "proposed": await unit.session.get(Party, route.party) if route.party else None,
        "claim": await unit.session.get(Party, route.claim) if route.claim else None,
        "party": party,
        "firms": await _firms(unit),
        "is_given": ticket.state in jobs.WITH_PARTY,
        "is_other": ticket.state in jobs.WITH_PARTY and not follows(ticket, route),
        "trade": (await routes.job_of(unit, ticket)).trade,
        "letters": await letters.written_about(unit, ticket.id),
        "messages": await jobs.messages(unit, ticket, party.id) if party else (),
    }


def follows(ticket: Ticket, route: Route) -> bool:
    """Whether the request went where the rules would send it."""
    return ticket.party == route.party and (route.party is not None or ticket.team == route.team)


@pages.get("/desk/{ticket}/route", **STAFF)
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _page(request, unit, who, ticket)


@pages.post("/desk/{ticket}/route", **STAFF)
async def assign(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    to: Annotated[str, Form(max_length=64)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=64)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """`to`: a team's code or a party's id. A party is written to, with its link. With a `reason` and words
    the work does not wait for a mise en demeure."""
    found = await tickets.visible(unit, ticket, who)
    contact = assignee or None
    changes = Changes(
        party="" if to in codes("teams") else to,
        team=to if to in codes("teams") else None,
        assignee=contact if contact != found.assignee else None,
    )

    async def give() -> None:
        if not to:
            raise not_found()
        if to not in codes("teams"):
            await actions.party_of(unit, to)
        if reason:
            aside = Changes(reason=reason, comment=comment.strip() or None)
            await steps.act(unit, found.id, "set_formal_aside", actor_of(who), aside)
        await steps.act(unit, found.id, "assign", actor_of(who), changes)

    return await taken(
        unit,
        give,
        f"/desk/{ticket}#route",
        lambda sent: _page(request, unit, who, ticket, sent.problem),
    )


@pages.post("/desk/{ticket}/route/rule", **STAFF)
async def make_rule(
    ticket: str, unit: RoomUnit, who: Who, everywhere: Annotated[str, Form(max_length=5)] = ""
) -> Response:
    """From today such requests go where this one went: of the building, or with `everywhere` of all."""
    found = await tickets.visible(unit, ticket, who)
    job = await routes.job_of(unit, found)
    rule = RoutingRuleIn(
        valid_from=await local_today(unit),
        building=None if everywhere else found.building,
        trade=job.trade,
        regime=job.regimes[0] if job.regimes else "none",
        urgency="pressing" if job.is_pressing else "usual",
        team=None if found.party else found.team,
        party=found.party,
        note=f"n° {found.number}",
    )
    await actions.add_rule(unit, rule, who.id)
    return RedirectResponse(f"/desk/{ticket}#route", 303)


@pages.post("/desk/{ticket}/party-messages", **TEAM)
async def write(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    body: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """To the party that has the job; its household does not see it."""
    found = await tickets.visible(unit, ticket, who)

    async def send() -> None:
        if body.strip():
            await messages.from_staff(unit, found, actor_of(who), body.strip())

    return await taken(
        unit,
        send,
        f"/desk/{ticket}#route",
        lambda sent: _page(request, unit, who, ticket, sent.problem),
    )


async def _firms(unit: Unit) -> list[Party]:
    today = await local_today(unit)
    rows = [row.party for row in await queries.listed(unit)]
    return [one for one in rows if one.ended_on is None or one.ended_on >= today]


async def _page(
    request: Request, unit: Unit, who: Principal, ticket: str, problem: Problem | None = None
) -> Response:
    found = await tickets.visible(unit, ticket, who)
    shown = await part(unit, found, who)
    return await answer(
        request,
        unit,
        "route.html",
        status=problem.status if problem else 200,
        ticket=found,
        part=shown,
        language_now=language_of(request),
        problem=problem,
    )
