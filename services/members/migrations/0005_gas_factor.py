"""A gas meter's contract may say how much energy a cubic metre holds there."""

import sqlalchemy as sa
from alembic import op

revision = "members_0005"
down_revision = "members_0004"
branch_labels = None
depends_on = None

COLUMNS = "meter, coop, valid_from, tariff, subscribed_kva, offpeak, prices"


def upgrade() -> None:
    op.add_column(
        "meter_contract", sa.Column("gas_kwh_m3", sa.Numeric(6, 3), nullable=True), schema="members"
    )
    _view(f"{COLUMNS}, gas_kwh_m3")


def downgrade() -> None:
    _view(COLUMNS)
    op.drop_column("meter_contract", "gas_kwh_m3", schema="members")


def _view(columns: str) -> None:
    """As the views before it: owned by a role that nobody signs in as and that may only read."""
    op.execute("GRANT CREATE ON SCHEMA registry TO palier_registry")
    op.execute("DROP VIEW registry.contract")
    op.execute(
        f"CREATE VIEW registry.contract WITH (security_barrier) AS SELECT {columns}"  # noqa: S608 - constants
        " FROM members.meter_contract WHERE palier.sees(coop)"
    )
    for role in ("metering_work", "metering_web", "advice_work", "advice_web"):
        op.execute(f"GRANT SELECT ON registry.contract TO {role}")
    op.execute("ALTER VIEW registry.contract OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")
