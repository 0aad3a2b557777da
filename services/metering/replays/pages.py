"""The operator's pages of feeds and replays: bring one, play it, lead it, read what came of it."""

from typing import Annotated

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import text

from services.kit.i18n import language_of
from services.kit.registry import USUAL_ZONE
from services.kit.unit import Unit
from services.kit.web import PageQuery, Paging, Problem, RoomUnit, Who, not_found, page_of, roles
from services.metering.page_base import answer, pages
from services.metering.replays import actions, feeds, problems, recording, scenarios
from services.metering.replays.api import key_of, take
from services.metering.replays.bodies import ScenarioIn
from services.metering.replays.page_parts import amount, day_of, months, period, shown, speed_of, told
from services.metering.replays.states import ENDED, Action, FeedState

OPERATOR = roles("operator")
FEEDS_SHOWN = 20
SPEEDS = ("max", "864000", "86400", "3600", "60", "1")
"""As fast as possible, ten days a second, a day, an hour, a minute, as life goes."""
PROFILES = (
    "none", "network", "devices", "nasty", "duplicates", "reorder", "late", "gaps", "garbage", "skew",
    "glitch", "swap", "reset", "dead", "burst", "half-hour", "reconnects", "storm",
)  # fmt: skip
"""The simulator's fault profiles by name; one it does not have is told when the scenario is read."""
Short = Annotated[str, Form(max_length=64)]
_COOPS = """
SELECT c.slug, c.name FROM registry.coop c
WHERE NOT EXISTS (SELECT 1 FROM metering.replay r WHERE r.sandbox = c.slug) ORDER BY c.slug LIMIT 500
"""


@pages.get("/replays", **OPERATOR)
async def replays(
    request: Request, unit: RoomUnit, who: Who, paging: Annotated[PageQuery, Depends()]
) -> Response:
    """What plays and played, the feeds there are, and how to bring another."""
    return await _list(request, unit, paging)


@pages.post("/replays/feeds", **OPERATOR)
async def upload(request: Request, unit: RoomUnit, who: Who) -> Response:
    """A file, chosen or dropped."""
    try:
        feed = await take(request, unit, who, None, None)
    except Problem as problem:
        return await _list(request, unit, Paging(), problem)
    return RedirectResponse(f"/replays/feeds/{feed}", 303)


@pages.post("/replays/scenarios", **OPERATOR)
async def scenario(
    request: Request,
    unit: RoomUnit,
    who: Who,
    homes: Short = "5",
    days: Short = "30",
    seed: Short = "1",
    faults: Short = "none",
) -> Response:
    try:
        wanted = ScenarioIn.model_validate({"homes": homes, "days": days, "seed": seed, "faults": faults})
    except ValidationError as error:
        problem = Problem(422, "scenario", str(error.errors()[0]["msg"]))
        return await _list(request, unit, Paging(), problem)
    return RedirectResponse(f"/replays/feeds/{await scenarios.add(unit, who, wanted)}", 303)


@pages.post("/replays/recordings", **OPERATOR)
async def record(
    request: Request, unit: RoomUnit, who: Who, coop: Short, minutes: Annotated[int, Form()] = 60
) -> Response:
    try:
        feed = await recording.start(unit, who, coop, minutes)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _list(request, unit, Paging(), problem)
    return RedirectResponse(f"/replays/feeds/{feed}", 303)


@pages.get("/replays/feeds/{feed}", **OPERATOR)
async def one_feed(request: Request, unit: RoomUnit, who: Who, feed: str) -> Response:
    """What the feed holds, and how to play it."""
    return await _feed(request, unit, feed)


@pages.post("/replays/feeds/{feed}/play", **OPERATOR)
async def play(
    request: Request,
    unit: RoomUnit,
    who: Who,
    feed: str,
    speed: Short = "max",
    since: Short = "",
    until: Short = "",
    meter: Short = "",
    keep: Short = "",
    registers: Short = "",
    dry_run: Short = "",
    live: Short = "",
) -> Response:
    try:
        wanted = actions.Wanted(
            feed=feed,
            speed=speed_of(speed),
            is_dry_run=bool(dry_run) or bool(meter.strip() and not live),
            since=day_of(since, "/from"),
            until=day_of(until, "/to"),
            as_registers=bool(registers) and not meter.strip(),
            is_kept=bool(keep),
            meter=meter.strip() or None,
            is_live=bool(live),
        )
        replay = await actions.start(unit, who, wanted)
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return await _feed(request, unit, feed, problem)
    return RedirectResponse(f"/replays/{replay}", 303)


@pages.post("/replays/feeds/{feed}/stop", **OPERATOR)
async def stop_recording(request: Request, unit: RoomUnit, who: Who, feed: str) -> Response:
    try:
        await recording.stop(unit, feed)
    except Problem as problem:
        if problem.status != 409:
            raise
    return RedirectResponse(f"/replays/feeds/{feed}", 303)


@pages.post("/replays/feeds/{feed}/delete", **OPERATOR)
async def delete(request: Request, unit: RoomUnit, who: Who, feed: str) -> Response:
    try:
        await feeds.delete(unit, feed)
    except Problem as problem:
        if problem.status != 409:
            raise
        return await _feed(request, unit, feed, problem)
    return RedirectResponse("/replays", 303)


@pages.get("/replays/{replay}", **OPERATOR)
async def one(request: Request, unit: RoomUnit, who: Who, replay: str) -> Response:
    """How far it is, what it may be told, and at the end what came of each day."""
    return await _replay(request, unit, replay, "replay.html")


@pages.get("/replays/{replay}/now", **OPERATOR)
async def now(request: Request, unit: RoomUnit, who: Who, replay: str) -> Response:
    """The part of the page that changes; once it is over, the page loads again as a whole."""
    response = await _replay(request, unit, replay, "now.html")
    row = await actions.one(unit, replay)
    if row.state in ENDED:
        response.headers["HX-Refresh"] = "true"
    return response


@pages.post("/replays/{replay}/actions", **OPERATOR)
async def act(
    request: Request,
    unit: RoomUnit,
    who: Who,
    replay: str,
    action: Short,
    to: Short = "",
    speed: Short = "max",
) -> Response:
    if action not in set(Action):
        raise not_found()
    try:
        await actions.act(unit, replay, Action(action), to=day_of(to, "/to"), speed=speed_of(speed))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _replay(request, unit, replay, "replay.html", problem)
    return RedirectResponse(f"/replays/{replay}", 303)


async def _list(request: Request, unit: Unit, paging: Paging, problem: Problem | None = None) -> Response:
    rows = list(await actions.found(unit, paging.limit + 1, key_of(paging.after())))
    page = page_of(rows, paging, lambda row: [row.made_at.isoformat(), row.id])
    coops = (await unit.session.execute(text(_COOPS))).all()
    return answer(
        request, "replays/list.html", problem.status if problem else 200,
        rows=[shown(row) for row in page.items], feeds=await feeds.found(unit, FEEDS_SHOWN),
        coops=[(coop.slug, f"{coop.name} ({coop.slug})") for coop in coops], profiles=PROFILES,
        problem=told(problem), period_of=period, first="/replays" if paging.cursor else None,
        next=f"/replays?cursor={page.next_cursor}" if page.next_cursor else None,
    )  # fmt: skip


async def _feed(request: Request, unit: Unit, id: str, problem: Problem | None = None) -> Response:
    feed = await feeds.one(unit, id)
    rows = await actions.found(unit, FEEDS_SHOWN, feed=id)
    is_waited_for = feed.state in (FeedState.WAITING, FeedState.RECORDING)
    return answer(
        request, "replays/feed.html", problem.status if problem else 200, zone=feed.zone, feed=feed,
        why=problems.told(feed.problem, language_of(request)),
        period=period(feed.summary), rows=[shown(row) for row in rows], speeds=SPEEDS,
        problem=told(problem), is_waited_for=is_waited_for, amount=amount(request, feed.zone),
    )  # fmt: skip


async def _replay(
    request: Request, unit: Unit, id: str, template: str, problem: Problem | None = None
) -> Response:
    row = await actions.one(unit, id)
    zone = row.feed_zone or USUAL_ZONE
    result = row.result or {}
    return answer(
        request, f"replays/{template}", problem.status if problem else 200, zone=zone,
        replay=shown(row, language_of(request)),
        result=result, months=months(result.get("rows", [])), speeds=SPEEDS, problem=told(problem),
        period=period(row.feed_summary), amount=amount(request, zone), now=unit.wall,
    )  # fmt: skip
