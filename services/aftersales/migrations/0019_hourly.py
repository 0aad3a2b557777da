"""Which cooperatives' hourly duties are due: each is done by itself, and again when it failed."""

from alembic import op

from services.kit.migrations import hourly

revision = "aftersales_0019"
down_revision = "aftersales_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hourly(op, "aftersales")


def downgrade() -> None:
    op.drop_table("hourly", schema="aftersales")
