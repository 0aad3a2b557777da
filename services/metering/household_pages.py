"""The household's pages: yesterday in euros, a day's curve, a month's days, and who used its data."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from contracts.codes import Quantity
from contracts.words import labels
from services.kit.i18n import language_of
from services.kit.registry import homes_of
from services.kit.unit import Unit
from services.kit.web import PageQuery, Principal, RoomUnit, Who, not_found, page_of, roles
from services.metering import clock_times, download, edits_made, picture, queries
from services.metering.household_meter import Shown, days_of, shown_of, total_of
from services.metering.household_queries import (
    OwnMeter,
    looks_by_people,
    own_meters,
    uses_in_short,
)
from services.metering.operator_meter_view import times
from services.metering.packing import unpack
from services.metering.page_base import answer, pages
from services.metering.picture import DayTotal

BARS = 14
LOOKED_BACK_DAYS = 62
RESIDENT = roles("resident")
Kind = Annotated[Quantity | None, Query(alias="quantity")]
Month = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


@pages.get("/fragments/consumption", **RESIDENT)
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The latest closed day of the main meter, in euros where they are known, and the others in a line."""
    meters = await own_meters(unit, who)
    shown = [await shown_of(request, unit, who, meter) for meter in meters]
    shown += [
        await shown_of(request, unit, who, one.meter, quantity)
        for one in shown
        for quantity in one.measured[1:]
    ]
    told = []
    for one in shown:
        days = await days_of(unit, one, one.today - timedelta(days=LOOKED_BACK_DAYS), one.today)
        told.append((one, days, picture.latest(days)))
    if not told:
        return answer(request, "home.html", main=None, others=[])
    main, days, last = next((row for row in told if row[2]), told[0])
    # What a meter counts besides is worth a line where there is any: most could count what is given.
    others = [
        (one, latest)
        for one, _, latest in told
        if one is not main and (one.is_usual or (latest is not None and latest.value))
    ]
    context: dict[str, Any] = {"last": last}
    if last is not None:
        usual = picture.usual(days, last)
        since = max(last.day.replace(day=1), main.first)
        context |= {
            "usual": usual, "difference": picture.difference(last, usual),
            "bars": _bars(main, days, _each(last.day - timedelta(days=BARS - 1), last.day)),
            "since": since, "month": picture.period(days, since, last.day),
        }  # fmt: skip
    return answer(request, "home.html", zone=main.sight.zone, main=main, others=others, **context)


@pages.get("/consumption", **RESIDENT)
async def day_page(
    request: Request,
    unit: RoomUnit,
    who: Who,
    meter: Annotated[str | None, Query(max_length=64)] = None,
    day: date | None = None,
    quantity: Kind = None,
) -> Response:
    """One civil day: its half-hours beside the usual ones, where they may be kept."""
    one, meters = await _chosen(request, unit, who, meter, quantity)
    if one is None:
        return answer(request, "nothing.html")
    around = await days_of(unit, one, one.today - timedelta(days=LOOKED_BACK_DAYS), one.today)
    newest = picture.latest(around)
    day = day or (newest.day if newest else one.today - timedelta(days=1))
    day = min(max(day, one.first), one.today)
    rows = await queries.days(unit, one.sight, day - timedelta(weeks=picture.USUAL_WEEKS), day)
    days = [total_of(row) for row in rows]
    found = next(iter(await days_of(unit, one, day, day)), None)
    usual = picture.usual(days, found) if found else None
    return answer(
        request, "day.html", zone=one.sight.zone, one=one, meters=meters, day=day, found=found, usual=usual,
        difference=picture.difference(found, usual) if found else None,
        edits=[
            edit for edit in await edits_made.history(unit, one.sight, 50, day=day) if edit.undone_at is None
        ],
        factor_sources={
            code: label.in_(language_of(request)) for code, label in labels("gas_factor_sources").items()
        },
        at_time=partial(clock_times.told, language=language_of(request)),
        slot_time=lambda of, slot: times(one.sight.calendar.day(of), language_of(request))[slot],
        curve=_curve(one, day, rows) if found and found.has_slots else None,
        before=day - timedelta(days=1) if day > one.first else None,
        after=day + timedelta(days=1) if day < one.today else None,
    )  # fmt: skip


@pages.get("/consumption/month", **RESIDENT)
async def month_page(
    request: Request,
    unit: RoomUnit,
    who: Who,
    meter: Annotated[str | None, Query(max_length=64)] = None,
    month: Month = None,
    quantity: Kind = None,
) -> Response:
    """One calendar month in days, each with its cost."""
    one, meters = await _chosen(request, unit, who, meter, quantity)
    if one is None:
        return answer(request, "nothing.html")
    first, last = _month(one, month)
    days = await days_of(unit, one, first, last)
    by_day = {total.day: total for total in days}
    until, shown = min(last, one.today - timedelta(days=1)), _each(first, min(last, one.today))
    before = first - timedelta(days=1)
    return answer(
        request, "month.html", zone=one.sight.zone, one=one, meters=meters, first=first, last=last,
        rows=[(day, by_day.get(day)) for day in shown], bars=_bars(one, days, shown),
        period=picture.period(days, max(first, one.first), until), since=max(first, one.first),
        before=before.strftime("%Y-%m") if before >= one.first else None,
        after=(last + timedelta(days=1)).strftime("%Y-%m") if last < one.today else None,
    )  # fmt: skip


@pages.get("/consumption/download", **RESIDENT)
async def download_page(
    request: Request,
    unit: RoomUnit,
    who: Who,
    meter: Annotated[str, Query(max_length=64)],
    detail: Annotated[str, Query(pattern="^(days|half-hours)$")] = "days",
    month: Month = None,
    quantity: Kind = None,
) -> Response:
    """The household's own figures as CSV: all its days, or one month's half-hours."""
    one, _ = await _chosen(request, unit, who, meter, quantity)
    if one is None:
        raise not_found()
    first, last = _month(one, month) if month else (one.first, one.today)
    if detail == "half-hours" and not month:
        first = max(first, last - timedelta(days=366))
    rows = await queries.days(unit, one.sight, first, last)
    energies = None
    if one.amounts.is_gas_volume and detail == "days":
        energies = [total.energy_wh for total in await days_of(unit, one, first, last)]
    language = language_of(request)
    return download.csv(request, rows, one.sight.calendar, one.amounts, detail, language, energies)


@pages.get("/data/uses", **RESIDENT)
async def uses(
    request: Request,
    unit: RoomUnit,
    who: Who,
    paging: Annotated[PageQuery, Depends()],
    home: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Who used this household's data, and why; latest first."""
    homes = await homes_of(unit, who.person)
    chosen = next((row for row in homes if home in (None, row.occupancy)), None)
    if chosen is None:
        if home is not None:
            raise not_found()
        return answer(request, "uses.html", homes=[], chosen=None, uses=[], short=[], looked=0, next=None)
    key = queries.use_place(paging.after())
    rows = list(await queries.data_uses(unit, chosen.occupancy, paging.limit + 1, key))
    page = page_of(rows, paging, lambda use: [use.used_on.isoformat(), use.purpose, use.actor, use.why])
    following = f"/data/uses?home={chosen.occupancy}&cursor={page.next_cursor}" if page.next_cursor else None
    return answer(
        request, "uses.html", zone=chosen.zone, homes=homes, chosen=chosen, uses=page.items, next=following,
        short=await uses_in_short(unit, chosen.occupancy), is_further=paging.cursor is not None,
        looked=await looks_by_people(unit, chosen.occupancy, unit.now.date() - timedelta(days=30)),
    )  # fmt: skip


async def _chosen(
    request: Request, unit: Unit, who: Principal, meter: str | None, quantity: Quantity | None
) -> tuple[Shown | None, list[OwnMeter]]:
    """The meter asked for, else the first with anything to show. 404 for another's."""
    meters = await own_meters(unit, who)
    if meter is not None:
        meters_by_id = {one.id: one for one in meters}
        if meter not in meters_by_id:
            raise not_found()
        return await shown_of(request, unit, who, meters_by_id[meter], quantity), meters
    first = next((one for one in meters if one.heard_until), meters[0] if meters else None)
    return (await shown_of(request, unit, who, first) if first else None), meters


def _bars(one: Shown, days: Sequence[DayTotal], span: Sequence[date]) -> dict[str, Any]:
    """The closed days of `span` as bars: in euros where they are known of most days."""
    by_day = {total.day: total for total in days if not total.is_open and total.is_known}
    totals = [by_day.get(day) for day in span]
    known = [total for total in totals if total]
    in_euros = 2 * sum(total.cost_eur is not None for total in known) > len(known)
    return {
        "x": [one.begins(day) for day in span],
        "in_euros": in_euros,
        "values": [
            None if total is None or (in_euros and total.cost_eur is None)
            else float(total.cost_eur or 0) if in_euros else one.amounts.chart(total.value)
            for total in totals
        ],
        "rows": list(zip(span, totals, strict=True)),
    }  # fmt: skip


def _curve(one: Shown, day: date, rows: Sequence[Any]) -> dict[str, Any]:
    """The half-hours of `day` as a chart and as a table, in watts or litres, and where they are doubtful."""
    slots = unpack(next(row.packed for row in rows if row.day == day))
    alike = [
        [slot.value for slot in unpack(row.packed)]
        for row in rows
        if row.packed and row.revision and row.day != day and row.day.weekday() == day.weekday()
    ]
    zone, start = ZoneInfo(one.sight.zone), one.sight.calendar.day(day).starts_at
    times = [(start + timedelta(minutes=30 * index)).astimezone(zone) for index in range(len(slots) + 1)]
    factor = 2 if one.amounts.is_energy else 1  # a half-hour's Wh, doubled, is its mean power in W
    usual = picture.usual_curve(alike, len(slots))
    return {
        "x": [int(at.timestamp()) for at in times[:-1]],
        "values": [None if slot.value is None else slot.value * factor for slot in slots],
        "usual": [None if mean is None else round(mean * factor) for mean in usual] if usual else None,
        "rows": list(zip(times[:-1], slots, strict=False)),
        "doubts": [
            (times[stretch.first], times[stretch.after], stretch.quality)
            for stretch in picture.stretches(slot.quality for slot in slots)
        ],
        "highest": max(
            ((slot.value * factor, at) for slot, at in zip(slots, times, strict=False) if slot.value),
            key=lambda found: found[0],
            default=None,
        ),
    }


def _month(one: Shown, month: str | None) -> tuple[date, date]:
    """First and last day of the month asked for, within what the household may see."""
    newest = one.today - timedelta(days=1)
    asked = date.fromisoformat(f"{month}-01") if month else newest
    first = max(min(asked, one.today), one.first).replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=after) for after in range((last - first).days + 1)]
