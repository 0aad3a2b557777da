"""The tables that the migrations make are the tables that the rooms believe in, there and back again."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, NullPool, create_engine, inspect, make_url, text

from deploy.engines import Engines
from deploy.migrate import config, migrate
from deploy.models import is_compared, metadata
from services.kit.database import ROOMS
from services.kit.ids import new_id

pytestmark = pytest.mark.engines


@pytest.fixture
def fresh(engines: Engines) -> Iterator[URL]:
    """An empty database of this test's own, in the same server."""
    owner = make_url(engines.settings.database_url or "").set(drivername="postgresql+psycopg")
    name = new_id("test")
    server = create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield owner.set(database=name)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def differences(connection: Connection) -> list[Any]:
    """What Alembic would change in the database to make it as the models say."""
    options = {
        "include_schemas": True,
        "include_object": is_compared,
        "compare_type": True,
        "compare_server_default": True,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata()))


def test_every_room_keeps_the_tables_of_its_model(engines: Engines) -> None:
    assert {table.schema for table in metadata().tables.values()} == set(ROOMS)
    owner = make_url(engines.settings.database_url or "").set(drivername="postgresql+psycopg")
    with create_engine(owner, poolclass=NullPool).connect() as connection:
        assert differences(connection) == []


def test_a_table_that_no_migration_makes_is_noticed(fresh: URL) -> None:
    with create_engine(fresh, poolclass=NullPool).connect() as connection:
        missing = {one[1].fullname for one in differences(connection) if one[0] == "add_table"}
    assert missing == set(metadata().tables)


def test_every_migration_can_be_undone_and_done_again(engines: Engines, fresh: URL) -> None:
    url = fresh.render_as_string(hide_password=False)
    migrate(url, engines.secrets)
    command.downgrade(config(url), "base")
    with create_engine(fresh, poolclass=NullPool).connect() as connection:
        left = inspect(connection)
        assert {room: left.get_table_names(room) for room in ROOMS} == {room: [] for room in ROOMS}
        assert left.get_view_names("registry") == []
    migrate(url, engines.secrets)
    with create_engine(fresh, poolclass=NullPool).connect() as connection:
        assert differences(connection) == []
