"""Alembic's environment: online only, models of all rooms, versions kept in the schema `palier`."""

from importlib import import_module, util
from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

from services.kit.database import ROOMS

FURNITURE = {"outbox", "inbox", "idempotency"}


def _include(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Compare the rooms' own tables only: not the kit's, not partitions."""
    table = item if kind == "table" else getattr(item, "table", None)
    if table is None:
        return True
    return table.schema in ROOMS and table.name not in FURNITURE and "__p" not in table.name


def _run() -> None:
    for room in ROOMS:
        if util.find_spec(f"services.{room}.model"):
            import_module(f"services.{room}.model")
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            version_table_schema="palier",
            include_schemas=True,
            include_object=_include,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
