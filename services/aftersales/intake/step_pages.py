"""A report step by step: one's own words, or place, thing, complaint.

What is chosen is in the addresses, so that the back button and bookmarks work; what is typed is in the draft.
"""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales.dwelling_file import reporting
from services.aftersales.intake import drafts, limits, problems, understanding
from services.aftersales.intake.safety import office_number
from services.aftersales.intake.steps import danger_in, danger_page, home_of, later_page, next_step
from services.aftersales.page_base import answer, pages
from services.aftersales.taxonomy import taxonomy
from services.kit.i18n import language_of
from services.kit.web import RoomUnit, Who, roles

Code = Annotated[str, Form(max_length=64)]
Text = Annotated[str, Form(max_length=4000)]


@pages.post("/tickets/new/start", **roles("resident"))
async def start(
    unit: RoomUnit, who: Who, trade: Code = "", element: Code = "", check_in: Code = ""
) -> Response:
    """Nobody is in danger. The report starts from the `element` or `trade` that was asked about.

    `check_in`: the household's own question that it answers; of that home, and linked once it is sent.
    """
    draft = await drafts.begin(unit, who.person)
    if asked := await reporting.own(unit, check_in, who.person):
        drafts.Content(check_in=asked.id).put_into(draft)
        draft.occupancy = asked.occupancy
    if element in taxonomy().elements:
        return RedirectResponse(f"/tickets/new/{draft.id}/wrong?element={element}", 303)
    if trade in taxonomy().trades:
        return RedirectResponse(f"/tickets/new/{draft.id}/what?trade={trade}", 303)
    return _to(draft.id)


@pages.get("/tickets/new/{draft}", **roles("resident"))
async def words(draft: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """One box for one's own words, or a place to begin with."""
    told = await drafts.of(unit, draft, who.person)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}", 303)
    return await answer(
        request, unit, "new_words.html", draft=told.id, known=taxonomy(), text=drafts.content_of(told).text
    )


@pages.post("/tickets/new/{draft}", **roles("resident"))
async def said(draft: str, unit: RoomUnit, who: Who, text: Text = "") -> Response:
    """Keep the words, and go where they lead: danger, what was understood, or the places."""
    told = await drafts.of(unit, draft, who.person, locked=True)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}", 303)
    content = drafts.content_of(told)
    content.text, content.problems = text.strip(), []
    content.put_into(told)
    told.changed_at = unit.wall
    if danger := await danger_in(unit, who, content):
        return RedirectResponse(danger_page(danger, told.id), 303)
    if await limits.wait_to_understand(unit, who):
        return RedirectResponse(later_page(told.id), 303)
    return RedirectResponse(next_step(told.id, content), 303)


@pages.get("/tickets/new/{draft}/later", **roles("resident"))
async def later(draft: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """Enough for the moment: nothing is lost, and there is a number to call. 429 until one can go on."""
    told = await drafts.of(unit, draft, who.person)
    go_on = next_step(told.id, drafts.content_of(told))
    wait = await limits.still_to_wait(unit, who, told.occupancy)
    if told.tickets or not wait:
        return RedirectResponse(go_on, 303)
    home = await home_of(unit, who, told.occupancy)
    page = await answer(
        request,
        unit,
        "new_later.html",
        status=429,
        minutes=-(-wait // 60),
        phone=await office_number(unit, home.building if home else None),
        go_on=go_on,
    )
    page.headers["Retry-After"] = str(wait)
    return page


@pages.get("/tickets/new/{draft}/understood", **roles("resident"))
async def understood(draft: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """What the words are about; the household confirms, or chooses itself."""
    told = await drafts.of(unit, draft, who.person)
    if told.tickets:
        return RedirectResponse(f"/tickets/{told.tickets[0]}", 303)
    text = drafts.content_of(told).text
    home = await home_of(unit, who, told.occupancy)
    found = await understanding.understood(unit, text, home)
    language = language_of(request)
    rows = [
        (
            problems.of_proposal(one),
            understanding.explanation(one, language),
            understanding.why_urgent(one, found.urgent, language),
        )
        for one in found.sure
    ]
    unsure = [problems.of_proposal(one) for one in found.proposals if not one.is_sure]
    return await answer(
        request,
        unit,
        "new_understood.html",
        draft=told.id,
        text=text,
        known=taxonomy(),
        rows=rows[: problems.MOST],
        unsure=unsure,
        places=found.places,
        hinted=[
            await understanding.danger_out(unit, one, home.building if home else None, language)
            for one in found.hinted
        ],
        is_no_repair=found.is_no_repair,
    )


@pages.get("/tickets/new/{draft}/what", **roles("resident"))
async def what(
    draft: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    place: str = "",
    trade: str = "",
    everything: bool = False,
) -> Response:
    """The things usually found at that place, or of that trade; everything else behind one more line."""
    told, known = await drafts.of(unit, draft, who.person), taxonomy()
    if place not in known.places and trade not in known.trades:
        return _to(draft)
    of_trade = tuple(one.code for one in known.elements.values() if one.trade == trade)
    offered = known.found_in.get(place, of_trade)
    return await answer(
        request,
        unit,
        "new_what.html",
        draft=told.id,
        known=known,
        place=place if place in known.places else "",
        trade=trade if trade in known.trades else "",
        offered=[] if everything else offered,
        everything=everything or not offered,
    )


@pages.get("/tickets/new/{draft}/wrong", **roles("resident"))
async def wrong(
    draft: str, request: Request, unit: RoomUnit, who: Who, element: str = "", place: str = ""
) -> Response:
    """What is wrong with it."""
    told, known = await drafts.of(unit, draft, who.person), taxonomy()
    if element not in known.elements:
        return _to(draft)
    chosen = known.elements[element]
    return await answer(
        request,
        unit,
        "new_wrong.html",
        draft=told.id,
        known=known,
        element=chosen,
        place=place if place in known.places else "",
        offered=list(dict.fromkeys([*chosen.symptoms, "other"])),
    )


def _to(draft: str) -> Response:
    return RedirectResponse(f"/tickets/new/{draft}", 303)
