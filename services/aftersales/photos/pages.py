"""Photos on pages: their files, a form that adds some, a button that takes one back."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import photos, queries
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.photos import actions
from services.aftersales.photos.receiving import brought, page_with_photos
from services.kit.problems import Problem
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, roles

PEOPLE = ("resident", "caretaker", "staff")


@pages.get("/photos/{photo}", **roles(*PEOPLE))
async def full(photo: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    found = await actions.visible(unit, photo, who)
    return await photos.served(unit, found, "full", request.headers.get("If-None-Match"))


@pages.get("/photos/{photo}/small", **roles(*PEOPLE))
async def small(photo: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    found = await actions.visible(unit, photo, who)
    return await photos.served(unit, found, "small", request.headers.get("If-None-Match"))


@page_with_photos(pages, "/tickets/{ticket}/photos", *PEOPLE)
async def add(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """Back to the request; when some could not be taken, first a page that says which and why."""
    found = await queries.visible(unit, ticket, who)
    arrived = brought(request)
    try:
        kept = len(await actions.add(unit, found, arrived, actor_of(who)))
    except Problem as problem:
        return await _told(request, unit, who, ticket, 0, _codes(problem) or arrived.refused, problem.status)
    if arrived.refused:
        return await _told(request, unit, who, ticket, kept, arrived.refused, 200)
    return RedirectResponse(_back(who, ticket), 303)


@pages.post("/photos/{photo}/take-back", **roles(*PEOPLE))
async def take_back(photo: str, unit: RoomUnit, who: Who) -> Response:
    found = await actions.visible(unit, photo, who)
    ticket, inspection = found.ticket, found.inspection
    await actions.take_back(unit, found, actor_of(who))
    return RedirectResponse(_back(who, ticket) if ticket else f"/inspections/{inspection}", 303)


async def _told(
    request: Request, unit: Unit, who: Principal, ticket: str, kept: int, refused: list[str], status: int
) -> Response:
    return await answer(
        request,
        unit,
        "photos_refused.html",
        status=status,
        kept=kept,
        refused=list(dict.fromkeys(refused)),
        back=_back(who, ticket),
    )


def _codes(problem: Problem) -> list[str]:
    if problem.code == "too_many_photos":
        return ["too_many"]
    return [error["code"] for error in problem.extra.get("errors", ())]


def _back(who: Principal, ticket: str) -> str:
    return f"{'/tickets' if who.role is Role.RESIDENT else '/desk'}/{ticket}#photos"
