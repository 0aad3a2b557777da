"""Metering's part of the HTTP API: a meter's days and curve, data uses, the flow and the quarantine."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.codes import UNIT_OF, Check, Purpose, Quality, Quantity, Reason, Severity, Unit
from services.kit.i18n import language_of
from services.kit.registry import lives_there
from services.kit.web import Page, PageQuery, RoomUnit, Who, invalid, not_found, page_of, roles
from services.metering import actions, api_edits, findings, queries
from services.metering.api_base import router
from services.metering.days import SLOT_SECONDS, civil_day
from services.metering.imports import api as imports_api
from services.metering.looks import note_look
from services.metering.packing import unpack
from services.metering.quarantine import Status
from services.metering.replays import api as replays_api

LONGEST_RANGE_DAYS = 1_500
USUAL_RANGE_DAYS = 31
_PREVIEW_BYTES = 4_000

_READERS = roles("resident", "operator", "staff")
"""Staff are let in to be told 404: a home's curve is theirs only with the household's leave."""
__all__ = ["api_edits", "imports_api", "replays_api", "router"]
Paging = Annotated[PageQuery, Depends()]


class DayOut(BaseModel):
    day: date
    value: int
    """Whole units; missing and suspect half-hours excluded."""
    slots: int
    quality: dict[Quality, int]
    cost_eur: str | None
    cost_reason: str | None = None
    """Why the cost is null."""
    revision: int
    """0 while the day is still open."""


class DaysOut(BaseModel):
    quantity: Quantity
    unit: Unit
    days: list[DayOut]


class DisagreementOut(BaseModel):
    """A value sent again with another value: the first stands, both are shown. In thousandths of the unit."""

    instant: datetime
    register_: str = Field(alias="register")
    kept_milli: int
    other_milli: int


class FindingOut(BaseModel):
    """What validation has to say about a stretch of half-hours; `to_slot` is inside it."""

    check: Check
    from_slot: int
    to_slot: int
    severity: Severity
    text: str
    """In the reader's language."""


class CurveOut(BaseModel):
    day: date
    start: datetime
    step_s: int = SLOT_SECONDS
    quantity: Quantity
    unit: Unit
    values: list[int | None]
    quality: list[Quality]
    conflicts: list[int] = []
    """Half-hours for which two sources of equal rank disagree."""
    disagreements: list[DisagreementOut] = []
    findings: list[FindingOut] = []


class DataUseOut(BaseModel):
    used_on: date
    purpose: Purpose
    actor: str
    """Opaque id of the person, or the name of the service."""
    why: str
    uses: int
    last_at: datetime


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
    lag_seconds: float
    """Age of the oldest reading not yet settled into its day."""
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


@router.get("/meters/{meter}/days", **_READERS)
async def days(
    meter: str,
    unit: RoomUnit,
    who: Who,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    quantity: Quantity | None = None,
) -> DaysOut:
    """Settled civil days, both ends included; the last 31 unless asked otherwise."""
    seen = await queries.sight(unit, who, meter, quantity)
    last = last or seen.today
    first = first or last - timedelta(days=USUAL_RANGE_DAYS - 1)
    if first > last:
        raise invalid("/from", "after_to", "`from` is after `to`.")
    if (last - first).days >= LONGEST_RANGE_DAYS:
        raise invalid("/from", "range_too_long", f"Ask for at most {LONGEST_RANGE_DAYS} days at once.")
    rows = await queries.days(unit, seen, first, last)
    await note_look(unit, who, seen, Purpose.DAILY, [row.occupancy for row in rows])
    return DaysOut(
        quantity=seen.quantity,
        unit=UNIT_OF[seen.quantity],
        days=[
            DayOut(
                day=row.day, value=row.value, slots=row.slots, quality=row.quality,
                cost_eur=None if row.cost_eur is None else str(row.cost_eur), cost_reason=row.cost_reason,
                revision=row.revision,
            )
            for row in rows
        ],
    )  # fmt: skip


@router.get("/meters/{meter}/curve", **_READERS)
async def curve(
    request: Request, meter: str, day: date, unit: RoomUnit, who: Who, quantity: Quantity | None = None
) -> CurveOut:
    """One day's half-hours; 404 where none are kept (day totals only, or no data)."""
    seen = await queries.sight(unit, who, meter, quantity)
    rows = [row for row in await queries.days(unit, seen, day, day) if row.packed is not None]
    if not rows:
        raise not_found()
    slots = unpack(rows[0].packed)
    await note_look(unit, who, seen, Purpose.HALF_HOURLY, [rows[0].occupancy])
    return CurveOut(
        day=day,
        start=civil_day(day, seen.zone).starts_at.astimezone(ZoneInfo(seen.zone)),
        quantity=seen.quantity,
        unit=UNIT_OF[seen.quantity],
        values=[slot.value for slot in slots],
        quality=[slot.quality for slot in slots],
        conflicts=[index for index, slot in enumerate(slots) if slot.is_conflict],
        disagreements=[
            DisagreementOut.model_validate(dict(row._mapping))
            for row in await queries.disagreements(unit, seen, day)
        ],
        findings=[
            FindingOut.model_validate(found, from_attributes=True)
            for found in findings.told(rows[0].findings, language_of(request))
        ],
    )


@router.get("/occupancies/{occupancy}/data-uses", **roles("resident"))
async def data_uses(occupancy: str, unit: RoomUnit, who: Who, paging: Paging) -> Page[DataUseOut]:
    """Who used this household's data, and why; latest first."""
    if not await lives_there(unit, occupancy, who.person):
        raise not_found()
    rows = await queries.data_uses(unit, occupancy, paging.limit + 1, queries.use_place(paging.after()))
    items = [DataUseOut.model_validate(row, from_attributes=True) for row in rows]
    return page_of(items, paging, lambda use: [use.used_on.isoformat(), use.purpose, use.actor, use.why])


@router.get("/operations/overview", **roles("operator"))
async def overview(request: Request, unit: RoomUnit, who: Who) -> OverviewOut:
    """The flow of readings and the fleet, over the cooperatives the operator sees."""
    dead = await request.app.state.jetstream.stream_info("DEAD")
    return OverviewOut.model_validate(await queries.flow(unit) | {"dead_letters": dead.state.messages})


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
