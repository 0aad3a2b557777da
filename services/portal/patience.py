"""How much a request may send, and how long it may take to: beyond it the answer is 413 or 408."""

import asyncio
import re
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Allowance:
    """What one request's body may cost."""

    most_bytes: int
    seconds: float


USUAL = Allowance(1 * _MIB, 20.0)
"""Forms and JSON documents; the largest legitimate ones are channel maps of a few thousand meters."""
_FILE = Allowance(128 * _MIB, 600.0)
LARGER = (
    (re.compile(r"^/contractor/[^/]+/jobs/[^/]+/finish$"), Allowance(64 * _MIB, 300.0)),
    (re.compile(r"^/tickets/new/[^/]+/send$"), Allowance(64 * _MIB, 300.0)),
    (re.compile(r"/photos$"), Allowance(64 * _MIB, 300.0)),
    (re.compile(r"^/api/v1/(feeds|meters/[^/]+/imports)$"), _FILE),
    (re.compile(r"^/(imports|replays/feeds)$"), _FILE),
)
"""Uploads by path. They go through the disk, not through memory."""
_FORMS_ONLY = re.compile(r"^/(?!api/)")
"""Pages take files in forms made for it; any other body of a page is read into memory."""


class Patience:
    """ASGI middleware around the body: it counts and times what arrives, and keeps nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(allowance_of(scope["path"], _header(scope, b"content-type")), _announced(scope), receive)
        await self._app(scope, body.receive, send)


class _Body:
    def __init__(self, allowance: Allowance, announced: int, receive: Receive) -> None:
        self._allowance = allowance
        self._announced = announced
        self._receive = receive
        self._bytes = 0
        self._deadline: float | None = None
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:  # what comes now is the news that the reader has gone
            return await self._receive()
        if self._announced > self._allowance.most_bytes:
            raise HTTPException(413, "This is more than can be taken at once.")
        message = await self._in_time()
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._allowance.most_bytes:
            raise HTTPException(413, "This is more than can be taken at once.")
        self._is_whole = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self._allowance.seconds
        try:
            return await asyncio.wait_for(self._receive(), max(0.0, self._deadline - now))
        except TimeoutError:
            raise HTTPException(408, "The request took too long to arrive.") from None


def allowance_of(path: str, content_type: bytes = b"multipart/form-data") -> Allowance:
    """What a request to `path` may send."""
    if _FORMS_ONLY.match(path) and not content_type.lower().startswith(b"multipart/form-data"):
        return USUAL
    return next((allowance for pattern, allowance in LARGER if pattern.search(path)), USUAL)


def _announced(scope: Scope) -> int:
    """The `Content-Length`; 0 when there is none (what arrives is counted all the same)."""
    value = _header(scope, b"content-length")
    return int(value) if value.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")
