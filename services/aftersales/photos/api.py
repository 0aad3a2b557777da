"""Photos of requests over HTTP."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.aftersales import photos, queries
from services.aftersales.api_base import router
from services.aftersales.photos import actions
from services.aftersales.photos.model import Photo
from services.aftersales.photos.receiving import api_with_photos, brought
from services.aftersales.telling import Actor
from services.kit.registry import zone_of
from services.kit.web import RoomUnit, Who, not_found, roles

PEOPLE = ("resident", "caretaker", "staff")


class PhotoOut(BaseModel):
    id: str
    role: str
    """Whose side put it: resident, staff, caretaker, contractor."""
    put_at: datetime
    width: int
    height: int
    full: str
    small: str
    """Addresses of the two files, for a signed-in person."""


class RefusedPhoto(BaseModel):
    code: str
    """A code of `photo_refusals`."""


class PhotosOut(BaseModel):
    photos: list[PhotoOut]


class AddedPhotosOut(PhotosOut):
    refused: list[RefusedPhoto]
    """Of several sent at once, those that were not taken."""


@api_with_photos(router, "/tickets/{ticket}/photos", *PEOPLE, status_code=201)
async def add(ticket: str, request: Request, unit: RoomUnit, who: Who) -> AddedPhotosOut:
    """JPEG, PNG, WebP or HEIC, at most 15 MB and 50 million pixels each, eight at once. They are written
    anew: nothing of a file but what one sees is kept. 422 when none can be taken."""
    found = await queries.visible(unit, ticket, who)
    zone = await zone_of(unit)
    kept = await actions.add(unit, found, brought(request), Actor(who.id, who.role.value))
    refused = [RefusedPhoto(code=code) for code in brought(request).refused]
    return AddedPhotosOut(photos=[_out(photo, zone) for photo in kept], refused=refused)


@router.get("/tickets/{ticket}/photos", **roles(*PEOPLE))
async def listed(ticket: str, unit: RoomUnit, who: Who) -> PhotosOut:
    """Oldest first."""
    found = await queries.visible(unit, ticket, who)
    zone = await zone_of(unit)
    return PhotosOut(photos=[_out(photo, zone) for photo in await photos.of(unit, found.id)])


@router.get("/tickets/{ticket}/photos/{photo}", **roles(*PEOPLE))
async def file(ticket: str, photo: str, unit: RoomUnit, who: Who) -> Response:
    """The full JPEG file."""
    return await photos.served(unit, await _of_ticket(unit, ticket, photo, who))


@router.delete("/tickets/{ticket}/photos/{photo}", status_code=204, **roles(*PEOPLE))
async def take_back(ticket: str, photo: str, unit: RoomUnit, who: Who) -> None:
    """By who put it, within a day; 409 otherwise."""
    found = await _of_ticket(unit, ticket, photo, who)
    await actions.take_back(unit, found, Actor(who.id, who.role.value))


async def _of_ticket(unit: RoomUnit, ticket: str, photo: str, who: Who) -> Photo:
    found = await actions.visible(unit, photo, who)
    if found.ticket != ticket:
        raise not_found()
    return found


def _out(photo: Photo, zone: ZoneInfo) -> PhotoOut:
    address = f"/photos/{photo.id}"
    return PhotoOut(
        id=photo.id,
        role=photo.role,
        put_at=photo.put_at.astimezone(zone),
        width=photo.width,
        height=photo.height,
        full=address,
        small=f"{address}/small",
    )
