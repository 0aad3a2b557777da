"""Danger: what is asked first, the number to call with no form before it, and one tap to tell afterwards."""

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import registry
from services.aftersales.dwelling_file import reporting
from services.aftersales.intake import drafts, sending
from services.aftersales.intake.access import Access
from services.aftersales.intake.problems import Problem
from services.aftersales.intake.safety import danger_of, numbers, safety
from services.aftersales.intake.sending import Told
from services.aftersales.intake.steps import home_of, homes_of, next_step
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.i18n import language_of
from services.kit.ids import new_id
from services.kit.web import RoomUnit, Who, not_found, roles

Code = Annotated[str, Form(max_length=64)]
Asked = Annotated[str, Query(max_length=64)]


@pages.get("/tickets/new", **roles("resident"))
async def first(
    request: Request,
    unit: RoomUnit,
    who: Who,
    trade: Asked = "",
    element: Asked = "",
    window: Asked = "",
    check_in: Asked = "",
) -> Response:
    """Is anybody in danger? And what was begun lately can be gone on with.

    What is asked about goes on with the report: a `trade` or an `element`, a `window` of the dwelling's file,
    and the `check_in` that is answered.
    """
    homes = await registry.own_occupancies(unit, who.person)
    begun = await drafts.begun(unit, who.person)
    return await answer(
        request,
        unit,
        "new_safety.html",
        dangers=[danger for danger in safety() if danger.is_asked],
        homes=homes,
        trade=trade if trade in taxonomy().trades else reporting.trade_of([window]),
        element=element if element in taxonomy().elements else "",
        check_in=asked.id if (asked := await reporting.own(unit, check_in, who.person)) else "",
        begun=next_step(begun.id, drafts.content_of(begun)) if begun else None,
    )


@pages.get("/tickets/new/danger/{code}", **roles("resident"))
async def call(
    code: str, request: Request, unit: RoomUnit, who: Who, draft: Asked = "", check_in: Asked = ""
) -> Response:
    """What to do first, the number, the advice. `draft`: the words that named the danger, to go on with when
    there is none; `check_in`: the cooperative's question that it answers."""
    danger = danger_of(code)
    homes = await homes_of(unit, who)
    if danger is None:
        raise not_found()
    heard = await drafts.of(unit, draft, who.person) if draft else None
    return await answer(
        request,
        unit,
        "new_danger.html",
        danger=danger,
        numbers=await numbers(unit, danger, homes[0].building if homes else None, language_of(request)),
        homes=homes,
        key=new_id("drf"),
        draft=heard.id if heard and not heard.tickets else None,
        check_in=asked.id if (asked := await reporting.own(unit, check_in, who.person)) else "",
    )


@pages.post("/tickets/new/danger/{code}", **roles("resident"))
async def called(
    code: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    key: Code = "",
    draft: Code = "",
    occupancy: Code = "",
    check_in: Code = "",
) -> Response:
    """Record it: a person of the cooperative calls back. A second tap finds the same request."""
    danger = danger_of(code)
    asked = await reporting.own(unit, check_in, who.person)
    home = await home_of(unit, who, occupancy or (asked.occupancy if asked else None))
    if danger is None or home is None:
        raise not_found()
    told = await drafts.of(unit, draft, who.person, locked=True) if draft else None
    if told is None or told.tickets:
        told = await drafts.once(unit, key if drafts.is_key(key) else new_id("drf"), who.person)
    if not told.tickets:
        language = language_of(request)
        said = word("intake", "called" if danger.is_call_first else "told", language)
        text = said.format(danger=word("dangers", danger.code, language))
        content = drafts.content_of(told)
        own = content.text
        if asked and not content.check_in:
            content.check_in = asked.id
            content.put_into(told)
        problem = Problem(danger.place, danger.element, danger.symptom)
        report = Told([problem], f"{text}\n{own}".strip(), language, Access())
        tickets = await sending.send(unit, home, report, actor_of(who))
        await drafts.sent(unit, told, [ticket.id for ticket in tickets])
    assert told.tickets
    return RedirectResponse(f"/tickets/{told.tickets[0]}?new=true", 303)


@pages.post("/tickets/new/danger/{code}/none", **roles("resident"))
async def none_of_it(code: str, unit: RoomUnit, who: Who, draft: Code = "") -> Response:
    """The words sounded like danger and there is none: on with the report, and not asked of that again."""
    told = await drafts.of(unit, draft, who.person, locked=True)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}", 303)
    content = drafts.content_of(told)
    content.dangers_seen = sorted({*content.dangers_seen, code})
    content.put_into(told)
    return RedirectResponse(next_step(told.id, content), 303)
