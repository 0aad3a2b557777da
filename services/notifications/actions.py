"""What is done to intents: made once, planned on channels, switched off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update

from contracts.codes import Category, Channel
from contracts.notifications import Delivered, Failed
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.notifications import registry
from services.notifications.channels import Planned, Preferences, Reach, plan
from services.notifications.intents import Intent
from services.notifications.model import Delivery, IntentRow, Preference
from services.notifications.retries import TOGETHER_SECONDS

SAME_WITHIN = timedelta(minutes=2)
"""Business time in which the same words about the same request are not said again."""


async def tell(unit: Unit, coop: str, intents: list[Intent], *, staff: bool = False) -> None:
    """Record each intent once and plan its deliveries; the application shows it from the commit on."""
    for intent in intents:
        contact = None if staff else await registry.contact(unit, intent.person)
        if contact is None and not staff:
            continue  # erased, or gone before the news
        if await _was_just_said(unit, intent):
            continue
        intent_id = await _record(unit, coop, intent)
        if intent_id is None:
            continue
        reach = (
            Reach(is_staff=True)
            if contact is None
            else Reach(bool(contact.email), bool(contact.mobile), bool(contact.postal))
        )
        for planned in plan(intent.category, reach, await preferences(unit, intent.person)):
            await _plan(unit, coop, intent_id, intent, planned)


async def tell_planned(
    unit: Unit, coop: str, intent: Intent, planned: Sequence[Planned], not_before: datetime
) -> None:
    """Record it once, with the deliveries that somebody else has decided; mail leaves at
    `not_before` of the wall's clock."""
    intent_id = await _record(unit, coop, intent)
    if intent_id is not None:
        for one in planned:
            await _plan(unit, coop, intent_id, intent, one, not_before)


async def preferences(unit: Unit, person: str) -> Preferences:
    rows = (await unit.session.scalars(select(Preference).where(Preference.person == person))).all()
    return {(Category(row.category), Channel(row.channel)): row.is_on for row in rows}


async def prefer(unit: Unit, coop: str, person: str, category: Category, channel: Channel, on: bool) -> None:
    """Set one choice; that a category is mandatory is checked by the caller, who can name the field."""
    row = {"person": person, "category": category, "channel": channel, "coop": coop, "is_on": on}
    await unit.session.execute(
        insert(Preference)
        .values(row)
        .on_conflict_do_update(index_elements=["person", "category", "channel"], set_={"is_on": on})
    )


async def read_all(unit: Unit, person: str) -> None:
    """Mark all that this person was told as read."""
    await unit.session.execute(
        update(IntentRow)
        .where(col(IntentRow.person) == person, col(IntentRow.read_at).is_(None))
        .values(read_at=unit.now)
    )


def settle_delivered(unit: Unit, delivery: Delivery, intent: IntentRow) -> None:
    """Record that it arrived, and tell."""
    delivery.state, delivery.reason, delivery.settled_at = "delivered", None, unit.wall
    unit.session.add(delivery)
    unit.emit(Delivered.model_validate(about(delivery, intent)), about=intent.id)


def settle_failed(unit: Unit, delivery: Delivery, intent: IntentRow, reason: str) -> None:
    """Record that it never will, and tell."""
    delivery.state, delivery.reason, delivery.settled_at = "failed", reason, unit.wall
    unit.session.add(delivery)
    unit.emit(Failed.model_validate({**about(delivery, intent), "reason": reason}), about=intent.id)


def about(delivery: Delivery, intent: IntentRow) -> dict[str, Any]:
    """What an event says of a delivery."""
    return {
        "coop": delivery.coop,
        "intent": intent.id,
        "person": intent.person,
        "channel": delivery.channel,
        "category": intent.category,
    }


async def _record(unit: Unit, coop: str, intent: Intent) -> str | None:
    row = {
        "id": new_id("ntf"),
        "coop": coop,
        "person": intent.person,
        "category": intent.category.value,
        "template": intent.template,
        "about": intent.about,
        "facts": intent.facts,
        "dedup_key": intent.dedup_key,
        "created_at": unit.happened_at,
    }
    made = await unit.session.execute(
        insert(IntentRow)
        .values(row)
        .on_conflict_do_nothing(index_elements=["dedup_key"])
        .returning(col(IntentRow.id))
    )
    return made.scalar_one_or_none()


async def _was_just_said(unit: Unit, intent: Intent) -> bool:
    """Whether the person was told the very same a moment ago: two steps of one act are one message."""
    if intent.template != "ticket_changed":
        return False
    found = await unit.session.scalars(
        select(IntentRow.id).where(
            IntentRow.person == intent.person,
            IntentRow.template == intent.template,
            IntentRow.about == intent.about,
            IntentRow.facts == intent.facts,
            IntentRow.dedup_key != intent.dedup_key,
            IntentRow.created_at > unit.happened_at - SAME_WITHIN,
        )
    )
    return found.first() is not None


async def _plan(
    unit: Unit,
    coop: str,
    intent_id: str,
    intent: Intent,
    planned: Planned,
    not_before: datetime | None = None,
) -> None:
    is_settled = planned.state in ("delivered", "failed")
    wait = timedelta(seconds=0 if intent.is_urgent else TOGETHER_SECONDS)
    unit.session.add(
        Delivery(
            id=new_id("dlv"),
            coop=coop,
            intent=intent_id,
            channel=planned.channel.value,
            state=planned.state,
            reason=planned.reason,
            not_before=not_before or unit.wall + wait,
            settled_at=unit.wall if is_settled else None,
        )
    )
    told = {
        "coop": coop,
        "intent": intent_id,
        "person": intent.person,
        "channel": planned.channel,
        "category": intent.category,
    }
    if planned.state == "delivered":
        unit.emit(Delivered.model_validate(told), about=intent_id)
    elif planned.state == "failed":
        unit.emit(Failed.model_validate({**told, "reason": planned.reason}), about=intent_id)
