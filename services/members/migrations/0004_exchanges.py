"""A meter's register is replaced: both are kept, and metering learns where one ends and the other begins."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "members_0004"
down_revision = "members_0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
VIEW = """
SELECT id, coop, meter, quantity, exchanged_on, exchanged_at, old_milli, new_milli, old_serial, new_serial
FROM members.meter_exchange WHERE undone_at IS NULL AND palier.sees(coop)
"""


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "meter_exchange",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("meter", sa.String, sa.ForeignKey("members.meter.id"), nullable=False),
        _text("quantity"),
        sa.Column("exchanged_on", sa.Date, nullable=False),
        sa.Column("exchanged_at", INSTANT, nullable=True),
        sa.Column("old_milli", sa.BigInteger, nullable=True),
        sa.Column("new_milli", sa.BigInteger, nullable=True),
        _text("old_serial", nullable=True),
        _text("new_serial", nullable=True),
        _text("recorded_by"),
        sa.Column("recorded_at", INSTANT, nullable=False),
        _text("undone_by", nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        _text("undone_why", nullable=True),
        schema="members",
    )
    op.create_index(
        "meter_exchange_standing", "meter_exchange", ["meter", "exchanged_on"], unique=True, schema="members",
        postgresql_where=sa.text("undone_at IS NULL"),
    )  # fmt: skip
    protect(op, "members", "meter_exchange")
    _view()


def downgrade() -> None:
    op.execute("DROP VIEW registry.exchange")
    op.drop_table("meter_exchange", schema="members")


def _view() -> None:
    """As the views before it: owned by a role that nobody signs in as and that may only read."""
    op.execute("GRANT CREATE ON SCHEMA registry TO palier_registry")
    op.execute("GRANT SELECT ON members.meter_exchange TO palier_registry")
    op.execute(
        "CREATE POLICY registry_reads ON members.meter_exchange FOR SELECT TO palier_registry USING (true)"
    )
    op.execute(f"CREATE VIEW registry.exchange WITH (security_barrier) AS {VIEW}")
    for role in ("metering_work", "metering_web"):
        op.execute(f"GRANT SELECT ON registry.exchange TO {role}")
    op.execute("ALTER VIEW registry.exchange OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")
