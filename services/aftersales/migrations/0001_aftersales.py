"""The after-sales room's tables: requests with their history, clocks and warranties, and its settings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import furniture, protect

revision = "aftersales_0001"
down_revision = None
branch_labels = ("aftersales",)
depends_on = None

SCHEMA = "aftersales"
TABLES = (
    "inspection", "ticket", "ticket_event", "ticket_message", "ticket_warranty", "ticket_deadline",
    "responsibility_rule", "setting", "counter",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "inspection", _key("id"), _text("coop"), _text("occupancy"), _text("kind"), _date("held_on"),
        _text("recorded_by"), _instant("recorded_at"), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("inspection_occupancy", "inspection", ["occupancy"], schema=SCHEMA)
    _ticket()
    op.create_table(
        "ticket_event", _ticket_key(), sa.Column("place_in_history", sa.Integer, primary_key=True),
        _text("coop"), _text("action"), _text("actor"), _text("role"), _text("reason", True),
        _text("comment", True), _instant("appointment_at", True), _text("state"), _instant("occurred_at"),
        _instant("recorded_at"), schema=SCHEMA,
    )  # fmt: skip
    op.create_table(
        "ticket_message", _key("id"), _text("coop"),
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), nullable=False),
        _text("author"), _text("role"), _text("body", True), _instant("written_at"), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("ticket_message_ticket", "ticket_message", ["ticket", "written_at"], schema=SCHEMA)
    op.create_table(
        "ticket_warranty", _ticket_key(), _key("regime"), _text("coop"), _text("debtor", True),
        _date("starts_on", True), _date("ends_on", True), _date("list_by_on", True), _text("basis", True),
        _json("reasons"), schema=SCHEMA,
    )  # fmt: skip
    op.create_table(
        "ticket_deadline", _ticket_key(), _key("kind"), _text("coop"), _text("clock"), _instant("starts_at"),
        _instant("due_at"), _instant("met_at", True), sa.Column("warned_percent", sa.Integer, nullable=False),
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index(
        "ticket_deadline_running", "ticket_deadline", ["due_at"], schema=SCHEMA,
        postgresql_where=sa.text("met_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "responsibility_rule", _key("id"), _text("coop"), _text("building", True), _text("element", True),
        _text("symptom", True), _text("tenure", True), _text("responsible"), _text("basis"),
        _date("valid_from"), _date("valid_to", True), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("responsibility_rule_coop", "responsibility_rule", ["coop"], schema=SCHEMA)
    op.create_table("setting", _key("coop"), _key("building"), _key("name"), _json("value"), schema=SCHEMA)
    op.create_table("counter", _key("coop"), sa.Column("last", sa.Integer, nullable=False), schema=SCHEMA)
    furniture(op, SCHEMA)
    for table in TABLES:
        protect(op, SCHEMA, table)
    # A history is only added to. The work role keeps UPDATE, to blank the words of an erased person.
    op.execute("REVOKE UPDATE, DELETE ON aftersales.ticket_event FROM aftersales_web")
    op.execute("REVOKE DELETE ON aftersales.ticket_event FROM aftersales_work")


def downgrade() -> None:
    for table in ("outbox", "inbox", "idempotency", *reversed(TABLES)):
        op.execute(f"DROP TABLE IF EXISTS aftersales.{table} CASCADE")


def _ticket() -> None:
    op.create_table(
        "ticket", _key("id"), _text("coop"), sa.Column("number", sa.Integer, nullable=False),
        _text("occupancy", True), _text("dwelling", True), _text("building", True), _text("place"),
        _text("element"), _text("symptom"), _text("description", True), _date("noticed_on"),
        _text("channel"), _text("opened_by"), _text("reported_by", True),
        sa.Column("inspection", sa.String, sa.ForeignKey("aftersales.inspection.id")),
        _text("cause"), _text("priority"), _text("responsible"), _text("basis"), _json("reasons"),
        _json("set_by_person"), _text("team"), _text("assignee", True), _date("installed_on", True),
        _date("declared_to_insurer_on", True), _text("incident", True), _text("state"),
        _instant("opened_at"), _instant("appointment_at", True), _instant("ended_at", True),
        _instant("next_due_at", True), sa.Column("version", sa.Integer, nullable=False), schema=SCHEMA,
    )  # fmt: skip
    op.create_index("ticket_number", "ticket", ["coop", "number"], unique=True, schema=SCHEMA)
    op.create_index("ticket_queue", "ticket", ["coop", "state", "next_due_at"], schema=SCHEMA)
    op.create_index("ticket_occupancy", "ticket", ["occupancy"], schema=SCHEMA)
    op.create_index(
        "ticket_running", "ticket", ["id"], schema=SCHEMA, postgresql_where=sa.text("ended_at IS NULL")
    )


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _ticket_key() -> sa.Column[str]:
    return sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), primary_key=True)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _date(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=nullable)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)
