"""Errors of the HTTP API as RFC 9457 problem documents, with closed codes."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from services.kit.outage import SUSPECTS, is_outage

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Raised by actions and rules at the edge; becomes the response."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.headers = headers
        self.extra = extra

    def document(self) -> dict[str, Any]:
        return {"type": f"urn:palier:problem:{self.code}", "title": self.title, "status": self.status} | {
            "code": self.code,
            **self.extra,
        }


def not_found() -> Problem:
    """Also for what exists but is another's: its existence is not told."""
    return Problem(404, "not_found", "There is no such thing here.")


def forbidden(title: str = "Your role may not do this.") -> Problem:
    return Problem(403, "forbidden", title)


def conflict(code: str, title: str, *, legal_actions: Sequence[str] = ()) -> Problem:
    """The request is right but not now; `legal_actions` says what may be done instead."""
    return Problem(409, code, title, legal_actions=list(legal_actions))


def invalid(pointer: str, code: str, message: str) -> Problem:
    """One wrong field, named by its JSON pointer."""
    return Problem(
        422,
        "invalid",
        "Some fields are not right.",
        errors=[{"pointer": pointer, "code": code, "message": message}],
    )


def unavailable() -> Problem:
    """An engine is away for the moment. Nothing was done, or it was and the idempotency key tells."""
    return Problem(
        503, "unavailable", "A part of the system is restarting; try again.", headers={"Retry-After": "2"}
    )


def unfit() -> Problem:
    """A value that the database cannot hold: a NUL character, a number beyond its range."""
    return Problem(422, "unfit_value", "A value has characters or a size that cannot be kept.")


def install(app: FastAPI) -> None:
    """Turn every error of the API into a problem document."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return JSONResponse(error.document(), error.status, headers=error.headers, media_type=MEDIA_TYPE)

    async def on_validation(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _invalid_fields(error)

    async def on_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        problem = Problem(error.status_code, _CODES.get(error.status_code, "error"), str(error.detail))
        return JSONResponse(
            problem.document(), error.status_code, headers=error.headers, media_type=MEDIA_TYPE
        )

    async def on_outage(request: Request, error: Exception) -> JSONResponse:
        if not is_outage(error):
            raise error
        return await on_problem(request, unavailable())

    for kind in SUSPECTS:
        app.add_exception_handler(kind, on_outage)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
}


def _invalid_fields(error: RequestValidationError) -> JSONResponse:
    errors = [
        {
            "pointer": "" if item["type"] == "json_invalid" else _pointer(item["loc"]),
            "code": item["type"],
            "message": item["msg"].removeprefix("Value error, "),
        }
        for item in error.errors()
    ]
    problem = Problem(422, "invalid", "Some fields are not right.", errors=errors)
    return JSONResponse(problem.document(), 422, media_type=MEDIA_TYPE)


def _pointer(location: Sequence[str | int]) -> str:
    """The field's name as the caller wrote it: where it stood (body, query, path) and which of several
    forms was tried for it (`str-enum[FileFormat]`) are ours. RFC 6901: the whole body is the empty string."""
    parts = [part for part in location[1:] if not (isinstance(part, str) and part.endswith("]"))]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
