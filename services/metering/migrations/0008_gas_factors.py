"""The network operator's own factor of a gas day, as an imported file gives it."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "metering_0008"
down_revision = "metering_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gas_factor",
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("wh_per_m3", sa.Integer, nullable=False),
        schema="metering",
    )
    protect(op, "metering", "gas_factor")


def downgrade() -> None:
    op.drop_table("gas_factor", schema="metering")
