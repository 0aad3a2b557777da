"""A recorded inspection keeps which finding opened which request: recorded twice, it is there once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "aftersales_0015"
down_revision = "aftersales_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "inspection",
        sa.Column("opened", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        schema="aftersales",
    )


def downgrade() -> None:
    op.drop_column("inspection", "opened", schema="aftersales")
