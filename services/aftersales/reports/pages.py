"""The figures of after-sales on screen, for the cooperative's staff, with what households thought."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from services.aftersales import queries
from services.aftersales.legal_time import plus_months
from services.aftersales.opinions import publishing
from services.aftersales.page_base import answer, pages
from services.aftersales.reports.reading import MOST_DAYS, report
from services.kit.i18n import Formats, language_of
from services.kit.registry import local_today
from services.kit.web import RoomUnit, roles

USUAL_MONTHS = 6


@pages.get("/reports/aftersales", **roles("staff"))
async def aftersales(
    request: Request,
    unit: RoomUnit,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    residence: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The last six months, unless other days are asked for."""
    today = await local_today(unit)
    start = _day(first) or plus_months(today.replace(day=1), 1 - USUAL_MONTHS)
    end = _day(last) or today
    formats = Formats(language_of(request))
    is_wrong = end < start or (end - start).days > MOST_DAYS
    return await answer(
        request,
        unit,
        "reports.html",
        rows=[] if is_wrong else await report(unit, start, end, residence or None),
        is_wrong=is_wrong,
        first=start,
        last=end,
        residence=residence,
        residences=await queries.residences(unit),
        opinions=await publishing.published(unit),
        opinions_first=publishing.limit("first", today),
        opinions_next=publishing.limit("next", today),
        month_name=lambda code: formats.day(date.fromisoformat(f"{code}-01"), "LLLL yyyy"),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
