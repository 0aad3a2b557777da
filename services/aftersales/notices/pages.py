"""The two forms of notices on the desk: write one, and keep what came of it."""

from datetime import date
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import photos, queries
from services.aftersales.desk.ticket_pages import ticket_page
from services.aftersales.notices import actions
from services.aftersales.notices import queries as notices
from services.aftersales.notices.bodies import PROVED
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.page_base import actor_of, pages
from services.aftersales.words import codes
from services.kit.registry import local_today
from services.kit.web import Problem, RoomUnit, Who, invalid, roles


@pages.post("/desk/{ticket}/notices", **roles("staff"))
async def write(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    kind: Annotated[str, Form(max_length=32)] = "notice",
    to: Annotated[str, Form(max_length=64)] = "",
    addressee: Annotated[str, Form(max_length=500)] = "",
    sent_by: Annotated[str, Form(max_length=32)] = "",
    answer_by_on: Annotated[str, Form(max_length=10)] = "",
    words: Annotated[str, Form(max_length=2000)] = "",
    also: Annotated[list[str] | None, Form(max_length=100)] = None,
    photo: Annotated[list[str] | None, Form(max_length=500)] = None,
) -> Response:
    """Written, stored, and sent where it can be; what is refused is said on the same page. Of the requests'
    photos only those go that were ticked: one that was put meanwhile was seen by nobody here."""
    found = await queries.visible(unit, ticket, who)
    try:
        others = [await queries.visible(unit, one, who) for one in also or ()]
        there = {one.id for each in (found, *others) for one in await photos.of(unit, each.id)}
        wanted = NoticeWanted(
            kind=_code("/kind", "notices", kind),
            debtor=to if to in codes("parties") else None,
            party=to if to and to not in codes("parties") else None,
            addressee=addressee.strip() or None,
            answer_by_on=_day("/answer_by_on", answer_by_on),
            words=words.strip() or None,
            sent_by=_code("/sent_by", "sendings", sent_by) if sent_by else None,
            without_photos=frozenset(there) - frozenset(photo or ()),
        )
        await actions.write(unit, [found, *others], wanted, actor_of(who))
    except Problem as problem:
        return await ticket_page(request, unit, who, ticket, problem)
    return RedirectResponse(f"/desk/{ticket}#notices", 303)


@pages.post("/desk/{ticket}/notices/{notice}/proofs", **roles("staff"))
async def prove(
    ticket: str,
    notice: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    kind: Annotated[str, Form(max_length=32)] = "",
    on: Annotated[str, Form(max_length=10)] = "",
    reference: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    found = await queries.visible(unit, ticket, who)
    written = await notices.visible(unit, notice, who)
    try:
        if kind not in PROVED:
            raise invalid("/kind", "unknown_code", "Choose what shows it.")
        day = _day("/on", on) or await local_today(unit)
        await actions.prove(
            unit,
            written,
            kind,
            day,
            actor_of(who),
            reference=reference.strip() or None,
            note=note.strip() or None,
        )
    except Problem as problem:
        return await ticket_page(request, unit, who, found.id, problem)
    return RedirectResponse(f"/desk/{ticket}#notices", 303)


def _code(pointer: str, group: str, code: str) -> str:
    if code not in codes(group):
        raise invalid(pointer, "unknown_code", "Choose one of the list.")
    return code


def _day(pointer: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise invalid(pointer, "invalid", "Give a day.") from error
