"""Devices that publish elsewhere than below their own topic are known, and a meter's quarantine is found."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "metering_0017"
down_revision = "metering_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "astray",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("wrong", sa.String, nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        schema="metering",
    )
    protect(op, "metering", "astray")
    op.create_index("quarantine_meter", "quarantine", ["meter"], schema="metering")


def downgrade() -> None:
    op.drop_index("quarantine_meter", "quarantine", schema="metering")
    op.drop_table("astray", schema="metering")
