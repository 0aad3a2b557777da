"""The staff's desk: queue, search, saved views, bulk actions, reports, opinions."""

revision = "aftersales_0010"
down_revision = "aftersales_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
