"""The cooperative's terms of appointments and of personal links: seen and changed by its staff."""

from dataclasses import fields
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from services.aftersales import settings
from services.aftersales.form_pages import Sent, taken, typed, valid
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.visits import terms
from services.aftersales.visits.bodies import VisitTermsIn
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles

STAFF = roles("staff")
VISITS = (
    "lead_hours", "offered_days", "most_offered", "change_until_hours", "remind_from_hour", "fresh_hours",
    "usual_minutes", "household_shown_days_before", "bundle_minutes",
)  # fmt: skip
"""Terms of appointments, in the order of the page."""
LINKS = (
    "link_days", "link_most_days", "link_jobless_days", "link_forgotten_days", "link_asked_a_day",
    "feed_days",
)  # fmt: skip
SECTIONS = {"visits": VISITS, "links": LINKS}


@pages.get("/settings/visits", **STAFF)
async def shown(request: Request, unit: RoomUnit, done: str = "") -> Response:
    """What is empty is the house's usual, which stands beside it."""
    return await _page(request, unit, Sent(done=done if done in SECTIONS else ""))


@pages.post("/settings/visits/{part}", **STAFF)
async def change(part: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """One form of the page. A field left empty takes back what was set."""
    if part not in SECTIONS:
        raise not_found()
    given = await typed(request, SECTIONS[part])

    async def keep() -> None:
        held = await settings.held(unit, None, "visits") or {}
        others = {name: value for name, value in held.items() if name not in SECTIONS[part]}
        filled = {name: value for name, value in given.items() if value}
        own = valid(VisitTermsIn, others | filled).model_dump(mode="json", exclude_none=True)
        await settings.keep(unit, None, "visits", own or None, actor_of(who).id)

    return await taken(
        unit,
        keep,
        f"/settings/visits?done={part}#{part}",
        lambda sent: _page(request, unit, sent),
        form=part,
        given=given,
    )


async def _page(request: Request, unit: Unit, sent: Sent) -> Response:
    usual = terms.usual()
    bounds = VisitTermsIn.model_json_schema()["properties"]
    return await answer(
        request,
        unit,
        "settings_visits.html",
        status=sent.status,
        **sent.shown(request),
        own=await settings.held(unit, None, "visits") or {},
        usual={field.name: getattr(usual, field.name) for field in fields(terms.Terms)},
        bounds={name: _bounds(schema) for name, schema in bounds.items()},
        visits=VISITS,
        links=LINKS,
    )


def _bounds(schema: dict[str, Any]) -> dict[str, int]:
    """Lowest and highest value of a term, for its field."""
    number = next(one for one in schema["anyOf"] if one.get("type") == "integer")
    return {"min": number["minimum"], "max": number["maximum"]}
