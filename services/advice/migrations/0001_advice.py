"""The advice room's tables: days of households that ask for advice, tips, answers, conclusions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import furniture, protect

revision = "advice_0001"
down_revision = None
branch_labels = ("advice",)
depends_on = None

TABLES = ("day_seen", "tip", "feedback", "evaluation")


def upgrade() -> None:
    op.create_table(
        "day_seen",
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("occupancy", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("half_hours", sa.LargeBinary, nullable=False),
        sa.Column("quality", JSONB, nullable=False),
        sa.Column("peak_va", sa.Integer),
        schema="advice",
    )
    op.create_index("day_seen_occupancy", "day_seen", ["occupancy"], schema="advice")
    op.create_table(
        "tip",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("occupancy", sa.String, nullable=False),
        sa.Column("meter", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("kwh_year", sa.Integer, nullable=False),
        sa.Column("eur_year", sa.Numeric(10, 2), nullable=False),
        sa.Column("kg_co2_year", sa.Numeric(10, 1), nullable=False),
        sa.Column("raised_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("outcome", JSONB),
        schema="advice",
    )
    op.create_index("tip_occupancy", "tip", ["occupancy", "raised_on"], schema="advice")
    op.create_table(
        "feedback",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("tip", sa.String, sa.ForeignKey("advice.tip.id"), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("comment", sa.String),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        schema="advice",
    )
    op.create_index("feedback_tip", "feedback", ["tip"], schema="advice")
    op.create_table(
        "evaluation",
        sa.Column("occupancy", sa.String, primary_key=True),
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("evaluated_on", sa.Date, nullable=False),
        sa.Column("conclusions", JSONB, nullable=False),
        schema="advice",
    )
    furniture(op, "advice")
    for table in TABLES:
        protect(op, "advice", table)


def downgrade() -> None:
    for table in ("outbox", "inbox", "idempotency", *reversed(TABLES)):
        op.execute(f"DROP TABLE IF EXISTS advice.{table} CASCADE")
