"""How a problem is told: in taps or in a sentence, with what is known already shown first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0009"
down_revision = "aftersales_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("occupancy", sa.String),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("tickets", JSONB),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        schema="aftersales",
    )
    op.create_index("draft_changed", "draft", ["changed_at"], schema="aftersales")
    op.create_index("draft_person", "draft", ["person"], schema="aftersales")
    protect(op, "aftersales", "draft")
    op.create_table(
        "ticket_access",
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("availability", JSONB, nullable=False),
        sa.Column("access_note", sa.String),
        schema="aftersales",
    )
    protect(op, "aftersales", "ticket_access")


def downgrade() -> None:
    op.drop_table("ticket_access", schema="aftersales")
    op.drop_table("draft", schema="aftersales")
