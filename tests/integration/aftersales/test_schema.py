"""The tables that the migration makes are the tables that the room believes in."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text
from sqlmodel import SQLModel

from services.aftersales import model

pytestmark = pytest.mark.engines
FURNITURE = {"outbox", "inbox", "idempotency"}


def test_the_migrated_schema_is_the_model(engines: Any) -> None:
    url = make_url(engines.settings.database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url)

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == model.SCHEMA
        return not (kind == "table" and name in FURNITURE)

    options = {"include_schemas": True, "include_name": ours, "compare_type": True}
    metadata = SQLModel.metadata
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=options)
            found = compare_metadata(context, metadata)
    finally:
        engine.dispose()
    differences = [one for one in found if not (one[0] == "add_table" and one[1].schema != model.SCHEMA)]
    assert [one for one in differences if model.SCHEMA in repr(one)] == []


def test_a_history_is_only_added_to(engines: Any) -> None:
    engine = create_engine(make_url(engines.settings.database_url).set(drivername="postgresql+psycopg"))
    may = "SELECT has_table_privilege(:role, 'aftersales.ticket_event', :right)"
    try:
        with engine.connect() as connection:
            held = {
                (role, right)
                for role in ("aftersales_web", "aftersales_work")
                for right in ("INSERT", "UPDATE", "DELETE")
                if connection.execute(text(may), {"role": role, "right": right}).scalar_one()
            }
    finally:
        engine.dispose()
    assert held == {
        ("aftersales_web", "INSERT"),
        ("aftersales_work", "INSERT"),
        ("aftersales_work", "UPDATE"),
    }
