"""Imports know the delivery point they are of, what was known before them, and the sums of each quantity."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.kit.migrations import protect

revision = "metering_0016"
down_revision = "metering_0015"
branch_labels = None
depends_on = None

_ADDED = ("point", "point_end", "question", "items", "sums")


def upgrade() -> None:
    op.add_column("file_import", sa.Column("point", sa.String, nullable=True), schema="metering")
    op.add_column("file_import", sa.Column("point_end", sa.String, nullable=True), schema="metering")
    op.add_column("file_import", sa.Column("question", JSONB, nullable=True), schema="metering")
    op.add_column("file_import", sa.Column("items", sa.BigInteger, nullable=True), schema="metering")
    op.add_column("file_import", sa.Column("sums", JSONB, nullable=True), schema="metering")
    op.create_index(
        "file_import_asking", "file_import", ["created_at"], schema="metering",
        postgresql_where=sa.text("question IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "import_echo",
        sa.Column("meter", sa.String, primary_key=True),
        sa.Column("import", sa.String, primary_key=True),
        sa.Column("register", sa.String, primary_key=True),
        sa.Column("instant", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("step_s", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("amounts", ARRAY(sa.BigInteger), nullable=True),
        schema="metering",
    )
    op.create_index("import_echo_import", "import_echo", ["import"], schema="metering")
    protect(op, "metering", "import_echo")
    # Of two files that speak of one gas day both are kept, and the first counts: it may be taken back.
    op.drop_constraint("gas_factor_pkey", "gas_factor", schema="metering")
    op.create_primary_key("gas_factor_pkey", "gas_factor", ["meter", "day", "imported_at"], schema="metering")


def downgrade() -> None:
    op.execute("ALTER TABLE metering.gas_factor NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "DELETE FROM metering.gas_factor g USING metering.gas_factor e"
        " WHERE e.meter = g.meter AND e.day = g.day AND e.imported_at < g.imported_at"
    )
    op.execute("ALTER TABLE metering.gas_factor FORCE ROW LEVEL SECURITY")
    op.drop_constraint("gas_factor_pkey", "gas_factor", schema="metering")
    op.create_primary_key("gas_factor_pkey", "gas_factor", ["meter", "day"], schema="metering")
    op.drop_table("import_echo", schema="metering")
    op.drop_index("file_import_asking", "file_import", schema="metering")
    for name in reversed(_ADDED):
        op.drop_column("file_import", name, schema="metering")
