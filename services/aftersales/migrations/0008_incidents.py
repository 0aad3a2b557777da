"""One cause, several homes: proposed by the rules, confirmed by a person, told once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0008"
down_revision = "aftersales_0007"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
TABLES = (
    "incident", "incident_event", "incident_news", "incident_report", "incident_follower", "plant",
    "meter_proposal",
)  # fmt: skip
IS_OPEN = "state IN ('proposed', 'confirmed', 'in_progress')"


def upgrade() -> None:
    op.create_table(
        "incident", _key("id"), _text("coop"), _text("family"), _text("scope"), _text("building", True),
        _text("element"), _text("symptom"), _text("state"), _text("owner", True), _json("evidence"),
        sa.Column("tells_all", sa.Boolean, nullable=False), _instant("began_at"),
        _instant("expected_at", True), _instant("confirmed_at", True), _instant("resolved_at", True),
        _text("merged_into", True), _count("version"), schema=SCHEMA,
    )  # fmt: skip
    op.create_index(
        "incident_open", "incident", ["coop", "family", "scope"], unique=True, schema=SCHEMA,
        postgresql_where=sa.text(IS_OPEN),
    )  # fmt: skip
    op.create_index("incident_list", "incident", ["coop", "began_at"], schema=SCHEMA)
    op.create_table(
        "incident_event", _of("incident", primary_key=True), _count("place_in_history", primary_key=True),
        _text("coop"), _text("action"), _text("actor"), _text("role"), _text("reason", True),
        _json("detail"), _text("state"), _instant("occurred_at"), _instant("recorded_at"), schema=SCHEMA,
    )  # fmt: skip
    op.create_table(
        "incident_news", _key("id"), _text("coop"), _of("incident"), _text("kind"), _text("text_fr"),
        _text("text_en", True), _instant("expected_at", True), _text("written_by"), _instant("written_at"),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("incident_news_incident", "incident_news", ["incident", "written_at"], schema=SCHEMA)
    op.create_table(
        "incident_report", _of("ticket", primary_key=True), _text("coop"), _text("family"), _text("scope"),
        _text("place"), _text("occupancy", True), _instant("reported_at"), _of("incident", nullable=True),
        _text("answer", True), _instant("answered_at", True), schema=SCHEMA,
    )  # fmt: skip
    op.create_index(
        "incident_report_cluster", "incident_report", ["coop", "family", "scope", "reported_at"],
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("incident_report_incident", "incident_report", ["incident"], schema=SCHEMA)
    op.create_table(
        "incident_follower", _of("incident", primary_key=True), _key("occupancy"), _text("coop"),
        _text("person"), _instant("followed_at"), _text("answer", True), _instant("answered_at", True),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("incident_follower_occupancy", "incident_follower", ["occupancy"], schema=SCHEMA)
    op.create_table(
        "plant", _key("id"), _text("coop"), _text("ref"), _json("families"), _json("buildings"),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("plant_ref", "plant", ["coop", "ref"], unique=True, schema=SCHEMA)
    op.create_table(
        "meter_proposal", _key("id"), _text("coop"), _text("meter"), _text("dwelling", True),
        _text("building", True), _text("occupancy", True), _text("fault"), _text("element"),
        _text("symptom"), _text("family", True), _text("scope", True), _instant("since"),
        _instant("raised_at"), _json("evidence"), _text("state"), _of("ticket", nullable=True),
        _of("incident", nullable=True), _text("decided_by", True), _instant("decided_at", True),
        _text("reason", True), schema=SCHEMA,
    )  # fmt: skip
    op.create_index(
        "meter_proposal_open", "meter_proposal", ["coop", "family", "scope"], schema=SCHEMA,
        postgresql_where=sa.text("state = 'proposed'"),
    )  # fmt: skip
    op.create_index("meter_proposal_list", "meter_proposal", ["coop", "raised_at"], schema=SCHEMA)
    for table in TABLES:
        protect(op, SCHEMA, table)
    # A history is only added to.
    op.execute("REVOKE UPDATE, DELETE ON aftersales.incident_event FROM aftersales_web")
    _publish()


def downgrade() -> None:
    op.execute("DROP VIEW registry.incident_news")
    op.execute("REVOKE USAGE ON SCHEMA aftersales FROM palier_registry")
    for table in reversed(TABLES):
        op.drop_table(table, schema=SCHEMA)


def _publish() -> None:
    """What staff wrote for all, for the room that sends it: as the views of `members`, owned by a role that
    nobody signs in as and that may only read."""
    op.execute("GRANT USAGE ON SCHEMA aftersales TO palier_registry")
    op.execute("GRANT SELECT ON aftersales.incident_news TO palier_registry")
    op.execute(
        "CREATE POLICY registry_reads ON aftersales.incident_news FOR SELECT TO palier_registry USING (true)"
    )
    op.execute("GRANT USAGE, CREATE ON SCHEMA registry TO palier_registry")
    op.execute(
        "CREATE VIEW registry.incident_news WITH (security_barrier) AS SELECT id, coop, incident, kind,"
        " text_fr, text_en, expected_at FROM aftersales.incident_news WHERE palier.sees(coop)"
    )
    for role in ("notifications_work", "notifications_web"):
        op.execute(f"GRANT USAGE ON SCHEMA registry TO {role}")
        op.execute(f"GRANT SELECT ON registry.incident_news TO {role}")
    op.execute("ALTER VIEW registry.incident_news OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _of(table: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(f"aftersales.{table}.id")
    return sa.Column(table, sa.String, key, primary_key=primary_key, nullable=nullable and not primary_key)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _count(name: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=primary_key, nullable=False)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)
