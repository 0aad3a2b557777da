"""How far a sandbox's clock was followed, and which requests' clocks are to be computed again."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "aftersales_0014"
down_revision = "aftersales_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_walk",
        sa.Column("coop", sa.String, primary_key=True),
        sa.Column("done_until", sa.DateTime(timezone=True)),
        schema="aftersales",
    )
    op.create_table(
        "rewinding",
        sa.Column("coop", sa.String, primary_key=True),
        sa.Column("building", sa.String, primary_key=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_to", sa.String, nullable=False),
        schema="aftersales",
    )
    for table in ("clock_walk", "rewinding"):
        protect(op, "aftersales", table)


def downgrade() -> None:
    for table in ("rewinding", "clock_walk"):
        op.drop_table(table, schema="aftersales")
