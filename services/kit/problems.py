"""Errors of the HTTP API as RFC 9457 problem documents, with closed codes, in the reader's language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from babel.support import NullTranslations
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from services.kit import field_words
from services.kit.i18n import language_of, translations
from services.kit.i18n import mark as _
from services.kit.outage import SUSPECTS, is_outage
from services.kit.said import Message, Said, in_words

MEDIA_TYPE = "application/problem+json"
_LOCALE = Path(__file__).parent / "locale"


class Problem(Exception):
    """Raised by actions and rules at the edge; becomes the response.

    `title` and the messages of `errors` are English; readers get what the catalogues have in their language.
    A title such as `larger than %(mb)s MB` takes its figures from `figures`, and so do messages. The texts
    are collected for the catalogues from the calls of the functions below.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        headers: Mapping[str, str] | None = None,
        figures: Mapping[str, object] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.said = Said(title, figures or {})
        self.title = str(self.said)
        self.headers = headers
        self.extra = extra

    def document(self, words: NullTranslations | None = None, language: str = "en") -> dict[str, Any]:
        """As it is sent, in English unless `words` say otherwise."""
        words = words or NullTranslations()
        extra = dict(self.extra)
        if errors := extra.get("errors"):
            extra["errors"] = [
                error | {"message": in_words(error["message"], words, language)} for error in errors
            ]
        title = self.said.in_(words, language)
        return {"type": f"urn:palier:problem:{self.code}", "title": title, "status": self.status} | {
            "code": self.code,
            **extra,
        }


def not_found() -> Problem:
    """Also for what exists but is another's: its existence is not told."""
    return Problem(404, "not_found", _("There is no such thing here."))


def forbidden(title: str = _("Your role may not do this.")) -> Problem:
    return Problem(403, "forbidden", title)


def conflict(
    code: str,
    title: str,
    *,
    legal_actions: Sequence[str] = (),
    figures: Mapping[str, object] | None = None,
) -> Problem:
    """The request is right but not now; `legal_actions` says what may be done instead."""
    return Problem(409, code, title, figures=figures, legal_actions=list(legal_actions))


def invalid(pointer: str, code: str, message: str, **figures: object) -> Problem:
    """One wrong field, named by its JSON pointer. The `figures` stand in the message as `%(name)s`."""
    return Problem(
        422,
        "invalid",
        _("Some fields are not right."),
        errors=[{"pointer": pointer, "code": code, "message": Message(message, figures)}],
    )


def unavailable() -> Problem:
    """An engine is away for the moment. Nothing was done, or it was and the idempotency key tells."""
    return Problem(
        503, "unavailable", _("A part of the system is restarting; try again."), headers={"Retry-After": "2"}
    )


def unfit(*pointers: str) -> Problem:
    """Values that the database cannot hold: a NUL character, a number beyond its range. `pointers` to them;
    none where it cannot be told."""
    title = _("A value has characters or a size that cannot be kept.")
    errors = [{"pointer": one, "code": "unfit_value", "message": title} for one in pointers or ("",)]
    return Problem(422, "unfit_value", title, errors=errors)


def unfit_for(code: str, pointer: str, title: str) -> Problem:
    """422 with a code of its own; `pointer` names the field or header."""
    return Problem(422, code, title, errors=[{"pointer": pointer, "code": code, "message": title}])


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The response to `request`, in its reader's language: by the kit's catalogue and the rooms'."""
    return JSONResponse(
        problem.document(*reader(request)), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def reader(request: Request) -> tuple[NullTranslations, str]:
    """The catalogues in the language of who asks, and that language."""
    templates = getattr(request.app.state, "templates", None)
    rooms = [folder / "locale" for folder in templates.folders] if templates is not None else []
    language = language_of(request)
    return translations(language, [_LOCALE, *rooms]), language


def install(app: FastAPI) -> None:
    """Turn every error of the API into a problem document."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return answer(request, error)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(request, _invalid_fields(error, reader(request)[0]))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "error")
        title = _TITLES.get(error.status_code, str(error.detail))
        return answer(request, Problem(error.status_code, code, title, headers=error.headers))

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


_TITLES = {
    404: _("There is no such thing here."),
    405: _("This address does not take this method."),
}
"""Of errors that the framework raises with its own words."""


def _invalid_fields(error: RequestValidationError, words: NullTranslations) -> Problem:
    errors = [
        {
            "pointer": "" if item["type"] == "json_invalid" else _pointer(item["loc"]),
            "code": item["type"],
            "message": field_words.told(item, words),
        }
        for item in error.errors()
    ]
    return Problem(422, "invalid", _("Some fields are not right."), errors=errors)


def _pointer(location: Sequence[str | int]) -> str:
    """The field's name as the caller wrote it: where it stood (body, query, path) and which of several
    forms was tried for it (`str-enum[FileFormat]`) are ours. RFC 6901: the whole body is the empty string."""
    parts = [part for part in location[1:] if not (isinstance(part, str) and part.endswith("]"))]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
