"""A file that a request brings: on the disk before its transaction begins, so that a slow sender holds no
connection to the database, and in memory never whole."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile

from services.kit.i18n import mark as _
from services.kit.principal import Principal
from services.kit.problems import Problem, invalid
from services.kit.receiving import form_of, is_form_with_files, turn
from services.kit.web import ApiRoute, roles, route_class

PIECE_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """What came, at its beginning. It is gone when the request has been answered."""

    file: BinaryIO
    size: int
    name: str | None = None
    """As the sender calls it, where a form says so."""

    def pieces(self) -> Iterator[bytes]:
        """The whole in pieces of at most one MiB."""
        self.file.seek(0)
        while piece := self.file.read(PIECE_BYTES):
            yield piece

    def head(self, size: int) -> bytes:
        self.file.seek(0)
        found = self.file.read(size)
        self.file.seek(0)
        return found


def upload_of(request: Request) -> Upload:
    """The body of a request to a route made by `takes_file`."""
    found: Upload = request.state.upload
    return found


def takes_file(
    router: APIRouter, path: str, room: str, most_bytes: int, *allowed: str, **more: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`@takes_file(router, "/meters/{meter}/imports", "metering", 100_000_000, "operator")`: a POST whose
    body is a file of at most so many bytes, as it is or in a form. The endpoint takes it from
    `upload_of(request)`."""
    kind = type(f"{room.title()}FileRoute", (route_class(room, _FileRoute),), {"most_bytes": most_bytes})
    extra = roles(*allowed)["openapi_extra"] | {"requestBody": _BODY}

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        router.add_api_route(
            path, endpoint, methods=["POST"], route_class_override=kind, openapi_extra=extra, **more
        )
        return endpoint

    return register


_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": _FILE}, "multipart/form-data": {"schema": _FORM}},
}


class _FileRoute(ApiRoute):
    most_bytes: int

    @asynccontextmanager
    async def received(self, request: Request, who: Principal | None) -> AsyncIterator[None]:
        if is_form_with_files(request):
            async with super().received(request, who):
                request.state.upload = _of_form(await form_of(request), self.most_bytes)
                yield
            return
        with turn(request, who):
            request.state.upload = await _receive(request, self.most_bytes)
            with upload_of(request).file:
                yield


def _of_form(form: FormData, most_bytes: int) -> Upload:
    """The form's file; 422 without one."""
    file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
    if file is None:
        raise invalid("/file", "missing", _("Send a file."))
    if (file.size or 0) > most_bytes:
        raise too_large(most_bytes)
    return Upload(file.file, file.size or 0, file.filename)


async def _receive(request: Request, most_bytes: int) -> Upload:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise too_large(most_bytes)
    file = cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY_BYTES))  # noqa: SIM115 - closed by `received`
    # What is said of the file in the address belongs to the request as much as its bytes.
    digest, size = hashlib.sha256(request.url.query.encode() + b"\n"), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most_bytes:
                raise too_large(most_bytes)
            digest.update(piece)
            file.write(piece)
    except BaseException:
        file.close()
        raise
    request.state.body_digest = digest.hexdigest()
    return Upload(file, size)


def too_large(most_bytes: int) -> Problem:
    return Problem(
        413,
        "too_large",
        _("This file is larger than %(mb)s MB. Split it, by year for instance."),
        figures={"mb": most_bytes // 1_000_000},
    )
