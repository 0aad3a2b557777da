"""Opinions are published in steps: what was published stays as it was, and each answer knows its step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0020"
down_revision = "aftersales_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opinion_step",
        sa.Column("coop", sa.String, primary_key=True),
        sa.Column("residence", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.Column("good", sa.Integer, nullable=False),
        sa.Column("marks", JSONB, nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        schema="aftersales",
    )
    protect(op, "aftersales", "opinion_step")
    op.add_column("opinion", sa.Column("counted_in", sa.Integer), schema="aftersales")


def downgrade() -> None:
    op.drop_column("opinion", "counted_in", schema="aftersales")
    op.drop_table("opinion_step", schema="aftersales")
