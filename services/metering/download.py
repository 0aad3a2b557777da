"""A household's own figures as a CSV file that a French or an English spreadsheet opens rightly."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response

from services.metering.days import SLOT_SECONDS, Calendar
from services.metering.packing import unpack
from services.metering.page_base import Amounts, answer

_BYTE_ORDER_MARK = "\ufeff"


def csv(
    request: Request,
    rows: Sequence[Any],
    calendar: Calendar,
    amounts: Amounts,
    detail: str,
    language: str,
    energies: Sequence[int | None] | None = None,
) -> Response:
    """`detail`: `days`, with cost, or `half-hours`, with the local time at which each begins. Amounts are
    whole Wh or L, of gas with the `energies` of its days; French files use semicolons and decimal commas."""
    separator, point = (";", ",") if language == "fr" else (",", ".")
    lines = _half_hours(rows, calendar) if detail == "half-hours" else _days(rows, point, energies)
    head = answer(
        request,
        "download.txt",
        detail=detail,
        unit="Wh" if amounts.is_energy else "L",
        separator=separator,
        has_energy=energies is not None,
    )
    text = bytes(head.body).decode().strip() + "\r\n"
    text += "".join(separator.join(line) + "\r\n" for line in lines)
    return Response(
        _BYTE_ORDER_MARK + text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="palier-{detail}.csv"'},
    )


def _days(rows: Sequence[Any], point: str, energies: Sequence[int | None] | None) -> Iterator[list[str]]:
    for index, row in enumerate(rows):
        cost = "" if row.cost_eur is None else str(row.cost_eur).replace(".", point)
        measured = row.quality.get("measured", 0)
        state = "open" if row.revision == 0 else "closed"
        energy = [] if energies is None else ["" if energies[index] is None else str(energies[index])]
        yield [row.day.isoformat(), str(row.value), cost, str(measured), str(row.slots), state, *energy]


def _half_hours(rows: Sequence[Any], calendar: Calendar) -> Iterator[list[str]]:
    for row in rows:
        if row.packed is None:
            continue
        start = calendar.day(row.day).starts_at
        for index, slot in enumerate(unpack(row.packed)):
            at = (start + timedelta(seconds=SLOT_SECONDS * index)).astimezone(ZoneInfo(calendar.zone))
            yield [at.isoformat(), "" if slot.value is None else str(slot.value), slot.quality.value]
