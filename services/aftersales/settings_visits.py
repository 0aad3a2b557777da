"""The cooperative's terms of appointments, links and its public contact: seen and changed by its staff."""

from dataclasses import fields
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from services.aftersales import public_contact, settings
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.settings_api import ContactIn
from services.aftersales.visits import terms
from services.aftersales.visits.bodies import VisitTermsIn
from services.kit import field_words
from services.kit.problems import Problem, invalid
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles

STAFF = roles("staff")
VISITS = (
    "lead_hours", "offered_days", "most_offered", "change_until_hours", "remind_from_hour", "fresh_hours",
    "usual_minutes", "household_shown_days_before", "bundle_minutes",
)  # fmt: skip
"""Terms of appointments, in the order of the page."""
LINKS = ("link_days", "link_most_days", "link_jobless_days", "feed_days")
SECTIONS = {"visits": VISITS, "links": LINKS, "contact": tuple(ContactIn.model_fields)}


@pages.get("/settings/visits", **STAFF)
async def shown(request: Request, unit: RoomUnit, done: str = "") -> Response:
    """What is empty is the house's usual, which stands beside it."""
    return await _page(request, unit, done=done if done in SECTIONS else "")


@pages.post("/settings/visits/{part}", **STAFF)
async def change(part: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """One form of the page. A field left empty takes back what was set."""
    if part not in SECTIONS:
        raise not_found()
    sent = await request.form()
    given = {name: str(sent.get(name) or "").strip() for name in SECTIONS[part]}
    filled = {name: value for name, value in given.items() if value}
    try:
        if part == "contact":
            own = _valid(ContactIn, filled)
            await settings.keep(unit, None, public_contact.NAME, own or None, actor_of(who).id)
        else:
            held = await settings.held(unit, None, "visits") or {}
            others = {name: value for name, value in held.items() if name not in SECTIONS[part]}
            own = _valid(VisitTermsIn, others | filled)
            await settings.keep(unit, None, "visits", own or None, actor_of(who).id)
    except Problem as problem:
        return await _page(request, unit, problem=problem, failed=part, given=given)
    return RedirectResponse(f"/settings/visits?done={part}#{part}", 303)


async def _page(
    request: Request,
    unit: Unit,
    *,
    done: str = "",
    problem: Problem | None = None,
    failed: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    usual = terms.usual()
    bounds = VisitTermsIn.model_json_schema()["properties"]
    return await answer(
        request,
        unit,
        "settings_visits.html",
        status=problem.status if problem else 200,
        done=done,
        problem=problem,
        failed=failed,
        given=given or {},
        own=await settings.held(unit, None, "visits") or {},
        usual={field.name: getattr(usual, field.name) for field in fields(terms.Terms)},
        bounds={name: _bounds(schema) for name, schema in bounds.items()},
        contact=await settings.held(unit, None, public_contact.NAME) or {},
        visits=VISITS,
        links=LINKS,
    )


def _bounds(schema: dict[str, Any]) -> dict[str, int]:
    """Lowest and highest value of a term, for its field."""
    number = next(one for one in schema["anyOf"] if one.get("type") == "integer")
    return {"min": number["minimum"], "max": number["maximum"]}


def _valid(model: type[BaseModel], given: dict[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(given).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        pointer = f"/{first['loc'][0]}" if first["loc"] else ""
        raise invalid(pointer, "invalid", "%(why)s", why=field_words.said(first)) from error
