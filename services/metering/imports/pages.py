"""The pages of imports: bring a file, watch it, see what became of it, take it back."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, cast

from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from contracts.codes import Fluid, Quantity, Role
from contracts.words import word
from services.kit.i18n import Formats, language_of
from services.kit.receiving import form_of
from services.kit.unit import Unit
from services.kit.uploads import Upload
from services.kit.web import Principal, Problem, RoomUnit, Who, not_found, roles
from services.metering import queries as meter_queries
from services.metering import registry
from services.metering.files import Options
from services.metering.household_queries import OwnMeter, own_meters
from services.metering.imports import actions, queries, reach
from services.metering.imports.bodies import out, sums_of
from services.metering.imports.states import ACTIVE, ImportAction, ImportState
from services.metering.page_base import Amounts, answer, pages

READERS = roles("resident", "operator")
LATEST = 20
SHOWN_REFUSALS = 200
TEXTS = ("time_column", "value_column", "unit", "zone", "stamp", "kind", "date_order")
Id = Annotated[str | None, Query(max_length=64)]


@pages.get("/imports", **READERS)
async def imports(request: Request, unit: RoomUnit, who: Who, meter: Id = None) -> Response:
    """A form to bring a file, and what was imported before."""
    return await _form(request, unit, who, meter)


@pages.post("/imports", **READERS)
async def bring(request: Request, unit: RoomUnit, who: Who) -> Response:
    """Take the file in and go on to its progress; else the form again, which says what is wrong."""
    form = await form_of(request)
    meter, file = _text(form, "meter"), form.get("file")
    given = {name: _text(form, name) for name in TEXTS}
    if not isinstance(file, UploadFile) or not file.filename:
        return await _form(request, unit, who, meter, given, problem=Problem(422, "no_file", ""))
    upload = Upload(cast(Any, file.file), file.size or 0)
    if upload.size > actions.MOST_BYTES:
        return await _form(request, unit, who, meter, given, problem=Problem(413, "too_large", ""))
    try:
        id = await actions.bring(
            unit, who, meter or "", upload, Options(**cast(Any, given)), request.app.state.secrets,
            filename=file.filename,
            dry_run=_text(form, "dry_run") == "true", language=language_of(request),
        )  # fmt: skip
    except Problem as problem:
        if problem.status == 404 and who.role is not Role.OPERATOR:
            raise
        return await _form(request, unit, who, meter, given, problem=problem)
    return RedirectResponse(f"/imports/{id}", 303)


@pages.get("/imports/{file_import}", **READERS)
async def one(request: Request, unit: RoomUnit, who: Who, file_import: str, n: int = 0) -> Response:
    """How far an import is and what became of its rows. `n` counts how often the page asked by itself."""
    return await _one(request, unit, who, file_import, n)


@pages.post("/imports/{file_import}/{action}", **READERS)
async def act(request: Request, unit: RoomUnit, who: Who, file_import: str, action: str) -> Response:
    """Stop it, take it back, or say which delivery point is meant."""
    if action not in set(ImportAction):
        raise not_found()
    point = _text(await form_of(request), "point") if action == ImportAction.CHOOSE else None
    try:
        await actions.act(unit, who, file_import, ImportAction(action), point)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _one(request, unit, who, file_import, 0, problem.status)
    return RedirectResponse(f"/imports/{file_import}", 303)


async def _form(
    request: Request,
    unit: Unit,
    who: Principal,
    meter: str | None,
    given: Mapping[str, str | None] | None = None,
    *,
    problem: Problem | None = None,
) -> Response:
    own = [] if who.role is Role.OPERATOR else await own_meters(unit, who)
    chosen = _chosen(own, meter) if own else None
    place = None
    if who.role is Role.OPERATOR and meter and (problem is None or problem.status != 404):
        await meter_queries.sight(unit, who, meter)
        place = (await registry.meters(unit, [meter]))[meter]
    meters = [one.id for one in own] if own else [meter] if meter else None
    rows = [] if who.role is not Role.OPERATOR and not own else await queries.some(unit, who, meters, LATEST)
    missing = [
        one["pointer"].strip("/") for one in problem.extra["errors"]
    ] if problem is not None and problem.code == "options_needed" else []  # fmt: skip
    return answer(
        request, "imports.html", problem.status if problem else 200, own=own, chosen=chosen, place=place,
        meter=meter, given=given or dict.fromkeys(TEXTS), rows=[_shown(request, row, who) for row in rows],
        problem=problem, missing=missing, columns=problem.extra.get("columns", []) if problem else [],
        is_operator=who.role is Role.OPERATOR, most_mb=actions.MOST_BYTES // 1_000_000,
    )  # fmt: skip


async def _one(request: Request, unit: Unit, who: Principal, id: str, n: int, status: int = 200) -> Response:
    row = await queries.one(unit, who, id)
    is_operator = who.role is Role.OPERATOR
    seen = await meter_queries.sight(unit, who, row.meter)
    meters = await registry.meters(unit, [row.meter])
    shown = _shown(
        request, row, who, with_refusals=is_operator or not row.by_operator,
        days_follow=await queries.days_follow(unit, row),
    )  # fmt: skip
    if ImportAction.UNDO in shown["legal_actions"]:
        language = language_of(request)
        shown["stays"] = [
            (stay, word("stays_because", stay.reason, language)) for stay in await reach.stays(unit, row)
        ]
    return answer(
        request, "import.html", status, zone=seen.zone, one=shown, n=n + 1, is_active=row.state in ACTIVE,
        is_operator=is_operator, fluid=meters[row.meter].fluid, percent=_percent(row),
        sums=_sums(request, row, seen.fluid), month=_month(row.last_day), shown_refusals=SHOWN_REFUSALS,
    )  # fmt: skip


def _shown(
    request: Request, row: Any, who: Principal, *, with_refusals: bool = False, days_follow: bool = False
) -> dict[str, Any]:
    """An import as the API tells it, with its states in words."""
    language = language_of(request)
    found = out(
        row,
        language,
        actions.legal_actions_of(row, who),
        with_refusals=with_refusals,
        days_follow=days_follow,
    )
    tones = {ImportState.DONE: "good", ImportState.FAILED: "bad", ImportState.CANCELLED: "warn"}
    return found.model_dump() | {
        "state_words": word("import_states", found.state, language), "tone": tones.get(found.state),
        "by_operator": row.by_operator,
    }  # fmt: skip


def _chosen(own: list[OwnMeter], meter: str | None) -> OwnMeter:
    """The meter asked for, else the first. 404 for another's."""
    if meter is None:
        return own[0]
    found = next((one for one in own if one.id == meter), None)
    if found is None:
        raise not_found()
    return found


def _percent(row: Any) -> int:
    """Reading the file is the first fifth of the way, storing it the rest."""
    if row.state == ImportState.WAITING:
        return 0
    if row.rows_total is None:
        return int(20 * row.bytes_read / max(1, row.bytes_total))
    return 20 + int(80 * row.rows / max(1, row.rows_total))


def _sums(request: Request, row: Any, fluid: Fluid) -> list[tuple[Quantity, str]]:
    """What was accepted of each quantity, in words; nothing where some of it is another household's."""
    if not row.accepted or row.is_of_others:
        return []
    formats = Formats(language_of(request))
    return [
        (quantity, Amounts(formats, quantity, fluid).text(milli / 1_000, 0))
        for quantity, milli in sums_of(row).items()
    ]


def _month(day: date | None) -> str | None:
    return day.strftime("%Y-%m") if day else None


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return (value.replace("\x00", "").strip()[:200] or None) if isinstance(value, str) else None
