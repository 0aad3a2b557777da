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
                row = connection.execute(
                    "SELECT has_table_privilege(%s, %s, 'SELECT')"
                    " AND has_schema_privilege(%s, 'registry', 'USAGE'),"
                    " has_table_privilege(%s, %s, 'INSERT,UPDATE,DELETE')",
                    (role, f"registry.{view.name}", role, role, f"registry.{view.name}"),
                ).fetchone()
                assert row == (room in view.rooms, False), role


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
