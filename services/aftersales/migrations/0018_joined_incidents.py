"""What comes from the place of a joined incident finds the one that stays, and goes back when they part; a
new one says after which it comes."""

import sqlalchemy as sa
from alembic import op

revision = "aftersales_0018"
down_revision = "aftersales_0017"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
VIA = ("incident_report", "meter_proposal")


def upgrade() -> None:
    op.add_column("incident", sa.Column("after", sa.String), schema=SCHEMA)
    for table in VIA:
        op.add_column(table, sa.Column("via", sa.String), schema=SCHEMA)
    op.create_index(
        "incident_leads_on", "incident", ["coop", "family", "scope"], schema=SCHEMA,
        postgresql_where=sa.text("state IN ('proposed', 'confirmed', 'in_progress', 'merged')"),
    )  # fmt: skip
    op.create_index(
        "incident_joined", "incident", ["merged_into"], schema=SCHEMA,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("incident_joined", "incident", schema=SCHEMA)
    op.drop_index("incident_leads_on", "incident", schema=SCHEMA)
    for table in VIA:
        op.drop_column(table, "via", schema=SCHEMA)
    op.drop_column("incident", "after", schema=SCHEMA)
