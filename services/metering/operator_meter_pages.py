"""The operator's pages of single meters: the list, one meter day by day, and the days to look at."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import UNIT_OF, Check, EditKind, Purpose, Quantity
from contracts.units import Volume
from contracts.words import labels
from services.kit.i18n import language_of
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal, Problem, RoomUnit, Who, page_of, roles
from services.metering import (
    edits_made,
    findings,
    gas_factors,
    operator_meter_queries,
    operator_meter_view,
    queries,
    registry,
)
from services.metering.astray import found as strays
from services.metering.edits_made import LARGEST_VALUE, Wanted
from services.metering.fluids import energies
from services.metering.looks import note_look
from services.metering.operator_meter_queries import HeldFilters, Which
from services.metering.packing import unpack
from services.metering.page_base import Amounts, answer, formats_of, pages

OPERATOR = roles("operator")
LATEST_EDITS = 30
Short = Annotated[str, Form(max_length=40)]
Id = Annotated[str, Form(max_length=64)]


@pages.get("/fleet/meters", **OPERATOR)
async def meters(
    request: Request,
    unit: RoomUnit,
    who: Who,
    paging: Annotated[PageQuery, Depends()],
    q: Annotated[str, Query(max_length=100)] = "",
    state: str = "",
) -> Response:
    """Every meter by place; the filters are the address."""
    words, which = q.replace("\x00", "").strip(), Which(state) if state in set(Which) else None
    after = paging.after()
    key = (str(after[0]), str(after[1]), str(after[2])) if after else None
    rows = list(await operator_meter_queries.meters(unit, words, which, paging.limit + 1, key))
    page = page_of(rows, paging, lambda row: [row.residence, row.ref, row.id])

    def address(**changed: str) -> str:
        kept = {"q": words, "state": which or ""} | changed
        return "/fleet/meters?" + urlencode({name: value for name, value in kept.items() if value})

    return answer(
        request, "fleet_meters.html", rows=page.items, q=words, state=which or "", address=address,
        many=who.coop == "*", next=address(cursor=page.next_cursor) if page.next_cursor else None,
        first=address() if paging.cursor else None,
    )  # fmt: skip


@pages.get("/fleet/held", **OPERATOR)
async def held(
    request: Request,
    unit: RoomUnit,
    who: Who,
    paging: Annotated[PageQuery, Depends()],
    check: str = "",
    residence: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Days with half-hours that are held back, newest first: what to look at, and what to decide."""
    filters = HeldFilters(
        Check(check) if check in set(Check) else None, residence.replace("\x00", "").strip() or None
    )
    after = paging.after()
    key = (date.fromisoformat(after[0]), str(after[1]), str(after[2])) if after else None
    rows = list(await operator_meter_queries.held(unit, filters, paging.limit + 1, key))
    page = page_of(rows, paging, lambda row: [row.day.isoformat(), row.meter, row.quantity])
    language = language_of(request)

    def address(**changed: str) -> str:
        kept = {"check": filters.check or "", "residence": filters.residence or ""} | changed
        return "/fleet/held?" + urlencode({name: value for name, value in kept.items() if value})

    return answer(
        request, "held.html", filters=filters, many=who.coop == "*",
        rows=[
            (row, sorted({one.title for one in findings.told(row.findings, language) if one.is_held}))
            for row in page.items
        ],
        checks=[(one.value, findings.title(one, language)) for one in Check],
        residences=await operator_meter_queries.residences(unit),
        next=address(cursor=page.next_cursor) if page.next_cursor else None,
        first=address() if paging.cursor else None,
    )  # fmt: skip


@pages.get("/fleet/meters/{meter}", **OPERATOR)
async def meter(
    request: Request,
    unit: RoomUnit,
    who: Who,
    meter: str,
    day: date | None = None,
    quantity: Quantity | None = None,
    done: str = "",
    from_slot: Annotated[int | None, Query(ge=0, le=49)] = None,
    to_slot: Annotated[int | None, Query(ge=0, le=49)] = None,
) -> Response:
    """One meter: how it is heard, one of its days, what was found and decided about it."""
    typed = {"from_slot": from_slot, "to_slot": to_slot}
    return await _meter(request, unit, who, meter, day, quantity, done=done, typed=typed)


@pages.post("/fleet/meters/{meter}/edits", **OPERATOR)
async def edit(
    request: Request,
    unit: RoomUnit,
    who: Who,
    meter: str,
    day: Annotated[date, Form()],
    quantity: Annotated[Quantity, Form()],
    kind: Annotated[EditKind, Form()],
    from_slot: Annotated[int, Form(ge=0, le=49)],
    to_slot: Annotated[int, Form(ge=0, le=49)],
    why: Annotated[str, Form(max_length=400)] = "",
    amounts: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Errors come back beside the form, with everything that was typed."""
    seen = await queries.sight(unit, who, meter, quantity)
    try:
        if len(why.strip()) < 3:
            raise ValueError("why_missing")
        values, total = _amounts(amounts, kind, to_slot - from_slot + 1)
        if unit.coop is None:
            await unit.enter(seen.coop)
        wanted = Wanted(day, from_slot, to_slot, kind, why.strip(), values, total)
        await edits_made.make(unit, who, seen, wanted)
    except (Problem, ValueError) as error:
        code = _code(error)
        typed = {
            "from_slot": from_slot, "to_slot": to_slot, "kind": kind, "why": why, "amounts": amounts,
        }  # fmt: skip
        return await _meter(request, unit, who, meter, day, quantity, fault=code, typed=typed, status=422)
    return _back(meter, day, quantity, "edited")


@pages.post("/fleet/edits/{edit}/undo", **OPERATOR)
async def undo(
    request: Request,
    unit: RoomUnit,
    who: Who,
    edit: str,
    why: Annotated[str, Form(min_length=3, max_length=400)],
) -> Response:
    row = await edits_made.one(unit, edit)
    try:
        await edits_made.undo(unit, who, edit, why.strip())
    except Problem as problem:
        if problem.status != 409:
            raise
        return await _meter(
            request, unit, who, row.meter, row.day, Quantity(row.quantity), fault=problem.code, status=409
        )
    return _back(row.meter, row.day, Quantity(row.quantity), "undone")


async def _meter(
    request: Request,
    unit: Unit,
    who: Principal,
    meter: str,
    day: date | None,
    quantity: Quantity | None,
    *,
    done: str = "",
    fault: str = "",
    typed: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    seen = await queries.sight(unit, who, meter, quantity)
    row = await operator_meter_queries.one(unit, meter)
    has = await operator_meter_queries.quantities(unit, meter)
    day = min(day or await _newest(unit, seen), seen.today)
    civil = seen.calendar.day(day)
    found = next(iter(await queries.days(unit, seen, day, day)), None)
    may_see_slots = await _may_see_slots(unit, meter, day)
    slots = unpack(found.packed) if found is not None and found.packed is not None else ()
    told = findings.told(found.findings if found is not None else None, language_of(request), seen.quantity)
    language = language_of(request)
    names = operator_meter_view.times(civil, language)
    edits = await edits_made.history(unit, seen, LATEST_EDITS)
    final = await edits_made.final_days(unit, seen, [day, *(edit.day for edit in edits)])
    amounts = Amounts(formats_of(request, seen.zone), seen.quantity, seen.fluid)
    before, after = await operator_meter_queries.held_beside(unit, meter, seen.quantity, day)
    purpose = Purpose.HALF_HOURLY if slots or may_see_slots else Purpose.DAILY
    await note_look(unit, who, seen, purpose, [found.occupancy] if found is not None else [])
    energy_wh = by = None
    if amounts.is_gas_volume and found is not None:
        by = (await gas_factors.conversions(unit, meter, [day]))[day]
        energy_wh = energies([(Volume(found.value), by)])[0]
    return answer(
        request, "fleet_meter.html", status, seen.zone, meter=row, seen=seen, has=has, day=day, found=found,
        energy_wh=energy_wh, conversion=by,
        factor_sources={
            code: label.in_(language_of(request)) for code, label in labels("gas_factor_sources").items()
        },
        slots=slots, names=names, told=told, held=operator_meter_view.held(slots, told, names), edits=edits,
        amounts=amounts, unit=UNIT_OF[seen.quantity].value, done=done, fault=fault, typed=typed or {},
        final=final,
        held_before=before, held_after=after, may_edit=may_see_slots,
        day_before=(day - timedelta(days=1)).isoformat(), day_after=(day + timedelta(days=1)).isoformat(),
        habit=operator_meter_view.length(row.habit_s or 0),
        kinds={code: label.in_(language_of(request)) for code, label in labels("edit_kinds").items()},
        slot_time=lambda of, slot: operator_meter_view.times(seen.calendar.day(of), language)[slot],
        chart=operator_meter_view.chart(civil, slots, 2 if amounts.is_energy else 1) if slots else None,
        is_settling=await operator_meter_queries.is_settling(unit, meter, seen.quantity, day),
        disagreements=await queries.disagreements(unit, seen, day) if may_see_slots else [],
        readings=await operator_meter_queries.readings(unit, meter, seen.quantity, civil)
        if may_see_slots else [],
        exchanges=await operator_meter_queries.exchanges(unit, meter),
        astray=await strays.lately(unit, meter),
    )  # fmt: skip


async def _may_see_slots(unit: Unit, meter: str, day: date) -> bool:
    """Half-hours of a home only while its household lets them be kept; a common part's always."""
    found = (await registry.meters(unit, [meter]))[meter]
    occupancy = found.occupancy_on(day)
    return found.dwelling is None or (occupancy is not None and occupancy.may_keep_slots)


async def _newest(unit: Unit, seen: queries.Sight) -> date:
    """The latest day with anything to show."""
    return await queries.newest_day(unit, seen) or seen.today


def _amounts(typed: str, kind: EditKind, slots: int) -> tuple[tuple[int | None, ...] | None, int | None]:
    try:
        values, total = operator_meter_view.amounts(typed, kind, slots)
    except ValueError:
        raise ValueError("not_whole") from None
    if any(value is not None and not 0 <= value <= LARGEST_VALUE for value in (*(values or ()), total)):
        raise ValueError("not_whole")
    return values, total


def _code(error: Problem | ValueError) -> str:
    if isinstance(error, Problem):
        if error.status not in (409, 422):
            raise error
        errors = error.extra.get("errors")
        return str(errors[0]["code"]) if errors else error.code
    return str(error)


def _back(meter: str, day: date, quantity: Quantity, done: str) -> Response:
    query = urlencode({"day": day.isoformat(), "quantity": quantity.value, "done": done})
    return RedirectResponse(f"/fleet/meters/{meter}?{query}", 303)
