"""The household chooses, moves and calls off its visit, says that nobody came, keeps it in its calendar."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import queries as tickets
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.parties.guests import headers, turned_away
from services.aftersales.visits import booking, feed_links, feeds, moving, on_ticket, stale
from services.aftersales.visits.seen import UNTOLD, Before, Seen
from services.kit.addresses import public_url
from services.kit.i18n import language_of
from services.kit.pages import PageRoute
from services.kit.principal import Principal
from services.kit.problems import Problem, not_found
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, roles, route_class

RESIDENT = roles("resident")


class _FeedPage(PageRoute):
    """Behind a personal calendar address."""

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        return await turned_away(request, _whose, "feed")


@pages.get("/tickets/{ticket}/visit", **RESIDENT)
async def choose(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """All windows there are."""
    return await _page(request, unit, who, ticket)


@pages.post("/tickets/{ticket}/visit", **RESIDENT)
async def book(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    before: Before,
    slot: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """When somebody was faster, the windows that are left, and what was chosen."""
    found = await tickets.visible(unit, ticket, who)
    try:
        await booking.book(unit, found, slot, actor_of(who), before=before)
    except Problem as problem:
        return await _page(request, unit, who, ticket, problem, before, "book", slot)
    return RedirectResponse(f"/tickets/{ticket}#visit", 303)


@pages.post("/tickets/{ticket}/visit/cancel", **RESIDENT)
async def cancel(ticket: str, request: Request, unit: RoomUnit, who: Who, before: Before) -> Response:
    found = await tickets.visible(unit, ticket, who)
    try:
        await moving.call_off(unit, found, actor_of(who), before=before)
    except Problem as problem:
        return await _page(request, unit, who, ticket, problem, before, "cancel")
    return RedirectResponse(f"/tickets/{ticket}#visit", 303)


@pages.post("/tickets/{ticket}/visit/missed", **RESIDENT)
async def nobody_came(ticket: str, request: Request, unit: RoomUnit, who: Who, before: Before) -> Response:
    """On whose side it was is the host's: the firm's when a firm was to come."""
    found = await tickets.visible(unit, ticket, who)
    side = (await on_ticket.whole(unit, found))["host_side"]
    try:
        await moving.missed(unit, found, side, actor_of(who), before=before)
    except Problem as problem:
        return await _page(request, unit, who, ticket, problem, before, "missed")
    return RedirectResponse(f"/tickets/{ticket}#visit", 303)


@pages.post("/tickets/{ticket}/visit/was-there", **RESIDENT)
async def was_there(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """The miss is recorded on the household's side, and it says otherwise."""
    found = await tickets.visible(unit, ticket, who)
    try:
        await moving.was_there(unit, found, actor_of(who), moving.I_WAS_THERE[language_of(request)])
    except Problem as problem:
        return await _page(request, unit, who, ticket, problem)
    return RedirectResponse(f"/tickets/{ticket}#visit", 303)


@pages.get("/tickets/{ticket}/visit.ics", **roles("resident", "staff", "caretaker"))
async def file(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """The visit for a calendar; one that was called off takes itself out of it."""
    found = await tickets.visible(unit, ticket, who)
    content = await feeds.of_ticket(unit, found, language_of(request), request.app.state)
    if content is None:
        raise not_found()
    return feeds.response(content, f"visite-{found.number}.ics")


@pages.post("/calendar-link", **RESIDENT)
async def make_link(request: Request, unit: RoomUnit, who: Who) -> Response:
    """Shown once: it is kept as a hash only. An earlier one stops working."""
    token = await feed_links.make(unit, who.person, language_of(request))
    address = f"{public_url(request.app.state.settings).rstrip('/')}/calendar-feed/{token}"
    until = await feed_links.good_until(unit, who.person)
    return await answer(request, unit, "calendar_link.html", address=address, until=until)


@pages.post("/calendar-link/revoke", **RESIDENT)
async def revoke_link(unit: RoomUnit, who: Who) -> Response:
    await feed_links.revoke(unit, who.person)
    return RedirectResponse("/tickets", 303)


async def feed(token: str, request: Request, unit: RoomUnit) -> Response:
    """For calendar programs, which ask every few hours."""
    link = await feed_links.holder(unit, token)
    if link is None:
        raise not_found()
    until = await feed_links.ends_at(unit, link)
    content = await feeds.of_person(unit, link.person, link.language, request.app.state, until)
    return headers(feeds.response(content, "visites.ics"))  # type: ignore[no-any-return]


pages.add_api_route(
    "/calendar-feed/{token}",
    feed,
    methods=["GET"],
    route_class_override=route_class("aftersales", _FeedPage),
    **roles("anyone"),
)


async def _whose(unit: Unit, token: str) -> str | None:
    link = await feed_links.holder(unit, token)
    return link.person if link else None


async def _page(
    request: Request,
    unit: Unit,
    who: Principal,
    ticket: str,
    problem: Problem | None = None,
    before: Seen = UNTOLD,
    wanted: str = "",
    slot: str = "",
) -> Response:
    found = await tickets.visible(unit, ticket, who)
    return await answer(
        request,
        unit,
        "visit.html",
        status=problem.status if problem else 200,
        ticket=found,
        part=await on_ticket.whole(unit, found),
        feed_until=await feed_links.good_until(unit, who.person),
        problem=problem,
        stale=await stale.of(unit, found, language_of(request), problem, before, wanted=wanted, slot=slot),
        given={},
        at_desk=False,
    )
