"""Personal links end for good, letters come back or leave together: when, by whose word, with which."""

import sqlalchemy as sa
from alembic import op

revision = "aftersales_0013"
down_revision = "aftersales_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("party_link", sa.Column("renewed_at", sa.DateTime(timezone=True)), schema="aftersales")
    op.add_column("party_link", sa.Column("renewed_by", sa.String), schema="aftersales")
    op.add_column("letter", sa.Column("returned_at", sa.DateTime(timezone=True)), schema="aftersales")
    op.add_column("letter", sa.Column("returned_by", sa.String), schema="aftersales")
    op.add_column(
        "letter",
        sa.Column("news", sa.Boolean, nullable=False, server_default=sa.false()),
        schema="aftersales",
    )
    op.alter_column("letter", "news", server_default=None, schema="aftersales")
    op.add_column("letter", sa.Column("left_with", sa.String), schema="aftersales")


def downgrade() -> None:
    for name in ("left_with", "news", "returned_by", "returned_at"):
        op.drop_column("letter", name, schema="aftersales")
    for name in ("renewed_by", "renewed_at"):
        op.drop_column("party_link", name, schema="aftersales")
