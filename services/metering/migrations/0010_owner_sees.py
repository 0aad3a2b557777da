"""Who owns the tables may be no superuser: the view of days and the keeper of partitions act as the owner."""

from alembic import op

revision = "metering_0010"
down_revision = "metering_0009"
branch_labels = None
depends_on = None

_READ = ("day_row", "series")
_MOVED = ("reading",)


def upgrade() -> None:
    for table in _READ:
        op.execute(f"CREATE POLICY owner ON metering.{table} FOR SELECT TO CURRENT_USER USING (true)")
    for table in _MOVED:
        op.execute(f"CREATE POLICY owner ON metering.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table in (*_READ, *_MOVED):
        op.execute(f"DROP POLICY owner ON metering.{table}")
