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
from services.kit.receiving import form_of
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, not_found, roles
from services.notifications import actions, alarms, queries, registry
from services.notifications.api import SWITCHED, NotificationOut, notification_out
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


@pages.get("/fragments/alarms", **roles("staff", "caretaker"))
async def alarm_reach(request: Request, unit: RoomUnit, who: Who) -> Response:
    """For the desk: that a danger would be mailed to nobody, and why. Empty where somebody is reached."""
    assert unit.coop is not None
    coop = await registry.coop(unit, unit.coop)
    keeps_all = getattr(request.app.state, "mailbox", None) is not None  # the trial one: nothing leaves
    has_server = coop.is_sandbox or not (keeps_all or request.app.state.settings.smtp_url is None)
    people = await alarms.reachable_of(unit, unit.coop)
    failed = await queries.undelivered_alarms(unit) if people and has_server else 0
    return await _answer(
        request, unit, "alarm_reach.html", has_server=has_server, has_people=bool(people), failed=failed
    )


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
async def preferences(
    request: Request, unit: RoomUnit, who: Who, saved: bool = False, kept: bool = False
) -> Response:
    """`kept`: the last one to be mailed about dangers could not switch it off."""
    return await _preferences(request, unit, who, saved, kept)


@pages.post("/preferences", **EVERYBODY)
async def prefer(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The whole form each time: what is not ticked is off. Safety, rights and account are not in it, but for
    the mail about dangers, which the cooperative's people may leave to each other."""
    if unit.coop is None:
        raise not_found()
    form = await form_of(request)
    channels = await _channels(unit, who)
    is_kept = False
    for category in Category:
        for channel in channels:
            is_on = f"{category.value}.{channel.value}" in form
            if alarms.is_theirs_to_leave(category, channel, who.role):
                is_kept = not is_on and await alarms.is_last(unit, unit.coop, who.person)
                is_on = is_on or is_kept
            elif category in MANDATORY:
                continue
            await actions.prefer(unit, unit.coop, who.person, category, channel, is_on)
    if is_kept or not request.headers.get("hx-request"):
        address = f"/preferences?{'kept' if is_kept else 'saved'}=true"
        if request.headers.get("hx-request"):
            return Response(headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)
    words = translations(language_of(request), [Path(__file__).parent / "locale"])
    toast = {"toast": {"text": words.gettext("Your choice is saved.")}}
    return Response(headers={"HX-Trigger": json.dumps(toast)})


async def _preferences(
    request: Request, unit: Unit, who: Principal, saved: bool, kept: bool = False
) -> Response:
    chosen = await actions.preferences(unit, who.person)
    channels = await _channels(unit, who)
    choices = [
        Choice(
            category,
            category in MANDATORY
            and not any(alarms.is_theirs_to_leave(category, one, who.role) for one in channels),
            {channel: alarms.is_on(category, channel, chosen, who.role) for channel in channels},
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
        contact=await registry.reader(unit, who.person, unit.coop or ""),
        is_resident=who.role is Role.RESIDENT,
        hears=unit.coop is not None and who.role is not Role.OPERATOR,
        saved=saved,
        kept=kept,
    )


async def _channels(unit: Unit, who: Principal) -> list[Channel]:
    """The channels this person can be reached by."""
    contact = await registry.reader(unit, who.person, unit.coop or "")
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
