"""Pages of incidents: what is known before reporting, a household's view, the cooperative's list and one."""

from datetime import datetime
from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.incidents import (
    actions,
    declaring,
    following,
    meter_views,
    places,
    queries,
    reaching,
    views,
)
from services.aftersales.incidents.bodies import IncidentSummary
from services.aftersales.incidents.known import known_for
from services.aftersales.incidents.model import Incident
from services.aftersales.incidents.stages import OPEN
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, invalid, not_found, roles

TEAM = ("staff", "caretaker")
PEOPLE = ("resident", *TEAM)


@pages.get("/fragments/incidents", **roles("resident"))
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """For the first page: what is out of order in the building, and the question when it is over."""
    homes = await registry.own_occupancies(unit, who.person)
    found = await queries.of_homes(unit, homes[:1])
    shown = [await views.whole(unit, one, who, language_of(request)) for one in found]
    asked = {one.id for one in found if await following.is_asked(unit, one, homes)}
    running = [one for one in shown if one.state != "resolved" or one.id in asked]
    return await answer(request, unit, "incidents_fragment.html", incidents=running, asked=asked)


@pages.get("/incidents/known", **roles("resident"))
async def known(
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Annotated[str, Query(max_length=64)],
    symptom: Annotated[str, Query(max_length=64)] = "",
    occupancy: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A piece of the form: what is known of such a problem. Empty when nothing is."""
    if element not in taxonomy().elements:
        raise not_found()
    own = await following.own_home(unit, who, occupancy or None)
    home = await registry.home_of_occupancy(unit, own)
    if home is None:
        raise not_found()
    found = await known_for(unit, home, element, symptom or None)
    return await answer(request, unit, "known.html", known=found, occupancy=own, known_text=views.sentence)


@pages.get("/incidents", **roles(*TEAM))
async def all_incidents(request: Request, unit: RoomUnit, who: Who, show: str = "open") -> Response:
    """What is proposed and under way, what may be one cause, and what meters show."""
    states = ("closed", "dismissed", "merged") if show == "past" else (*OPEN, "resolved")
    language = language_of(request)
    found = await views.summaries(unit, await queries.listed(unit, states), who, language)
    suggested = [(one, await places.name_of(unit, one.scope)) for one in await queries.suggested(unit)]
    return await answer(
        request,
        unit,
        "incidents.html",
        incidents=found,
        suggested=suggested if show != "past" else [],
        proposals=await meter_views.lines(unit, language) if show != "past" else [],
        show="past" if show == "past" else "open",
    )


@pages.post("/incidents/declare", **roles("staff"))
async def declare(
    unit: RoomUnit,
    who: Who,
    family: Annotated[str, Form(max_length=64)],
    scope: Annotated[str, Form(max_length=200)],
) -> Response:
    incident = await declaring.declare(unit, family, scope, actor_of(who))
    return RedirectResponse(f"/incidents/{incident.id}", 303)


@pages.get("/incidents/{incident}", **roles(*PEOPLE))
async def one(incident: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """The household's page or the cooperative's, of the same incident."""
    return await _one(request, unit, who, incident)


@pages.post("/incidents/{incident}/actions", **roles("staff"))
async def act(
    incident: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form()],
    reason: Annotated[str, Form(max_length=4000)] = "",
    text_fr: Annotated[str, Form(max_length=4000)] = "",
    text_en: Annotated[str, Form(max_length=4000)] = "",
    expected_at: Annotated[str, Form(max_length=32)] = "",
    next_news_at: Annotated[str, Form(max_length=32)] = "",
    tells_all: Annotated[str, Form(max_length=8)] = "",
    asks_all: Annotated[str, Form(max_length=8)] = "",
    scope: Annotated[str, Form(max_length=200)] = "",
    other: Annotated[str, Form(max_length=64)] = "",
    even_so: Annotated[str, Form(max_length=8)] = "",
    ticket: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """One action; what is refused is said on the same page, with the words kept."""
    await queries.visible(unit, incident, who)
    try:
        given = actions.Given(
            reason=reason.strip() or None,
            text_fr=text_fr.strip() or None,
            text_en=text_en.strip() or None,
            expected_at=await _local_instant(unit, expected_at, "expected_at"),
            next_news_at=await _local_instant(unit, next_news_at, "next_news_at"),
            tells_all=tells_all == "true" if asks_all else None,
            scope=scope or None,
            other=other or None,
            even_so=even_so == "true",
            ticket=ticket or None,
            version=version,
        )
        async with unit.part():
            await actions.act(unit, incident, action, actor_of(who), given)
    except Problem as problem:
        kept = {"reason": reason, "text_fr": text_fr, "text_en": text_en, "other": other}
        return await _one(request, unit, who, incident, problem, kept)
    return RedirectResponse(f"/incidents/{incident}", 303)


@pages.post("/incidents/{incident}/follow", **roles("resident"))
async def follow(
    incident: str, unit: RoomUnit, who: Who, occupancy: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """The household hears how it goes without writing a request."""
    found = await queries.visible(unit, incident, who)
    home = await following.own_home(unit, who, occupancy or None)
    await following.follow(unit, found, home, who.person)
    return RedirectResponse(f"/incidents/{incident}?followed=true", 303)


@pages.post("/incidents/{incident}/answer", **roles("resident"))
async def answered(
    incident: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    is_back: Annotated[str, Form(max_length=8)],
    comment: Annotated[str, Form(max_length=4000)] = "",
    occupancy: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Is it back for you? One tap; a no may say what is still wrong."""
    found = await queries.visible(unit, incident, who)
    home = await following.own_home(unit, who, occupancy or None)
    language = language_of(request)
    try:
        async with unit.part():
            await following.answer(
                unit, found, home, is_back == "true", comment.strip() or None, actor_of(who), language
            )
    except Problem as problem:
        return await _one(request, unit, who, incident, problem)
    return RedirectResponse(f"/incidents/{incident}", 303)


async def _one(
    request: Request,
    unit: Unit,
    who: Principal,
    incident_id: str,
    problem: Problem | None = None,
    kept: dict[str, str] | None = None,
) -> Response:
    language = language_of(request)
    found = await queries.visible(unit, incident_id, who)
    await unit.session.refresh(found)
    shown = await views.whole(unit, found, who, language)
    status = problem.status if problem else 200
    if who.role is Role.RESIDENT:
        homes = await registry.own_occupancies(unit, who.person)
        return await answer(
            request,
            unit,
            "incident.html",
            status=status,
            incident=shown,
            is_asked=await following.is_asked(unit, found, homes),
            own=await following.own_requests(unit, found, homes),
            is_new_follower="followed" in request.query_params,
            problem=problem,
        )
    signals = await meter_views.lines(unit, language, incident=found.id)
    return await answer(
        request,
        unit,
        "desk_incident.html",
        status=status,
        incident=shown,
        counted=(await queries.counted(unit, [found]))[found.id],
        scopes=[(one, await places.name_of(unit, one)) for one in await queries.other_scopes(unit, found)],
        others=await views.summaries(unit, await queries.mergeable(unit, found), who, language),
        proposals=signals,
        together=await meter_views.together(unit, signals) if signals else None,
        is_late=found.next_news_at is not None and found.next_news_at < unit.now,
        beside=await _beside(unit, found, who, language),
        tells_all=found.tells_all,
        reached=len(await queries.concerned(unit, found)),
        served=await places.count_served(unit, *await reaching.scopes_of(unit, found)),
        element=word("elements", found.element, language),
        is_staff=who.role is Role.STAFF,
        kept=kept or {},
        problem=problem,
    )


async def _beside(unit: Unit, found: Incident, who: Principal, language: str) -> dict[str, IncidentSummary]:
    """The incident it comes after, and the one it went on in, by what they are to it."""
    ids = {"after": found.after, "merged_into": found.merged_into}
    others = {name: await unit.session.get_one(Incident, id) for name, id in ids.items() if id is not None}
    shown = await views.summaries(unit, list(others.values()), who, language)
    return dict(zip(others, shown, strict=True))


async def _local_instant(unit: Unit, text: str, field: str) -> datetime | None:
    """What a date-and-time field gives is the cooperative's civil time."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"/{field}", "invalid", "Give a day and an hour.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=await zone_of(unit))
