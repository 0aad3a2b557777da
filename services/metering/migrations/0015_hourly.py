"""Which cooperatives' hourly duties are due: each is done by itself, and again when it failed."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "metering_0015"
down_revision = "metering_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hourly",
        sa.Column("coop", sa.String, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        schema="metering",
    )
    protect(op, "metering", "hourly")


def downgrade() -> None:
    op.drop_table("hourly", schema="metering")
