"""One way to take a form of a page: done, one is sent on; refused, the page comes again and says why."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from services.kit import field_words
from services.kit.problems import Problem, invalid, reader
from services.kit.receiving import form_of
from services.kit.unit import Unit

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True)
class Sent:
    """What became of a form of the page: nothing was sent, it is done, or it was refused."""

    done: str = ""
    """Which form was done just before."""
    problem: Problem | None = None
    failed: str = ""
    """Which form was refused."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What was typed into it."""

    @property
    def status(self) -> int:
        return self.problem.status if self.problem else 200

    def shown(self, request: Request) -> dict[str, Any]:
        """What the page needs to show it: `wrong` is what is said beside each field, by its name, in the
        reader's language; `refused` is said of the form as a whole, where no field is named."""
        wrong: dict[str, str] = {}
        if self.problem:
            errors = self.problem.document(*reader(request)).get("errors", ())
            wrong = {one["pointer"].removeprefix("/"): one["message"] for one in errors}
        refused = self.problem.said.in_(*reader(request)) if self.problem and not wrong else ""
        return {
            "done": self.done,
            "problem": self.problem,
            "failed": self.failed,
            "given": self.given,
            "wrong": wrong,
            "refused": wrong.get("", refused),
        }


async def taken(
    unit: Unit,
    act: Callable[[], Awaitable[object]],
    then: str,
    again: Callable[[Sent], Awaitable[Response]],
    *,
    form: str = "",
    given: Mapping[str, Any] | None = None,
) -> Response:
    """Do what a form asks, all of it or nothing: on to `then`, or the page `again` with what was refused.

    What is not there, or another's, stays a 404.
    """
    try:
        async with unit.part():
            await act()
    except Problem as problem:
        if problem.status == 404:
            raise
        return await again(Sent(problem=problem, failed=form, given=given or {}))
    return RedirectResponse(then, 303)


async def typed(request: Request, names: Iterable[str]) -> dict[str, str]:
    """The fields of these names as they were typed, without spaces around; empty where none was sent."""
    form = await form_of(request)
    found = {name: form.get(name) for name in names}
    return {name: value.strip() if isinstance(value, str) else "" for name, value in found.items()}


def valid(model: type[B], given: Mapping[str, Any]) -> B:
    """What was typed as the body that the API takes. 422 with the first field that is wrong."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        pointer = f"/{first['loc'][0]}" if first["loc"] else ""
        raise invalid(pointer, "invalid", "%(why)s", why=field_words.said(first, to_a_person=True)) from error
