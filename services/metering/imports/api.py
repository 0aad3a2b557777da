"""Imports in the HTTP API: a file in, its progress, its result, and taking it back."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.codes import FileFormat, Quantity, Role
from services.kit.i18n import language_of
from services.kit.unit import Unit
from services.kit.uploads import takes_file, upload_of
from services.kit.web import Page, PageQuery, Principal, RoomUnit, Who, page_of, roles
from services.metering import queries as meter_queries
from services.metering.api_base import router
from services.metering.files import Options
from services.metering.imports import actions, queries, reach
from services.metering.imports.bodies import ImportOut, out
from services.metering.imports.states import ImportAction

READERS = ("resident", "operator")
Word = Annotated[str | None, Query(max_length=200)]


class ActionIn(BaseModel):
    action: ImportAction
    point: str | None = Field(None, max_length=16)
    """With `choose`: which of the delivery points of the question, by its last four digits."""


@takes_file(router, "/meters/{meter}/imports", "metering", actions.MOST_BYTES, *READERS, status_code=202)
async def bring(
    request: Request,
    meter: str,
    unit: RoomUnit,
    who: Who,
    filename: Word = None,
    format: FileFormat | Literal["auto"] = "auto",
    dry_run: bool = False,
    time_column: Word = None,
    value_column: Word = None,
    unit_: Annotated[str | None, Query(alias="unit", max_length=16)] = None,
    zone: Annotated[str | None, Query(max_length=64)] = None,
    stamp: Literal["start", "end"] | None = None,
    kind: Literal["interval", "register"] | None = None,
    quantity: Quantity | None = None,
    date_order: Literal["dmy", "mdy"] | None = None,
    point: Annotated[str | None, Query(max_length=16, pattern=r"^[0-9A-Za-z]{1,4}(-[0-9]+)?$")] = None,
) -> ImportOut:
    """Import a file of past consumption, sent as it is or in a form (at most 100 MB). What it is is found
    out; what a plain CSV does not say is told by the query. The file's name helps to recognise it and is not
    kept. `point`: the last four digits of the delivery point that is this home's. Without it, a file of
    several points, or of another one than the meter's earlier files, ends as `failed` with a `question` and
    stores nothing until `choose` answers it."""
    options = Options(
        time_column=time_column, value_column=value_column, unit=unit_, zone=zone, stamp=stamp, kind=kind,
        quantity=quantity, date_order=date_order, point=point.upper() if point else None,
    )  # fmt: skip
    upload = upload_of(request)
    id = await actions.bring(
        unit, who, meter, upload, options, request.app.state.secrets, filename=filename or upload.name,
        format=None if format == "auto" else format, dry_run=dry_run, language=language_of(request),
    )  # fmt: skip
    return await _out(request, unit, who, id)


@router.get("/meters/{meter}/imports", **roles(*READERS))
async def imports(
    request: Request, meter: str, unit: RoomUnit, who: Who, paging: Annotated[PageQuery, Depends()]
) -> Page[ImportOut]:
    """A meter's imports, latest first, without their refused lines."""
    await meter_queries.sight(unit, who, meter)
    after = paging.after()
    key = (datetime.fromisoformat(after[0]), str(after[1])) if after else None
    rows = await queries.some(unit, who, [meter], paging.limit + 1, key)
    items = [
        out(row, language_of(request), actions.legal_actions_of(row, who), with_refusals=False)
        for row in rows
    ]
    return page_of(items, paging, lambda item: [item.created_at.isoformat(), item.id])


@router.get("/imports/{file_import}", **roles(*READERS))
async def one(request: Request, file_import: str, unit: RoomUnit, who: Who) -> ImportOut:
    """How far an import is, and what became of its rows."""
    return await _out(request, unit, who, file_import)


@router.post("/imports/{file_import}/actions", **roles(*READERS))
async def act(request: Request, file_import: str, body: ActionIn, unit: RoomUnit, who: Who) -> ImportOut:
    """`cancel` an import under way, or `undo` one: all that it stored goes, what other imports
    said of the same times takes its place, and its days are settled again, but for those that `stays` names.
    `choose` answers the `question`: the file is read again and what is of that point is stored."""
    await actions.act(unit, who, file_import, body.action, body.point)
    return await _out(request, unit, who, file_import)


async def _out(request: Request, unit: Unit, who: Principal, id: str) -> ImportOut:
    row = await queries.one(unit, who, id)
    # What an operator's file said may be about others who lived there.
    is_own = who.role is Role.OPERATOR or not row.by_operator
    legal = actions.legal_actions_of(row, who)
    stays = await reach.stays(unit, row) if ImportAction.UNDO in legal else []
    follow = await queries.days_follow(unit, row)
    return out(row, language_of(request), legal, with_refusals=is_own, stays=stays, days_follow=follow)
