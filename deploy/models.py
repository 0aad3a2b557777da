"""The tables that rooms believe in, and what of a database is compared with them."""

from importlib import import_module, util
from typing import Any

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from services.kit.database import ROOMS

FURNITURE = {"outbox", "inbox", "idempotency"}


def metadata() -> MetaData:
    """The tables of all rooms' models."""
    for room in ROOMS:
        if util.find_spec(f"services.{room}.model"):
            import_module(f"services.{room}.model")
    return SQLModel.metadata


def is_compared(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """For Alembic's `include_object`: the rooms' own tables only, not the kit's, not partitions."""
    table = item if kind == "table" else getattr(item, "table", None)
    if table is None:
        return True
    return table.schema in ROOMS and table.name not in FURNITURE and "__p" not in table.name
