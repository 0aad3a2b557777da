"""The tables of the advice room: days of households that ask for advice, tips, answers, conclusions.

Everything here is derived from one household's readings and is deleted when it withdraws `advice`.
"""

from array import array
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, DateTime, Index, LargeBinary, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.advice.day import Day
from services.kit.hourly import hourly_table

SCHEMA = "advice"
HOURLY = hourly_table(SCHEMA)
_NONE = -(2**31)


class DaySeen(SQLModel, table=True):
    """One closed day of one meter, its latest revision, packed."""

    __tablename__ = "day_seen"
    __table_args__ = (Index("day_seen_occupancy", "occupancy"), {"schema": SCHEMA})
    meter: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    coop: str
    occupancy: str
    zone: str
    revision: int
    half_hours: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Wh per half-hour, 32-bit little-endian; see `pack`."""
    quality: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    peak_va: int | None = None


class TipRow(SQLModel, table=True):
    """A tip as it was raised. `status` is what the household answered, `open` until then."""

    __tablename__ = "tip"
    __table_args__ = (Index("tip_occupancy", "occupancy", "raised_on"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    occupancy: str
    meter: str
    rule: str
    variant: str
    evidence: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    kwh_year: int
    eur_year: Decimal = Field(sa_column=Column(Numeric(10, 2), nullable=False))
    kg_co2_year: Decimal = Field(sa_column=Column(Numeric(10, 1), nullable=False))
    raised_on: date
    expires_on: date
    status: str = "open"
    outcome: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))


class Feedback(SQLModel, table=True):
    """Each answer a person gave; the last one is the tip's status."""

    __tablename__ = "feedback"
    __table_args__ = (Index("feedback_tip", "tip"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    tip: str = Field(foreign_key="advice.tip.id")
    person: str
    answer: str
    comment: str | None = None
    answered_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class Evaluation(SQLModel, table=True):
    """What the rules last concluded about a household, tip or not."""

    __tablename__ = "evaluation"
    __table_args__ = {"schema": SCHEMA}
    occupancy: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    coop: str
    evaluated_on: date
    conclusions: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """Rule to `{"why_not": code or null, "figures": {…}}`."""


def pack(values: tuple[int | None, ...]) -> bytes:
    return array("i", [_NONE if value is None else value for value in values]).tobytes()


def unpack(row: DaySeen) -> Day:
    numbers = array("i")
    numbers.frombytes(row.half_hours)
    values = tuple(None if number == _NONE else number for number in numbers)
    quality: Any = row.quality
    return Day(row.day, row.zone, values, quality, row.peak_va)
