"""After-sales sees of a fault of the supply only what it was seen in: the rest it is told."""

from alembic import op

from services.kit.migrations import publish

revision = "metering_0014"
down_revision = "metering_0013"
branch_labels = None
depends_on = None

_BEFORE = "id, coop, meter, fault, dwelling, occupancy, since, first_day, last_day, cleared_at, evidence"


def upgrade() -> None:
    _show("id, coop, evidence")


def downgrade() -> None:
    _show(_BEFORE)


def _show(columns: str) -> None:
    query = f"SELECT {columns} FROM metering.supply_fault WHERE palier.sees(coop)"  # noqa: S608 - constants
    publish(op, "supply_fault", query, {"aftersales": ""})
