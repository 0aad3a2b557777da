"""The table of parties that may owe or do a repair besides the cooperative and its households."""

from datetime import date

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Party(SQLModel, table=True):
    """A firm, vendor, insurer or syndic as the cooperative knows it: how to write to it, what it covers."""

    __tablename__ = "party"
    __table_args__ = (Index("party_kind", "coop", "kind"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`pty_…`"""
    coop: str
    kind: str
    """A code of the group `parties`: contractor, vendor, insurer or syndic."""
    name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    """For letters, lines separated by newlines."""
    language: str = "fr"
    reference: str | None = None
    """What a letter must quote: the number of the policy or of the works contract."""
    trades: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """What it does; empty: everything."""
    buildings: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """Where; empty: everywhere."""
    warranties: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """Regimes it answers for as the builder; empty for a firm that only repairs."""
    ended_on: date | None = None
    """Last day of working with it."""

    def serves(self, trade: str, building: str | None, on: date) -> bool:
        """Whether it does that trade in that building on that day."""
        return (
            (not self.trades or trade in self.trades)
            and (not self.buildings or building in self.buildings)
            and (self.ended_on is None or on <= self.ended_on)
        )
