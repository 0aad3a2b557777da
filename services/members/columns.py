"""Columns that the tables of the room share."""

from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary
from sqlmodel import Field

SCHEMA = "members"


def instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def binary(nullable: bool = False, primary_key: bool = False) -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=nullable, primary_key=primary_key))
