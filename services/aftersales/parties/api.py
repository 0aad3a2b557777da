"""Parties and rules of routing over HTTP, for the cooperative's staff."""

from typing import Literal

from fastapi import Request

from services.aftersales import queries as tickets
from services.aftersales.api_base import router
from services.aftersales.parties import actions, links, queries, returning, returns, routes
from services.aftersales.parties.bodies import (
    LetterOut,
    LettersOut,
    LinkOut,
    LinksOut,
    PartiesOut,
    PartyIn,
    PartyOut,
    PartyPatch,
    ReturnedIn,
    ReturnReportIn,
    ReturnReportOut,
    RouteOut,
    RoutingRuleIn,
    RoutingRuleOut,
    RoutingRulePatch,
    RoutingRulesOut,
)
from services.aftersales.parties.model import Letter, Party, RoutingRule
from services.aftersales.words import render
from services.kit.i18n import language_of
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, invalid, not_found, roles


@router.get("/parties", **roles("staff", "caretaker"))
async def parties(
    unit: RoomUnit,
    kind: Literal["contractor", "vendor", "insurer", "syndic"] | None = None,
    trade: str | None = None,
    building: str | None = None,
) -> PartiesOut:
    """By name; `trade` and `building` keep those that serve them."""
    found = await queries.listed(unit, kind=kind, trade=trade, building=building)
    return PartiesOut(items=[_out(row) for row in found])


@router.post("/parties", status_code=201, **roles("staff"))
async def add(body: PartyIn, unit: RoomUnit) -> PartyOut:
    """A contractor, vendor, insurer or syndic that the cooperative works with."""
    party = await actions.add(unit, body.model_dump(mode="json", exclude={"ended_on"}) | _end(body))
    return await _one(unit, party.id)


@router.get("/parties/{party}", **roles("staff", "caretaker"))
async def one(party: str, unit: RoomUnit) -> PartyOut:
    return await _one(unit, (await actions.party_of(unit, party)).id)


@router.patch("/parties/{party}", **roles("staff"))
async def change(party: str, body: PartyPatch, unit: RoomUnit) -> PartyOut:
    """Correct it, or end it with `ended_on`. Another e-mail address ends its links."""
    found = await actions.party_of(unit, party)
    given = body.model_dump(mode="json", exclude_unset=True)
    for name in ("name", "language", "trades", "buildings", "warranties"):
        if name in given and given[name] is None:
            raise invalid(f"/{name}", "missing", "This cannot be emptied.")
    if "ended_on" in given:
        given["ended_on"] = body.ended_on
    await actions.change(unit, found, given)
    return await _one(unit, party)


@router.post("/parties/{party}/link", status_code=202, **roles("staff"))
async def send_link(party: str, unit: RoomUnit) -> LetterOut:
    """Write the personal link to the party, anew; links it already has stay good."""
    letter = await actions.send_link(unit, await actions.party_of(unit, party))
    return letter_out(await unit.session.get_one(Letter, letter))


@router.delete("/parties/{party}/link", status_code=204, **roles("staff"))
async def revoke_links(party: str, unit: RoomUnit) -> None:
    """All its personal links stop working at once."""
    await links.revoke(unit, (await actions.party_of(unit, party)).id)


@router.get("/parties/{party}/links", **roles("staff"))
async def its_links(party: str, unit: RoomUnit) -> LinksOut:
    """Its personal links with their ends, the latest first."""
    return await _links(unit, (await actions.party_of(unit, party)).id)


@router.post("/parties/{party}/links/{link}/renew", **roles("staff"))
async def renew_link(party: str, link: str, unit: RoomUnit, who: Who) -> LinksOut:
    """A good link begins anew: its longest life counts from now. 409 for one that has ended."""
    await links.renew(unit, (await actions.party_of(unit, party)).id, link, who.id)
    return await _links(unit, party)


@router.delete("/parties/{party}/links/{link}", status_code=204, **roles("staff"))
async def end_link(party: str, link: str, unit: RoomUnit) -> None:
    """This one link stops working at once."""
    await links.end(unit, (await actions.party_of(unit, party)).id, link)


@router.get("/parties/{party}/letters", **roles("staff"))
async def letters(party: str, unit: RoomUnit) -> LettersOut:
    """What was written to it and what became of that, the latest first."""
    await actions.party_of(unit, party)
    return LettersOut(letters=[letter_out(row) for row in await queries.letters_to(unit, party)])


@router.post("/letters/{letter}/returned", **roles("staff"))
async def returned(letter: str, body: ReturnedIn, unit: RoomUnit, who: Who) -> LettersOut:
    """It came back although the mail server had taken it: undelivered, and a formal notice is not served."""
    found = await returning.came_back(unit, letter, who.id, body.why)
    return LettersOut(letters=[letter_out(row) for row in found])


@router.post("/operations/letters/returned", **roles("operator"))
async def report(body: ReturnReportIn, unit: RoomUnit) -> ReturnReportOut:
    """For the program that receives what mail servers send back (`palier letters bounced`)."""
    letter, why = body.letter, body.why
    if body.report is not None:  # which says itself what it is about, or that nothing came back
        found = returns.read(body.report.encode("utf-8", "replace"))
        letter, why = (found.letter, found.status) if found else (None, None)
    if letter is None:
        return ReturnReportOut(letters=[])
    row = await unit.session.get(Letter, letter)
    if row is None:
        raise not_found()
    await unit.enter(row.coop)
    done = await returning.came_back(unit, letter, returning.BY_MAIL, why)
    return ReturnReportOut(letters=[one.id for one in done])


@router.get("/tickets/{ticket}/routing", **roles("staff", "caretaker"))
async def routing(ticket: str, request: Request, unit: RoomUnit, who: Who) -> RouteOut:
    """Who should follow the request and who should do the work, as things stand, and why."""
    found = await tickets.visible(unit, ticket, who)
    route = await routes.proposed(unit, found)
    party = await unit.session.get(Party, route.party) if route.party else None
    return RouteOut(
        team=route.team,
        party=route.party,
        party_name=party.name if party else None,
        reasons=[render(reason, language_of(request)) for reason in route.reasons],
        rule=route.rule,
        claim=route.claim,
    )


@router.get("/routing-rules", **roles("staff"))
async def rules(unit: RoomUnit) -> RoutingRulesOut:
    """The cooperative's own rules, which come before the house's."""
    return RoutingRulesOut(rules=[_rule(row) for row in await queries.rules(unit)])


@router.post("/routing-rules", status_code=201, **roles("staff"))
async def add_rule(body: RoutingRuleIn, unit: RoomUnit, who: Who) -> RoutingRuleOut:
    """For what is routed from its date on."""
    return _rule(await actions.add_rule(unit, body, who.id))


@router.patch("/routing-rules/{routing_rule}", **roles("staff"))
async def end_rule(routing_rule: str, body: RoutingRulePatch, unit: RoomUnit) -> RoutingRuleOut:
    """End it; one that never began is dropped."""
    return _rule(await actions.end_rule(unit, routing_rule, body.valid_to))


def letter_out(row: Letter) -> LetterOut:
    return LetterOut.model_validate(row, from_attributes=True)


async def _links(unit: Unit, party: str) -> LinksOut:
    found = await links.of_party(unit, party)
    return LinksOut(
        links=[
            LinkOut(
                id=one.link.id,
                made_at=one.link.made_at,
                last_used_at=one.link.last_used_at,
                renewed_at=one.link.renewed_at,
                ends_at=one.end.at,
                ends_by=one.end.why,
                is_good=one.is_good(unit.wall),
            )
            for one in found
        ]
    )


async def _one(unit: Unit, party: str) -> PartyOut:
    await unit.session.flush()
    return _out((await queries.listed(unit, party=party))[0])


def _out(row: queries.Listed) -> PartyOut:
    facts = row.party.model_dump(exclude={"coop"})
    return PartyOut(**facts, open_jobs=row.open_jobs, has_link=row.has_link)


def _end(body: PartyIn) -> dict[str, object]:
    return {"ended_on": body.ended_on}


def _rule(row: RoutingRule) -> RoutingRuleOut:
    return RoutingRuleOut(**row.model_dump(exclude={"coop", "made_by", "made_at"}))
