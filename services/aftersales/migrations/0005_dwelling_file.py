"""A dwelling's file: its legal dates, equipment, check-ins; who changed a setting; two opinions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0005"
down_revision = "aftersales_0004"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
TABLES = ("dwelling_file", "legal_date", "equipment", "check_in", "setting_change", "opinion")
ONLY_ADDED = ("legal_date", "setting_change")


def upgrade() -> None:
    op.create_table(
        "dwelling_file", _key("occupancy"), _text("coop"), _text("dwelling"), _instant("opened_at"),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("dwelling_file_dwelling", "dwelling_file", ["dwelling"], schema=SCHEMA)
    op.create_table(
        "legal_date", _key("id"), _text("coop"), _text("about"), _text("kind"), _date("day"),
        _text("note", True), _text("recorded_by"), _instant("recorded_at"), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("legal_date_about", "legal_date", ["about", "kind", "recorded_at"], schema=SCHEMA)
    op.create_table(
        "equipment", _key("id"), _text("coop"), _text("dwelling", True), _text("building", True),
        _text("element"), _text("place", True), _date("installed_on"), _text("warranty_regime"),
        _date("contract_ends_on", True), _text("serial", True), _text("note", True), _date("ended_on", True),
        _text("recorded_by"), _instant("recorded_at"), _text("changed_by", True),
        _instant("changed_at", True), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("equipment_dwelling", "equipment", ["dwelling", "element"], schema=SCHEMA)
    op.create_index("equipment_building", "equipment", ["building", "element"], schema=SCHEMA)
    op.create_table(
        "check_in", _key("id"), _text("coop"), _text("occupancy"), _text("kind"), _date("due_on"),
        _text("state"), _json("windows"), _date("ends_on", True), _instant("asked_at", True),
        _text("answer", True), _text("answered_by", True), _instant("answered_at", True), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("check_in_of_household", "check_in", ["occupancy", "kind"], unique=True, schema=SCHEMA)
    op.create_index(
        "check_in_due", "check_in", ["coop", "due_on"], schema=SCHEMA,
        postgresql_where=sa.text("state = 'planned'"),
    )  # fmt: skip
    op.create_table(
        "setting_change", _key("id"), _text("coop"), _text("building", True), _text("name"),
        _json("before", True), _json("after", True), _text("changed_by"), _instant("changed_at"),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("setting_change_coop", "setting_change", ["coop", "changed_at"], schema=SCHEMA)
    op.create_table(
        "opinion", sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), primary_key=True),
        _key("side"), _text("coop"), _text("verdict"), _json("qualities"), _text("comment", True),
        _text("given_by"), _instant("given_at"), schema=SCHEMA,
    )  # fmt: skip
    for table in TABLES:
        protect(op, SCHEMA, table)
    for table in ONLY_ADDED:
        op.execute(f"REVOKE UPDATE, DELETE ON {SCHEMA}.{table} FROM {SCHEMA}_web")
    op.add_column("responsibility_rule", sa.Column("trade", sa.String), schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("responsibility_rule", "trade", schema=SCHEMA)
    for table in reversed(TABLES):
        op.drop_table(table, schema=SCHEMA)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _date(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=nullable)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=nullable)
