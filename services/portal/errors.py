"""What a person reads when something went wrong: in their language, with a way on. Programs get problem
documents, and htmx a notice in place of the part it asked for."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.kit import problems, unfit_values
from services.kit.i18n import language_of
from services.kit.ids import new_id
from services.kit.outage import SUSPECTS, is_outage
from services.kit.pages import Templates, render
from services.kit.principal import principal_of
from services.kit.problems import Problem
from services.kit.receiving import form_of, is_form_with_files
from services.portal.security import protect

_LOG = logging.getLogger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Errors of `/api/` stay problem documents; those of pages become pages."""
    problems.install(app)
    handlers: dict[Any, Any] = app.exception_handlers
    for kind in (Problem, RequestValidationError, HTTPException):
        handlers[kind] = _for_people(handlers[kind])
    for suspect in SUSPECTS:
        handlers[suspect] = _while_away(handlers[Problem])
    for unfit in (DataError, psycopg.DataError, OverflowError):
        handlers[unfit] = _unfit(handlers[Problem])
    handlers[Exception] = _bug


def _for_people(for_programs: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        if _is_program(request):
            return await for_programs(request, error)
        return await _page(request, error)

    return answer


def _while_away(say: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        if not is_outage(error):
            raise error
        _LOG.warning("an engine is away", extra={"error": type(error).__name__})
        return await say(request, problems.unavailable())

    return answer


def _unfit(say: Handler) -> Handler:
    """A NUL character, a number beyond its range or the last day of all years got as far as the database or
    the arithmetic, which refused it."""

    async def answer(request: Request, error: Exception) -> Response:
        _LOG.warning("a value that cannot be kept", extra={"error": type(error).__name__})
        where = await unfit_values.pointers(request) if _is_program(request) else []
        return await say(request, problems.unfit(*where))

    return answer


async def _bug(request: Request, error: Exception) -> Response:
    """A bug: the log has the whole, the reader a reference to quote."""
    reference = new_id("err")[-8:]
    _LOG.error("request failed", exc_info=error, extra={"reference": reference})
    if _is_program(request):
        problem = Problem(500, "internal", "Something went wrong on our side.", reference=reference)
        response: Response = problems.answer(request, problem)
    else:
        response = await _page(request, error, reference)
    protect(response.headers)  # this answer is made outside all middleware
    return response


def _is_program(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _page(request: Request, error: Exception, reference: str | None = None) -> Response:
    await _know_who(request)
    translate = _translator(request)
    status = _status(error)
    title, text = _WORDS.get(status, _WORDS[500] if status >= 500 else _WORDS[404])
    return render(
        request,
        "shell/error_fragment.html" if request.headers.get("hx-request") else "shell/error.html",
        status,
        is_conflict=status == 409,
        title=translate(title),
        text=translate(text),
        detail=error.said.in_(*problems.reader(request))
        if isinstance(error, Problem) and status in (403, 409, 422)
        else None,
        reference=reference,
        again=await _sent(request) if status == 503 else None,
        had_files=is_form_with_files(request),
    )


async def _sent(request: Request) -> list[tuple[str, str]] | None:
    """What a person's form held, to be sent again with one tap: browsers do not repeat what was answered with
    503. Not what is secret, and of pictures nothing."""
    if request.method != "POST" or request.headers.get("hx-request") or request.state.who is None:
        return None
    try:
        form = await form_of(request)
    except Exception:
        _LOG.info("a form could not be read again", exc_info=True)
        return None
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return None if any("password" in name for name, _value in fields) else fields


async def _know_who(request: Request) -> None:
    if hasattr(request.state, "who"):
        return
    request.state.who = None
    try:
        request.state.who = await principal_of(request)
    except Exception:
        # Whoever it is, they are told what happened even while sign-in is out of order.
        _LOG.warning("cannot tell who asks", exc_info=True)


def _status(error: Exception) -> int:
    if isinstance(error, RequestValidationError):
        return 422
    if isinstance(error, Problem):
        return error.status
    return error.status_code if isinstance(error, HTTPException) else 500


def _translator(request: Request) -> Callable[[str], str]:
    templates: Templates = request.app.state.templates
    translate: Callable[[str], str] = templates.of(language_of(request)).from_string("{{ _(text) }}").render

    def words(text: str) -> str:
        return translate(text=text)  # type: ignore[call-arg]

    return words


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated when the page is made."""
    return text


_WORDS = {
    403: (_("This is not open to you"), _("Your role may not see or do this.")),
    404: (_("There is nothing here"), _("The address is wrong, or what was here is not yours to see.")),
    409: (_("That is not possible now"), _("Something changed meanwhile. Look again, then decide.")),
    422: (_("Something is missing or wrong"), _("Go back and check what was filled in.")),
    500: (
        _("Something went wrong on our side"),
        _("We kept a note of it. Please try again in a moment."),
    ),
}
_WORDS[503] = (
    _("We cannot answer at this very moment"),
    _("A part of the system is very busy or starts anew. Please try again in a moment."),
)
_WORDS[408] = _WORDS[413] = _WORDS[422]
