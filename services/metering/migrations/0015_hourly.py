"""Which cooperatives' hourly duties are due: each is done by itself, and again when it failed."""

from alembic import op

from services.kit.migrations import hourly

revision = "metering_0015"
down_revision = "metering_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hourly(op, "metering")


def downgrade() -> None:
    op.drop_table("hourly", schema="metering")
