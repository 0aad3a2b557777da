"""A file that a request brings: on the disk before its transaction begins, so that a slow sender holds no
connection to the database, and in memory never whole."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from fastapi import APIRouter, Request, Response

from services.kit.principal import Principal
from services.kit.problems import Problem
from services.kit.web import ApiRoute, Handle, roles, route_class

PIECE_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """What came, at its beginning. It is gone when the request has been answered."""

    file: BinaryIO
    size: int

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
    body is a file as it is, of at most so many bytes. The endpoint takes it from `upload_of(request)`."""
    kind = type(f"{room.title()}FileRoute", (route_class(room, _FileRoute),), {"most_bytes": most_bytes})
    extra = roles(*allowed)["openapi_extra"] | {"requestBody": _BODY}

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        router.add_api_route(
            path, endpoint, methods=["POST"], route_class_override=kind, openapi_extra=extra, **more
        )
        return endpoint

    return register


_BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


class _FileRoute(ApiRoute):
    most_bytes: int

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        refusal = await super().refuse(request, who)
        if refusal is None:
            request.state.upload = await _receive(request, self.most_bytes)
        return refusal

    async def answer(self, request: Request, who: Principal | None, unit: Any, call: Handle) -> Response:
        with upload_of(request).file:
            return await super().answer(request, who, unit, call)


async def _receive(request: Request, most_bytes: int) -> Upload:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise too_large(most_bytes)
    file = cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY_BYTES))  # noqa: SIM115 - closed by `answer`
    digest, size = hashlib.sha256(), 0
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
        f"This file is larger than {most_bytes // 1_000_000} MB. Split it, by year for instance.",
    )
