"""The clocks' background work: how far a sandbox's was followed, which are to be computed again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime
from sqlmodel import Field, SQLModel

from services.kit.hourly import hourly_table

SCHEMA = "aftersales"
HOURLY = hourly_table(SCHEMA)


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class ClockWalk(SQLModel, table=True):
    """Until which instant of its own clock all that is due by time was done in a sandbox."""

    __tablename__ = "clock_walk"
    __table_args__ = ({"schema": SCHEMA},)
    coop: str = Field(primary_key=True)
    done_until: datetime | None = _instant(nullable=True)
    """Business time; null while nothing was done yet."""


class Rewinding(SQLModel, table=True):
    """A setting was changed that clocks depend on: the open requests it concerns are computed again."""

    __tablename__ = "rewinding"
    __table_args__ = ({"schema": SCHEMA},)
    coop: str = Field(primary_key=True)
    building: str = Field(primary_key=True)
    """Empty: all of the cooperative's."""
    asked_at: datetime = _instant()
    """Wall time of the last change."""
    done_to: str
    """The last request, in the order of their ids, that was computed again since; empty: none."""
