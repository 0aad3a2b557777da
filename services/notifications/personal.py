"""What this room keeps of one person: handed out on request, and forgotten."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from services.kit.unit import Unit
from services.notifications.model import IntentRow, Preference
from services.notifications.queries import deliveries_of


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """What was said to the person, how it was delivered, and their choices."""
    intents = list((await unit.session.scalars(select(IntentRow).where(IntentRow.person == person))).all())
    deliveries = await deliveries_of(unit, [intent.id for intent in intents])
    choices = (await unit.session.scalars(select(Preference).where(Preference.person == person))).all()
    return {
        "notifications": [intent.model_dump(exclude={"coop", "dedup_key"}) for intent in intents],
        "deliveries": [delivery.model_dump(exclude={"coop"}) for delivery in deliveries],
        "preferences": [choice.model_dump(exclude={"coop", "person"}) for choice in choices],
    }


async def messages_of(unit: Unit, person: str) -> set[str]:
    """The Message-IDs of what was mailed to the person."""
    found = await unit.session.execute(
        text(
            "SELECT DISTINCT d.message_id FROM notifications.delivery d JOIN notifications.intent i"
            " ON i.id = d.intent WHERE i.person = :person AND d.message_id IS NOT NULL"
        ),
        {"person": person},
    )
    return set(found.scalars())


async def erase(unit: Unit, person: str, occupancies: Sequence[str] = ()) -> None:
    """Erase what was said to a person, and their choices."""
    await unit.session.execute(
        text(
            "DELETE FROM notifications.delivery WHERE intent IN"
            " (SELECT id FROM notifications.intent WHERE person = :person)"
        ),
        {"person": person},
    )
    for table in ("intent", "preference"):
        await unit.session.execute(
            text(f"DELETE FROM notifications.{table} WHERE person = :person"),  # noqa: S608
            {"person": person},
        )
