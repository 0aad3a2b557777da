"""What a person reads: their notifications, newest first, with how each was delivered."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from contracts.codes import Category, Channel
from services.kit.unit import Unit
from services.notifications.model import Delivery, IntentRow

LOOKED_BACK = timedelta(days=7)
"""How long the desk is told that a mail about a danger did not arrive."""


async def notifications_of(
    unit: Unit, person: str, limit: int, before: str | None = None
) -> list[tuple[IntentRow, list[Delivery]]]:
    """Up to `limit`, older than the id `before`. Shown: what the person has not switched off in the
    application, by the presence of an in-app delivery."""
    query = (
        select(IntentRow)
        .join(Delivery, col(Delivery.intent) == col(IntentRow.id))
        .where(IntentRow.person == person, Delivery.channel == "in_app")
        .order_by(col(IntentRow.id).desc())
        .limit(limit)
    )
    if before:
        query = query.where(IntentRow.id < before)
    intents = list((await unit.session.scalars(query)).all())
    deliveries = await deliveries_of(unit, [intent.id for intent in intents])
    return [(intent, [one for one in deliveries if one.intent == intent.id]) for intent in intents]


async def unread_count(unit: Unit, person: str) -> int:
    """How many of the messages shown in the application were not opened."""
    found = await unit.session.execute(
        select(func.count(col(IntentRow.id)))
        .join(Delivery, col(Delivery.intent) == col(IntentRow.id))
        .where(IntentRow.person == person, Delivery.channel == "in_app", col(IntentRow.read_at).is_(None))
    )
    return int(found.scalar_one())


async def undelivered_alarms(unit: Unit) -> int:
    """How many mails about dangers did not reach the cooperative's people in the last days."""
    found = await unit.session.execute(
        select(func.count())
        .select_from(Delivery)
        .join(IntentRow, col(IntentRow.id) == col(Delivery.intent))
        .where(
            IntentRow.coop == unit.coop,
            IntentRow.category == Category.SAFETY.value,
            col(IntentRow.template).in_(("staff_danger", "deadline_near")),
            Delivery.channel == Channel.EMAIL.value,
            Delivery.state == "failed",
            col(Delivery.settled_at) > unit.wall - LOOKED_BACK,
        )
    )
    return int(found.scalar_one())


async def letters_to_post(unit: Unit) -> list[tuple[IntentRow, Delivery]]:
    """What a person of the cooperative has to print and post, oldest first."""
    found = await unit.session.execute(
        select(IntentRow, Delivery)
        .join(Delivery, col(Delivery.intent) == col(IntentRow.id))
        .where(Delivery.state == "staff_task")
        .order_by(col(IntentRow.id))
    )
    return [(intent, delivery) for intent, delivery in found]


async def deliveries_of(unit: Unit, intents: Sequence[str]) -> list[Delivery]:
    found = await unit.session.scalars(
        select(Delivery).where(col(Delivery.intent).in_(intents)).order_by(col(Delivery.channel))
    )
    return list(found.all())
