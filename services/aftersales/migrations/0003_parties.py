"""Who may owe or do a repair besides the cooperative: contractors, vendors, insurers, syndics."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0003"
down_revision = "aftersales_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("phone", sa.String),
        sa.Column("address", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("trades", JSONB, nullable=False),
        sa.Column("buildings", JSONB, nullable=False),
        sa.Column("warranties", JSONB, nullable=False),
        sa.Column("ended_on", sa.Date),
        schema="aftersales",
    )
    op.create_index("party_kind", "party", ["coop", "kind"], schema="aftersales")
    protect(op, "aftersales", "party")
    op.add_column(
        "ticket", sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id")), schema="aftersales"
    )


def downgrade() -> None:
    op.drop_column("ticket", "party", schema="aftersales")
    op.drop_table("party", schema="aftersales")
