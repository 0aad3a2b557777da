"""The tables of supply faults: what was raised and is not yet cleared, and how far was looked."""

from sqlalchemy import Column, Date, DateTime, Index, String, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

_INSTANT = DateTime(timezone=True)

SUPPLY_FAULT = Table(
    "supply_fault",
    SQLModel.metadata,
    Column("id", String, primary_key=True),
    Column("coop", String, nullable=False),
    Column("meter", String, nullable=False),
    Column("fault", String, nullable=False),
    Column("dwelling", String, nullable=True),
    Column("occupancy", String, nullable=True),
    Column("since", _INSTANT, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("raised_at", _INSTANT, nullable=False),
    Column("cleared_at", _INSTANT, nullable=True),
    Column("evidence", JSONB, nullable=False),
    Index("supply_fault_open", "meter", "fault", unique=True, postgresql_where=text("cleared_at IS NULL")),
    Index("supply_fault_occupancy", "occupancy"),
    schema="metering",
)
"""One fault, raised once. `evidence` is what it was seen in: figures, half-hours or totals of its days."""

SUPPLY_LOOK = Table(
    "supply_look",
    SQLModel.metadata,
    Column("coop", String, primary_key=True),
    Column("days_until", _INSTANT, nullable=False),
    Column("voltage_until", _INSTANT, nullable=False),
    schema="metering",
)
"""Up to which wall time the closed days and the voltages of a cooperative were looked at."""
