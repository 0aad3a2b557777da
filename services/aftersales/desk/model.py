"""The tables of the desk: views that people keep, and the words by which a request is found."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

SCHEMA = "aftersales"


class SavedView(SQLModel, table=True):
    """A queue that somebody looks at often: the filters of its address under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("saved_view_name", "coop", "owner", "name", unique=True),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    """`vue_…`"""
    coop: str
    owner: str
    """The person of the cooperative who made it."""
    name: str
    query: str
    """As in the address of the desk, without the cursor."""
    is_shared: bool
    """Whether everybody at the desk sees it."""
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class TicketWords(SQLModel, table=True):
    """What can be searched of one piece of writing. Kept by triggers beside the writing itself, so that words
    that are erased cannot be found any more."""

    __tablename__ = "ticket_words"
    __table_args__ = (
        Index("ticket_words_document", "document", postgresql_using="gin"),
        {"schema": SCHEMA},
    )
    ticket: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    """`ticket`, the id of a message, or the place of a step in the history."""
    coop: str
    document: Any = Field(sa_column=Column(TSVECTOR, nullable=False))
