"""Metering's part of the HTTP API: a meter's days and curve, and who used a household's data."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.codes import (
    UNIT_OF,
    Check,
    CostReason,
    EnergyReason,
    GasFactorSource,
    Purpose,
    Quality,
    Quantity,
    Severity,
    Unit,
)
from contracts.units import Volume
from services.kit.i18n import language_of
from services.kit.registry import lives_there
from services.kit.web import Page, PageQuery, RoomUnit, Who, invalid, not_found, page_of, roles
from services.metering import api_edits, api_operations, findings, gas_factors, queries
from services.metering.api_base import router
from services.metering.days import SLOT_SECONDS
from services.metering.fluids import energies as energies_of
from services.metering.fluids import is_converted
from services.metering.imports import api as imports_api
from services.metering.looks import note_look
from services.metering.packing import unpack
from services.metering.replays import api as replays_api

LONGEST_RANGE_DAYS = 1_500
USUAL_RANGE_DAYS = 31

_READERS = roles("resident", "operator", "staff")
"""Staff are let in to be told 404: a home's curve is theirs only with the household's leave."""
__all__ = ["api_edits", "api_operations", "imports_api", "replays_api", "router"]
Paging = Annotated[PageQuery, Depends()]


class ConversionOut(BaseModel):
    """How much energy a cubic metre of gas held on a day, as the meter counts it."""

    kwh_per_m3: Decimal
    source: GasFactorSource


class DayOut(BaseModel):
    day: date
    value: int
    """Whole units; missing and suspect half-hours excluded."""
    slots: int
    quality: dict[Quality, int]
    cost_eur: str | None
    cost_reason: CostReason | None = None
    """Why the cost is null."""
    revision: int
    """0 while the day is still open."""
    energy_wh: int | None = None
    """Of a gas volume: rounded so that the days asked for add up to their period. Null for all else."""
    conversion: ConversionOut | None = None
    energy_reason: EnergyReason | None = None
    """Why a gas day has no energy."""


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


@router.get("/meters/{meter}/days", **_READERS)
async def days(
    meter: str,
    unit: RoomUnit,
    who: Who,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    quantity: Quantity | None = None,
) -> DaysOut:
    """Settled local days, both ends included; the last 31 unless asked otherwise. A day of gas begins at
    06:00 of its date, in Lisbon and Dublin at 05:00, from Helsinki to Athens at 07:00."""
    seen = await queries.sight(unit, who, meter, quantity)
    last = last or seen.today
    first = first or last - timedelta(days=USUAL_RANGE_DAYS - 1)
    if first > last:
        raise invalid("/from", "after_to", "`from` is after `to`.")
    if (last - first).days >= LONGEST_RANGE_DAYS:
        raise invalid("/from", "range_too_long", f"Ask for at most {LONGEST_RANGE_DAYS} days at once.")
    rows = await queries.days(unit, seen, first, last)
    await note_look(unit, who, seen, Purpose.DAILY, [row.occupancy for row in rows])
    energies = await _energies(unit, seen, rows)
    return DaysOut(
        quantity=seen.quantity,
        unit=UNIT_OF[seen.quantity],
        days=[
            DayOut(
                day=row.day, value=row.value, slots=row.slots, quality=row.quality,
                cost_eur=None if row.cost_eur is None else str(row.cost_eur), cost_reason=row.cost_reason,
                revision=row.revision, **energies.get(row.day, {}),
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
        start=seen.calendar.day(day).starts_at.astimezone(ZoneInfo(seen.zone)),
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
            for found in findings.told(rows[0].findings, language_of(request), seen.quantity)
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


async def _energies(unit: RoomUnit, seen: queries.Sight, rows: Sequence[Any]) -> dict[date, dict[str, Any]]:
    if not is_converted(seen.fluid, seen.quantity):
        return {}
    found = await gas_factors.conversions(unit, seen.id, [row.day for row in rows])
    told = energies_of([(Volume(row.value), found[row.day]) for row in rows])
    return {
        row.day: {
            "energy_wh": wh,
            "conversion": ConversionOut(kwh_per_m3=by.factor.kwh_per_m3, source=by.source) if by else None,
            "energy_reason": None if by else EnergyReason.NO_GAS_FACTOR,
        }
        for row, wh in zip(rows, told, strict=True)
        for by in [found[row.day]]
    }
