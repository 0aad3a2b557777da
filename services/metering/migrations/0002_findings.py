"""What validation found about a day is kept with the day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "metering_0002"
down_revision = "metering_0001"
branch_labels = None
depends_on = None

TABLES = ("day", "open_day")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("findings", JSONB), schema="metering")


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "findings", schema="metering")
