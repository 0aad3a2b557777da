"""Which days' readings are gone is everybody's to know: it is one layout for all cooperatives."""

from alembic import op

revision = "metering_0009"
down_revision = "metering_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE POLICY seen_by_all ON metering.raw_gone FOR SELECT TO metering_web USING (coop = '*')")


def downgrade() -> None:
    op.execute("DROP POLICY seen_by_all ON metering.raw_gone")
