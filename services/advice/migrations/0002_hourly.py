"""Which cooperatives' hourly duties are due: each is done by itself, and again when it failed."""

from alembic import op

from services.kit.migrations import hourly

revision = "advice_0002"
down_revision = "advice_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hourly(op, "advice")


def downgrade() -> None:
    op.drop_table("hourly", schema="advice")
