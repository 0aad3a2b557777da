"""The tables of the notifications room: intents, their deliveries, and each person's preferences."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = "notifications"


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class IntentRow(SQLModel, table=True):
    """One person should hear one thing, once. `created_at` is business time."""

    __tablename__ = "intent"
    __table_args__ = (
        Index("intent_dedup", "dedup_key", unique=True),
        Index("intent_person", "person", "id"),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    person: str
    category: str
    template: str
    about: str
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    dedup_key: str
    created_at: datetime = _instant()
    read_at: datetime | None = _instant(nullable=True)


class Delivery(SQLModel, table=True):
    """One intent on one channel.

    pending → sending (written before hand-over, with the Message-ID) → delivered or failed; a letter is
    a staff_task until posted; what was switched off before it left is cancelled. All instants are wall time.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_once", "intent", "channel", unique=True),
        Index(
            "delivery_due",
            "not_before",
            postgresql_where=text("state IN ('pending', 'sending') AND channel = 'email'"),
        ),
        Index("delivery_message", "message_id"),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    intent: str = Field(foreign_key="notifications.intent.id")
    channel: str
    state: str
    reason: str | None = None
    attempts: int = 0
    message_id: str | None = None
    """Fixed at the first hand-over: a repeat carries the same, so that mail systems can drop it."""
    is_uncertain: bool = False
    """A hand-over was repeated whose end is not known: it may have arrived twice."""
    not_before: datetime = _instant()
    settled_at: datetime | None = _instant(nullable=True)


class Preference(SQLModel, table=True):
    """A person's choice for one category on one channel; what is absent is on."""

    __tablename__ = "preference"
    __table_args__ = {"schema": SCHEMA}
    person: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    coop: str
    is_on: bool
