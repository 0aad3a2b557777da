"""The operator's pages: what flows in and what became of it, the fleet, and the quarantine."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text

from contracts.codes import Reason
from services.kit.principal import PLATFORM
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal, Problem, RoomUnit, Who, page_of, roles
from services.metering import (
    actions,
    backlog,
    operator_meter_queries,
    operator_queries,
    quarantine_bulk,
    queries,
    registry,
)
from services.metering.astray import found
from services.metering.operator_queries import Filters
from services.metering.page_base import answer, pages
from services.metering.payload import preview
from services.metering.quarantine import Status

OPERATOR = roles("operator")
LATEST = 5
QUIET = 12
_CLOCK = "SELECT business_now FROM registry.coop WHERE slug = :coop AND sandbox AND business_now > :wall"


@pages.get("/fragments/flow", **OPERATOR)
async def flow(request: Request, unit: RoomUnit, who: Who) -> Response:
    """What became of every reading, how far behind the days are, and what could not be handled."""
    dead = await request.app.state.jetstream.stream_info("DEAD")
    waiting = await backlog.of(request.app.state.nats)
    flow = backlog.added(await queries.flow(unit), waiting, unit.wall)
    return answer(
        request,
        "flow.html",
        flow=flow,
        unplaced=_unplaced(flow),
        dead=dead.state.messages,
        is_over_all=who.coop == PLATFORM,
    )


@pages.get("/fragments/meters", **OPERATOR)
async def meters(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The fleet in numbers, and the meters that say nothing."""
    return answer(
        request, "meters.html", fleet=await operator_queries.fleet(unit),
        quiet=await operator_queries.quiet(unit, QUIET), now=unit.now, many=who.coop == "*",
        held=await operator_meter_queries.held_count(unit), astray=await found.count(unit),
        strays=await found.latest(unit, QUIET),
    )  # fmt: skip


@pages.get("/fragments/quarantine", **OPERATOR)
async def latest(request: Request, unit: RoomUnit, who: Who) -> Response:
    """What waits for a decision: how much of each reason, and the latest."""
    rows = await operator_queries.found(unit, Filters(status=Status.WAITING), LATEST)
    return answer(
        request, "latest.html", reasons=await operator_queries.reasons(unit), rows=[_row(row) for row in rows]
    )


@pages.get("/quarantine", **OPERATOR)
async def quarantine(
    request: Request,
    unit: RoomUnit,
    who: Who,
    paging: Annotated[PageQuery, Depends()],
    reason: str = "",
    status: str = Status.WAITING.value,
    q: Annotated[str, Query(max_length=200)] = "",
    done: Annotated[str, Query(pattern=r"^(|retry-\d{1,9}|discard-\d{1,9})$")] = "",
) -> Response:
    """Everything kept aside, latest first; the filters are the address."""
    filters = Filters(
        Reason(reason) if reason in set(Reason) else None,
        Status(status) if status in set(Status) else None,
        q.replace("\x00", "").strip(),
    )
    after = paging.after()
    key = (datetime.fromisoformat(after[0]), str(after[1])) if after else None
    rows = list(await operator_queries.found(unit, filters, paging.limit + 1, key))
    page = page_of(rows, paging, lambda row: [row.received_at.isoformat(), row.id])
    kept = {"status": status, "reason": filters.reason or "", "q": filters.words or ""}

    def address(**changed: str) -> str:
        return "/quarantine?" + urlencode({n: v for n, v in (kept | changed).items() if v or n == "status"})

    return answer(
        request, "quarantine.html", rows=[_row(row) for row in page.items], filters=filters, kept=kept,
        done=done.partition("-") if done else None, until=unit.wall.isoformat(),
        many_waiting=await quarantine_bulk.waiting(unit, filters, unit.wall) if status == "waiting" else 0,
        at_once=quarantine_bulk.AT_ONCE, address=address, counts=await operator_queries.statuses(unit),
        reasons=await operator_queries.reasons(unit), many=who.coop == "*",
        next=address(cursor=page.next_cursor) if page.next_cursor else None,
        first=address() if paging.cursor else None,
    )  # fmt: skip


@pages.post("/quarantine", **OPERATOR)
async def decide_many(
    request: Request,
    unit: RoomUnit,
    who: Who,
    action: Annotated[quarantine_bulk.Action, Form()],
    until: Annotated[datetime, Form()],
    reason: Annotated[str, Form(max_length=64)] = "",
    q: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """All that wait and answer the filters, as far as the page showed them; more go in another step."""
    filters = Filters(Reason(reason) if reason in set(Reason) else None, None, q.replace("\x00", "").strip())
    decided = await quarantine_bulk.decide(unit, who, action, filters, until.astimezone(UTC))
    kept = {"reason": filters.reason or "", "q": filters.words or "", "done": f"{action}-{decided.done}"}
    query = urlencode({"status": "waiting"} | {name: value for name, value in kept.items() if value})
    return RedirectResponse(f"/quarantine?{query}", 303)


@pages.get("/quarantine/{id}", **OPERATOR)
async def one(request: Request, unit: RoomUnit, who: Who, id: str, done: str = "") -> Response:
    """One message: why it is here, what can be done, what it says."""
    return await _one(request, unit, id, done)


@pages.post("/quarantine/{id}/retry", **OPERATOR)
async def retry(request: Request, unit: RoomUnit, who: Who, id: str) -> Response:
    return await _decide(request, unit, who, id, "retry")


@pages.post("/quarantine/{id}/discard", **OPERATOR)
async def discard(request: Request, unit: RoomUnit, who: Who, id: str) -> Response:
    """The page before asked for confirmation: there is no way back."""
    return await _decide(request, unit, who, id, "discard")


async def _decide(request: Request, unit: Unit, who: Principal, id: str, action: str) -> Response:
    try:
        await (actions.retry if action == "retry" else actions.discard)(unit, who, id)
    except Problem as problem:
        if problem.status != 409:
            raise
        return await _one(request, unit, id, "conflict", 409)
    return RedirectResponse(f"/quarantine/{id}?done={action}", 303)


async def _one(request: Request, unit: Unit, id: str, done: str, status: int = 200) -> Response:
    row = await queries.one_rejected(unit, id)
    return answer(
        request, "quarantined.html", status, row=_row(row), done=done,
        content=None if row.payload is None else preview(bytes(row.payload)),
        sandbox_now=await _sandbox_ahead(unit, row),
        has_meter=bool(row.meter and await registry.meters(unit, [row.meter])),
    )  # fmt: skip


async def _sandbox_ahead(unit: Unit, row: Any) -> datetime | None:
    """The clock of the message's sandbox where it runs ahead of the wall's, by which messages are dated."""
    if row.reason != Reason.IN_FUTURE or not row.coop:
        return None
    found = await unit.session.execute(text(_CLOCK), {"coop": row.coop, "wall": unit.wall})
    now: datetime | None = found.scalar_one_or_none()
    return now


def _row(row: Any) -> dict[str, Any]:
    return dict(row._mapping) | {"legal": actions.legal_actions(row.status, row.codec)}


def _unplaced(flow: Mapping[str, Any]) -> int:
    """Readings whose meter is not known: every reading received is in exactly one of these counts."""
    placed = flow["readings_stored"] + flow["readings_duplicate"] + sum(flow["readings_discarded"].values())
    return int(flow["readings_received"] - placed)
