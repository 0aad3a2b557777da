"""What a person was told, how it reached them, and what they want to be told: messages and preferences."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Category, Channel, Role
from services.kit.i18n import Formats, language_of, translations
from services.kit.pages import page_router, render
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, not_found, roles
from services.notifications import actions, queries, registry
from services.notifications.api import SWITCHED, NotificationOut, notification_out
from services.notifications.channels import wants
from services.notifications.delivery import named_contact
from services.notifications.intents import MANDATORY
from services.notifications.model import IntentRow

pages = page_router("notifications")
EVERYBODY = roles("resident", "caretaker", "staff", "operator")
A_PAGE = 20
AT_HOME = 3
Before = Annotated[str | None, Query(max_length=64)]


@dataclass(frozen=True)
class Choice:
    """One category in the page of preferences."""

    category: Category
    is_mandatory: bool
    on: dict[Channel, bool]


@pages.get("/messages", **EVERYBODY)
async def mine(request: Request, unit: RoomUnit, who: Who, before: Before = None) -> Response:
    """Newest first; `before` is the last message of the page before this one."""
    found, more = await _told(request, unit, who, A_PAGE, before)
    return await _answer(
        request,
        unit,
        "messages.html",
        messages=found,
        unread=await queries.unread_count(unit, who.person),
        before=before,
        next=f"/messages?before={found[-1].id}" if more else None,
    )


@pages.get("/fragments/messages", **EVERYBODY)
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The latest few, for the first page."""
    found, _ = await _told(request, unit, who, AT_HOME)
    unread = await queries.unread_count(unit, who.person)
    return await _answer(request, unit, "fragment.html", messages=found, unread=unread)


@pages.post("/messages/read", **EVERYBODY)
async def read_all(unit: RoomUnit, who: Who) -> Response:
    await actions.read_all(unit, who.person)
    return RedirectResponse("/messages", 303)


@pages.get("/messages/{message}", **EVERYBODY)
async def one(request: Request, message: str, unit: RoomUnit, who: Who) -> Response:
    """The whole letter. Opening it is reading it."""
    row = await unit.session.get(IntentRow, message)
    if row is None or row.person != who.person:
        raise not_found()
    row.read_at = row.read_at or unit.now
    unit.session.add(row)
    deliveries = await queries.deliveries_of(unit, [row.id])
    shown = await notification_out(unit, row, deliveries, language_of(request))
    contact = await named_contact(unit, row)
    return await _answer(request, unit, "message.html", message=shown, contact=contact)


@pages.get("/preferences", **EVERYBODY)
async def preferences(request: Request, unit: RoomUnit, who: Who, saved: bool = False) -> Response:
    return await _preferences(request, unit, who, saved)


@pages.post("/preferences", **EVERYBODY)
async def prefer(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The whole form each time: what is not ticked is off. Safety, rights and account are not in it."""
    if unit.coop is None:
        raise not_found()
    form = await request.form()
    channels = await _channels(unit, who)
    for category in Category:
        for channel in channels:
            if category not in MANDATORY:
                is_on = f"{category.value}.{channel.value}" in form
                await actions.prefer(unit, unit.coop, who.person, category, channel, is_on)
    if not request.headers.get("hx-request"):
        return RedirectResponse("/preferences?saved=true", 303)
    words = translations(language_of(request), [Path(__file__).parent / "locale"])
    toast = {"toast": {"text": words.gettext("Your choice is saved.")}}
    return Response(headers={"HX-Trigger": json.dumps(toast)})


async def _preferences(request: Request, unit: Unit, who: Principal, saved: bool) -> Response:
    chosen = await actions.preferences(unit, who.person)
    channels = await _channels(unit, who)
    choices = [
        Choice(
            category,
            category in MANDATORY,
            {channel: wants(category, channel, chosen) for channel in channels},
        )
        for category in Category
        if who.role is Role.RESIDENT or category is not Category.TIPS
    ]
    return await _answer(
        request,
        unit,
        "preferences.html",
        choices=choices,
        channels=channels,
        contact=await registry.contact(unit, who.person),
        is_resident=who.role is Role.RESIDENT,
        hears=unit.coop is not None and who.role is not Role.OPERATOR,
        saved=saved,
    )


async def _channels(unit: Unit, who: Principal) -> list[Channel]:
    """The channels this person can be reached by: staff hear in the application only."""
    if who.role is not Role.RESIDENT:
        return [Channel.IN_APP]
    contact = await registry.contact(unit, who.person)
    return list(SWITCHED) if contact and contact.email else [Channel.IN_APP]


async def _told(
    request: Request, unit: Unit, who: Principal, limit: int, before: str | None = None
) -> tuple[list[NotificationOut], bool]:
    """Up to `limit` messages in the reader's language, and whether there are older ones."""
    rows = await queries.notifications_of(unit, who.person, limit + 1, before)
    language = language_of(request)
    shown = [await notification_out(unit, intent, sent, language) for intent, sent in rows[:limit]]
    return shown, len(rows) > limit


async def _answer(request: Request, unit: Unit, template: str, **context: Any) -> Response:
    """A page in the reader's language and the cooperative's civil time."""
    coop = await registry.coop(unit, unit.coop) if unit.coop else None
    zone = coop.zone if coop else "Europe/Paris"
    return render(
        request,
        f"notifications/{template}",
        formats=Formats(language_of(request), zone),
        today=unit.now.astimezone(ZoneInfo(zone)).date(),
        coop=coop,
        **context,
    )
