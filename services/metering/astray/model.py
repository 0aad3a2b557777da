"""The table of devices that were seen to publish elsewhere than below their own topic."""

from sqlalchemy import BigInteger, Column, DateTime, String, Table
from sqlmodel import SQLModel

ASTRAY = Table(
    "astray",
    SQLModel.metadata,
    Column("device", String, primary_key=True),
    Column("coop", String, nullable=False),
    Column("wrong", String, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    schema="metering",
)
"""`device`: the id of a meter or gateway, which is its user name; of a gateway whose cooperative is not known
yet `coop` is empty. `wrong`: of the latest message, see `lines.Wrong`. Neither topic nor payload is kept."""
