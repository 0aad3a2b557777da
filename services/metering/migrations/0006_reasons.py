"""The ledger of data uses tells different reasons of one person on one day apart."""

from alembic import op

revision = "metering_0006"
down_revision = "metering_0005"
branch_labels = None
depends_on = None

# What the narrower key cannot tell apart becomes one row again, with the reason that was noted last.
_MERGE = """
INSERT INTO metering.data_use (occupancy, used_on, purpose, actor, coop, why, uses, last_at)
SELECT occupancy, used_on, purpose, actor, min(coop), (array_agg(why ORDER BY last_at DESC))[1], sum(uses),
       max(last_at)
FROM data_use_before GROUP BY occupancy, used_on, purpose, actor
"""


def upgrade() -> None:
    _key("occupancy, used_on, purpose, actor, why")


def downgrade() -> None:
    op.execute("CREATE TEMP TABLE data_use_before ON COMMIT DROP AS SELECT * FROM metering.data_use")
    op.execute("TRUNCATE metering.data_use")
    op.execute(_MERGE)
    _key("occupancy, used_on, purpose, actor")


def _key(columns: str) -> None:
    op.execute("ALTER TABLE metering.data_use DROP CONSTRAINT data_use_pkey")
    op.execute(f"ALTER TABLE metering.data_use ADD PRIMARY KEY ({columns})")
