"""The tables of appointments: when hosts (teams and contractors) can come, and who they come to."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, DateTime, Index, LargeBinary, text
from sqlmodel import Field, SQLModel


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class Availability(SQLModel, table=True):
    """Every week, from `starts` to `ends` in the cooperative's civil time, cut into equal windows."""

    __tablename__ = "availability"
    __table_args__ = (Index("availability_host", "coop", "host"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`avl_…`"""
    coop: str
    host: str
    """Who comes: a team's code or a party's id (`pty_…`)."""
    weekday: int
    """0 is Monday."""
    starts: time
    ends: time
    window_minutes: int
    """How long one window is; the household is told the window, not a minute."""
    capacity: int
    """Visits that one window takes."""
    valid_from: date
    valid_to: date | None = None
    building: str | None = None
    """Only for homes of this building; null: everywhere the host works."""


class Slot(SQLModel, table=True):
    """A window offered once, or a weekly one that somebody has taken or that was withdrawn."""

    __tablename__ = "slot"
    __table_args__ = (Index("slot_host", "coop", "host", "starts_at"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`slt_…`, known by cooperative, host, start, end and request: the same window is one slot."""
    coop: str
    host: str
    starts_at: datetime = _instant()
    ends_at: datetime = _instant()
    capacity: int
    ticket: str | None = Field(default=None, foreign_key="aftersales.ticket.id")
    """Offered for this request only."""
    building: str | None = None
    is_weekly: bool
    """Made from an availability rather than offered by itself."""
    withdrawn_at: datetime | None = _instant(nullable=True)


class Visit(SQLModel, table=True):
    """An appointment of a request. Moving it keeps the row; after a missed one the next is another row."""

    __tablename__ = "visit"
    __table_args__ = (
        Index(
            "visit_seat",
            "slot",
            "seat",
            unique=True,
            postgresql_where=text("slot IS NOT NULL AND state IN ('booked', 'on_the_way')"),
        ),
        Index(
            "visit_running", "ticket", unique=True, postgresql_where=text("state IN ('booked', 'on_the_way')")
        ),
        Index("visit_when", "coop", "starts_at"),
        Index("visit_ticket", "ticket"),
        {"schema": "aftersales"},
    )
    id: str = Field(primary_key=True)
    """`vis_…`, also what the calendar entry is known by."""
    coop: str
    ticket: str = Field(foreign_key="aftersales.ticket.id")
    host: str
    slot: str | None = Field(default=None, foreign_key="aftersales.slot.id")
    """Null when the hour was agreed otherwise, on the phone for instance."""
    seat: int
    """Which of the slot's places: two visits never hold one."""
    starts_at: datetime = _instant()
    ends_at: datetime = _instant()
    state: str
    """booked, on_the_way, kept, missed or cancelled."""
    missed_side: str | None = None
    """member, contractor or cooperative: as whoever recorded it says."""
    contested_at: datetime | None = _instant(nullable=True)
    """When its household said that it was there: whose side it was is then open between the two."""
    sequence: int
    """Grows with each change, for calendars (RFC 5545)."""
    booked_by: str
    """The role that chose the window."""
    booked_at: datetime = _instant()
    changed_at: datetime = _instant()
    reminded_at: datetime | None = _instant(nullable=True)
    expected_at: datetime | None = _instant(nullable=True)
    """When the technician on the way thinks to be there."""
    outcome: str | None = None
    """A code of the group `outcomes`, once the work was looked at."""
    note: str | None = None
    """Why there is no photo, or what is still to do, in the technician's words."""


class CalendarLink(SQLModel, table=True):
    """A personal address from which a calendar program reads a household's visits."""

    __tablename__ = "calendar_link"
    __table_args__ = (Index("calendar_link_person", "person"), {"schema": "aftersales"})
    token_hash: str = Field(primary_key=True)
    coop: str
    person: str
    language: str
    made_at: datetime = _instant()
    revoked_at: datetime | None = _instant(nullable=True)


class LinkTry(SQLModel, table=True):
    """How often an address on the network, or a link, was used within a quarter of an hour."""

    __tablename__ = "link_try"
    __table_args__ = (Index("link_try_age", "window_at"), {"schema": "aftersales"})
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    window_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    coop: str
    count: int
