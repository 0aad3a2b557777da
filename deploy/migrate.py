"""Brings a database up to date: roles, schemas, then every room's Alembic branch. Safe to repeat."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import make_url

from services.kit.database import ROOMS
from services.kit.secrets import Secrets

ROOT = Path(__file__).resolve().parent.parent
LOCK = 0x70616C696572
"""Advisory lock: two machines that start together migrate one after the other."""


def migrate(database_url: str, secrets: Secrets) -> None:
    """Create roles and schemas and run all migrations as the owner named by `database_url`."""
    url = make_url(database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _prepare(connection, secrets)
        command.upgrade(config(database_url), "heads")


def config(database_url: str) -> Config:
    """Alembic's configuration: one branch per room, versions kept in the schema `palier`."""
    result = Config()
    result.set_main_option("script_location", str(ROOT / "deploy" / "migrations"))
    result.set_main_option("path_separator", "newline")
    locations = [ROOT / "services" / room / "migrations" for room in ROOMS]
    result.set_main_option("version_locations", "\n".join(str(path) for path in locations if path.is_dir()))
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    result.attributes["url"] = url
    return result


def _prepare(connection: psycopg.Connection, secrets: Secrets) -> None:
    with connection.transaction():
        for statement in _FOUNDATION:
            connection.execute(statement)
        _role(connection, "palier_registry", None)
        for room in ROOMS:
            for role in (f"{room}_work", f"{room}_web"):
                _role(connection, role, secrets.derive(f"database/{role}"))
            _schema(connection, room)


def _role(connection: psycopg.Connection, name: str, password: str | None) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    role = sql.Identifier(name)
    if not exists:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS NOSUPERUSER NOINHERIT").format(role))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA palier TO {}").format(role))


def _schema(connection: psycopg.Connection, room: str) -> None:
    schema = sql.Identifier(room)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    for role in (f"{room}_work", f"{room}_web"):
        grantee = sql.Identifier(role)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, grantee))
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
            ).format(schema, grantee)
        )
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT USAGE ON SEQUENCES TO {}").format(
                schema, grantee
            )
        )


_FOUNDATION = (
    "CREATE SCHEMA IF NOT EXISTS palier",
    "CREATE SCHEMA IF NOT EXISTS registry",
    """
    CREATE OR REPLACE FUNCTION palier.sees(coop text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT session_user LIKE '%\\_work'
            OR coop = current_setting('palier.coop', true)
            OR current_setting('palier.coop', true) = '*'
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION palier.tell_relay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify(TG_ARGV[0], '');
        RETURN NULL;
    END
    $$
    """,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
)
