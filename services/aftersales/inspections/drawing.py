"""What was drawn as a signature, made harmless like any picture, before the signing's transaction begins."""

import base64
import binascii
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request

from services.aftersales.photos.decoder import Harmless, Refused
from services.aftersales.photos.developing import developed
from services.aftersales.photos.receiving import sender_of
from services.kit.pages import PageRoute
from services.kit.principal import Principal
from services.kit.receiving import form_of
from services.kit.web import roles, route_class

MOST_BYTES, MOST_PIXELS = 45_000, 800_000
"""A signature on the pad takes some 10 kB; `inspection.js` makes what is heavier smaller. In the form's field
it takes a third more, and a field may have 64 KiB."""
_DRAWN = "data:image/png;base64,"
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@dataclass(frozen=True)
class Drawn:
    """A drawing; neither is there when the name was typed only."""

    picture: Harmless | None = None
    refused: str | None = None
    """A code of `inspection_refusals`."""


def page_with_drawing(pages: APIRouter, path: str, *allowed: str) -> Callable[..., Any]:
    """`@page_with_drawing(pages, "/…/sign", "resident")`: a POST whose form has a field `drawing`."""

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        pages.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            route_class_override=route_class("aftersales", _SigningPage),
            **roles(*allowed),
        )
        return endpoint

    return register


def drawn_in(request: Request) -> Drawn:
    """What the form of a request to a route made by `page_with_drawing` brought."""
    found: Drawn = request.state.drawn
    return found


class _SigningPage(PageRoute):
    @asynccontextmanager
    async def received(self, request: Request, who: Principal | None) -> AsyncIterator[None]:
        async with super().received(request, who):
            field = (await form_of(request)).get("drawing", "")
            request.state.drawn = await drawn(
                field if isinstance(field, str) else "", sender_of(request, who)
            )
            yield


async def drawn(field: str, sender: str) -> Drawn:
    """The drawing of a form's field, a PNG as a data address. What is too heavy is refused unread."""
    if not field:
        return Drawn()
    if len(field) > MOST_BYTES * 4 // 3:
        return Drawn(refused="drawing_too_large")
    if not field.startswith(_DRAWN):
        return Drawn(refused="drawing_unreadable")
    try:
        raw = base64.b64decode(field.removeprefix(_DRAWN), validate=True)
        if not raw.startswith(_PNG) or len(raw) < 24:
            return Drawn(refused="drawing_unreadable")
        width, height = struct.unpack(">II", raw[16:24])
        if width * height > MOST_PIXELS:
            return Drawn(refused="drawing_too_large")
        return Drawn(await developed(raw, sender))
    except (binascii.Error, Refused):
        return Drawn(refused="drawing_unreadable")
