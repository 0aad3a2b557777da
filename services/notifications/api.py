"""Notifications over HTTP: read them, choose what to receive, stop tips with one click."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy import text

from contracts.codes import Category, Channel, Role
from services.kit.i18n import language_of
from services.kit.pages import render
from services.kit.web import (
    Page,
    PageQuery,
    Principal,
    RoomUnit,
    Who,
    api_router,
    conflict,
    invalid,
    not_found,
    page_of,
    roles,
)
from services.notifications import actions, alarms, queries, registry, unsubscribing
from services.notifications.delivery import named_contact
from services.notifications.intents import MANDATORY
from services.notifications.letters import Reader, write
from services.notifications.model import Delivery, IntentRow

router = api_router("notifications")

SWITCHED = (Channel.IN_APP, Channel.EMAIL)
"""The channels that can be switched; letters go only to who has no e-mail."""


class DeliveryOut(BaseModel):
    channel: Channel
    state: str
    reason: str | None
    settled_at: datetime | None


class NotificationOut(BaseModel):
    id: str
    category: Category
    template: str
    about: str
    title: str
    text: str
    path: str | None
    """The portal's page it leads to."""
    created_at: datetime
    read_at: datetime | None
    deliveries: list[DeliveryOut]


class Choice(BaseModel):
    category: Category
    channel: Channel
    on: bool


class ChoiceOut(Choice):
    can_switch_off: bool


class PostalLetter(BaseModel):
    """A letter that a person of the cooperative prints and posts."""

    delivery: str
    person: str
    name: str
    postal: str
    language: str
    title: str
    text: str
    created_at: datetime


class PostalLetters(BaseModel):
    letters: list[PostalLetter]


class PreferencesIn(BaseModel):
    preferences: list[Choice]


class PreferencesOut(BaseModel):
    preferences: list[ChoiceOut]


@router.get("/persons/{person}/notifications", **roles("resident", "staff", "caretaker", "operator"))
async def notifications(
    person: str, request: Request, unit: RoomUnit, who: Who, query: Annotated[PageQuery, Depends()]
) -> Page[NotificationOut]:
    """One's own, newest first; an operator may also read those of simulated people."""
    await _may_read(unit, person, who)
    after = query.after()
    before = str(after[0]) if after else None
    found = await queries.notifications_of(unit, person, query.limit + 1, before)
    language = language_of(request)
    items = [await notification_out(unit, intent, rows, language) for intent, rows in found]
    return page_of(items, query, lambda item: [item.id])


@router.post("/notifications/{notification}/read", **roles("resident", "staff", "caretaker", "operator"))
async def read(notification: str, unit: RoomUnit, who: Who) -> dict[str, Any]:
    """Mark as read, once."""
    row = await unit.session.get(IntentRow, notification)
    if row is None or row.person != who.person:
        raise not_found()
    row.read_at = row.read_at or unit.now
    unit.session.add(row)
    return {"id": row.id, "read_at": row.read_at}


@router.get("/persons/{person}/preferences", **roles("resident", "staff", "caretaker", "operator"))
async def preferences(person: str, unit: RoomUnit, who: Who) -> PreferencesOut:
    await _may_read(unit, person, who)
    return await preferences_out(unit, person, who.role if person == who.person else Role.RESIDENT)


@router.put("/persons/{person}/preferences", **roles("resident", "staff", "caretaker"))
async def prefer(person: str, body: PreferencesIn, unit: RoomUnit, who: Who) -> PreferencesOut:
    """Change what is named, keep the rest. 422 when safety, legal or account would be switched off; the
    cooperative's people may leave the mail about dangers to their colleagues, 409 for the last of them."""
    if person != who.person or unit.coop is None:
        raise not_found()
    for index, choice in enumerate(body.preferences):
        if choice.on or choice.category not in MANDATORY:
            pass
        elif not alarms.is_theirs_to_leave(choice.category, choice.channel, who.role):
            raise invalid(
                f"/preferences/{index}/on",
                "mandatory",
                "Messages about safety, your rights and your account cannot be switched off.",
            )
        elif await alarms.is_last(unit, unit.coop, person):
            raise conflict(
                "last_to_be_mailed", "Somebody must be mailed about dangers: you are the last one."
            )
        await actions.prefer(unit, unit.coop, person, choice.category, choice.channel, choice.on)
    return await preferences_out(unit, person, who.role)


@router.get("/unsubscribe/{token}", include_in_schema=False, **roles("anyone"))
async def unsubscribe_page(token: str, request: Request) -> Response:
    """Shows a page and changes nothing: mail scanners open every link."""
    if _signed(request, token) is None:
        raise not_found()
    return render(request, "notifications/unsubscribe.html", is_done=False, action=request.url.path)


@router.post("/unsubscribe/{token}", include_in_schema=False, **roles("anyone"))
async def unsubscribe(token: str, request: Request, unit: RoomUnit) -> Response:
    """One click (RFC 8058): the mail provider posts here without a session; the address is the proof."""
    signed = _signed(request, token)
    if signed is None:
        raise not_found()
    coop, person = signed
    await unit.session.execute(text("SELECT set_config('palier.coop', :coop, true)"), {"coop": coop})
    await actions.prefer(unit, coop, person, Category.TIPS, Channel.EMAIL, False)
    return render(request, "notifications/unsubscribe.html", is_done=True, action=request.url.path)


@router.get("/letters", **roles("staff"))
async def letters(unit: RoomUnit) -> PostalLetters:
    """Letters to print and post, oldest first, to people who have no e-mail."""
    found = []
    for intent, delivery in await queries.letters_to_post(unit):
        contact = await registry.contact(unit, intent.person)
        if contact is None or not contact.postal:
            continue
        said = await notification_out(unit, intent, [], contact.language)
        found.append(
            PostalLetter(
                delivery=delivery.id,
                person=contact.person,
                name=contact.name,
                postal=contact.postal,
                language=contact.language,
                title=said.title,
                text=said.text,
                created_at=intent.created_at,
            )
        )
    return PostalLetters(letters=found)


@router.post("/letters/{delivery}/posted", **roles("staff"))
async def posted(delivery: str, unit: RoomUnit) -> DeliveryOut:
    """A person posted it: the delivery is done."""
    row = await unit.session.get(Delivery, delivery)
    intent = await unit.session.get(IntentRow, row.intent) if row else None
    if row is None or intent is None or row.channel != Channel.POST:
        raise not_found()
    if row.state != "staff_task":
        raise conflict("already_posted", "This letter has been posted already.")
    actions.settle_delivered(unit, row, intent)
    return DeliveryOut(channel=Channel.POST, state=row.state, reason=None, settled_at=row.settled_at)


async def preferences_out(unit: RoomUnit, person: str, role: Role) -> PreferencesOut:
    """Every category on every channel that can be switched, as it stands."""
    chosen = await actions.preferences(unit, person)
    return PreferencesOut(
        preferences=[
            ChoiceOut(
                category=category,
                channel=channel,
                on=alarms.is_on(category, channel, chosen, role),
                can_switch_off=category not in MANDATORY
                or alarms.is_theirs_to_leave(category, channel, role),
            )
            for category in Category
            for channel in SWITCHED
        ]
    )


async def notification_out(
    unit: RoomUnit, intent: IntentRow, deliveries: list[Delivery], language: str
) -> NotificationOut:
    """A notification in the reader's language; also what the portal's pages show."""
    contact = await registry.contact(unit, intent.person)
    coop = await registry.coop(unit, intent.coop)
    reader = Reader(
        contact.name if contact else "", language, coop.zone, coop.name, await named_contact(unit, intent)
    )
    letter = write(intent.template, intent.about, [intent.facts], reader, intent.created_at)
    return NotificationOut(
        id=intent.id,
        category=Category(intent.category),
        template=intent.template,
        about=intent.about,
        title=letter.subject,
        text=letter.text,
        path=letter.path,
        created_at=intent.created_at,
        read_at=intent.read_at,
        deliveries=[
            DeliveryOut(
                channel=Channel(row.channel), state=row.state, reason=row.reason, settled_at=row.settled_at
            )
            for row in deliveries
        ],
    )


async def _may_read(unit: RoomUnit, person: str, who: Principal) -> None:
    if person == who.person:
        return
    contact = await registry.contact(unit, person) if who.role == Role.OPERATOR else None
    if contact is None or not (await registry.coop(unit, contact.coop)).is_sandbox:
        raise not_found()


def _signed(request: Request, token: str) -> tuple[str, str] | None:
    return unsubscribing.read(request.app.state.secrets.derive_bytes("notifications/unsubscribe"), token)
