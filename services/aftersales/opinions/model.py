"""What was published of opinions, step by step: the figures as they were, so that none is worked out anew."""

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = "aftersales"


class OpinionStep(SQLModel, table=True):
    """A residence's figures when enough new answers had come. No household is in it, only counts."""

    __tablename__ = "opinion_step"
    __table_args__ = ({"schema": SCHEMA},)
    coop: str = Field(primary_key=True)
    residence: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    """1 for the first."""
    closed_at: datetime = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=False))
    answers: int
    good: int
    marks: dict[str, int] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    is_published: bool
    """False for one that would have told what every household of it said: its answers wait for the next."""
