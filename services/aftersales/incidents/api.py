"""Incidents over HTTP: what is known before reporting, the list, one, what to do, following, plants."""

from typing import Annotated

from fastapi import Query, Request

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.api_base import router
from services.aftersales.bodies import ElementCode, SymptomCode
from services.aftersales.choices import check_codes
from services.aftersales.incidents import actions, declaring, following, places, plants, queries, views
from services.aftersales.incidents.bodies import (
    AnswerIn,
    DeclareIn,
    FollowIn,
    IncidentActionIn,
    IncidentOut,
    IncidentSummary,
    KnownList,
    PlantIn,
    PlantOut,
    Plants,
    StageCode,
    SuggestedOut,
    Suggestions,
)
from services.aftersales.incidents.known import known_for
from services.aftersales.incidents.stages import OPEN, STAGES
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.i18n import Formats, language_of
from services.kit.registry import zone_of
from services.kit.web import Page, RoomUnit, Who, invalid, not_found, roles

PEOPLE = ("resident", "caretaker", "staff")
TEAM = ("caretaker", "staff")


@router.get("/occupancies/{occupancy}/known", **roles(*PEOPLE))
async def known(
    occupancy: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Annotated[ElementCode, Query()],
    symptom: Annotated[SymptomCode | None, Query()] = None,
) -> KnownList:
    """What is known of such a problem around that home, before it is reported. It names nobody."""
    check_codes("", element=element, **({"symptom": symptom} if symptom else {}))
    if who.role is Role.RESIDENT and occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None:
        raise not_found()
    language = language_of(request)
    formats = Formats(language, (await zone_of(unit)).key)
    found = await known_for(unit, home, element, symptom)
    return KnownList(known=[views.known_out(one, formats, language) for one in found])


@router.get("/incidents", **roles(*PEOPLE))
async def incidents(
    request: Request,
    unit: RoomUnit,
    who: Who,
    state: Annotated[list[StageCode] | None, Query()] = None,
) -> Page[IncidentSummary]:
    """Open and resolved ones unless `state` says otherwise. A household sees those that concern its home."""
    if unknown := set(state or ()) - set(STAGES):
        raise invalid(
            "/state", "unknown_code", "Not known here: %(codes)s.", codes=", ".join(sorted(unknown))
        )
    if who.role is Role.RESIDENT:
        homes = await registry.own_occupancies(unit, who.person)
        found = await queries.of_homes(unit, homes, ended=bool(state and "closed" in state))
        found = [one for one in found if not state or one.state in state]
    else:
        found = await queries.listed(unit, tuple(state) if state else (*OPEN, "resolved"))
    items = await views.summaries(unit, found, who, language_of(request))
    return Page(items=items, next_cursor=None)


@router.get("/incidents/suggestions", **roles(*TEAM))
async def suggestions(request: Request, unit: RoomUnit) -> Suggestions:
    """Places from which at least two homes report the like, without an incident: perhaps one cause."""
    language, zone = language_of(request), await zone_of(unit)
    return Suggestions(
        suggestions=[
            SuggestedOut(
                family=one.family,
                label=word("incident_families", one.family, language),
                place=await places.name_of(unit, one.scope),
                scope=one.scope,
                homes=one.homes,
                first_at=one.first.astimezone(zone),
            )
            for one in await queries.suggested(unit)
        ]
    )


@router.post("/incidents", status_code=201, **roles("staff"))
async def declare(body: DeclareIn, request: Request, unit: RoomUnit, who: Who) -> IncidentOut:
    """A person takes like reports for one cause before the numbers do; then it is confirmed like others."""
    incident = await declaring.declare(unit, body.family, body.scope, Actor(who.id, who.role.value))
    return await views.whole(unit, incident, who, language_of(request))


@router.get("/incidents/{incident}", **roles(*PEOPLE))
async def one(incident: str, request: Request, unit: RoomUnit, who: Who) -> IncidentOut:
    """A household sees the words for all and its own answer; the cooperative also requests and evidence."""
    found = await queries.visible(unit, incident, who)
    return await views.whole(unit, found, who, language_of(request))


@router.post("/incidents/{incident}/actions", **roles("staff"))
async def act(
    incident: str, body: IncidentActionIn, request: Request, unit: RoomUnit, who: Who
) -> IncidentOut:
    """409 lists the legal actions; 422 names what the action needs."""
    await queries.visible(unit, incident, who)
    given = actions.Given(**body.model_dump(exclude={"action"}))
    changed = await actions.act(unit, incident, body.action, Actor(who.id, who.role.value), given)
    return await views.whole(unit, changed, who, language_of(request))


@router.post("/incidents/{incident}/follow", **roles("resident"))
async def follow(incident: str, body: FollowIn, request: Request, unit: RoomUnit, who: Who) -> IncidentOut:
    """The household gets the news and the question at the end without a request of its own."""
    found = await queries.visible(unit, incident, who)
    home = await following.own_home(unit, who, body.occupancy)
    await following.follow(unit, found, home, who.person)
    return await views.whole(unit, found, who, language_of(request))


@router.post("/incidents/{incident}/answer", **roles("resident"))
async def answer(incident: str, body: AnswerIn, request: Request, unit: RoomUnit, who: Who) -> IncidentOut:
    """Is it back for you? Yes settles the household's own request, no takes it out to go on alone."""
    found = await queries.visible(unit, incident, who)
    home = await following.own_home(unit, who, body.occupancy)
    language = language_of(request)
    actor = Actor(who.id, who.role.value)
    await following.answer(unit, found, home, body.is_back, body.comment, actor, language)
    return await views.whole(unit, found, who, language)


@router.get("/plants", **roles(*TEAM))
async def all_plants(unit: RoomUnit) -> Plants:
    """What serves several buildings, so that its failure is one incident."""
    return Plants(plants=[_plant(one) for one in await plants.listed(unit)])


@router.put("/plants/{ref}", **roles("staff"))
async def put_plant(ref: str, body: PlantIn, unit: RoomUnit, who: Who) -> PlantOut:
    """`ref` is the cooperative's own name of the plant; a building may be served by several."""
    return _plant(await plants.put(unit, ref, body.families, body.buildings))


@router.delete("/plants/{ref}", status_code=204, **roles("staff"))
async def drop_plant(ref: str, unit: RoomUnit, who: Who) -> None:
    await plants.drop(unit, ref)


def _plant(plant: plants.Plant) -> PlantOut:
    return PlantOut(id=plant.id, ref=plant.ref, families=plant.families, buildings=plant.buildings)
