"""What migrations of every room share: the kit's own tables and the two row-level policies."""

from collections.abc import Mapping
from typing import Any

Operations = Any
"""Alembic's `op`, which has no useful type."""


def furniture(op: Operations, room: str) -> None:
    """Create outbox, inbox and idempotency tables in the room's schema."""
    for statement in _FURNITURE.format(room=room).split(";;"):
        op.execute(statement)


def protect(op: Operations, room: str, table: str) -> None:
    """Row-level security by cooperative: the work role sees all rows, the web role its request's."""
    name = f"{room}.{table}"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY work ON {name} TO {room}_work USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY web ON {name} TO {room}_web USING (palier.sees(coop)) WITH CHECK (palier.sees(coop))"
    )


def hourly(op: Operations, room: str) -> None:
    """The table of cooperatives whose hourly duties are due, see `services.kit.hourly`."""
    op.execute(
        f"CREATE TABLE {room}.hourly (coop varchar NOT NULL, hour timestamptz NOT NULL,"
        " tries integer NOT NULL, try_at timestamptz NOT NULL, PRIMARY KEY (coop, hour))"
    )
    protect(op, room, "hourly")


def publish(op: Operations, view: str, query: str, readers: Mapping[str, str]) -> None:
    """The view `registry.<view>` anew, by a query that names `palier.sees` itself.

    `readers`: the rooms whose two roles may read it, each with the columns it may (SQL; empty: all). It is
    owned by a role that nobody signs in as and that may only read; that role must be able to read the tables.
    """
    op.execute("GRANT USAGE, CREATE ON SCHEMA registry TO palier_registry")
    op.execute(f"DROP VIEW IF EXISTS registry.{view}")
    op.execute(f"CREATE VIEW registry.{view} WITH (security_barrier) AS {query}")
    for room, columns in readers.items():
        for role in (f"{room}_work", f"{room}_web"):
            op.execute(f"GRANT USAGE ON SCHEMA registry TO {role}")
            op.execute(f"GRANT SELECT{f' ({columns})' if columns else ''} ON registry.{view} TO {role}")
    op.execute(f"ALTER VIEW registry.{view} OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")


_FURNITURE = """
CREATE TABLE {room}.outbox (
    id uuid PRIMARY KEY,
    coop text NOT NULL,
    subject text NOT NULL,
    about text NOT NULL,
    body text NOT NULL,
    occurred_at timestamptz NOT NULL,
    trace text,
    published_at timestamptz
);;
CREATE INDEX outbox_waiting ON {room}.outbox (id) WHERE published_at IS NULL;;
CREATE INDEX outbox_published ON {room}.outbox (published_at) WHERE published_at IS NOT NULL;;
ALTER TABLE {room}.outbox ENABLE ROW LEVEL SECURITY;;
ALTER TABLE {room}.outbox FORCE ROW LEVEL SECURITY;;
CREATE POLICY work ON {room}.outbox TO {room}_work USING (true) WITH CHECK (true);;
CREATE POLICY web ON {room}.outbox FOR INSERT TO {room}_web WITH CHECK (palier.sees(coop));;
CREATE TRIGGER tell_relay AFTER INSERT ON {room}.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION palier.tell_relay('outbox_{room}');;
CREATE TABLE {room}.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);;
CREATE INDEX inbox_age ON {room}.inbox (handled_at);;
REVOKE ALL ON {room}.inbox FROM {room}_web;;
CREATE TABLE {room}.idempotency (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    status int,
    sealed bytea,
    created_at timestamptz NOT NULL DEFAULT now()
);;
CREATE INDEX idempotency_age ON {room}.idempotency (created_at)
"""
