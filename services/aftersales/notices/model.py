"""The tables: written notices to the party that owes a repair, stored with their proof of delivery."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=False))


def _list() -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=False))


class Notice(SQLModel, table=True):
    """A letter as it was written: only ever added, never changed. It holds no household's words or names."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_coop", "coop", "written_at"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`ntc_…`"""
    coop: str
    kind: str
    """A code of the group `notices`."""
    debtor: str
    """A code of the group `parties`: who owes the repair."""
    party: str | None = Field(default=None, foreign_key="aftersales.party.id")
    addressee: str
    """Name and address as printed, lines separated by newlines."""
    regimes: list[str] = _list()
    subject: str
    paragraphs: list[str] = _list()
    answer_by_on: date
    """By when an answer or the repair is asked."""
    sent_by: str
    """`email`, or `registered`, `post`, `hand` by a person of the cooperative."""
    letter: str | None = None
    """The room's own sending (`ltr_…`), for what leaves by e-mail."""
    content: bytes
    content_type: str
    sha256: str
    """Of `content`, hexadecimal."""
    written_by: str
    written_at: datetime = _instant()


class NoticeTicket(SQLModel, table=True):
    """Which requests a notice is about: one letter may list several réserves."""

    __tablename__ = "notice_ticket"
    __table_args__ = (Index("notice_ticket_ticket", "ticket"), {"schema": "aftersales"})
    notice: str = Field(primary_key=True, foreign_key="aftersales.notice.id")
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    coop: str


class NoticeAnnex(SQLModel, table=True):
    """A photo or document that went with a letter, as it was then; only ever added.

    A photo's file is kept here too, whatever becomes of the photo; a document is found by its `source`.
    """

    __tablename__ = "notice_annex"
    __table_args__ = {"schema": "aftersales"}
    notice: str = Field(primary_key=True, foreign_key="aftersales.notice.id")
    number: int = Field(primary_key=True)
    """From 1, as the letter names it."""
    coop: str
    kind: str
    """photo, letter or inspection."""
    source: str
    """`pho_…`, `ntc_…` or `doc_…`."""
    says: dict[str, str] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    """What its description names; see `describing`."""
    dated_on: date
    sha256: str
    """Of the file, hexadecimal."""
    size_bytes: int
    way: str
    """A code of the group `annex_ways`."""
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class NoticeProof(SQLModel, table=True):
    """What shows that a notice arrived, or what came of it; only ever added."""

    __tablename__ = "notice_proof"
    __table_args__ = (Index("notice_proof_notice", "notice"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    coop: str
    notice: str = Field(foreign_key="aftersales.notice.id")
    kind: str
    """A code of the group `proofs`."""
    on_day: date
    reference: str | None = None
    """Number of the registered letter, of the file, or the mail server's answer."""
    note: str | None = None
    recorded_by: str
    recorded_at: datetime = _instant()
