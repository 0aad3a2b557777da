"""After-sales sees which gateway sends for a meter: when it falls silent, that is one fault, not many."""

from alembic import op

revision = "members_0008"
down_revision = "members_0007"
branch_labels = None
depends_on = None

_ROLES = "aftersales_work, aftersales_web"


def upgrade() -> None:
    op.execute(f"GRANT SELECT (gateway, coop, meter) ON registry.channel TO {_ROLES}")


def downgrade() -> None:
    op.execute(f"REVOKE SELECT (gateway, coop, meter) ON registry.channel FROM {_ROLES}")  # noqa: S608
