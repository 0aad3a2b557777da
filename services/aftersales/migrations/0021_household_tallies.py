"""How often a household reported lately, counted for all replicas together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.migrations import protect

revision = "aftersales_0021"
down_revision = "aftersales_0020"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "household_tally",
        sa.Column("coop", sa.String, primary_key=True),
        sa.Column("who", sa.String, primary_key=True),
        sa.Column("what", sa.String, primary_key=True),
        sa.Column("instants", ARRAY(INSTANT), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("household_tally_last", "household_tally", ["coop", "last_at"], schema=SCHEMA)
    protect(op, SCHEMA, "household_tally")


def downgrade() -> None:
    op.drop_table("household_tally", schema=SCHEMA)
