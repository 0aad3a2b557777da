"""The desk's side of appointments: one request's visit, the week of all who come, and when they can."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col, select

from services.aftersales import queries as tickets
from services.aftersales.form_pages import Sent, taken
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.parties.jobs import places_of
from services.aftersales.parties.model import Party
from services.aftersales.visits import booking, moving, offers, on_ticket, queries, schedule, stale
from services.aftersales.visits.seen import UNTOLD, Before, Seen
from services.aftersales.words import codes
from services.kit.i18n import language_of
from services.kit.problems import Problem, invalid, not_found
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, roles

TEAM = roles("staff", "caretaker")
SIDES = ("member", "contractor", "cooperative")
NOTHING_SENT = Sent()


@pages.get("/desk/{ticket}/visit", **TEAM)
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _page(request, unit, who, ticket)


@pages.post("/desk/{ticket}/visit", **TEAM)
async def book(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    before: Before,
    slot: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """For a household that called: the same windows as on its own page."""
    found = await tickets.visible(unit, ticket, who)
    return await taken(
        unit,
        lambda: booking.book(unit, found, slot, actor_of(who), before=before),
        f"/desk/{ticket}#visit",
        lambda sent: _page(request, unit, who, ticket, sent, before, wanted="book"),
        given={"slot": slot},
    )


@pages.post("/desk/{ticket}/visit/propose", **TEAM)
async def propose(
    ticket: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    day: Annotated[str, Form(max_length=10)] = "",
    start: Annotated[str, Form(max_length=5)] = "",
    end: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """A window for this request alone; its household is told."""
    found = await tickets.visible(unit, ticket, who)
    zone = await zone_of(unit)

    async def offer() -> None:
        try:
            on, edges = date.fromisoformat(day), [time.fromisoformat(start), time.fromisoformat(end)]
        except ValueError as error:
            raise invalid("/day", "missing", "Give a day and an hour.") from error
        begins, ends = (datetime.combine(on, at, zone).astimezone(UTC) for at in edges)
        await booking.propose(unit, found, await offers.host_of(unit, found), begins, ends)
        await moving.offered(unit, found, actor_of(who))

    return await taken(
        unit,
        offer,
        f"/desk/{ticket}/visit",
        lambda sent: _page(request, unit, who, ticket, sent),
        given={"day": day, "start": start, "end": end},
    )


@pages.post("/desk/{ticket}/visit/{what}", **TEAM)
async def move(
    ticket: str,
    what: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    before: Before,
    side: Annotated[str, Form(max_length=20)] = "",
    minutes: Annotated[int, Form(ge=0, le=240)] = 0,
) -> Response:
    """Call it off, say that somebody is on the way, or that it was missed and on whose side."""
    found = await tickets.visible(unit, ticket, who)

    async def act() -> None:
        if what == "cancel":
            await moving.call_off(unit, found, actor_of(who), before=before)
        elif what == "on-the-way":
            await moving.on_the_way(unit, found, actor_of(who), minutes or None, before)
        elif what == "missed" and side in SIDES:
            await moving.missed(unit, found, side, actor_of(who), before=before)
        else:
            raise not_found()

    return await taken(
        unit,
        act,
        f"/desk/{ticket}#visit",
        lambda sent: _page(request, unit, who, ticket, sent, before, wanted=what),
        given={"side": side, "minutes": str(minutes)},
    )


@pages.get("/calendar", **TEAM)
async def week(
    request: Request,
    unit: RoomUnit,
    day: Annotated[str, Query(max_length=10)] = "",
    host: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A week of visits, by team and contractor; on a phone a list of days."""
    zone, today = await zone_of(unit), await local_today(unit)
    monday = _monday(day, today)
    first = datetime.combine(monday, time(), zone)
    last = datetime.combine(monday + timedelta(days=7), time(), zone)
    planned = await queries.between(unit, first, last, host or None)
    names = await queries.host_names(unit, language_of(request))
    days = [monday + timedelta(days=number) for number in range(7)]
    places = await places_of(unit, [row.ticket for row in planned])
    lines = [(row, row.visit.starts_at.astimezone(zone).date(), places[row.ticket.id]) for row in planned]
    seen = sorted({row.visit.host for row in planned}, key=lambda one: names.get(one, one))
    return await answer(
        request,
        unit,
        "calendar.html",
        days=[one for one in days if one.weekday() < 5 or any(on == one for _, on, _ in lines)],
        today=today,
        lines=lines,
        hosts=seen,
        names=names,
        host=host,
        hosts_known=await _hosts(unit, names),
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        of_host=lambda day: f"/calendar?day={day.isoformat()}" + (f"&host={host}" if host else ""),
    )


@pages.get("/calendar/hours", **TEAM)
async def hours(
    request: Request, unit: RoomUnit, host: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """When a team or contractor can come."""
    return await _hours(request, unit, host)


@pages.post("/calendar/hours", **TEAM)
async def add_hours(
    request: Request,
    unit: RoomUnit,
    host: Annotated[str, Form(max_length=64)],
    start: Annotated[str, Form(max_length=5)] = "",
    end: Annotated[str, Form(max_length=5)] = "",
    weekday: Annotated[str, Form(max_length=1)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    window: Annotated[int, Form(ge=30, le=720)] = 120,
    capacity: Annotated[int, Form(ge=1, le=20)] = 1,
) -> Response:
    await _known(unit, host)
    return await taken(
        unit,
        lambda: schedule.add(unit, host, weekday or None, day or None, start, end, window, capacity),
        f"/calendar/hours?host={host}",
        lambda sent: _hours(request, unit, host, sent.problem),
    )


@pages.post("/calendar/hours/{hours}/drop", **TEAM)
async def drop_hours(hours: str, unit: RoomUnit, host: Annotated[str, Form(max_length=64)]) -> Response:
    await _known(unit, host)
    await schedule.drop(unit, host, hours)
    return RedirectResponse(f"/calendar/hours?host={host}", 303)


async def _hours(request: Request, unit: Unit, host: str, problem: Problem | None = None) -> Response:
    names = await queries.host_names(unit, language_of(request))
    known = await _hosts(unit, names)
    chosen = host or (known[0][0] if known else "")
    await _known(unit, chosen)
    return await answer(
        request,
        unit,
        "hours.html",
        status=problem.status if problem else 200,
        host=chosen,
        hosts_known=known,
        weeks=await offers.weeks_of(unit, chosen),
        singles=await schedule.singles(unit, chosen),
        problem=problem,
    )


async def _hosts(unit: Unit, names: dict[str, str]) -> list[tuple[str, str]]:
    """Teams, then the firms that come, by name."""
    rows = await unit.session.execute(
        select(Party.id).where(
            col(Party.coop) == unit.coop,
            col(Party.kind).in_(offers.FIRMS),
            col(Party.ended_on).is_(None),
        )
    )
    firms = sorted(((one, names[one]) for one in rows.scalars()), key=lambda row: row[1].lower())
    return [(code, names[code]) for code in codes("teams")] + firms


async def _known(unit: Unit, host: str) -> None:
    if host in codes("teams"):
        return
    party = await unit.session.get(Party, host)
    if party is None or party.coop != unit.coop or party.kind not in offers.FIRMS:
        raise not_found()


async def _page(
    request: Request,
    unit: Unit,
    who: Principal,
    ticket: str,
    sent: Sent = NOTHING_SENT,
    before: Seen = UNTOLD,
    wanted: str = "",
) -> Response:
    found, problem = await tickets.visible(unit, ticket, who), sent.problem
    slot = str(sent.given.get("slot", ""))
    return await answer(
        request,
        unit,
        "visit.html",
        status=problem.status if problem else 200,
        ticket=found,
        part=await on_ticket.whole(unit, found),
        feed_until=None,
        problem=problem,
        stale=await stale.of(unit, found, language_of(request), problem, before, wanted=wanted, slot=slot),
        given=sent.given,
        at_desk=True,
    )


def _monday(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    return day - timedelta(days=day.weekday())
