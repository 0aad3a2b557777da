"""A dropped sandbox leaves its name behind for a while, so that what is still on its way finds it gone."""

import sqlalchemy as sa
from alembic import op

revision = "members_0003"
down_revision = "members_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coop", sa.Column("dropped_at", sa.DateTime(timezone=True)), schema="members")


def downgrade() -> None:
    op.drop_column("coop", "dropped_at", schema="members")
