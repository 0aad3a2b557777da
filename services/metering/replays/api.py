"""Feeds, recordings and replays in the HTTP API. All of it is the operators'."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Path, Query, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from contracts.codes import Quantity
from services.kit import field_words
from services.kit.i18n import language_of
from services.kit.receiving import form_of, is_form_with_files
from services.kit.registry import USUAL_ZONE
from services.kit.uploads import Upload, takes_file
from services.kit.web import Page, PageQuery, RoomUnit, Who, invalid, page_of, roles
from services.metering.api_base import router
from services.metering.files.values import DateOrder, Kind, Stamp
from services.metering.replays import actions, feeds, recording, scenarios
from services.metering.replays.bodies import (
    ActionIn,
    FeedOptions,
    FeedOut,
    RecordingIn,
    ReplayIn,
    ReplayOut,
    feed_out,
    replay_out,
)

OPERATOR = roles("operator")
Language = Annotated[str, Depends(language_of)]
Word = Annotated[str | None, Query(max_length=200)]
_CHUNK = 1 << 16


@takes_file(router, "/feeds", "metering", feeds.MOST_BYTES, "operator", status_code=201)
async def upload(
    request: Request,
    unit: RoomUnit,
    who: Who,
    language: Language,
    name: Annotated[str | None, Query(max_length=200)] = None,
    zone: Annotated[str | None, Query(max_length=64)] = None,
    time_column: Word = None,
    value_column: Word = None,
    unit_: Annotated[str | None, Query(alias="unit", max_length=16)] = None,
    stamp: Stamp | None = None,
    kind: Kind | None = None,
    quantity: Quantity | None = None,
    date_order: DateOrder | None = None,
) -> FeedOut:
    """A file of past consumption, as form data or as the bare body: at most 100 MB, kept for 30 days. It is
    read in the background: `state` says when it is `ready`. `zone`: of times without offset, and of days.
    What a plain CSV does not say is told by the query or the form, as for imports."""
    options = {
        "time_column": time_column, "value_column": value_column, "unit": unit_, "stamp": stamp, "kind": kind,
        "quantity": quantity, "date_order": date_order,
    }  # fmt: skip
    return feed_out(await feeds.one(unit, await take(request, unit, who, name, zone, options)), language)


@router.get("/feeds", **OPERATOR)
async def all_feeds(unit: RoomUnit, who: Who, paging: PageQuery, language: Language) -> Page[FeedOut]:
    """Latest first."""
    rows = await feeds.found(unit, paging.limit + 1, key_of(paging.after()))
    return page_of(
        [feed_out(row, language) for row in rows], paging, lambda row: [row.made_at.isoformat(), row.id]
    )


@router.get("/feeds/{feed}", **OPERATOR)
async def one_feed(feed: str, unit: RoomUnit, who: Who, language: Language) -> FeedOut:
    return feed_out(await feeds.one(unit, feed), language)


@router.delete("/feeds/{feed}", status_code=204, **OPERATOR)
async def delete_feed(feed: str, unit: RoomUnit, who: Who) -> None:
    """With all that it holds. 409 while it is played."""
    await feeds.delete(unit, feed)


@router.post("/recordings", status_code=201, **OPERATOR)
async def record(body: RecordingIn, unit: RoomUnit, who: Who, language: Language) -> FeedOut:
    """From now on, what arrives in a cooperative is kept as a feed too: of common parts, and of households
    that allow their half-hours to be used, each under a name of the recording's own."""
    return feed_out(
        await feeds.one(unit, await recording.start(unit, who, body.coop, body.minutes)), language
    )


@router.post("/recordings/{recording}/stop", **OPERATOR)
async def stop_recording(
    feed: Annotated[str, Path(alias="recording")], unit: RoomUnit, who: Who, language: Language
) -> FeedOut:
    """Before its time is over; the feed can then be played."""
    await recording.stop(unit, feed)
    return feed_out(await feeds.one(unit, feed), language)


@router.post("/replays", status_code=201, **OPERATOR)
async def start(body: ReplayIn, unit: RoomUnit, who: Who, language: Language) -> ReplayOut:
    """Play a feed or a scenario as meters would, into a sandbox made for it; or on purpose into a meter."""
    feed = body.feed or await scenarios.add(unit, who, body.scenario)
    wanted = actions.Wanted(
        feed,
        body.speed,
        body.dry_run,
        body.since,
        body.until,
        body.registers,
        body.keep,
        body.meter,
        body.live,
    )
    return replay_out(await actions.one(unit, await actions.start(unit, who, wanted)), language)


@router.get("/replays", **OPERATOR)
async def all_replays(
    unit: RoomUnit, who: Who, paging: PageQuery, language: Language, feed: str | None = None
) -> Page[ReplayOut]:
    """Latest first."""
    rows = await actions.found(unit, paging.limit + 1, key_of(paging.after()), feed)
    return page_of(
        [replay_out(row, language) for row in rows], paging, lambda row: [row.made_at.isoformat(), row.id]
    )


@router.get("/replays/{replay}", **OPERATOR)
async def one_replay(replay: str, unit: RoomUnit, who: Who, language: Language) -> ReplayOut:
    return replay_out(await actions.one(unit, replay), language)


@router.post("/replays/{replay}/actions", **OPERATOR)
async def act(replay: str, body: ActionIn, unit: RoomUnit, who: Who, language: Language) -> ReplayOut:
    """The player follows within a second. 409, with what is legal, for what is not possible now."""
    await actions.act(unit, replay, body.action, to=body.to, speed=body.speed)
    return replay_out(await actions.one(unit, replay), language)


async def take(
    request: Request,
    unit: RoomUnit,
    who: Who,
    name: str | None,
    zone: str | None,
    said: Mapping[str, Any] | None = None,
) -> str:
    """The feed of an upload, as a form or bare; it has arrived already. `said`: of the file, by the query."""
    told = {option: value for option, value in (said or {}).items() if value is not None}
    if not is_form_with_files(request):
        upload = getattr(request.state, "upload", None)  # a page's form without a file brings none
        if upload is None:
            raise invalid("/file", "missing", "Send a file.")
        named = name or _said_name(request)
        return await feeds.upload(unit, who, _pieces(upload), named, zone or USUAL_ZONE, _options(told))
    form = await form_of(request)
    file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
    if file is None:
        raise invalid("/file", "missing", "Send a file.")
    zone = zone or str(form.get("zone") or "") or USUAL_ZONE
    options = _options({**form, **told})
    return await feeds.upload(unit, who, _chunks(file), name or file.filename, zone, options)


async def _pieces(upload: Upload) -> AsyncIterator[bytes]:
    for piece in upload.pieces():
        yield piece


def key_of(after: list[Any] | None) -> tuple[datetime, str] | None:
    """The sort key of a page's last row: when it was made, its id."""
    return (datetime.fromisoformat(after[0]), str(after[1])) if after else None


def _options(said: Mapping[str, Any]) -> dict[str, Any]:
    """What of the query or the form is about the file."""
    words = {name: said[name] for name in FeedOptions.model_fields if said.get(name)}
    try:
        return FeedOptions.model_validate(words).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise invalid(f"/{wrong['loc'][0]}", wrong["type"], "%(why)s", why=field_words.said(wrong)) from None


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


def _said_name(request: Request) -> str | None:
    """From `Content-Disposition: attachment; filename="…"`."""
    for part in request.headers.get("content-disposition", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == "filename":
            return unquote(value.strip('"'))
    return None
