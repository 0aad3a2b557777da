"""The notifications room's tables: intents, deliveries, preferences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import furniture, protect

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = None

TABLES = ("intent", "delivery", "preference")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "intent",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("template", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("dedup_key", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT),
        schema="notifications",
    )
    op.create_index("intent_dedup", "intent", ["dedup_key"], unique=True, schema="notifications")
    op.create_index("intent_person", "intent", ["person", "id"], schema="notifications")
    op.create_table(
        "delivery",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("intent", sa.String, sa.ForeignKey("notifications.intent.id"), nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message_id", sa.String),
        sa.Column("is_uncertain", sa.Boolean, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        schema="notifications",
    )
    op.create_index("delivery_once", "delivery", ["intent", "channel"], unique=True, schema="notifications")
    op.create_index(
        "delivery_due",
        "delivery",
        ["not_before"],
        schema="notifications",
        postgresql_where=sa.text("state IN ('pending', 'sending') AND channel = 'email'"),
    )
    op.create_index("delivery_message", "delivery", ["message_id"], schema="notifications")
    op.create_table(
        "preference",
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("category", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        schema="notifications",
    )
    furniture(op, "notifications")
    for table in TABLES:
        protect(op, "notifications", table)


def downgrade() -> None:
    for table in ("outbox", "inbox", "idempotency", *reversed(TABLES)):
        op.execute(f"DROP TABLE IF EXISTS notifications.{table} CASCADE")
