"""Requests that bring photos: these are made harmless before the request's transaction begins, so that a slow
sender or a heavy picture holds no connection to the database."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile

from services.aftersales.photos.decoder import MOST_BYTES, Harmless, Refused
from services.aftersales.photos.developing import developed
from services.kit.pages import PageRoute
from services.kit.principal import Principal
from services.kit.receiving import form_of, is_form_with_files, turn
from services.kit.web import ApiRoute, UnitRoute, roles, route_class

AT_ONCE = 8
"""Photos of one form; the kit refuses a form with more files."""


@dataclass
class Brought:
    """What a request brought, in the order it came."""

    good: list[Harmless] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Codes of `photo_refusals`."""


def brought(request: Request) -> Brought:
    """The photos of a request to a route made by `page_with_photos` or `api_with_photos`."""
    found: Brought = request.state.photos
    return found


def sender_of(request: Request, who: Principal | None) -> str:
    """Who takes turns with others: the signed-in person, else the address it comes from."""
    return who.id if who and who.id else request.client.host if request.client else ""


def page_with_photos(
    pages: APIRouter, path: str, *allowed: str, kind: type[UnitRoute] | None = None, **more: Any
) -> Callable[..., Any]:
    """`@page_with_photos(pages, "/tickets/{ticket}/photos", "resident")`: a POST of a page's form, which may
    have files. Its other fields come as usual. The path must be in `portal/patience.py`. `kind`: a kind of
    PhotosPage that asks more of the caller."""
    return _register(pages, path, kind or PhotosPage, allowed, more)


def api_with_photos(router: APIRouter, path: str, *allowed: str, **more: Any) -> Callable[..., Any]:
    """The same for programs: files in a form, or one photo as the body."""
    return _register(router, path, _PhotosApi, allowed, more)


class PhotosPage(PageRoute):
    """A page's form that may bring photos."""

    @asynccontextmanager
    async def received(self, request: Request, who: Principal | None) -> AsyncIterator[None]:
        async with super().received(request, who):
            request.state.photos = Brought()
            if is_form_with_files(request):
                request.state.photos = await _of_form(await form_of(request), sender_of(request, who))
            yield


class _PhotosApi(ApiRoute):
    @asynccontextmanager
    async def received(self, request: Request, who: Principal | None) -> AsyncIterator[None]:
        if is_form_with_files(request):
            async with super().received(request, who):
                request.state.photos = await _of_form(await form_of(request), sender_of(request, who))
                yield
            return
        with turn(request, who):
            request.state.photos = Brought()
            await _add(request.state.photos, await _body(request), sender_of(request, who))
        yield


async def _body(request: Request) -> bytes:
    """The body, or as much of it as tells that it is too large."""
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MOST_BYTES:
            break
    request.state.body_digest = hashlib.sha256(raw).hexdigest()
    return bytes(raw)


async def _of_form(form: FormData, sender: str) -> Brought:
    found = Brought()
    for _, value in form.multi_items():
        if isinstance(value, UploadFile) and (value.filename or value.size):  # a field left empty has neither
            await _add(found, await value.read(MOST_BYTES + 1), sender)
    return found


async def _add(found: Brought, raw: bytes, sender: str) -> None:
    try:
        found.good.append(await developed(raw, sender))
    except Refused as refused:
        found.refused.append(refused.code)


def _register(
    router: APIRouter, path: str, kind: type[UnitRoute], allowed: tuple[str, ...], more: dict[str, Any]
) -> Callable[..., Any]:
    body = {} if issubclass(kind, PhotosPage) else {"requestBody": _BODY}
    extra = roles(*allowed)["openapi_extra"] | body

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            route_class_override=route_class("aftersales", kind),
            openapi_extra=extra,
            **more,
        )
        return endpoint

    return register


_FILE = {"type": "string", "format": "binary"}
_FILES = {"type": "array", "items": _FILE}
_FORM = {"type": "object", "required": ["photos"], "properties": {"photos": _FILES}}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _FORM},
        **{f"image/{kind}": {"schema": _FILE} for kind in ("jpeg", "png", "webp", "heic", "heif")},
    },
}
