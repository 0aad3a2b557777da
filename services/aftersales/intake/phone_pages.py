"""A report taken for somebody else: at the telephone, at the counter, from a letter, by the caretaker."""

from datetime import date
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import registry
from services.aftersales.incidents.known import known_for
from services.aftersales.incidents.views import sentence
from services.aftersales.intake import (
    access,
    callers,
    drafts,
    pressing,
    problems,
    reporter,
    sending,
    understanding,
)
from services.aftersales.intake.access import MOST_NOTE, Access
from services.aftersales.intake.problems import Problem
from services.aftersales.intake.sending import Told
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.registry import Home
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import labelled
from services.kit.i18n import language_of
from services.kit.ids import new_id
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles

TEAM = ("staff", "caretaker")
CHANNELS = ("phone", "counter", "letter", "caretaker")
Code = Annotated[str, Form(max_length=64)]


@pages.get("/desk/new", **roles(*TEAM))
async def whom(request: Request, unit: RoomUnit) -> Response:
    """Whose home is it about?"""
    return await answer(request, unit, "desk_new.html", asked="", callers=None)


@pages.post("/desk/new", **roles(*TEAM))
async def search(request: Request, unit: RoomUnit, q: Annotated[str, Form(max_length=100)] = "") -> Response:
    """By POST: a name does not belong into an address."""
    found = await callers.found(unit, q)
    return await answer(request, unit, "desk_new.html", asked=q, callers=found)


@pages.get("/desk/new/{home}", **roles(*TEAM))
async def blank(home: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """An empty form for that home or building."""
    given = {"channel": "caretaker" if who.role == "caretaker" else "phone", "key": new_id("drf")}
    return await _form(request, unit, home, await _known(unit, home), given)


@pages.post("/desk/new/{home}", **roles(*TEAM))
async def write(
    home: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    text: Annotated[str, Form(max_length=4000)] = "",
    understand: Code = "",
    element: Code = "",
    symptom: Code = "",
    place: Code = "",
    channel: Code = "phone",
    reported_by: Annotated[str, Form(max_length=200)] = "",
    since: Annotated[str, Form(max_length=10)] = "",
    availability: Annotated[list[str] | None, Form(max_length=20)] = None,
    access_note: Annotated[str, Form(max_length=MOST_NOTE)] = "",
    urgency: Annotated[list[str] | None, Form(max_length=20)] = None,
    urgency_asked: Annotated[list[str] | None, Form(max_length=20)] = None,
    key: Code = "",
) -> Response:
    """`understand` proposes; without it the request is opened, or what is missing is said."""
    found = await _known(unit, home)
    given = {
        "text": text.strip(), "element": element, "symptom": symptom, "place": place, "channel": channel,
        "reported_by": reported_by, "since": since, "access_note": access_note.strip(), "key": key,
    }  # fmt: skip
    times = access.known(availability or ())
    heard = await understanding.understood(unit, given["text"], found)
    urgent = pressing.confirmed(heard, urgency or (), urgency_asked or ())
    if understand:
        return await _form(request, unit, home, found, given, times, urgent, proposes=True)
    noticed_on = _day(since)
    errors = _errors(given)
    if since and (noticed_on is None or noticed_on > await local_today(unit)):
        errors.add("since")
    if reporter.is_id(reported_by.strip()) or len(reported_by.strip()) > reporter.MOST_NAME:
        errors.add("reported_by")
    if errors:
        return await _form(request, unit, home, found, given, times, urgent, errors=errors, status=422)
    once = await drafts.once(unit, key if drafts.is_key(key) else new_id("drf"), who.person)
    if not once.tickets:
        told = Told(
            [Problem(place, element, symptom)],
            given["text"],
            language_of(request),
            Access(times, given["access_note"]),
            noticed_on,
            channel,
            reported_by.strip() or None,
            urgent,
        )
        await drafts.sent(
            unit, once, [one.id for one in await sending.send(unit, found, told, actor_of(who))]
        )
    assert once.tickets
    return RedirectResponse(f"/desk/{once.tickets[0]}", 303)


async def _form(
    request: Request,
    unit: Unit,
    home_id: str,
    home: Home,
    given: dict[str, str],
    times: tuple[str, ...] = (),
    urgent: tuple[str, ...] | None = None,
    *,
    proposes: bool = False,
    errors: set[str] | None = None,
    status: int = 200,
) -> Response:
    language = language_of(request)
    said = given.get("text", "")
    understood = await understanding.understood(unit, said, home)
    rows = [
        (
            problems.of_proposal(one),
            understanding.explanation(one, language, "because_told"),
            one.is_sure,
            understanding.why_urgent(one, understood.urgent, language, "urgent_told"),
        )
        for one in understood.proposals
    ]
    if proposes and rows:
        first = rows[0][0]
        given = given | {"element": first.element, "symptom": first.symptom, "place": first.place}
    element, symptom = given.get("element", ""), given.get("symptom", "")
    known = await known_for(unit, home, element, symptom or None) if element in taxonomy().elements else []
    shown = await understanding.shown(unit, understood, home.building, language)
    chosen = [Problem("", element, symptom)] if element in taxonomy().elements else []
    return await answer(
        request,
        unit,
        "desk_new_form.html",
        status=status,
        home_id=home_id,
        home=home,
        people=await registry.household(unit, home.occupancy) if home.occupancy else [],
        given=given,
        chosen_times=times,
        times=labelled("availability", language),
        channels=[row for row in labelled("channels", language) if row["code"] in CHANNELS],
        proposals=rows,
        pressing=pressing.asked(chosen, understood, urgent, language),
        dangers=shown.dangers,
        hinted=shown.hinted,
        is_no_repair=shown.is_no_repair,
        known=known,
        known_text=sentence,
        most_note=MOST_NOTE,
        errors=errors or set(),
        today=await local_today(unit),
    )


def _errors(given: dict[str, str]) -> set[str]:
    known = taxonomy()
    errors = {"text"} if not given["text"] else set()
    errors |= {"element"} if given["element"] not in known.elements else set()
    errors |= {"symptom"} if given["symptom"] not in known.symptoms else set()
    errors |= {"place"} if given["place"] not in known.places else set()
    return errors | ({"channel"} if given["channel"] not in CHANNELS else set())


async def _known(unit: Unit, home: str) -> Home:
    found = await callers.home_of(unit, home)
    if found is None:
        raise not_found()
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
