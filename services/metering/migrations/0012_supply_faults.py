"""Faults of the supply that readings show, and the view by which after-sales sees what they were seen in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "metering_0012"
down_revision = "metering_0011"
branch_labels = None
depends_on = None

COLUMNS = "id, coop, meter, fault, dwelling, occupancy, since, first_day, last_day, cleared_at, evidence"


def upgrade() -> None:
    op.create_table(
        "supply_fault",
        sa.Column("id", sa.String, primary_key=True), _text("coop"), _text("meter"), _text("fault"),
        _text("dwelling", True), _text("occupancy", True), _instant("since"),
        sa.Column("first_day", sa.Date, nullable=False), sa.Column("last_day", sa.Date, nullable=False),
        _instant("raised_at"), _instant("cleared_at", True), sa.Column("evidence", JSONB, nullable=False),
        schema="metering",
    )  # fmt: skip
    op.create_index(
        "supply_fault_open", "supply_fault", ["meter", "fault"], unique=True, schema="metering",
        postgresql_where=sa.text("cleared_at IS NULL"),
    )  # fmt: skip
    op.create_index("supply_fault_occupancy", "supply_fault", ["occupancy"], schema="metering")
    op.create_table(
        "supply_look",
        sa.Column("coop", sa.String, primary_key=True), _instant("days_until"), _instant("voltage_until"),
        schema="metering",
    )  # fmt: skip
    for table in ("supply_fault", "supply_look"):
        protect(op, "metering", table)
    _publish()


def downgrade() -> None:
    op.execute("DROP VIEW registry.supply_fault")
    op.execute("REVOKE USAGE ON SCHEMA metering FROM palier_registry")
    op.drop_table("supply_look", schema="metering")
    op.drop_table("supply_fault", schema="metering")


def _publish() -> None:
    """As the views of `members`: owned by a role that nobody signs in as and that may only read."""
    op.execute("GRANT USAGE ON SCHEMA metering TO palier_registry")
    op.execute("GRANT SELECT ON metering.supply_fault TO palier_registry")
    op.execute(
        "CREATE POLICY registry_reads ON metering.supply_fault FOR SELECT TO palier_registry USING (true)"
    )
    op.execute("GRANT USAGE, CREATE ON SCHEMA registry TO palier_registry")
    op.execute(
        f"CREATE VIEW registry.supply_fault WITH (security_barrier) AS SELECT {COLUMNS}"  # noqa: S608
        " FROM metering.supply_fault WHERE palier.sees(coop)"
    )
    for role in ("aftersales_work", "aftersales_web"):
        op.execute(f"GRANT USAGE ON SCHEMA registry TO {role}")
        op.execute(f"GRANT SELECT ON registry.supply_fault TO {role}")
    op.execute("ALTER VIEW registry.supply_fault OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
