"""Reports over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from services.aftersales.api_base import router
from services.aftersales.reports.reading import MOST_DAYS, report
from services.kit.web import RoomUnit, invalid, roles


class ShareOut(BaseModel):
    kept: int
    all: int


class FiguresOut(BaseModel):
    """A residence's month, of the requests opened in it; hours are the middle one of all."""

    residence: str
    month: str
    requests: int
    ends: dict[str, int]
    first_answer_hours: float | None
    first_answers: ShareOut
    answers_on_behalf: int
    safe_hours: float | None
    made_safe: ShareOut
    fixed_hours: float | None
    repairs: ShareOut
    visits: ShareOut
    visits_missed_by_household: int
    reopened: int
    avoidable_contacts: int
    windows_saved: int
    windows_lost: int

    model_config = {"from_attributes": True}


class ReportOut(BaseModel):
    rows: list[FiguresOut]


@router.get("/reports/aftersales", **roles("staff"))
async def aftersales(
    unit: RoomUnit,
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
    residence: Annotated[str | None, Query(max_length=200)] = None,
) -> ReportOut:
    """By residence and month, of requests opened on those civil days (both included)."""
    if last < first or (last - first).days > MOST_DAYS:
        raise invalid("/to", "out_of_range", "Between `from` and %(days)s days later.", days=MOST_DAYS)
    found = await report(unit, first, last, residence)
    return ReportOut(rows=[FiguresOut.model_validate(one, from_attributes=True) for one in found])
