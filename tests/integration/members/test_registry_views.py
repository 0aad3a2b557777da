"""The registry views are exactly what contracts/registry.py promises, to exactly the rooms it names."""

import psycopg
import pytest

from contracts.registry import VIEWS, View
from deploy.engines import Engines
from services.kit.database import ROOMS, conninfo

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_columns_and_readers(database: Engines, view: View) -> None:
    url = database.settings.database_url
    assert url
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (f"registry.{view.name}",),
        ).fetchall()
        assert [name for name, _ in rows] == list(view.columns)
        for name, kind in rows:
            assert _matches(kind, view.columns[name]), (name, kind)
        for room in ROOMS:
            for role in (f"{room}_work", f"{room}_web"):
                name = f"registry.{view.name}"
                row = connection.execute(
                    "SELECT has_schema_privilege(%s, 'registry', 'USAGE'),"
                    " has_table_privilege(%s, %s, 'INSERT,UPDATE,DELETE'),"
                    " array(SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass"
                    " AND attnum > 0 AND has_column_privilege(%s, attrelid, attnum, 'SELECT'))",
                    (role, role, name, name, role),
                ).fetchone()
                assert row is not None
                has_usage, may_write, readable = row
                assert not may_write, role
                assert set(readable) == view.columns_for(room), role
                assert has_usage or not readable, role


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_column_has_a_reader_and_is_told_of_who_reads_less(view: View) -> None:
    assert set(view.only) <= set(view.rooms)
    assert set().union(*map(view.columns_for, view.rooms)) == set(view.columns)
    assert all(set(some) < set(view.columns) for some in view.only.values())


def test_where_homes_stand_is_for_who_drives_there_or_writes_to_them() -> None:
    """Metering and advice are never told the street, the town, nor how the household can be reached."""
    private = {"street", "city", "postcode", "staircase", "floor", "postal", "email", "mobile"}
    for room in ("metering", "advice"):
        assert not private & {column for view in VIEWS for column in view.columns_for(room)}, room


def test_a_web_role_sees_its_request_s_cooperative_only(database: Engines) -> None:
    url = database.settings.database_url
    assert url
    with psycopg.connect(conninfo(url, database.secrets, "members_work")) as connection:
        for slug in ("voisin-a", "voisin-b"):
            connection.execute(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (%s, 'x', 'Europe/Paris', false, now()) ON CONFLICT DO NOTHING",
                (slug,),
            )
    with psycopg.connect(conninfo(url, database.secrets, "metering_web")) as connection:
        query = "SELECT slug FROM registry.coop WHERE slug LIKE 'voisin-%'"
        assert connection.execute(query).fetchall() == []
        connection.execute("SELECT set_config('palier.coop', 'voisin-a', true)")
        assert connection.execute(query).fetchall() == [("voisin-a",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM members.coop")
    with psycopg.connect(conninfo(url, database.secrets, "metering_work")) as connection:
        assert len(connection.execute(query).fetchall()) == 2


_KINDS = {
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "date": "date",
    "int": "integer",
    "bigint": "bigint",
    "jsonb": "jsonb",
    "numeric": "numeric",
    "text": "character varying",
}


def _matches(kind: str, meaning: str) -> bool:
    first = meaning.replace(",", " ").replace(":", " ").split()[0]
    return kind == _KINDS[first] or (first == "text" and kind == "text")
