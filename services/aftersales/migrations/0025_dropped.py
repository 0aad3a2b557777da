"""What is of a sandbox may be deleted once it was dropped and is no cooperative any more."""

from alembic import op

revision = "aftersales_0025"
down_revision = "aftersales_0024"
branch_labels = None
depends_on = None

_SANDBOX = "SELECT 1 FROM registry.coop c WHERE c.slug = $1 AND c.sandbox"
_DROPPED = "SELECT 1 FROM registry.dropped d WHERE d.slug = $1"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION aftersales.is_sandbox(slug text) RETURNS boolean LANGUAGE plpgsql STABLE"
    " AS $$ BEGIN RETURN EXISTS ({}); END $$"
)


def upgrade() -> None:
    op.execute(_FUNCTION.format(f"{_SANDBOX} UNION ALL {_DROPPED}"))


def downgrade() -> None:
    op.execute(_FUNCTION.format(_SANDBOX))
