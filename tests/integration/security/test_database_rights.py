"""Least privilege, read from the catalogue itself: what each room's two roles may touch, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from contracts.registry import VIEWS
from deploy.engines import Engines
from services.kit.database import ROOMS, conninfo

if TYPE_CHECKING:
    from tests.integration.security.conftest import Town

pytestmark = pytest.mark.engines
ROLES = [f"{room}_{kind}" for room in ROOMS for kind in ("work", "web")]
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ON_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
CLOSED_TO_WEB = {"members": ("invitation", "attempt")}
"""What opens doors: signing in runs on the work role."""
CLOSED_COLUMNS = (
    ("api_token", "digest"),
    ("api_token", "role"),
    ("sign_in_link", "digest"),
    ("sign_in_link", "browser_digest"),
)


@pytest.fixture(scope="module")
def catalogue(engines: Engines) -> Iterator[psycopg.Connection]:
    with psycopg.connect(str(engines.settings.database_url)) as connection:
        yield connection


@pytest.mark.parametrize("role", ROLES)
def test_a_role_touches_its_own_schema_and_the_views_granted_to_it(
    catalogue: psycopg.Connection, role: str
) -> None:
    room, kind = role.rsplit("_", 1)
    found = set()
    for schema, name, relkind in relations(catalogue):
        for right in RIGHTS:
            check = "has_any_column_privilege" if right in ON_COLUMNS else "has_table_privilege"
            (may,) = catalogue.execute(
                f"SELECT {check}(%s, %s, %s)", (role, f'{schema}."{name}"', right)
            ).fetchone() or (False,)
            if may:
                found.add((schema, name, relkind, right))
    elsewhere = {(schema, name, right) for schema, name, _, right in found if schema != room}
    granted = {("registry", view.name, "SELECT") for view in VIEWS if room in view.rooms}
    assert elsewhere == granted
    own = {right for schema, _, _, right in found if schema == room}
    assert own <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    if kind == "web":
        names = {name for schema, name, _, _ in found if schema == room}
        assert not names & {"inbox", *CLOSED_TO_WEB.get(room, ())}


@pytest.mark.parametrize(("table", "column"), CLOSED_COLUMNS)
def test_the_web_role_cannot_read_what_opens_doors(
    catalogue: psycopg.Connection, table: str, column: str
) -> None:
    query = "SELECT has_column_privilege('members_web', %s, %s, 'SELECT')"
    assert catalogue.execute(query, (f"members.{table}", column)).fetchone() == (False,)


def test_the_web_role_cannot_promote_anybody(catalogue: psycopg.Connection) -> None:
    for column in ("role", "coop", "email", "password_hash", "totp_generation", "disabled_at"):
        query = "SELECT has_column_privilege('members_web', 'members.staff', %s, 'UPDATE')"
        assert catalogue.execute(query, (column,)).fetchone() == (False,), column


@pytest.mark.parametrize("role", ROLES)
def test_a_role_makes_nothing_and_is_nobody_else(catalogue: psycopg.Connection, role: str) -> None:
    room = role.rsplit("_", 1)[0]
    attributes = catalogue.execute(
        "SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname = %s",
        (role,),
    ).fetchone()
    assert attributes == (False,) * 6
    memberships = catalogue.execute(
        "SELECT 1 FROM pg_auth_members WHERE member = %s::regrole", (role,)
    ).fetchall()
    assert memberships == []
    schemas = catalogue.execute(
        "SELECT nspname, has_schema_privilege(%s, nspname, 'USAGE'),"
        " has_schema_privilege(%s, nspname, 'CREATE')"
        " FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
        (role, role),
    ).fetchall()
    assert {name for name, _, create in schemas if create} == set()
    assert {name for name, usage, _ in schemas if usage} <= {room, "registry", "palier", "public"}
    (may_create,) = catalogue.execute(
        "SELECT has_database_privilege(%s, current_database(), 'CREATE')", (role,)
    ).fetchone() or (True,)
    assert not may_create


METERING, DESK = {"metering_work"}, {"aftersales_web", "aftersales_work"}
DEFINERS = {
    "add_reading_partition(first date, until date)": METERING,
    "drop_reading_partition(first date, until date)": METERING,
    "found_by_words(wanted text, words tsquery)": DESK,
}
"""What rooms may have done for them, and which roles. Partitions, for they own no table. The desk's search,
for under row-level security PostgreSQL would not use the index of words: it asks `palier.sees` itself."""


def test_next_to_nothing_runs_with_somebody_else_s_rights(catalogue: psycopg.Connection) -> None:
    """Three functions; views of the registry belong to a role nobody signs in as."""
    functions = catalogue.execute(
        "SELECT p.oid, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proconfig"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    ).fetchall()
    assert {name for _, name, _ in functions} == DEFINERS.keys()
    for oid, name, settings in functions:
        assert "search_path=pg_catalog, pg_temp" in (settings or ()), name
        may = catalogue.execute(
            "SELECT rolname FROM pg_roles WHERE has_function_privilege(rolname, %s::oid, 'EXECUTE')"
            " AND NOT rolsuper AND rolname !~ '^pg_'",
            (oid,),
        ).fetchall()
        assert {role for (role,) in may} == DEFINERS[name], name
    (of_caller,) = catalogue.execute(
        "SELECT 'security_invoker=true' = ANY(reloptions) FROM pg_class"
        " WHERE oid = 'metering.reading'::regclass"
    ).fetchone() or (False,)
    assert of_caller, "readings are seen with the caller's own rights"
    owners = catalogue.execute(
        "SELECT DISTINCT viewowner FROM pg_views WHERE schemaname = 'registry'"
    ).fetchall()
    assert owners == [("palier_registry",)]
    assert catalogue.execute(
        "SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'palier_registry'"
    ).fetchone() == (False, False, False)


def test_words_are_found_in_one_s_own_cooperative_only(engines: Engines, town: Town) -> None:
    """The function reads past the policies: whom it is called for is its own question."""
    home, abroad = town.home.coop, town.abroad.coop
    query = "SELECT f FROM aftersales.found_by_words(%s, to_tsquery('french', %s)) f"
    owner = str(engines.settings.database_url)
    with psycopg.connect(owner, autocommit=True) as connection:
        for coop in (home, abroad):
            connection.execute(
                "INSERT INTO aftersales.ticket_words VALUES (%s, 'ticket', %s, to_tsvector('french', %s))",
                (f"tkt_words_{coop}", coop, "girouette"),
            )
    try:
        web = conninfo(owner, engines.secrets, "aftersales_web")
        with psycopg.connect(web, autocommit=True) as connection:
            for scope, asked, expected in (
                (home, home, [(f"tkt_words_{home}",)]),
                (home, abroad, []),
                (abroad, abroad, [(f"tkt_words_{abroad}",)]),
                ("", home, []),
            ):
                connection.execute("SELECT set_config('palier.coop', %s, false)", (scope,))
                assert connection.execute(query, (asked, "girouette")).fetchall() == expected, (scope, asked)
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("DELETE FROM aftersales.ticket_words WHERE ticket LIKE 'tkt_words_%'")


@pytest.mark.parametrize("room", ROOMS)
def test_the_web_role_sees_one_cooperative_at_a_time_in_every_table(
    engines: Engines, town: Town, room: str
) -> None:
    """By the tables themselves, not by the queries that pages happen to make."""
    slugs = (town.home.coop, town.abroad.coop)
    owner = str(engines.settings.database_url)
    with psycopg.connect(owner) as connection:
        tables = [
            (name, any(column == "coop" for column in columns(connection, room, name)))
            for schema, name, kind in relations(connection)
            if schema == room and kind in "rp"
        ]
    web = conninfo(owner, engines.secrets, f"{room}_web")
    with psycopg.connect(web, autocommit=True) as connection:
        for table, has_coop in tables:
            (may,) = connection.execute(
                "SELECT has_column_privilege(current_user, %s, 'coop', 'SELECT')", (f"{room}.{table}",)
            ).fetchone() if has_coop else (False,)  # fmt: skip
            if not may:
                continue
            for scope in (*slugs, "", "nobody"):
                connection.execute("SELECT set_config('palier.coop', %s, false)", (scope,))
                seen = {row[0] for row in connection.execute(f"SELECT coop FROM {room}.{table}")}
                assert seen <= {scope}, f"{room}.{table} shows {seen} to {scope!r}"
                if scope in slugs:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(f"INSERT INTO {room}.{table} (coop) VALUES ('nobody')")
                    connection.execute("SELECT 1")


def test_a_closed_day_is_seen_through_its_view_only_and_by_its_own_cooperative(
    engines: Engines, town: Town
) -> None:
    """The rows themselves name no cooperative; their view belongs to its owner, whom no policy binds."""
    web = conninfo(str(engines.settings.database_url), engines.secrets, "metering_web")
    with psycopg.connect(web, autocommit=True) as connection:
        for table in ("day_row", "reading__pdefault", "interval__pdefault"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"INSERT INTO metering.{table} DEFAULT VALUES")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM metering.day_row")
        for scope, meters in (
            (town.home.coop, {town.home.meter, town.next_door.meter}),
            (town.abroad.coop, {town.abroad.meter}),
            ("", set()),
            ("nobody", set()),
        ):
            connection.execute("SELECT set_config('palier.coop', %s, false)", (scope,))
            seen = {row[0] for row in connection.execute("SELECT meter FROM metering.day")}
            assert seen & {town.home.meter, town.next_door.meter, town.abroad.meter} == meters, scope


def test_every_cooperative_sees_which_readings_are_gone(engines: Engines, town: Town) -> None:
    """Else an operator could decide about half-hours of which nothing is left."""
    owner = str(engines.settings.database_url)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("INSERT INTO metering.raw_gone VALUES ('2001-01-01', '2001-02-01', '*', now())")
    try:
        with psycopg.connect(conninfo(owner, engines.secrets, "metering_web"), autocommit=True) as connection:
            connection.execute("SELECT set_config('palier.coop', %s, false)", (town.home.coop,))
            assert connection.execute("SELECT count(*) FROM metering.raw_gone").fetchone() == (1,)
            assert connection.execute("DELETE FROM metering.raw_gone").rowcount == 0
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("DELETE FROM metering.raw_gone WHERE first = '2001-01-01'")


async def test_requests_of_two_cooperatives_on_one_pool_never_mix(town: Town) -> None:
    """The scope is the transaction's: connections go from hand to hand between cooperatives."""
    callers = ("staff", "staff_abroad", "resident", "resident_abroad", "neighbour") * 12
    paths = ("/api/v1/tickets", "/api/v1/letters", "/homes", "/api/v1/responsibility-rules")

    async def look(caller: str, path: str) -> None:
        headers = town.program(caller) | {"Accept-Language": "en"}
        text = (await town.client.get(path, headers=headers)).text
        others = {town.home, town.next_door} if caller.endswith("abroad") else {town.abroad}
        leaked = {mark for household in others for mark in household.marks if mark in text}
        assert not leaked, (caller, path)

    await asyncio.gather(*(look(caller, paths[index % len(paths)]) for index, caller in enumerate(callers)))


def relations(connection: psycopg.Connection) -> list[tuple[str, str, str]]:
    """(schema, name, kind) of every table and view that is ours."""
    rows = connection.execute(
        "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'"
        " AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    ).fetchall()
    return [(schema, name, kind.decode() if isinstance(kind, bytes) else kind) for schema, name, kind in rows]


def columns(connection: psycopg.Connection, schema: str, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        (schema, table),
    ).fetchall()
    return [name for (name,) in rows]
