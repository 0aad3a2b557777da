"""The tables of guided inspections: the record as it grows, its signatures, its documents, what was added."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class GuidedInspection(SQLModel, table=True):
    """An inspection done room by room: open until both have signed, then never changed again."""

    __tablename__ = "guided_inspection"
    __table_args__ = (Index("guided_inspection_occupancy", "occupancy"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`ins_…`: also that of the act in `inspection` once signed."""
    coop: str
    occupancy: str
    kind: str
    """`etat_des_lieux` or `livraison`."""
    held_on: date
    started_by: str
    started_at: datetime = _instant()
    record: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """A `record.Record`."""
    version: int
    """Grows by one with each change."""
    signed_at: datetime | None = _instant(nullable=True)
    """When the second of both signed."""
    record_sha256: str | None = None
    """Of what both signed: record, day, kind and photos, in hexadecimal; None until then."""
    sha256: str | None = None
    """Of the signed document, in hexadecimal; None until it is made, a moment after the signatures."""
    kept_until: date | None = None
    """Set when its household was erased: locked, and kept until that day for legal claims alone."""


class InspectionSignature(SQLModel, table=True):
    """One of the two signatures; void, and deleted, when the record changes after it."""

    __tablename__ = "inspection_signature"
    __table_args__ = ({"schema": "aftersales"},)
    inspection: str = Field(primary_key=True, foreign_key="aftersales.guided_inspection.id")
    side: str = Field(primary_key=True)
    """`household` or `cooperative`."""
    coop: str
    name: str
    drawing: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """JPEG of what was drawn; None when the name was typed and the box ticked."""
    record_sha256: str
    """Of the record as it was read when signing."""
    signed_by: str
    """The account in whose session it was signed."""
    signed_at: datetime = _instant()


class InspectionDocument(SQLModel, table=True):
    """A PDF that is handed out; only ever added. Ordered with the signature, made after it."""

    __tablename__ = "inspection_document"
    __table_args__ = (
        Index("inspection_document_inspection", "inspection"),
        Index("inspection_document_ordered", "not_before", postgresql_where=text("sha256 IS NULL")),
        {"schema": "aftersales"},
    )
    id: str = Field(primary_key=True)
    """`doc_…`"""
    coop: str
    inspection: str = Field(foreign_key="aftersales.guided_inspection.id")
    amendment: str | None = Field(default=None, foreign_key="aftersales.inspection_amendment.id")
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """None until it is made, and once nobody can claim anything from it any more: the digest stays."""
    sha256: str | None = None
    """Stored once, with the content."""
    made_at: datetime = _instant()
    """Business time of the signature or acknowledgement that ordered it."""
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    """`facts.Facts`: what it prints that is written down nowhere else for good."""
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    not_before: datetime | None = _instant(nullable=True)
    """Wall time from which somebody may (again) try to make it."""


class LockedReading(SQLModel, table=True):
    """Who opened a document that is kept for legal claims alone, when and why."""

    __tablename__ = "locked_reading"
    __table_args__ = (Index("locked_reading_inspection", "inspection"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    coop: str
    inspection: str = Field(foreign_key="aftersales.guided_inspection.id")
    document: str = Field(foreign_key="aftersales.inspection_document.id")
    read_by: str
    read_at: datetime = _instant()
    reason: str
    """In the reader's words: which claim."""


class InspectionAmendment(SQLModel, table=True):
    """What the household found to be missing from the signed état des lieux, within its legal days."""

    __tablename__ = "inspection_amendment"
    __table_args__ = (Index("inspection_amendment_inspection", "inspection"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`amd_…`"""
    coop: str
    inspection: str = Field(foreign_key="aftersales.guided_inspection.id")
    ticket: str = Field(foreign_key="aftersales.ticket.id")
    """The request it opened at once: nobody waits for the paper."""
    window: str
    """Which of the tenant's rights it uses: `ten_days` or `heating_month`."""
    place: str
    element: str
    symptom: str
    note: str | None = None
    """The household's words; None once erased."""
    asked_by: str
    asked_at: datetime = _instant()
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = _instant(nullable=True)
    answer: str | None = None
    """The cooperative's words with its acknowledgement."""
