"""The last step of a report: what is known of it already, a photo, when somebody is home; then it is sent."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import actions, photos
from services.aftersales.incidents.known import Known, known_for
from services.aftersales.incidents.views import sentence
from services.aftersales.intake import access, drafts, limits, pressing, problems, sending, understanding
from services.aftersales.intake.access import MOST_NOTE, Access
from services.aftersales.intake.drafts import Content
from services.aftersales.intake.model import Draft
from services.aftersales.intake.pressing import began_on
from services.aftersales.intake.problems import Problem
from services.aftersales.intake.sending import Told
from services.aftersales.intake.steps import (
    danger_in,
    danger_page,
    home_of,
    homes_of,
    later_page,
    next_step,
)
from services.aftersales.model import Ticket
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.photos.receiving import brought, page_with_photos
from services.aftersales.priority import priority_of
from services.aftersales.registry import Home
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import labelled
from services.kit.i18n import language_of
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, not_found, roles

Code = Annotated[str, Form(max_length=64)]
Text = Annotated[str, Form(max_length=4000)]
Chosen = Annotated[list[str] | None, Query(max_length=problems.MOST)]


@pages.get("/tickets/new/{draft}/last", **roles("resident"))
async def last(
    draft: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    problem: Chosen = None,
    missing: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """What is known of it already, a photo, when somebody is home; then it is sent."""
    told = await drafts.of(unit, draft, who.person)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}", 303)
    chosen = problems.read(problem or ())
    if not chosen:
        return RedirectResponse(f"/tickets/new/{draft}", 303)
    if unclear := next((one for one in chosen if not one.symptom), None):
        return RedirectResponse(
            f"/tickets/new/{draft}/wrong?{urlencode({'element': unclear.element, 'place': unclear.place})}",
            303,
        )
    homes = await homes_of(unit, who)
    if not homes:
        raise not_found()
    home = next((one for one in homes if one.occupancy == told.occupancy), homes[0])
    found: list[Known] = []
    for one in chosen:
        found += [row for row in await known_for(unit, home, one.element, one.symptom) if row not in found]
    language = language_of(request)
    content = drafts.content_of(told)
    heard = await understanding.understood(unit, content.text, home)
    return await answer(
        request,
        unit,
        "new_last.html",
        draft=told.id,
        chosen=chosen,
        content=content,
        pressing=pressing.asked(chosen, heard, content.urgent, language),
        homes=homes,
        occupancy=home.occupancy,
        own=next((row for row in found if row.kind == "own"), None),
        known=[row for row in found if row.kind != "own"],
        known_text=sentence,
        times=labelled("availability", language),
        most_note=MOST_NOTE,
        began=began_on(heard, await local_today(unit)),
        missing=set(missing.split(".")) if missing else set(),
        today=await local_today(unit),
    )


@page_with_photos(pages, "/tickets/new/{draft}/send", "resident")
async def send(
    draft: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    problem: Annotated[list[str], Form(max_length=problems.MOST)],
    place: Annotated[list[str] | None, Form(max_length=problems.MOST)] = None,
    text: Text = "",
    since: Annotated[str, Form(max_length=10)] = "",
    availability: Annotated[list[str] | None, Form(max_length=20)] = None,
    access_note: Annotated[str, Form(max_length=MOST_NOTE)] = "",
    occupancy: Code = "",
    append_to: Code = "",
    urgency: Annotated[list[str] | None, Form(max_length=20)] = None,
    urgency_asked: Annotated[list[str] | None, Form(max_length=20)] = None,
) -> Response:
    """Once, however often it is tapped. What is missing is asked for with everything typed still there."""
    told = await drafts.of(unit, draft, who.person, locked=True)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}?new=true", 303)
    home = await home_of(unit, who, occupancy)
    if home is None:
        raise not_found()
    chosen = _with_places(problems.read(problem), place or [])
    before = drafts.content_of(told)
    content = Content(
        text=text.strip(),
        since=since,
        availability=list(access.known(availability or ())),
        access_note=access_note.strip(),
        problems=[str(one) for one in chosen],
        dangers_seen=before.dangers_seen,
        check_in=before.check_in,
        urgent=list(
            pressing.confirmed(
                await understanding.understood(unit, text, home), urgency or (), urgency_asked or ()
            )
        ),
    )
    content.put_into(told)
    told.occupancy, told.changed_at = home.occupancy, unit.wall
    danger = await danger_in(unit, who, content)
    if danger is not None:
        return RedirectResponse(danger_page(danger, told.id), 303)
    if (again := await _lacking(unit, told.id, content, chosen)) is not None:
        return RedirectResponse(again, 303)
    if append_to:
        return await _append(request, unit, who, told, content, home, append_to)
    today = await local_today(unit)
    priorities = [priority_of(one.element, one.symptom, today) for one in chosen]
    if await limits.wait_to_open(unit, who, home.occupancy, priorities):
        return RedirectResponse(later_page(told.id), 303)
    reach = Access(tuple(content.availability), content.access_note)
    report = Told(
        chosen, content.text, language_of(request), reach, _day(since), urgent=tuple(content.urgent or ())
    )
    tickets = await sending.send(unit, home, report, actor_of(who))
    await drafts.sent(unit, told, [ticket.id for ticket in tickets])
    return await _with_photos(request, unit, who, tickets[0].id, f"/tickets/{tickets[0].id}?new=true")


async def _lacking(unit: Unit, draft: str, content: Content, chosen: list[Problem]) -> str | None:
    """Where what is missing or wrong is asked for; None when all is there."""
    missing = ["place"] if any(not one.place for one in chosen) else []
    noticed_on = _day(content.since)
    if content.since and (noticed_on is None or noticed_on > await local_today(unit)):
        missing.append("since")
    step = next_step(draft, content)
    if missing and chosen:
        return f"{step}&{urlencode({'missing': '.'.join(missing)})}"
    return None if chosen and all(one.symptom for one in chosen) else step


async def _append(
    request: Request, unit: Unit, who: Principal, told: Draft, content: Content, home: Home, number: str
) -> Response:
    """To the household's own open request; the words become a message of it."""
    ticket = await unit.session.get(Ticket, number)
    if ticket is None or ticket.occupancy != home.occupancy or ticket.ended_at is not None:
        raise not_found()
    language = language_of(request)
    body = content.text or "\n".join(one.sentence(language) for one in problems.read(content.problems))
    await actions.write_message(unit, ticket.id, actor_of(who), body)
    if content.availability or content.access_note:
        await access.keep(unit, ticket, Access(tuple(content.availability), content.access_note))
    await drafts.sent(unit, told, [ticket.id])
    return await _with_photos(request, unit, who, ticket.id, f"/tickets/{ticket.id}#messages")


async def _with_photos(request: Request, unit: Unit, who: Principal, ticket: str, page: str) -> Response:
    """The request stands whether or not its pictures could be taken; those that could not are named."""
    arrived = brought(request)
    for picture in arrived.good:
        await photos.keep(unit, picture, ticket=ticket, by=actor_of(who))
    if not arrived.refused:
        return RedirectResponse(page, 303)
    return await answer(
        request,
        unit,
        "photos_refused.html",
        kept=len(arrived.good),
        refused=list(dict.fromkeys(arrived.refused)),
        back=page,
    )


def _with_places(chosen: list[Problem], places: list[str]) -> list[Problem]:
    """The places asked for on the last page, in order, for the problems that had none."""
    known, given = taxonomy().places, iter(places)
    return [
        one if one.place else one._replace(place=place if (place := next(given, "")) in known else "")
        for one in chosen
    ]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
