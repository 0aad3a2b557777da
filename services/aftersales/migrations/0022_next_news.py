"""By when households of an incident are written to again."""

import sqlalchemy as sa
from alembic import op

revision = "aftersales_0022"
down_revision = "aftersales_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("next_news_at", sa.DateTime(timezone=True)), schema="aftersales")


def downgrade() -> None:
    op.drop_column("incident", "next_news_at", schema="aftersales")
