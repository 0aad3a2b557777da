"""Photos in the database: kept, found, handed out as files that can be nothing but pictures, forgotten."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from fastapi.responses import Response
from sqlalchemy import text
from sqlmodel import col, func, select

from services.aftersales.photos.decoder import Harmless, Refused
from services.aftersales.photos.developing import developed
from services.aftersales.photos.model import Photo, PhotoFile
from services.aftersales.words import in_both
from services.kit.ids import new_id
from services.kit.problems import Problem, conflict, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.aftersales.telling import Actor
    from services.kit.unit import Unit

Size = Literal["full", "small"]
MOST_OF_TICKET, MOST_OF_INSPECTION = 20, 200
FRESH = timedelta(hours=24)
"""How long who put a photo may take it back."""
HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="photo.jpg"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def keep(
    unit: Unit,
    raw: bytes | Harmless,
    *,
    ticket: str | None = None,
    inspection: str | None = None,
    finding: str | None = None,
    by: Actor,
) -> Photo:
    """Make it harmless and keep it with a request, or with a finding of a guided inspection.

    The caller has checked that the actor may see it. `raw` may have been made harmless before the transaction
    (`receiving`). Raises Problem 422 with a plain reason, 409 when there are as many as can be.
    """
    assert unit.coop is not None
    assert (ticket is None) != (inspection is None)
    try:
        made = raw if isinstance(raw, Harmless) else await developed(raw)
    except Refused as refused:
        raise refusal(refused.code) from None
    await _leave_room(unit, ticket, inspection)
    photo = Photo(
        id=new_id("pho"),
        coop=unit.coop,
        ticket=ticket,
        inspection=inspection,
        finding=finding,
        put_by=by.id,
        role=by.role,
        put_at=unit.now,
        width=made.width,
        height=made.height,
        sha256=hashlib.sha256(made.full).hexdigest(),
    )
    unit.session.add(photo)
    await unit.session.flush()
    for size, bytes_of_it in (("full", made.full), ("small", made.small)):
        unit.session.add(PhotoFile(photo=photo.id, size=size, coop=unit.coop, content=bytes_of_it))
    await unit.session.flush()
    return photo


def refusal(code: str) -> Problem:
    """Why a picture was not taken, as a problem whose `errors` name a code of `photo_refusals`."""
    return invalid("/file", code, "%(why)s", why=in_both("photo_refusals", code))


async def shown_since(unit: Unit, ticket: str, since: datetime) -> int:
    """How many photos whoever does the work, or the cooperative, put on a request since then."""
    found = await unit.session.execute(
        select(func.count())
        .select_from(Photo)
        .where(col(Photo.ticket) == ticket, col(Photo.role) != "resident", col(Photo.put_at) >= since)
    )
    return found.scalar_one()


async def of(unit: Unit, ticket: str) -> list[Photo]:
    """The photos of a request, oldest first."""
    return await _found(unit, col(Photo.ticket) == ticket)


async def at(unit: Unit, inspection: str) -> list[Photo]:
    """The photos taken at a guided inspection, oldest first."""
    return await _found(unit, col(Photo.inspection) == inspection)


async def content(unit: Unit, photo: str, size: Size = "full") -> bytes | None:
    """The JPEG file; None when there is none."""
    found = await unit.session.execute(
        select(PhotoFile.content).where(col(PhotoFile.photo) == photo, col(PhotoFile.size) == size)
    )
    return found.scalar_one_or_none()


async def served(unit: Unit, photo: Photo, size: Size = "full", known: str | None = None) -> Response:
    """The file as a response that a browser takes for a picture and for nothing else. The caller has checked
    that the reader may see it.

    A browser that kept it asks each time (`known`: its `If-None-Match`): nothing is shown from its store to
    whoever sits there after the sign-out.
    """
    tag = f'"{photo.id}-{size}"'
    if known == tag:
        return Response(status_code=304, headers={**HEADERS, "ETag": tag})
    found = await content(unit, photo.id, size)
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="image/jpeg", headers={**HEADERS, "ETag": tag})


def may_forget(unit: Unit, photo: Photo, person: str | None) -> bool:
    """Whether they put it, and lately."""
    return photo.put_by == person and unit.now - photo.put_at <= FRESH and photo.inspection is None


async def forget(unit: Unit, photo: Photo, by: Actor) -> None:
    """Who put it takes it back. 409 for others, and once it is a day old."""
    if photo.put_by != by.id:
        raise conflict("not_yours", "Only who put a photo can take it back.")
    if unit.now - photo.put_at > FRESH:
        raise conflict("too_late", "A photo can be taken back on its first day only.")
    await unit.session.execute(text("DELETE FROM aftersales.photo WHERE id = :id"), {"id": photo.id})
    unit.session.expunge(photo)


async def _leave_room(unit: Unit, ticket: str | None, inspection: str | None) -> None:
    """Refuse what is too many. Of two who send at once the second waits for the first to be counted."""
    about, most = (ticket, MOST_OF_TICKET) if ticket else (inspection, MOST_OF_INSPECTION)
    await unit.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:about, 0))"), {"about": f"photos {about}"}
    )
    count = await unit.session.execute(
        text("SELECT count(*) FROM aftersales.photo WHERE ticket = :ticket OR inspection = :inspection"),
        {"ticket": ticket, "inspection": inspection},
    )
    if count.scalar_one() >= most:
        raise conflict(
            "too_many_photos",
            "There are %(most)s photos already: no more can be added.",
            figures={"most": most},
        )


async def _found(unit: Unit, condition: object) -> list[Photo]:
    rows = await unit.session.execute(
        select(Photo).where(condition).order_by(col(Photo.put_at), col(Photo.id))  # type: ignore[arg-type]
    )
    return list(rows.scalars())
