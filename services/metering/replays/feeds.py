"""What an operator does with feeds: bring a file, look, give it up. The player reads them afterwards."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import text

from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.problems import Problem, conflict, invalid, not_found
from services.kit.unit import Unit
from services.metering.replays.states import CHANNEL, ENDED, FeedState, Origin

MOST_BYTES = 100 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
MOST_KEPT_BYTES = 50 * MOST_BYTES
"""Of all files that operators of one cooperative keep."""
KEPT = timedelta(days=30)
"""A feed may hold a household's consumption: it goes by itself."""
USUAL_NAME = "feed"

_INSERT = """
INSERT INTO metering.feed (id, coop, name, origin, state, zone, spec, bytes, made_by, made_at, records_until,
                           expires_at)
VALUES (:id, :coop, :name, :origin, :state, :zone, CAST(:spec AS jsonb), :bytes, :made_by, :made_at,
        :records_until, :expires_at)
"""
_PIECE = (
    "INSERT INTO metering.feed_piece (feed, number, coop, content) VALUES (:feed, :number, :coop, :content)"
)
_KEPT_BYTES = "SELECT coalesce(sum(bytes), 0) FROM metering.feed WHERE coop = :coop"
_ONE = "SELECT * FROM metering.feed WHERE id = :id"
_ALL = """
SELECT * FROM metering.feed
WHERE CAST(:after_at AS timestamptz) IS NULL OR (made_at, id) < (:after_at, :after_id)
ORDER BY made_at DESC, id DESC LIMIT :limit
"""
_PLAYED_NOW = "SELECT EXISTS (SELECT 1 FROM metering.replay WHERE feed = :id AND state <> ALL(:ended))"


async def upload(
    unit: Unit,
    who: Principal,
    content: AsyncIterator[bytes],
    name: str | None,
    zone: str,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Keep a file as it comes, with what a person says of it; returns the feed's id. 413 beyond 100 MB, 422
    for an empty one."""
    id = new_id("fee")
    size = number = 0
    piece = bytearray()
    kept = (await unit.session.execute(text(_KEPT_BYTES), {"coop": who.coop})).scalar_one()

    async def keep() -> None:
        nonlocal number, piece
        number += 1
        values = {"feed": id, "number": number, "coop": who.coop, "content": bytes(piece)}
        await unit.session.execute(text(_PIECE), values)
        piece = bytearray()

    async for part in content:
        size += len(part)
        if size > MOST_BYTES:
            raise Problem(413, "too_large", "A feed is a file of at most 100 MB.")
        if kept + size > MOST_KEPT_BYTES:
            raise conflict("feeds_full", "Many feeds are kept already: delete one.")
        piece += part
        while len(piece) >= PIECE_BYTES:
            rest = piece[PIECE_BYTES:]
            piece = piece[:PIECE_BYTES]
            await keep()
            piece = rest
    if not size:
        raise invalid("/file", "empty", "The file is empty.")
    if piece:
        await keep()
    spec = {"options": dict(options or {})}
    await add(unit, who, Origin.UPLOAD, name=without_numbers(name), zone=zone, id=id, size=size, spec=spec)
    return id


async def add(
    unit: Unit, who: Principal, origin: Origin, *, name: str, zone: str, coop: str | None = None,
    id: str | None = None, size: int = 0, spec: dict[str, Any] | None = None,
    records_until: datetime | None = None,
) -> str:  # fmt: skip
    """A feed's row; the player reads it next, unless it is only now being recorded."""
    if zone not in available_timezones():
        raise invalid("/zone", "unknown_zone", "Use an IANA zone such as Europe/Paris.")
    id = id or new_id("fee")
    state = FeedState.RECORDING if origin is Origin.RECORDING else FeedState.WAITING
    await unit.session.execute(
        text(_INSERT),
        {
            "id": id, "coop": coop or who.coop, "name": name, "origin": origin, "state": state, "zone": zone,
            "spec": json.dumps(spec or {}), "bytes": size, "made_by": who.id, "made_at": unit.wall,
            "records_until": records_until, "expires_at": (records_until or unit.wall) + KEPT,
        },
    )  # fmt: skip
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
    return id


async def one(unit: Unit, id: str) -> Any:
    """The feed's row; 404 when there is none for the caller."""
    row = (await unit.session.execute(text(_ONE), {"id": id})).one_or_none()
    if row is None:
        raise not_found()
    return row


async def found(unit: Unit, limit: int, after: tuple[datetime, str] | None = None) -> Sequence[Any]:
    """Feeds, latest first."""
    at, id = after or (None, None)
    rows = await unit.session.execute(text(_ALL), {"limit": limit, "after_at": at, "after_id": id})
    return rows.all()


async def delete(unit: Unit, id: str) -> None:
    """The feed goes, with its content; what was played of it stays told. 409 while it plays."""
    await one(unit, id)
    is_played = await unit.session.execute(text(_PLAYED_NOW), {"id": id, "ended": sorted(ENDED)})
    if is_played.scalar_one():
        raise conflict("being_played", "A replay of this feed is under way.", legal_actions=["stop"])
    for statement in (
        "DELETE FROM metering.feed_piece WHERE feed = :id",
        "DELETE FROM metering.feed_reading WHERE feed = :id",
        "DELETE FROM metering.feed WHERE id = :id",
    ):
        await unit.session.execute(text(statement), {"id": id})


def without_numbers(name: str | None) -> str:
    """A file's name to recognise it by, its last part, without long numbers: a meter's may be in it."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in last if char.isprintable())
    return re.sub(r"\d{9,}", "…", plain).strip()[:80] or USUAL_NAME
