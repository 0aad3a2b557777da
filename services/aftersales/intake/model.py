"""The tables: a report still being told, when a household can be found at home, how often it came lately."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel


class Draft(SQLModel, table=True):
    """What a person has told so far. It outlives the session, is theirs alone, and goes after a week."""

    __tablename__ = "draft"
    __table_args__ = (
        Index("draft_changed", "changed_at"),
        Index("draft_person", "person"),
        {"schema": "aftersales"},
    )
    id: str = Field(primary_key=True)
    coop: str
    person: str
    occupancy: str | None = None
    content: dict[str, Any] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    """See `drafts.Content`; empty once it is sent."""
    tickets: list[str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    """The requests it became: a second tap on "send" finds them instead of making others."""
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class TicketAccess(SQLModel, table=True):
    """When somebody is home for a request, and how to get in: shown to who comes, erased with the person."""

    __tablename__ = "ticket_access"
    __table_args__ = ({"schema": "aftersales"},)
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    coop: str
    availability: list[str] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    """Codes of the word list `availability`; empty means that nothing was said."""
    access_note: str | None = None
    """For instance "ring twice"; null once erased."""


class HouseholdTally(SQLModel, table=True):
    """When a household did what is limited: ids and instants, gone with the longest window."""

    __tablename__ = "household_tally"
    __table_args__ = (Index("household_tally_last", "coop", "last_at"), {"schema": "aftersales"})
    coop: str = Field(primary_key=True)
    who: str = Field(primary_key=True)
    """The occupancy, or the person where no home is meant."""
    what: str = Field(primary_key=True)
    """A window of `limits.yaml`."""
    instants: list[datetime] = Field(sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False))
    """Wall time, UTC: those that may still matter."""
    last_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
