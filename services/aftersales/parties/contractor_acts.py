"""What a contractor does by its personal link: plain forms that also work after a bad connection."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import photos
from services.aftersales.model import Ticket
from services.aftersales.page_base import pages
from services.aftersales.parties import finishing, jobs, messages
from services.aftersales.parties.contractor_pages import OUTCOMES, ROOT, hours_page, job_page, page
from services.aftersales.parties.guests import GuestPhotosPage, guest
from services.aftersales.parties.model import Party
from services.aftersales.photos.receiving import brought, page_with_photos
from services.aftersales.telling import Actor
from services.aftersales.visits import booking, moving, schedule
from services.aftersales.visits.model import Slot
from services.aftersales.visits.seen import Before
from services.kit.problems import Problem, invalid, not_found
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import RoomUnit

Day = Annotated[str, Form(max_length=10)]
Clock = Annotated[str, Form(max_length=5)]
Words = Annotated[str, Form(max_length=4000)]


def actor_of(party: Party) -> Actor:
    """The party as the actor of a step."""
    return Actor(party.id, "contractor", "link")


@page("/jobs/{ticket}/slots", "POST")
async def propose(
    request: Request,
    token: str,
    ticket: str,
    unit: RoomUnit,
    day: Annotated[list[str], Form(max_length=10)],
    start: Annotated[list[str], Form(max_length=10)],
    end: Annotated[list[str], Form(max_length=10)],
) -> Response:
    """Windows for the household to choose from; lines left empty are passed over."""
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    wanted = [row for row in zip(day, start, end, strict=False) if all(row)]
    try:
        async with unit.part():
            if not wanted:
                raise invalid("/day", "missing", "Give a day and the hours of at least one visit.")
            for one in wanted:
                begins, ends = await _window(unit, *one)
                await booking.propose(unit, found, party.id, begins, ends)
            await moving.offered(unit, found, actor_of(party))
    except Problem as problem:
        return await job_page(request, unit, party, ticket, problem)
    return _back(token, ticket, "#visit")


@page("/jobs/{ticket}/slots/{slot}/withdraw", "POST")
async def withdraw(request: Request, token: str, ticket: str, slot: str, unit: RoomUnit) -> Response:
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    row = await unit.session.get(Slot, slot)
    if row is None or row.host != party.id or row.ticket != found.id:
        raise not_found()
    await booking.withdraw(unit, row)
    return _back(token, ticket, "#visit")


@page("/jobs/{ticket}/agreed", "POST")
async def agreed(
    request: Request,
    token: str,
    ticket: str,
    unit: RoomUnit,
    before: Before,
    day: Day = "",
    start: Clock = "",
) -> Response:
    """An hour settled with the household by voice."""
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    try:
        begins, _ = await _window(unit, day, start, start)
        await moving.agreed(unit, found, begins, actor_of(party), before)
    except Problem as problem:
        given = {"agreed_day": day, "agreed_start": start}
        return await job_page(request, unit, party, ticket, problem, given)
    return _back(token, ticket, "#visit")


@page("/jobs/{ticket}/on-the-way", "POST")
async def on_the_way(
    request: Request,
    token: str,
    ticket: str,
    unit: RoomUnit,
    before: Before,
    minutes: Annotated[int, Form(ge=0, le=240)] = 0,
) -> Response:
    return await _step(
        request, unit, token, ticket, lambda f, a: moving.on_the_way(unit, f, a, minutes or None, before)
    )


@page("/jobs/{ticket}/start", "POST")
async def start(request: Request, token: str, ticket: str, unit: RoomUnit) -> Response:
    return await _step(request, unit, token, ticket, lambda f, a: moving.start(unit, f, a))


@page("/jobs/{ticket}/cannot-come", "POST")
async def cannot_come(request: Request, token: str, ticket: str, unit: RoomUnit, before: Before) -> Response:
    """Call the visit off: the household chooses anew, without a call."""
    return await _step(request, unit, token, ticket, lambda f, a: moving.call_off(unit, f, a, before=before))


@page_with_photos(pages, ROOT + "/jobs/{ticket}/finish", "anyone", kind=GuestPhotosPage)
async def finish(
    request: Request,
    token: str,
    ticket: str,
    unit: RoomUnit,
    outcome: Annotated[str, Form(max_length=40)] = "",
    note: Words = "",
    no_photo: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """What came of the visit, with a photo or why there is none."""
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    given = {"outcome": outcome, "note": note.strip(), "no_photo": no_photo.strip()}
    arrived = brought(request)
    try:
        async with unit.part():
            if outcome not in OUTCOMES:
                raise invalid("/outcome", "missing", "Say what came of the visit.")
            for picture in arrived.good:
                await photos.keep(unit, picture, ticket=found.id, by=actor_of(party))
            if arrived.refused and not arrived.good:
                raise photos.refusal(arrived.refused[0])
            if given["no_photo"] == "other" and not given["note"]:
                raise invalid("/note", "missing", "Say in a few words why there is no photo.")
            if not arrived.good and not given["no_photo"] and outcome != "no_access":
                raise invalid("/no_photo", "missing", "Add a photo, or say why there is none.")
            await finishing.finish(unit, found, actor_of(party), **given)
    except Problem as problem:
        return await job_page(request, unit, party, ticket, problem, given)
    if await _is_open(unit, party, found):
        return _back(token, ticket)
    return RedirectResponse(f"/contractor/{token}", 303)


@page_with_photos(pages, ROOT + "/jobs/{ticket}/photos", "anyone", kind=GuestPhotosPage)
async def add_photos(request: Request, token: str, ticket: str, unit: RoomUnit) -> Response:
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    arrived = brought(request)
    try:
        async with unit.part():
            for picture in arrived.good:
                await photos.keep(unit, picture, ticket=found.id, by=actor_of(party))
            if arrived.refused:
                raise photos.refusal(arrived.refused[0])
    except Problem as problem:
        return await job_page(request, unit, party, ticket, problem)
    return _back(token, ticket, "#photos")


@page("/jobs/{ticket}/messages", "POST")
async def write(request: Request, token: str, ticket: str, unit: RoomUnit, body: Words = "") -> Response:
    """To the cooperative only."""
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    if body.strip():
        await messages.from_party(unit, found, party, body.strip())
    return _back(token, ticket, "#messages")


@page("/hours", "POST")
async def add_hours(
    request: Request,
    token: str,
    unit: RoomUnit,
    start: Clock = "",
    end: Clock = "",
    weekday: Annotated[str, Form(max_length=1)] = "",
    day: Day = "",
    window: Annotated[int, Form(ge=30, le=720)] = 120,
    capacity: Annotated[int, Form(ge=1, le=20)] = 1,
) -> Response:
    """Every week on a weekday, or once on a day."""
    party = await guest(request, unit)
    try:
        await schedule.add(unit, party.id, weekday or None, day or None, start, end, window, capacity)
    except Problem as problem:
        return await hours_page(request, unit, party, problem)
    return RedirectResponse(f"/contractor/{token}/hours", 303)


@page("/hours/{hours}/drop", "POST")
async def drop_hours(request: Request, token: str, hours: str, unit: RoomUnit) -> Response:
    party = await guest(request, unit)
    await schedule.drop(unit, party.id, hours)
    return RedirectResponse(f"/contractor/{token}/hours", 303)


async def _step(request: Request, unit: Unit, token: str, ticket: str, do: moving.Do) -> Response:
    party = await guest(request, unit)
    found = await jobs.ticket_of(unit, party, ticket)
    try:
        await do(found, actor_of(party))
    except Problem as problem:
        return await job_page(request, unit, party, ticket, problem)
    return _back(token, ticket)


async def _is_open(unit: Unit, party: Party, ticket: Ticket) -> bool:
    return ticket.state in jobs.WITH_PARTY and ticket.party == party.id


async def _window(unit: Unit, day: str, start: str, end: str) -> tuple[datetime, datetime]:
    """Civil times of the cooperative, as instants. 422 for what is no day or hour."""
    zone = await zone_of(unit)
    try:
        on, begins, ends = date.fromisoformat(day), time.fromisoformat(start), time.fromisoformat(end)
    except ValueError as error:
        raise invalid("/day", "missing", "Give a day and the hours of at least one visit.") from error
    return tuple(datetime.combine(on, at, zone).astimezone(UTC) for at in (begins, ends))  # type: ignore[return-value]


def _back(token: str, ticket: str, part: str = "") -> Response:
    return RedirectResponse(f"/contractor/{token}/jobs/{ticket}{part}", 303)
