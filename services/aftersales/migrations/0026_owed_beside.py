"""A warranty may be owed by several: the vendor of a home to be built beside its contractor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "aftersales_0026"
down_revision = "aftersales_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ticket_warranty",
        sa.Column("also", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        schema="aftersales",
    )


def downgrade() -> None:
    op.drop_column("ticket_warranty", "also", schema="aftersales")
