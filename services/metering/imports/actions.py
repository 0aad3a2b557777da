"""What a person may do with files of past consumption: bring one, stop it, take it back."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import FileFormat, FileReason, Fluid, Quantity, Role
from contracts.words import word
from services.kit.i18n import mark as _
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.problems import Problem, conflict, invalid
from services.kit.secrets import Secrets
from services.kit.unit import Unit
from services.kit.uploads import Upload
from services.metering import queries as meter_queries
from services.metering.files import HEAD_BYTES, Found, Options, Unreadable, any_csv, detect, points, units
from services.metering.imports import fitting, jobs, naming, queries, storing
from services.metering.imports.states import ImportAction, ImportState, Message, legal_actions
from services.metering.registry import Meter

MOST_BYTES = 100_000_000
MOST_WAITING = 20
"""Files of one meter that may wait at once."""

_OPEN = """
INSERT INTO metering.file_import
    (id, coop, meter, bounds, made_by, by_operator, dry_run, state, found, options, bytes_total, items, point,
     point_end, created_at)
VALUES (:id, :coop, :meter, CAST(:bounds AS jsonb), :made_by, :by_operator, :dry_run, 'waiting',
    CAST(:found AS jsonb), CAST(:options AS jsonb), :bytes_total, 0, :point, :point_end, :at)
"""
_PIECE = 'INSERT INTO metering.file_chunk ("import", n, coop, data) VALUES (:id, :n, :coop, :data)'
MOST_WAITING_BYTES = 4 * MOST_BYTES
"""Of all files of one person that wait: they lie in the database until they are read."""
_WAITING = """
SELECT count(*) FILTER (WHERE meter = :meter) AS of_meter,
       coalesce(sum(bytes_total) FILTER (WHERE made_by = :who), 0) AS bytes
FROM metering.file_import
WHERE (state IN ('waiting', 'reading', 'storing') OR question IS NOT NULL)
  AND (meter = :meter OR made_by = :who)
"""


async def bring(
    unit: Unit,
    who: Principal,
    meter: str,
    upload: Upload,
    options: Options,
    secrets: Secrets,
    *,
    filename: str | None = None,
    format: FileFormat | None = None,
    dry_run: bool = False,
    language: str = "fr",
) -> str:
    """Take a file in to be imported into a meter; returns the import's id.

    404 for another's meter, 409 where nobody there allows it, 422 for a file that cannot be read.
    """
    seen = await meter_queries.sight(unit, who, meter)
    place = await storing.meter_of(unit, meter)
    assert place is not None
    _may_keep(place, seen.occupancies)
    await _has_room(unit, who, meter, upload.size)
    found = _detected(upload, filename, format, language)
    _is_complete(found, options, language)
    found, options = _as_said(found, options, place.fluid)
    now = max(unit.wall, place.business_now or unit.wall)
    zone = options.zone or found.zone or place.zone
    said = asdict(options.with_(now=now, zone=zone))
    if found.zone or found.is_local:
        found = replace(found, zone=zone)
    if not fitting.fits(found, place.fluid):
        words = word("import_messages", Message.WRONG_QUANTITY, language)
        raise invalid("/meter", Message.WRONG_QUANTITY, words)
    id = new_id("imp")
    named = naming.by_filename(secrets, seen.coop, filename)
    await unit.session.execute(
        text(_OPEN),
        {
            "id": id, "coop": seen.coop, "meter": meter,
            "bounds": None if seen.occupancies is None else json.dumps(seen.occupancies),
            "made_by": who.id, "by_operator": who.role is Role.OPERATOR, "dry_run": dry_run,
            "found": json.dumps(_without_numbers(asdict(found))), "options": json.dumps(said, default=_plain),
            "bytes_total": upload.size, "at": unit.wall,
            "point": named and named.point, "point_end": named and named.end,
        },
    )  # fmt: skip
    for n, piece in enumerate(upload.pieces()):
        await unit.session.execute(text(_PIECE), {"id": id, "n": n, "coop": seen.coop, "data": piece})
    await unit.session.execute(text(f"NOTIFY {jobs.CHANNEL}"))
    return id


async def act(unit: Unit, who: Principal, id: str, action: ImportAction, point: str | None = None) -> Any:
    """Stop an import, take it back, or say of which delivery point of the file it is. Its row afterwards; 409
    when that is not possible now, 422 for a point that was not asked about."""
    row = await queries.one(unit, who, id, lock=True)
    legal = legal_actions_of(row, who)
    if action not in legal:
        raise conflict("illegal_action", _("This is not possible for this import now."), legal_actions=legal)
    if action is ImportAction.CHOOSE:
        asked = row.question["points"]
        chosen = point or (asked[0] if len(asked) == 1 else "")
        if chosen not in asked:
            words = _("Choose one of the delivery points that were asked about.")
            raise invalid("/point", FileReason.POINT_NOT_IN_FILE, words)
        await jobs.answer(unit, id, chosen)
    elif action is ImportAction.CANCEL:
        await unit.session.execute(
            text(
                "UPDATE metering.file_import SET state = :state, message = :message, question = NULL,"
                " lease = NULL, leased_until = NULL, ended_at = :at WHERE id = :id"
            ),
            {"id": id, "state": ImportState.CANCELLED, "message": Message.CANCELLED, "at": unit.wall},
        )
        await jobs.delete_file(unit, id)
    else:
        await unit.session.execute(
            text("UPDATE metering.file_import SET state = :state, tries = 0 WHERE id = :id"),
            {"id": id, "state": ImportState.UNDOING},
        )
        await unit.session.execute(text(f"NOTIFY {jobs.CHANNEL}"))
    return await queries.one(unit, who, id)


def legal_actions_of(row: Any, who: Principal) -> list[ImportAction]:
    """What the caller may do with it: a household decides about what it brought itself."""
    if row.by_operator and who.role is not Role.OPERATOR:
        return []
    if row.question is not None:
        return [ImportAction.CHOOSE, ImportAction.CANCEL]
    return legal_actions(ImportState(row.state), row.accepted, row.dry_run)


def _may_keep(meter: Meter, own: Iterable[str] | None) -> None:
    """409 when not one household concerned allows any of it: nothing could be kept."""
    if meter.dwelling is None:
        return
    concerned = [o for o in meter.occupancies if own is None or o.id in set(own)]
    if not any(occupancy.may_keep_days for occupancy in concerned):
        raise conflict(
            "no_consent",
            _(
                "The household has not allowed its consumption to be followed. It chooses what to allow under"
                " “My data and consents”; then the file can be imported."
            ),
            legal_actions=["consent"],
        )


async def _has_room(unit: Unit, who: Principal, meter: str, size: int) -> None:
    key = "metering/import/by/" + who.id  # of files that come at once each counts the others
    await unit.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    waiting = (await unit.session.execute(text(_WAITING), {"meter": meter, "who": who.id})).one()
    if waiting.of_meter >= MOST_WAITING or waiting.bytes + size > MOST_WAITING_BYTES:
        raise conflict("too_many_waiting", _("Many files wait already; let them be read first."))


def _detected(upload: Upload, filename: str | None, format: FileFormat | None, language: str) -> Found:
    try:
        found = detect(upload.head(HEAD_BYTES), filename)
    except Unreadable as error:
        if format is None or error.reason is not FileReason.UNKNOWN_FORMAT:
            raise unreadable(error, language) from error
        return Found(format)
    return found


def _as_said(found: Found, options: Options, fluid: Fluid) -> tuple[Found, Options]:
    """What a person says of a file is what it is shown to be; and kWh of our own download may be heat."""
    if found.format is FileFormat.PALIER_CSV and fluid is Fluid.HEAT and options.quantity is None:
        options = options.with_(quantity=Quantity.HEAT)
    try:
        unit = units.measure(options.unit) if options.unit else None
    except points.Refused:
        unit = None  # who reads the file says so
    if found.format is FileFormat.CSV:
        found = replace(found, kind=options.kind or found.kind)
    is_register = found.kind == "register"
    return replace(
        found,
        quantity=options.quantity or (unit.quantity if unit else found.quantity),
        unit=unit.name if unit else found.unit,
        stamp=None if is_register else options.stamp or found.stamp,
    ), options


def _is_complete(found: Found, options: Options, language: str) -> None:
    """422 naming each field that the file does not say and the person did not either."""
    if found.format is FileFormat.CSV and found.columns:
        missing = any_csv.lacking(found, options)
    else:
        missing = [name for name in found.missing if getattr(options, name) is None]
    if missing:
        raise Problem(
            422, "options_needed", word("file_reasons", FileReason.OPTION_NEEDED, language),
            errors=[
                {
                    "pointer": f"/{name}", "code": FileReason.OPTION_NEEDED,
                    "message": word("file_reasons", FileReason.OPTION_NEEDED, language),
                }
                for name in missing
            ],
            columns=list(found.columns),
        )  # fmt: skip


def unreadable(error: Unreadable, language: str) -> Problem:
    """A file that nothing can be read of, in words."""
    words = word("file_reasons", error.reason, language)
    detail = jobs.masked(error.detail)
    message = f"{words} ({detail})" if detail and error.reason is not FileReason.UNKNOWN_FORMAT else words
    return Problem(
        422, "unreadable_file", message,
        errors=[{"pointer": "", "code": error.reason, "message": message}],
    )  # fmt: skip


def _without_numbers(found: dict[str, Any]) -> dict[str, Any]:
    """What was found, without what may name somebody's meter."""
    masked = {name: [jobs.masked(words) for words in found[name]] for name in ("rests_upon", "columns")}
    return found | masked


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
