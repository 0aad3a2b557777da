"""Staff keep the list of partners, their links and letters, and the rules of who gets what."""

from datetime import date
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.aftersales.page_base import answer, pages
from services.aftersales.parties import actions, letters, links, queries, returning
from services.aftersales.parties.bodies import PartyIn, RoutingRuleIn
from services.aftersales.parties.model import Party
from services.aftersales.words import codes, labelled
from services.kit.i18n import language_of
from services.kit.problems import Problem, invalid
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, roles

STAFF = roles("staff")
KINDS = ("contractor", "vendor", "insurer", "syndic")
Line = Annotated[str, Form(max_length=254)]
Many = Annotated[list[str], Form()]


@pages.get("/parties", **STAFF)
async def listing(request: Request, unit: RoomUnit, kind: str = "") -> Response:
    """By kind; what could not be delivered comes first."""
    chosen = kind if kind in KINDS else None
    return await answer(
        request,
        unit,
        "parties.html",
        rows=await queries.listed(unit, kind=chosen),
        kind=chosen,
        kinds=KINDS,
        undelivered=await letters.undelivered(unit),
        today=await local_today(unit),
    )


@pages.get("/parties/new", **STAFF)
async def new(request: Request, unit: RoomUnit) -> Response:
    return await _form(request, unit, None, {"kind": "contractor", "language": "fr"})


@pages.post("/parties", **STAFF)
async def add(
    request: Request,
    unit: RoomUnit,
    kind: Line = "contractor",
    name: Line = "",
    email: Line = "",
    phone: Line = "",
    address: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=2)] = "fr",
    reference: Line = "",
    trades: Many = [],  # noqa: B006 - FastAPI copies it
    buildings: Many = [],  # noqa: B006
    warranties: Many = [],  # noqa: B006
    ended_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    return await _keep(request, unit, None, _given(locals()))


@pages.get("/parties/{party}", **STAFF)
async def one(party: str, request: Request, unit: RoomUnit) -> Response:
    return await _one(request, unit, await actions.party_of(unit, party))


@pages.post("/parties/{party}", **STAFF)
async def change(
    party: str,
    request: Request,
    unit: RoomUnit,
    kind: Line = "contractor",
    name: Line = "",
    email: Line = "",
    phone: Line = "",
    address: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=2)] = "fr",
    reference: Line = "",
    trades: Many = [],  # noqa: B006 - FastAPI copies it
    buildings: Many = [],  # noqa: B006
    warranties: Many = [],  # noqa: B006
    ended_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    found = await actions.party_of(unit, party)
    return await _keep(request, unit, found, _given(locals()) | {"kind": found.kind})


@pages.post("/parties/{party}/link", **STAFF)
async def send_link(party: str, request: Request, unit: RoomUnit) -> Response:
    found = await actions.party_of(unit, party)
    try:
        await actions.send_link(unit, found)
    except Problem as problem:
        return await _one(request, unit, found, problem)
    return RedirectResponse(f"/parties/{party}#link", 303)


@pages.post("/parties/{party}/revoke", **STAFF)
async def revoke(party: str, unit: RoomUnit) -> Response:
    await links.revoke(unit, (await actions.party_of(unit, party)).id)
    return RedirectResponse(f"/parties/{party}#link", 303)


@pages.post("/parties/{party}/links/{link}/renew", **STAFF)
async def renew(party: str, link: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    found = await actions.party_of(unit, party)
    try:
        await links.renew(unit, party, link, who.id)
    except Problem as problem:
        if problem.status == 404:
            raise
        return await _one(request, unit, found, problem)
    return RedirectResponse(f"/parties/{party}#link", 303)


@pages.post("/parties/{party}/links/{link}/end", **STAFF)
async def end_link(party: str, link: str, unit: RoomUnit) -> Response:
    await links.end(unit, (await actions.party_of(unit, party)).id, link)
    return RedirectResponse(f"/parties/{party}#link", 303)


@pages.post("/parties/letters/{letter}/returned", **STAFF)
async def came_back(
    letter: str, request: Request, unit: RoomUnit, who: Who, why: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Somebody of the staff found that it did not arrive after all."""
    try:
        rows = await returning.came_back(unit, letter, who.id, why.strip() or None)
    except Problem as problem:
        if problem.status == 404:
            raise
        return RedirectResponse("/parties", 303)
    return RedirectResponse(f"/parties/{rows[0].party}#letters" if rows else "/parties", 303)


@pages.post("/parties/letters/{letter}/seen", **STAFF)
async def seen(letter: str, unit: RoomUnit, who: Who) -> Response:
    """Somebody takes care of a letter that did not arrive."""
    await actions.note_undelivered(unit, letter, who.id)
    return RedirectResponse("/parties", 303)


@pages.get("/routing", **STAFF)
async def rules(request: Request, unit: RoomUnit) -> Response:
    return await _rules(request, unit)


@pages.post("/routing", **STAFF)
async def add_rule(
    request: Request,
    unit: RoomUnit,
    who: Who,
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_to: Annotated[str, Form(max_length=10)] = "",
    building: Line = "",
    trade: Line = "",
    regime: Line = "",
    urgency: Line = "",
    to: Line = "",
    note: Line = "",
) -> Response:
    """`to`: a team's code or a party's id."""
    given = {
        "valid_from": valid_from,
        "valid_to": valid_to,
        "building": building,
        "trade": trade,
        "regime": regime,
        "urgency": urgency,
        "note": note,
        "team" if to in codes("teams") else "party": to,
    }
    try:
        wanted = RoutingRuleIn.model_validate({name: value for name, value in given.items() if value})
        await actions.add_rule(unit, wanted, who.id)
    except (Problem, ValidationError) as error:
        return await _rules(request, unit, _problem(error), {**given, "to": to})
    return RedirectResponse("/routing", 303)


@pages.post("/routing/{routing_rule}/end", **STAFF)
async def end_rule(
    routing_rule: str, unit: RoomUnit, last_day: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """It holds until that day, included; today when none is given."""
    try:
        until = date.fromisoformat(last_day)
    except ValueError:
        until = await local_today(unit)
    await actions.end_rule(unit, routing_rule, until)
    return RedirectResponse("/routing", 303)


def _given(form: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "name", "email", "phone", "address", "language", "reference", "trades", "buildings")
    return {name: form[name] for name in (*names, "warranties", "ended_on")}


async def _keep(request: Request, unit: Unit, party: Party | None, given: dict[str, Any]) -> Response:
    filled = {name: value for name, value in given.items() if value not in ("", None)}
    try:
        wanted = PartyIn.model_validate(filled)
        facts = wanted.model_dump(mode="json", exclude={"ended_on"}) | {"ended_on": wanted.ended_on}
        if party is None:
            party = await actions.add(unit, facts)
        else:
            await actions.change(unit, party, {name: facts[name] for name in facts if name != "kind"})
    except (Problem, ValidationError) as error:
        return await _form(request, unit, party, given, _problem(error))
    return RedirectResponse(f"/parties/{party.id}", 303)


async def _form(
    request: Request,
    unit: Unit,
    party: Party | None,
    given: dict[str, Any],
    problem: Problem | None = None,
) -> Response:
    language = language_of(request)
    return await answer(
        request,
        unit,
        "party_form.html",
        status=problem.status if problem else 200,
        party=party,
        given=given,
        kinds=KINDS,
        trades=labelled("trades", language),
        regimes=[row for row in labelled("regimes", language) if row["code"] != "none"],
        buildings=await queries.buildings(unit),
        problem=problem,
    )


async def _one(request: Request, unit: Unit, party: Party, problem: Problem | None = None) -> Response:
    language = language_of(request)
    row = (await queries.listed(unit, party=party.id))[0]
    return await answer(
        request,
        unit,
        "party.html",
        status=problem.status if problem else 200,
        party=party,
        row=row,
        letters=await queries.letters_to(unit, party.id),
        links=await links.of_party(unit, party.id),
        wall=unit.wall,
        given=party.model_dump(mode="json"),
        kinds=KINDS,
        trades=labelled("trades", language),
        regimes=[one for one in labelled("regimes", language) if one["code"] != "none"],
        buildings=await queries.buildings(unit),
        problem=problem,
    )


async def _rules(
    request: Request, unit: Unit, problem: Problem | None = None, given: dict[str, Any] | None = None
) -> Response:
    language, today = language_of(request), await local_today(unit)
    parties = await queries.listed(unit)
    return await answer(
        request,
        unit,
        "routing.html",
        status=problem.status if problem else 200,
        rules=await queries.rules(unit),
        today=today,
        teams=labelled("teams", language),
        trades=labelled("trades", language),
        regimes=labelled("regimes", language),
        urgencies=labelled("urgencies", language),
        buildings=await queries.buildings(unit),
        names={row.party.id: row.party.name for row in parties},
        parties=[row.party for row in parties if row.party.ended_on is None or row.party.ended_on >= today],
        given=given or {"valid_from": today.isoformat()},
        problem=problem,
    )


def _problem(error: Problem | ValidationError) -> Problem:
    """What a form was refused for, whoever refused it."""
    if isinstance(error, Problem):
        return error
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    return invalid(f"/{name}", "invalid", "Something is missing or wrong.")
