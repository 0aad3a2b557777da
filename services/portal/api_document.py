"""The OpenAPI document of the HTTP API: refusals are described, each model has a short name of its own."""

import json
from collections import defaultdict
from typing import Any

from fastapi import FastAPI

UNSAFE = ("post", "put", "patch", "delete")
ANYONE = "anyone"
_PLAIN = frozenset({"services", "api", "api_base", "bodies", "views"})
_REF = "#/components/schemas/"
_SAID = {
    "401": "A valid token is needed.",
    "403": "Your role may not do this.",
    "404": "There is no such thing here; also for what is another's.",
    "409": "Right, but not now: `legal_actions` says what may be done instead.",
    "422": "Some fields are not right: `errors` names each.",
}
_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "An error as RFC 9457 has it, in the reader's language (`Accept-Language`).",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "A closed code for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901; empty: all that was sent."},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "legal_actions": {"type": "array", "items": {"type": "string"}},
    },
}


def install(app: FastAPI) -> None:
    """Have the application describe itself so. Made once, when it is asked for first."""
    usual = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _renamed(_with_refusals(usual()))
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "responses" in operation:
                responses = operation["responses"]
                responses.pop("422", None)
                for status in _refusals(path, method, operation):
                    responses.setdefault(status, {"description": _SAID[status]} | _content())
                operation["responses"] = dict(sorted(responses.items()))
    schemas = document["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document


def _refusals(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    takes = "requestBody" in operation or bool(operation.get("parameters"))
    return [
        *(() if ANYONE in operation.get("x-roles", (ANYONE,)) else ("401", "403")),
        *(("404",) if "{" in path or "requestBody" in operation else ()),
        *(("409",) if method in UNSAFE else ()),
        *(("422",) if takes or method == "post" else ()),
    ]


def _content() -> dict[str, Any]:
    return {"content": {"application/problem+json": {"schema": {"$ref": _REF + "Problem"}}}}


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """Models of one name in several modules, which FastAPI calls by their paths, by room and part instead."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in document["components"]["schemas"]:
        if name.startswith("services__"):
            found[short(name)].append(name)
    names = {
        old: new if len(olds) == 1 else f"{new}{place or ''}"
        for new, olds in found.items()
        for place, old in enumerate(sorted(olds))
    }
    text = json.dumps(document)
    for old, new in names.items():
        text = text.replace(f'"{_REF}{old}"', f'"{_REF}{new}"').replace(f'"{old}": {{', f'"{new}": {{')
    renamed: dict[str, Any] = json.loads(text)
    for new in names.values():
        renamed["components"]["schemas"][new]["title"] = new
    return renamed


def short(name: str) -> str:
    """`services__aftersales__incidents__api__ActionIn` is `AftersalesIncidentsActionIn`."""
    *path, model = name.split("__")
    return "".join(part.title().replace("_", "") for part in path if part not in _PLAIN) + model
