"""The part of the API for operators: the flow, the fleet in numbers, and the quarantine."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from contracts.base import Instant
from contracts.codes import Reason
from services.kit.web import Page, PageQuery, RoomUnit, Who, page_of, roles
from services.metering import actions, backlog, operator_queries, quarantine_bulk, queries
from services.metering.api_base import router
from services.metering.astray import found
from services.metering.operator_queries import Filters
from services.metering.quarantine import Status

_PREVIEW_BYTES = 4_000
Paging = Annotated[PageQuery, Depends()]


class DiscardedOut(BaseModel):
    no_consent: int
    outside_occupancy: int


class OverviewOut(BaseModel):
    readings_received: int
    readings_stored: int
    readings_duplicate: int
    readings_late: int
    readings_rejected: int
    readings_discarded: DiscardedOut
    meters: int
    meters_silent: int
    readings_without_partition: int
    """Recent readings that are stored but lack the place made ahead for them: should be none."""
    meters_never_heard: int
    """No device, no file. Beside them, neither silent nor heard:"""
    meters_unreadable: int
    """Every message of theirs is in quarantine or was given up."""
    meters_files_only: int
    """Known from imported files alone."""
    devices_astray: int
    """Meters and gateways that published elsewhere than below their own topic within a day: what they sent
    there reached nobody. Counted where the broker is embedded."""
    lag_seconds: float
    """Age of the oldest reading that intake acknowledged and that is not yet settled into its day."""
    batches_waiting: int | None
    """Messages of up to 500 readings each that are durable and not yet stored, over all cooperatives; null
    when the bus does not answer."""
    dead_letters: int


class RejectedOut(BaseModel):
    id: str
    coop: str | None
    reason: Reason
    detail: str
    topic: str
    codec: str | None
    meter: str | None
    gateway: str | None
    channel: str | None
    payload: str | None
    """The beginning of the message, for a person to look at; null once it is discarded or stored."""
    received_at: datetime
    status: Status
    legal_actions: list[str]


class DecisionOut(BaseModel):
    id: str
    status: Status


class ManyIn(BaseModel):
    """Which of the messages that wait; without a filter, all of them."""

    model_config = ConfigDict(extra="forbid")
    action: quarantine_bulk.Action
    reason: Reason | None = None
    q: str = Field(default="", max_length=200)
    """Looked for in topic, meter, channel and detail."""
    until: Instant | None = None
    """Received until then; now unless said."""


class ManyOut(BaseModel):
    action: quarantine_bulk.Action
    done: int
    left: int
    """How many that answer the filters still wait: call again."""


@router.get("/operations/overview", **roles("operator"))
async def overview(request: Request, unit: RoomUnit, who: Who) -> OverviewOut:
    """The flow of readings and the fleet, over the cooperatives the operator sees. Sandboxes count as long as
    they stand: what was theirs leaves these numbers when they are dropped."""
    dead = await request.app.state.jetstream.stream_info("DEAD")
    waiting = await backlog.of(request.app.state.nats)
    flow = backlog.added(await queries.flow(unit), waiting, unit.wall)
    fleet = await operator_queries.fleet(unit)
    heard = {
        "meters_never_heard": fleet.unheard,
        "meters_unreadable": fleet.unreadable,
        "meters_files_only": fleet.files_only,
        "devices_astray": await found.count(unit),
    }
    return OverviewOut.model_validate(flow | heard | {"dead_letters": dead.state.messages})


@router.get("/operations/rejected", **roles("operator"))
async def rejected(
    unit: RoomUnit, who: Who, paging: Paging, reason: Reason | None = None, status: Status | None = None
) -> Page[RejectedOut]:
    """What could not be read or placed, latest first."""
    after = paging.after()
    key = (datetime.fromisoformat(after[0]), str(after[1])) if after else None
    rows = await queries.rejected(unit, paging.limit + 1, reason, status, key)
    return page_of(
        [_rejected(row) for row in rows], paging, lambda item: [item.received_at.isoformat(), item.id]
    )


@router.post("/operations/rejected/actions", **roles("operator"))
async def decide_many(body: ManyIn, unit: RoomUnit, who: Who) -> ManyOut:
    """Retry or give up what waits and answers the filters, up to 500 messages a call, the oldest first."""
    filters = Filters(body.reason, None, body.q.replace("\x00", "").strip())
    decided = await quarantine_bulk.decide(unit, who, body.action, filters, body.until or unit.wall)
    return ManyOut(action=body.action, done=decided.done, left=decided.left)


@router.get("/operations/rejected/{id}", **roles("operator"))
async def one_rejected(id: str, unit: RoomUnit, who: Who) -> RejectedOut:
    return _rejected(await queries.one_rejected(unit, id))


@router.post("/operations/rejected/{id}/retry", status_code=202, **roles("operator"))
async def retry(id: str, unit: RoomUnit, who: Who) -> DecisionOut:
    """Try again to place a reading, e.g. after its channel was mapped, or to read a message, e.g. once its
    format is known. What still fails comes back to `waiting`, with the reason of this try."""
    return DecisionOut(id=id, status=await actions.retry(unit, who, id))


@router.post("/operations/rejected/{id}/discard", **roles("operator"))
async def discard(id: str, unit: RoomUnit, who: Who) -> DecisionOut:
    """Give a message up: its reason stays, its payload goes."""
    return DecisionOut(id=id, status=await actions.discard(unit, who, id))


def _rejected(row: Any) -> RejectedOut:
    shown = None
    if row.payload is not None:
        shown = bytes(row.payload[:_PREVIEW_BYTES]).decode("utf-8", "replace").replace("\x00", "\ufffd")
    fields = {name: getattr(row, name) for name in RejectedOut.model_fields if hasattr(row, name)}
    return RejectedOut.model_validate(
        fields
        | {
            "coop": row.coop or None,
            "payload": shown,
            "legal_actions": actions.legal_actions(row.status, row.codec),
        }
    )
