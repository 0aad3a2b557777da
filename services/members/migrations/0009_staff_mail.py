"""Notifications learn where the cooperative's people are mailed: a danger at night reaches a person."""

from alembic import op

from services.kit.migrations import publish

revision = "members_0009"
down_revision = "members_0008"
branch_labels = None
depends_on = None

_QUERY = """
SELECT id AS person, coop, name, email, language FROM members.staff
WHERE disabled_at IS NULL AND role IN ('staff', 'caretaker') AND palier.sees(coop)
"""


def upgrade() -> None:
    publish(op, "staff_contact", _QUERY, {"notifications": ""})


def downgrade() -> None:
    op.execute("DROP VIEW registry.staff_contact")
