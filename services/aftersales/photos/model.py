"""The tables of photos: what is known of each, apart from its two files."""

from datetime import datetime

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, String
from sqlmodel import Field, SQLModel


class Photo(SQLModel, table=True):
    """A picture written anew by this house; nothing of the sender's file is left but what one sees."""

    __tablename__ = "photo"
    __table_args__ = (
        Index("photo_ticket", "ticket"),
        Index("photo_inspection", "inspection"),
        {"schema": "aftersales"},
    )
    id: str = Field(primary_key=True)
    """`pho_…`, random as far as anybody outside can tell."""
    coop: str
    ticket: str | None = Field(default=None, foreign_key="aftersales.ticket.id")
    inspection: str | None = Field(default=None, foreign_key="aftersales.guided_inspection.id")
    """The guided inspection it was taken at."""
    finding: str | None = None
    """Which of the inspection's findings it shows."""
    put_by: str
    role: str
    put_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    """Business time."""
    width: int
    height: int
    """Pixels of the full file."""
    sha256: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    """Of the full file, in hexadecimal: a signature covers what a photo shows."""


class PhotoFile(SQLModel, table=True):
    """One of a photo's two JPEG files: `full` or `small`."""

    __tablename__ = "photo_file"
    __table_args__ = ({"schema": "aftersales"},)
    photo: str = Field(
        sa_column=Column(
            String, ForeignKey("aftersales.photo.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    size: str = Field(primary_key=True)
    coop: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
