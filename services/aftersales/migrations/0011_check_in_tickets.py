"""A check-in keeps the requests that were told from it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "aftersales_0011"
down_revision = "aftersales_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("check_in", sa.Column("tickets", JSONB), schema="aftersales")


def downgrade() -> None:
    op.drop_column("check_in", "tickets", schema="aftersales")
