"""Written notices to the party that owes a repair, stored with their proof of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0004"
down_revision = "aftersales_0003"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"


def upgrade() -> None:
    for column in (
        sa.Column("channel", sa.String),
        sa.Column("facts", JSONB),
        sa.Column("idempotency_key", sa.String),
    ):
        op.add_column("ticket_event", column, schema=SCHEMA)
    op.create_index(
        "ticket_event_key",
        "ticket_event",
        ["ticket", "idempotency_key"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.add_column("ticket_deadline", sa.Column("alarm_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.add_column("ticket_deadline", sa.Column("alarms", JSONB), schema=SCHEMA)
    op.create_index(
        "ticket_deadline_alarm",
        "ticket_deadline",
        ["alarm_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("alarm_at IS NOT NULL"),
    )
    # Running clocks get their last alarm at once; from then on each change of a request computes all.
    op.execute(
        "UPDATE aftersales.ticket_deadline SET alarms = jsonb_build_array(jsonb_build_array(100,"
        " to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"'))),"
        " alarm_at = CASE WHEN met_at IS NULL AND warned_percent < 100 THEN due_at END"
    )
    op.alter_column("ticket_deadline", "alarms", nullable=False, schema=SCHEMA)
    _notices()


def downgrade() -> None:
    for table in ("notice_proof", "notice_ticket", "notice"):
        op.drop_table(table, schema=SCHEMA)
    for column in ("alarms", "alarm_at"):
        op.drop_column("ticket_deadline", column, schema=SCHEMA)
    for column in ("idempotency_key", "facts", "channel"):
        op.drop_column("ticket_event", column, schema=SCHEMA)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _text("kind"),
        _text("debtor"),
        sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id")),
        _text("addressee"),
        sa.Column("regimes", JSONB, nullable=False),
        _text("subject"),
        sa.Column("paragraphs", JSONB, nullable=False),
        sa.Column("answer_by_on", sa.Date, nullable=False),
        _text("sent_by"),
        sa.Column("letter", sa.String),
        sa.Column("content", sa.LargeBinary, nullable=False),
        _text("content_type"),
        _text("sha256"),
        _text("written_by"),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )
    op.create_index("notice_coop", "notice", ["coop", "written_at"], schema=SCHEMA)
    op.create_table(
        "notice_ticket",
        sa.Column("notice", sa.String, sa.ForeignKey("aftersales.notice.id"), primary_key=True),
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), primary_key=True),
        _text("coop"),
        schema=SCHEMA,
    )
    op.create_index("notice_ticket_ticket", "notice_ticket", ["ticket"], schema=SCHEMA)
    op.create_table(
        "notice_proof",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("notice", sa.String, sa.ForeignKey("aftersales.notice.id"), nullable=False),
        _text("kind"),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("note", sa.String),
        _text("recorded_by"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )
    op.create_index("notice_proof_notice", "notice_proof", ["notice"], schema=SCHEMA)
    for table in ("notice", "notice_ticket", "notice_proof"):
        protect(op, SCHEMA, table)
        # What was written and what came of it are evidence: added, never changed.
        op.execute(f"REVOKE UPDATE, DELETE ON {SCHEMA}.{table} FROM {SCHEMA}_web")
        op.execute(f"REVOKE UPDATE ON {SCHEMA}.{table} FROM {SCHEMA}_work")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)
