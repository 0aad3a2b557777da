"""The network operator's own factor of a gas day, as an imported file gives it; days of gas begin at six."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "metering_0008"
down_revision = "metering_0007"
branch_labels = None
depends_on = None

# Gas days that were cut at midnight are settled again, those of which the readings are still there.
RECUT = """
DO $$ BEGIN
    IF to_regclass('registry.meter') IS NULL THEN RETURN; END IF;
    PERFORM set_config('palier.coop', '*', true);
    INSERT INTO metering.dirty_day (coop, meter, quantity, day)
    SELECT DISTINCT k.coop, k.meter, k.quantity, n.day
    FROM (SELECT coop, meter, quantity, day FROM metering.day WHERE NOT is_frozen
          UNION ALL SELECT coop, meter, quantity, day FROM metering.open_day) k
    JOIN registry.meter m ON m.id = k.meter AND m.fluid = 'gas'
    CROSS JOIN LATERAL (VALUES (k.day - 1), (k.day)) n(day);
    DELETE FROM metering.open_day o USING registry.meter m WHERE m.id = o.meter AND m.fluid = 'gas';
    PERFORM set_config('palier.coop', '', true);
END $$
"""


def upgrade() -> None:
    op.create_table(
        "gas_factor",
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("wh_per_m3", sa.Integer, nullable=False),
        schema="metering",
    )
    protect(op, "metering", "gas_factor")
    op.execute(RECUT)


def downgrade() -> None:
    op.drop_table("gas_factor", schema="metering")
