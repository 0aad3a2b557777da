"""Messages name the firm and what remains to do; a household can say that it was there after all."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import publish

revision = "aftersales_0023"
down_revision = "aftersales_0022"
branch_labels = None
depends_on = None

_READ = {"ticket_event": "ticket, place_in_history, coop, action, comment", "party": "id, coop, name"}
_REMARK = """
SELECT ticket, place_in_history AS place, coop, comment AS words FROM aftersales.ticket_event
WHERE action IN ('finish', 'come_back') AND palier.sees(coop)
"""
_FIRM = "SELECT id, coop, name FROM aftersales.party WHERE palier.sees(coop)"


def upgrade() -> None:
    op.add_column("visit", sa.Column("contested_at", sa.DateTime(timezone=True)), schema="aftersales")
    for table, columns in _READ.items():
        op.execute(f"GRANT SELECT ({columns}) ON aftersales.{table} TO palier_registry")
        op.execute(
            f"CREATE POLICY registry_reads ON aftersales.{table} FOR SELECT TO palier_registry USING (true)"
        )
    publish(op, "step_remark", _REMARK, {"notifications": ""})
    publish(op, "firm", _FIRM, {"notifications": ""})


def downgrade() -> None:
    op.execute("DROP VIEW registry.firm")
    op.execute("DROP VIEW registry.step_remark")
    for table, columns in _READ.items():
        op.execute(f"DROP POLICY registry_reads ON aftersales.{table}")
        op.execute(f"REVOKE SELECT ({columns}) ON aftersales.{table} FROM palier_registry")  # noqa: S608
    op.drop_column("visit", "contested_at", schema="aftersales")
