"""What a contractor sees by its personal link: open jobs, one job, photos, notices, its calendar. GET only
shows: mail scanners open every link."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response

from services.aftersales import photos
from services.aftersales.opinions import giving
from services.aftersales.page_base import answer, pages
from services.aftersales.parties import jobs
from services.aftersales.parties.actions import coop_name
from services.aftersales.parties.former import former_of
from services.aftersales.parties.guests import GUEST_PAGE, guest, headers
from services.aftersales.parties.model import Party
from services.aftersales.visits import feeds, offers, schedule
from services.aftersales.visits.following import running
from services.aftersales.visits.seen import state_of
from services.aftersales.words import labelled, word
from services.kit import registry
from services.kit.i18n import language_of
from services.kit.problems import Problem, not_found
from services.kit.unit import Unit
from services.kit.web import RoomUnit, roles

ROOT = "/contractor/{token}"
ANYONE = {**roles("anyone"), "route_class_override": GUEST_PAGE}
OUTCOMES = ("fixed", "partly", "needs_parts", "needs_other_trade", "no_access", "nothing_found")
ABSENT = ("no_access",)
"""Outcomes of which there may be nothing to see."""


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def page(path: str, method: str = "GET") -> Callable[[Endpoint], Endpoint]:
    """Registers a page behind a personal link."""

    def register(endpoint: Endpoint) -> Endpoint:
        pages.add_api_route(ROOT + path, endpoint, methods=[method], **ANYONE)
        return endpoint

    return register


@page("")
async def home(request: Request, token: str, unit: RoomUnit) -> Response:
    """All open jobs by date."""
    party = await guest(request, unit)
    return await shown(request, unit, party, "contractor_jobs.html", lines=await jobs.listed(unit, party))


@page("/jobs/{ticket}")
async def one(request: Request, token: str, ticket: str, unit: RoomUnit) -> Response:
    """An open job; one opened again says so. Of one that is no longer the party's, only that is shown."""
    party = await guest(request, unit)
    former = await former_of(unit, party, ticket)
    if former is not None:
        status = 200 if former.now == "reopened" else 404
        return await shown(request, unit, party, "contractor_former.html", status, job=former)
    return await job_page(request, unit, party, ticket)


@page("/jobs/{ticket}/photos/{photo}")
async def photo_full(request: Request, token: str, ticket: str, photo: str, unit: RoomUnit) -> Response:
    return await _photo(request, unit, ticket, photo, "full")


@page("/jobs/{ticket}/photos/{photo}/small")
async def photo_small(request: Request, token: str, ticket: str, photo: str, unit: RoomUnit) -> Response:
    return await _photo(request, unit, ticket, photo, "small")


@page("/jobs/{ticket}/notices/{notice}")
async def notice(request: Request, token: str, ticket: str, notice: str, unit: RoomUnit) -> Response:
    """The formal notice as it was sent."""
    party = await guest(request, unit)
    found = await jobs.job(unit, party, await jobs.ticket_of(unit, party, ticket))
    row = next((one for one in found.notices if one.id == notice), None)
    if row is None:
        raise not_found()
    kept = {"Content-Disposition": f'attachment; filename="{row.id}.pdf"'}
    return headers(Response(row.content, media_type=row.content_type, headers=kept))  # type: ignore[no-any-return]


@page("/jobs/{ticket}/visit.ics")
async def visit_file(request: Request, token: str, ticket: str, unit: RoomUnit) -> Response:
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    language = language_of(request)
    content = await feeds.of_job(unit, found, party, language, request.app.state)
    if content is None:
        raise not_found()
    return headers(feeds.response(content, f"visite-{found.number}.ics"))  # type: ignore[no-any-return]


@page("/calendar.ics")
async def calendar_feed(request: Request, token: str, unit: RoomUnit) -> Response:
    """For a calendar program: all visits of the party's open jobs."""
    party = await guest(request, unit)
    content = await feeds.of_party(unit, party, language_of(request), request.app.state)
    return headers(feeds.response(content, "visites.ics"))  # type: ignore[no-any-return]


@page("/hours")
async def hours(request: Request, token: str, unit: RoomUnit) -> Response:
    """When the contractor can come, every week and once."""
    return await hours_page(request, unit, await guest(request, unit))


async def hours_page(request: Request, unit: Unit, party: Party, problem: Problem | None = None) -> Response:
    return await shown(
        request,
        unit,
        party,
        "contractor_hours.html",
        status=problem.status if problem else 200,
        weeks=await offers.weeks_of(unit, party.id),
        singles=await schedule.singles(unit, party.id),
        problem=problem,
    )


async def job_page(
    request: Request,
    unit: Unit,
    party: Party,
    ticket: str,
    problem: Problem | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    """The page of one job; after a refusal with what was filled in."""
    found = await jobs.ticket_of(unit, party, ticket)
    language = language_of(request)
    return await shown(
        request,
        unit,
        party,
        "contractor_job.html",
        status=problem.status if problem else 200,
        job=await jobs.job(unit, party, found),
        photos_of=await photos.of(unit, found.id),
        opinion=await giving.for_contractor(unit, found),
        outcomes=[row for row in labelled("outcomes", language) if row["code"] in OUTCOMES],
        no_photo=[(row["code"], row["label"]) for row in labelled("no_photo", language)],
        can_be_chosen=bool(await offers.offered(unit, found)),
        availability_word=lambda code: word("availability", code, language),
        seen=state_of(await running(unit, found.id)),
        problem=problem,
        given=given or {},
    )


async def shown(
    request: Request, unit: Unit, party: Party, template: str, status: int = 200, **context: Any
) -> Response:
    """A page that says whose it is and whom to call."""
    people = [one for one in await registry.staff(unit, unit.coop) if one.phone and one.role == "staff"]
    response = await answer(
        request,
        unit,
        template,
        status=status,
        party=party,
        coop=await coop_name(unit),
        call=people[0] if people else None,
        root=f"/contractor/{request.path_params['token']}",
        **context,
    )
    return headers(response)  # type: ignore[no-any-return]


async def _photo(request: Request, unit: Unit, ticket: str, photo: str, size: photos.Size) -> Response:
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    row = next((one for one in await photos.of(unit, found.id) if one.id == photo), None)
    if row is None:
        raise not_found()
    return await photos.served(unit, row, size)
