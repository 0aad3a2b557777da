"""Where in a request a value stands that cannot be kept: asked only once something has refused it."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from services.kit.receiving import form_of

LARGEST = 2**63 - 1
"""Of the whole numbers that the database holds."""
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


async def pointers(request: Request) -> list[str]:
    """JSON pointers to every text with a NUL character or half a surrogate pair, and to every whole number
    beyond the largest: of the address, the query and the body. Empty where none is found.

    A pointer goes through no name that is itself unfit: it names what holds it.
    """
    found = [f"/{_escaped(name)}" for name, value in _given(request) if is_unfit(value)]
    return list(dict.fromkeys([*found, *unfit_in(await _body(request))]))


def unfit_in(value: Any, pointer: str = "") -> Iterator[str]:
    """Pointers to the unfit values within a JSON value, in its order."""
    if isinstance(value, dict):
        for name, one in value.items():
            if is_unfit(name):
                yield pointer
            else:
                yield from unfit_in(one, f"{pointer}/{_escaped(name)}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from unfit_in(one, f"{pointer}/{place}")
    elif is_unfit(value):
        yield pointer


def is_unfit(value: Any) -> bool:
    """Whether that text or number can be kept by no column at all."""
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= one <= "\udfff" for one in value)
    return isinstance(value, int) and abs(value) > LARGEST


def _given(request: Request) -> Iterator[tuple[str, Any]]:
    yield from request.path_params.items()
    yield from request.query_params.multi_items()


async def _body(request: Request) -> Any:
    try:
        if request.headers.get("content-type", "").lower().startswith(_FORMS):
            form = await form_of(request)
            return {name: value for name, value in form.multi_items() if isinstance(value, str)}
        return json.loads(await request.body())
    except Exception:  # a body that is not there, already gone or no JSON tells nothing
        return None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
